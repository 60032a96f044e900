// The loopback fabric: private addresses, each with a 127.x.y.z of its own.
//
// A VPC's block stands one to one for a block of 127.0.0.0/8 of the same length, so that two VPCs with the same private
// addresses never meet on this machine. It gives addresses, not isolation: whoever may connect to 127.0.0.0/8 may
// connect to every instance.
//
// Example:
//   LoopbackMap map(*net::Prefix::Parse("10.0.0.0/16"), *net::Prefix::Parse("127.44.0.0/16"));
//   map.ToLoopback(*net::IpAddress::Parse("10.0.1.5"));  // 127.44.1.5
//
// Thread safety: values and pure functions; BusyLoopbackAddresses reads /proc.
#ifndef NUBO_FABRICS_LOOPBACK_H_
#define NUBO_FABRICS_LOOPBACK_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

class LoopbackMap {
 public:
  // Two IPv4 blocks of one length.
  LoopbackMap(const net::Prefix& vpc, const net::Prefix& loopback) : vpc_(vpc), loopback_(loopback) {}
  // INVALID_ARGUMENT: not an address of the VPC.
  absl::StatusOr<net::IpAddress> ToLoopback(const net::IpAddress& address) const;
  // INVALID_ARGUMENT: not an address of the loopback block.
  absl::StatusOr<net::IpAddress> ToPrivate(const net::IpAddress& address) const;

 private:
  net::Prefix vpc_, loopback_;
};

// A block of 127.0.0.0/8 of `length` (8 to 32) in which nothing is: not of `taken`, not around an address in `busy`,
// and not 127.0.0.0/16, which other programs use. Looks from the one that `hint` picks, then onward, and round.
// RESOURCE_EXHAUSTED: there is none. INVALID_ARGUMENT: another length.
absl::StatusOr<net::Prefix> ChooseLoopbackBlock(int length, uint32_t hint, const std::vector<net::Prefix>& taken,
                                                const std::set<net::IpAddress>& busy);

// The local IPv4 addresses below 127.0.0.0/8 that a table such as /proc/net/tcp or /proc/net/tcp6 names. Lines it does
// not understand are passed over. (proc(5).)
std::set<net::IpAddress> ParseProcNet(absl::string_view table);

// The same of this machine's TCP and UDP sockets at this moment.
std::set<net::IpAddress> BusyLoopbackAddresses();

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_LOOPBACK_H_
