// What the examples of headers use and do not show, of any module.
#ifndef TESTS_HEADERS_CONTEXT_H_
#define TESTS_HEADERS_CONTEXT_H_

#include <deque>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/testing/simulated_clock.h"

namespace nubo::example {

// What an example returns.
struct Anything {
  Anything() = default;
  template <typename T>
  Anything(T&&) {}  // NOLINT: whatever it is.
};

// Steps of the reader's own.
template <typename... T>
void Send(T&&...);
template <typename... T>
void Use(T&&...);
template <typename... T>
void UseAll(T&&...);
template <typename... T>
void Prefer(T&&...);
template <typename... T>
void Enqueue(T&&...);
template <typename... T>
void Terminate(T&&...);
template <typename... T>
void CallAgainAt(T&&...);
template <typename... T>
std::string Run(T&&...);

// A class of the reader's own that is told the time.
struct Cache {
  explicit Cache(base::Clock& clock);
};

extern const std::string id;
extern const std::string dir;
extern const std::string bytes;
extern testing::SimulatedClock clock;
extern std::mt19937_64& rng;
extern const absl::Time now;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_CONTEXT_H_
