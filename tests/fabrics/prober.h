// Connections between network namespaces, tried for real: many at once, by one thread.
//
// A Prober listens in namespaces (TCP and UDP), sends a first packet for every probe, and waits until nothing more
// comes. A listener answers with its name and whom it sees, so that an answer says who gave it. Echo requests are
// answered by the kernel, which says nothing more.
//
// Example:
//   Prober prober([&](const std::string& name) { return places.Descriptor(name); });
//   std::vector<Answer> answers = prober.Run({{"i-1", addresses}}, probes, absl::Milliseconds(20));
//
// Thread safety: belongs to one thread, which is in other namespaces while it is in here.
#ifndef TESTS_FABRICS_PROBER_H_
#define TESTS_FABRICS_PROBER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

struct Probe {
  // The sender's namespace.
  std::string from;
  net::IpAddress source;
  net::IpAddress destination;
  // 1, 6, 17 or 58.
  int protocol = 6;
  // TCP, UDP.
  int port = 0;
  // The identifier of an echo request.
  int source_port = 0;
};

struct Answer {
  bool came = false;
  // "i-1 10.0.0.5 sees 10.0.1.5"; "" of an echo.
  std::string says;
};

class Prober {
 public:
  explicit Prober(std::function<int(const std::string& name)> descriptor_of)
      : descriptor_of_(std::move(descriptor_of)) {}

  // Listens on these ports of these addresses, by namespace, and sends all probes; it returns when for as long as
  // `quiet` nothing has come. Whoever has no socket is an error.
  absl::StatusOr<std::vector<Answer>> Run(const std::map<std::string, std::vector<net::IpAddress>>& listeners,
                                          const std::vector<int>& ports, const std::vector<Probe>& probes,
                                          absl::Duration quiet) const;

 private:
  std::function<int(const std::string& name)> descriptor_of_;
};

}  // namespace nubo::fabrics

#endif  // TESTS_FABRICS_PROBER_H_
