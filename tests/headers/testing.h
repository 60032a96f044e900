// What the examples of lib/nubo/testing use and do not show.
#ifndef TESTS_HEADERS_TESTING_H_
#define TESTS_HEADERS_TESTING_H_

#include "absl/strings/str_join.h"
#include "nubo/net/loop.h"
#include "nubo/store/memory_store.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/cidr_pool.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern net::Loop& loop;
extern vpc::CidrPool pool;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_TESTING_H_
