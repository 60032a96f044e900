// What the examples of lib/nubo/fabrics use and do not show.
#ifndef TESTS_HEADERS_FABRICS_H_
#define TESTS_HEADERS_FABRICS_H_

#include "nubo/fabrics/block_locks.h"
#include "nubo/fabrics/loopback.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const net::Prefix block;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_FABRICS_H_
