// The network of an instance: the machine's, or one that a holder makes for it.
//
// A holder is a process that is started with namespaces of users and of networks that its shim keeps for its
// successors, and with the rights to arrange them. Another shim asks it over a unix socket for a network by name, and
// gets a namespace that the holder has furnished. The process that is started in it has no rights there.
//
// A question is "join NAME GENERATION", the generation being that of an answer before, or "-"; an answer "joined
// GENERATION" with the namespace of users and that of the network, "same" where the network of that generation still
// stands, or "refused WHY". Networks of another generation lead nowhere any more.
//
// Only POSIX and Linux: user_namespaces(7), network_namespaces(7), cmsg(3).
//
// Thread safety: thread-compatible.
#ifndef NUBO_DRIVERS_SHIM_NETWORK_H_
#define NUBO_DRIVERS_SHIM_NETWORK_H_

#include <string>
#include <vector>

#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {

class ShimNetwork {
 public:
  ShimNetwork() = default;
  ~ShimNetwork();
  ShimNetwork(const ShimNetwork&) = delete;
  ShimNetwork& operator=(const ShimNetwork&) = delete;

  // What the spec asks for: nothing, namespaces of its own to hold, or a network of a holder's. Waits for the holder.
  // "": it is there; else why not.
  std::string Prepare(const ShimSpec& spec);

  // The last call has come to another network than the one before: what was made in that leads nowhere.
  bool renewed() const { return renewed_; }

  // The namespace of users that a network belongs to, and its own; -1: this machine's.
  int user() const { return user_; }
  int net() const { return net_; }
  // Tells the networks that a holder has made from those of another.
  const std::string& generation() const { return generation_; }

 private:
  std::string Make();
  std::string Join(const ShimSpec& spec);
  void Take(int user, int net);

  int user_ = -1;
  int net_ = -1;
  std::string generation_ = "-";
  bool renewed_ = false;
};

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_NETWORK_H_
