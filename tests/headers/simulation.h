// What the examples of lib/nubo/simulation use and do not show.
#ifndef TESTS_HEADERS_SIMULATION_H_
#define TESTS_HEADERS_SIMULATION_H_

#include "nubo/lb/policies.h"
#include "tests/headers/context.h"

#endif  // TESTS_HEADERS_SIMULATION_H_
