// Blocks of 127.0.0.0/8 that regions of one machine hold against each other.
//
// Sockets show which addresses are in use; between choosing a block and listening in it, only a lock does. A lock is a
// bound unix socket with an abstract name, which ends with its process (unix(7)). It covers the /16 around the block,
// so that blocks of different lengths cannot overlap either.
//
// Example:
//   fabrics::BlockLocks locks;
//   if (!locks.Take(block)) …  // another region has it: choose another
//
// Thread safety: thread-compatible.
#ifndef NUBO_FABRICS_BLOCK_LOCKS_H_
#define NUBO_FABRICS_BLOCK_LOCKS_H_

#include <map>
#include <vector>

#include "nubo/net/ip_address.h"

namespace nubo::fabrics {

class BlockLocks {
 public:
  BlockLocks() = default;
  ~BlockLocks();
  BlockLocks(const BlockLocks&) = delete;
  BlockLocks& operator=(const BlockLocks&) = delete;

  // The /16 that a block of that length or longer lies in, or the block itself.
  static net::Prefix Around(const net::Prefix& block);

  // False: another process holds it. True also if it is held here already, or if the machine knows no such locks.
  bool Take(const net::Prefix& block);
  // Gives up all that none of `used` lies in.
  void KeepOnly(const std::vector<net::Prefix>& used);

 private:
  std::map<net::Prefix, int> held_;
};

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_BLOCK_LOCKS_H_
