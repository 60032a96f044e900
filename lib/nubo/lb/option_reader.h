// Reads the options of a policy into its fields, and says what is wrong with them.
//
// Example:
//   OptionReader reader("ring_hash", given);
//   reader.Number("load_bound", 0, 100, &fields.load_bound);
//   NUBO_RETURN_IF_ERROR(reader.Finish());
//
// Internal to this module. Thread safety: thread-compatible.
#ifndef NUBO_LB_OPTION_READER_H_
#define NUBO_LB_OPTION_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

class OptionReader {
 public:
  // Both outlive the reader.
  OptionReader(absl::string_view policy, const PolicyOptions& options) : policy_(policy), options_(options) {}

  // What is not given stays as it is.
  void Number(absl::string_view key, double min, double max, double* value);
  void Whole(absl::string_view key, uint64_t min, uint64_t max, uint64_t* value);
  void Time(absl::string_view key, absl::Duration* value);
  void Text(absl::string_view key, std::string* value);
  // INVALID_ARGUMENT: the first thing that was wrong, or an option nobody asked for.
  absl::Status Finish() const;

 private:
  const std::string* Find(absl::string_view key);
  void Refuse(absl::string_view key, absl::string_view value, absl::string_view right);

  const absl::string_view policy_;
  const PolicyOptions& options_;
  std::vector<std::string> known_;
  absl::Status status_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_OPTION_READER_H_
