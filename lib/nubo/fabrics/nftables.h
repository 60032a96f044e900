// The nftables rules of a network namespace, by libnftables.
//
// What is applied is text as nft(8) reads it; one call is one transaction: all of it holds, or nothing of it.
//
// How much one transaction may be is the host's to say (net.core.wmem_max): on Debian, whose 212,992 bytes the kernel
// doubles, about 950 rules. More takes several: chains first that nothing leads to yet, what leads to them last. Only
// who has the host's CAP_NET_ADMIN is not bound by it.
//
// The library looks up only what the text needs: beside 12,000 rules, adding one or replacing a chain's 60 takes 0.2 to
// 2 ms, and so does an element of a small map. A set that is changed is read whole, at 2 µs an element: several small
// ones serve better than a large one.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(Nftables nftables, Nftables::Open());
//   NUBO_RETURN_IF_ERROR(nftables.Apply("table inet nubo { chain forward { type filter hook forward priority 0; } }"));
//
// Thread safety: one thread of a process uses nftables at a time, be it over several objects: the library has variables
// of its own.
#ifndef NUBO_FABRICS_NFTABLES_H_
#define NUBO_FABRICS_NFTABLES_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct nft_ctx;

namespace nubo::fabrics {

class Nftables {
 public:
  // Of the network namespace in which the calling thread is, wherever it goes later.
  static absl::StatusOr<Nftables> Open();

  // INVALID_ARGUMENT: not understood, or it names what is not there; the message is nft's, with the place in the text.
  // PERMISSION_DENIED: this process may not, in this namespace. RESOURCE_EXHAUSTED: too much for one transaction, or
  // for the kernel. Nothing has changed then.
  absl::Status Apply(absl::string_view text);

  // What a command such as "list ruleset" prints. Errors as Apply.
  absl::StatusOr<std::string> Print(absl::string_view command);

 private:
  struct Free {
    void operator()(nft_ctx* context) const;
  };

  explicit Nftables(nft_ctx* context) : context_(context) {}

  std::unique_ptr<nft_ctx, Free> context_;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NFTABLES_H_
