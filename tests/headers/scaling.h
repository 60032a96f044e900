// What the examples of lib/nubo/scaling use and do not show.
#ifndef TESTS_HEADERS_SCALING_H_
#define TESTS_HEADERS_SCALING_H_

#include "nubo/scaling/reconcile.h"
#include "nubo/scaling/rolling_update.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern scaling::GroupSpec spec;
extern const scaling::Observed observed;
extern const std::set<std::string> obsolete;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_SCALING_H_
