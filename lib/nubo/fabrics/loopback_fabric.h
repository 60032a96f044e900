// The loopback fabric, as a region has it: each VPC stands for a block of 127.0.0.0/8 (loopback.h), which regions of
// this machine hold against each other (block_locks.h). It gives addresses, and enforces nothing.
//
// Example:
//   LoopbackFabric fabric({.hint = 7, .locks = &locks, .busy = BusyLoopbackAddresses});
//   NUBO_ASSIGN_OR_RETURN(const net::Prefix place, fabric.PlaceVpc(block, {}));
//
// Thread safety: thread-compatible.
#ifndef NUBO_FABRICS_LOOPBACK_FABRIC_H_
#define NUBO_FABRICS_LOOPBACK_FABRIC_H_

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/fabrics/block_locks.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

class LoopbackFabric final : public Fabric {
 public:
  struct Options {
    // Regions with other hints begin to look elsewhere, which leaves each the same blocks most of the time.
    uint32_t hint = 0;
    // Outlives the fabric; null: nobody else takes any blocks.
    BlockLocks* locks = nullptr;
    // The addresses that something on this machine listens on; none: nothing does.
    std::function<std::set<net::IpAddress>()> busy;
  };

  explicit LoopbackFabric(Options options) : options_(std::move(options)) {}

  absl::string_view name() const override { return "loopback"; }
  absl::string_view WhyNotEnforced(Feature feature) const override;
  absl::StatusOr<net::Prefix> PlaceVpc(const net::Prefix& block, const std::vector<net::Prefix>& present) override;
  void Resume(const std::vector<net::Prefix>& present) override;
  absl::StatusOr<net::IpAddress> HostAddress(const Place& place, const net::IpAddress& address) const override;

 private:
  absl::StatusOr<net::Prefix> ChooseFree(int length, std::vector<net::Prefix> taken,
                                         const std::set<net::IpAddress>& busy, bool despite_flags);

  const Options options_;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_LOOPBACK_FABRIC_H_
