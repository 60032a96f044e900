// Whether a store keeps the rules of nubo/store/store.h: the one suite for those that are here and for yours.
//
// Example:
//   const auto broken = testing::CheckStore([] { return std::make_unique<store::MemoryStore>(); });
//   BOOST_TEST(broken.empty(), absl::StrJoin(broken, "\n"));
//
// Thread safety: CheckStore uses threads of its own on the stores it is given, and has ended them when it returns.
#ifndef NUBO_TESTING_STORE_CONFORMANCE_H_
#define NUBO_TESTING_STORE_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nubo/store/store.h"

namespace nubo::testing {

// Makes a store that is empty, and has nothing in common with those made before.
using MakeStore = std::function<std::unique_ptr<store::Store>()>;

// A sentence for each rule that does not hold; empty: all do.
std::vector<std::string> CheckStore(const MakeStore& make);

}  // namespace nubo::testing

#endif  // NUBO_TESTING_STORE_CONFORMANCE_H_
