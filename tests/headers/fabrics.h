// What the examples of lib/nubo/fabrics use and do not show.
#ifndef TESTS_HEADERS_FABRICS_H_
#define TESTS_HEADERS_FABRICS_H_

#include "nubo/fabrics/block_locks.h"
#include "nubo/fabrics/loopback.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const net::Prefix block;
extern fabrics::BlockLocks locks;
extern fabrics::Fabric& fabric;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_FABRICS_H_
