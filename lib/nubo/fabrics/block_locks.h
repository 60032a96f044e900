// Blocks of 127.0.0.0/8 that regions of one machine hold against each other.
//
// Sockets show which addresses are in use; between choosing a block and listening in it, only a lock does. Among the
// regions of one user it is a locked file in a directory that is this user's alone (flock(2)): nobody else can hold
// one. To those of other users it is a flag, a UDP socket in the block. Anybody can raise any flag, so a flag is a
// request to look elsewhere, which counts for as long as there is an elsewhere. Both end with their process. A lock
// covers the /16 around the block, so that blocks of different lengths cannot overlap either.
//
// Example:
//   fabrics::BlockLocks locks(fabrics::BlockLocks::UsersDirectory());
//   if (!locks.Take(block)) …  // another region has it: choose another
//
// Thread safety: thread-compatible.
#ifndef NUBO_FABRICS_BLOCK_LOCKS_H_
#define NUBO_FABRICS_BLOCK_LOCKS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

class BlockLocks {
 public:
  // Of the last address of the /16 but one.
  static constexpr uint16_t kFlagPort = 61473;

  // "": nothing is held against regions of the same user but by flags.
  explicit BlockLocks(std::string directory = "") : directory_(std::move(directory)) {}
  ~BlockLocks();
  BlockLocks(const BlockLocks&) = delete;
  BlockLocks& operator=(const BlockLocks&) = delete;

  // Where this user's regions keep their locks: below /run for root, below /run/user or the home for others. Made if
  // missing; "" if there is no such place that is this user's alone.
  static std::string UsersDirectory();
  // The /16 that a block of that length or longer lies in, or the block itself.
  static net::Prefix Around(const net::Prefix& block);

  // False: another region holds it, or somebody's flag is there. True also if it is held here already, or if the
  // machine knows no such locks.
  bool Take(const net::Prefix& block);
  // The same, whosoever flag is there.
  bool TakeDespiteFlags(const net::Prefix& block);
  // Gives up all that none of `used` lies in.
  void KeepOnly(const std::vector<net::Prefix>& used);

 private:
  struct Held {
    int lock = -1;
    int flag = -1;
  };

  bool Hold(const net::Prefix& block, bool despite_flags);

  const std::string directory_;
  std::map<net::Prefix, Held> held_;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_BLOCK_LOCKS_H_
