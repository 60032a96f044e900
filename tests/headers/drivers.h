// What the examples of lib/nubo/drivers use and do not show.
#ifndef TESTS_HEADERS_DRIVERS_H_
#define TESTS_HEADERS_DRIVERS_H_

#include "nubo/drivers/process_driver.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const std::string shim;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_DRIVERS_H_
