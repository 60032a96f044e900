// What the examples of lib/nubo/process use and do not show.
#ifndef TESTS_HEADERS_PROCESS_H_
#define TESTS_HEADERS_PROCESS_H_

#include "nubo/process/driver.h"
#include "nubo/process/simulated_driver.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern std::vector<process::Event> inbox;
extern const process::Event event;
extern const std::string dir;
void Tell(const std::string& how);
absl::Status StartElsewhere();

}  // namespace nubo::example

#endif  // TESTS_HEADERS_PROCESS_H_
