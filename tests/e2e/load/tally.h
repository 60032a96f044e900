// What happened to every request: counts, latencies, and each failure with its time.
//
// Thread safety: thread-compatible.
#ifndef TESTS_E2E_LOAD_TALLY_H_
#define TESTS_E2E_LOAD_TALLY_H_

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace nubo::e2e {

// One request and what became of it.
struct Outcome {
  std::string method;
  std::string path;
  absl::Time start;
  absl::Time end;
  // 0: there was no whole response, and `error` says why.
  int status = 0;
  std::string error;
  // X-Instance-Id of the response.
  std::string instance;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
};

class Tally {
 public:
  void Started();
  void Finished(const Outcome& outcome);

  int64_t finished() const { return finished_; }
  int64_t failed() const { return failed_; }
  int in_flight_max() const { return in_flight_max_; }

  // {"counts": {"GET 200": 7}, "latencyMs": {"GET": {"p50", "p99", "max"}}, "failures": [...], ...}; times are
  // milliseconds since 1970.
  nlohmann::json Summary() const;

 private:
  int in_flight_ = 0;
  int in_flight_max_ = 0;
  int64_t finished_ = 0;
  int64_t failed_ = 0;
  std::map<std::string, int64_t> counts_;
  std::map<std::string, int64_t> by_instance_;
  // By method, microseconds.
  std::map<std::string, std::vector<uint32_t>> latencies_;
  std::vector<Outcome> failures_;
};

}  // namespace nubo::e2e

#endif  // TESTS_E2E_LOAD_TALLY_H_
