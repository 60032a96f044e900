// A region's networks, and who is in them: what the process that holds them decides.
//
// Holder keeps the model and who has asked for a network of its own, plans what must be there, and has it made. What is
// attached to an interface gets a namespace when it asks for one, and a new one when it asks again; what the model does
// not name any more loses it.
//
// Thread safety: thread-compatible.
#ifndef NUBO_NETWORK_HOLDER_HOLDER_H_
#define NUBO_NETWORK_HOLDER_HOLDER_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/fabrics/network_plan.h"
#include "nubo/network_holder/places.h"
#include "nubo/vpc/network.h"

namespace nubo::network_holder {

class Holder {
 public:
  // Of the question "join NAME GENERATION" (nubo/drivers/shim_network.h).
  struct Answer {
    enum class Kind {
      // `descriptor` is the network, the holder's own.
      kJoined,
      // The one of that generation still stands.
      kSame,
      // The model does not know the name, which may come.
      kUnknown,
      kRefused,
    };
    Kind kind = Kind::kUnknown;
    int descriptor = -1;
    std::string why = {};
  };

  // `generation` tells these networks from those of other holders. `places` outlives it. Of `options` all but who is
  // absent counts.
  Holder(Places& places, std::string generation, fabrics::PlanOptions options = {})
      : places_(places), generation_(std::move(generation)), options_(std::move(options)) {}

  const std::string& generation() const { return generation_; }

  // After a holder of this generation that has ended, and before anything else: the model that it had, and the names of
  // the namespaces that are there. Plan() is what should be there then; what of it is there is told by SetThere.
  void Resume(vpc::Network network, const std::set<std::string>& present);
  fabrics::NetworkPlan Plan() const;
  void SetThere(fabrics::NetworkPlan there);

  void SetNetwork(vpc::Network network);
  Answer Join(const std::string& name, absl::string_view generation);
  // Tries again what the kernel refused. False: there is nothing to be tried.
  bool Retry();

  // What the kernel refused, and has not taken since.
  const std::vector<std::string>& problems() const { return problems_; }
  size_t attached() const { return present_.size(); }

 private:
  void Make();

  Places& places_;
  const std::string generation_;
  const fabrics::PlanOptions options_;
  vpc::Network network_;
  // All that some interface is attached to.
  std::set<std::string> known_;
  // Of those, who has a namespace.
  std::set<std::string> present_;
  fabrics::NetworkPlan there_;
  std::vector<std::string> problems_;
};

}  // namespace nubo::network_holder

#endif  // NUBO_NETWORK_HOLDER_HOLDER_H_
