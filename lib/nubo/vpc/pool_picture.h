// A CidrPool to look at: as a tree in text, and as a picture (SVG).
//
// Both are bounded however large the pool is: where blocks are too many for a line or a spot of their own, one stands
// for all that lie in it, and says how many they are and how much of it is allocated.
//
// Example:
//   std::cout << PoolTree(pool);
//   std::string svg = PoolSvg(pool);
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_POOL_PICTURE_H_
#define NUBO_VPC_POOL_PICTURE_H_

#include <string>

#include "nubo/vpc/cidr_pool.h"

namespace nubo::vpc {

struct PoolTreeOptions {
  // Of a pool, before its blocks are taken together.
  int blocks_max = 64;
  // In all; the last then says that there is more.
  int lines_max = 1000;
  // Lines for free blocks.
  bool free = true;
};

// A line for the pool and one for each block, each ending with a line end; what pools and reservations have is
// indented.
std::string PoolTree(const CidrPool& pool, const PoolTreeOptions& options = PoolTreeOptions());

// A picture by itself: up to 16 rows of the address space, each with its block beside it; a rectangle for each block,
// whose title names it, its owner and tags. Colours follow the reader's light or dark scheme.
std::string PoolSvg(const CidrPool& pool);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_POOL_PICTURE_H_
