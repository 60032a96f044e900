// What the examples of lib/nubo/store use and do not show.
#ifndef TESTS_HEADERS_STORE_H_
#define TESTS_HEADERS_STORE_H_

#include <signal.h>
#include <unistd.h>

#include "nubo/store/crashing_store.h"
#include "nubo/store/memory_store.h"
#include "nubo/store/sqlite_store.h"
#include "nubo/store/store.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern store::Store& kept;
extern std::unique_ptr<store::Store> below;
extern const std::string bytes;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_STORE_H_
