// Runs a scenario: does its steps one after the other, and holds what is seen against what the file says.
//
// What is indented below a step is all that is to be seen after it, one thing a line: what is missing fails the
// scenario, and so does what is seen and not listed. The one word "nothing" says that there is nothing. A reason
// (because "TEXT") holds if what is seen gives one that contains TEXT; without one any reason will do. Steps without
// anything below them happen, and what comes of them is seen after the next step that has something.
//
// What a step is and what can be seen is told by a World: one for each kind of scenario.
//
// Example:
//   class Group final : public World { ... };
//   Group group;
//   BOOST_TEST(IsOk(RunScenario(text, "tests/scenarios/scaling/grace.txt", group)));
//
// Thread safety: World is thread-compatible; the functions are reentrant.
#ifndef NUBO_TESTS_SCENARIOS_WORLD_H_
#define NUBO_TESTS_SCENARIOS_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tests/scenarios/script.h"

namespace nubo::scenarios {

// One thing that is seen.
struct Seen {
  // As World::Canonical would have it.
  std::string text;
  // "": it has none.
  std::string reason;
  // Lines must be listed in this order; among equals any order will do.
  int order = 0;
};

class World {
 public:
  virtual ~World() = default;
  // Whether time passes in it.
  virtual bool has_time() const = 0;
  // Whether a statement that begins so says what there is. All these come before the first step.
  virtual bool Declares(absl::string_view word) const = 0;
  virtual absl::Status Declare(const Statement& statement) = 0;
  // Does what `step` says, if anything, `now` after the beginning. INVALID_ARGUMENT: it cannot be understood.
  virtual absl::Status Do(const Line& step, absl::Duration now) = 0;
  // What a line says is to be seen, always in the same words. INVALID_ARGUMENT: nothing of the kind is ever seen.
  virtual absl::StatusOr<std::string> Canonical(const Line& expected) const = 0;
  // All there is to see since the last time. `expected` may give names to what is new.
  virtual absl::StatusOr<std::vector<Seen>> See(absl::Span<const Line> expected) = 0;
};

// INVALID_ARGUMENT: the file cannot be understood, or checks nothing. FAILED_PRECONDITION: a step shows something else
// than the file says; a line for each thing, all with FILE:LINE, and then all that was seen. The first such step ends
// it.
absl::Status RunScenario(absl::string_view text, absl::string_view file, World& world);

// Every *.txt of a folder, each in a world of its own; the status of each that does not pass.
// NOT_FOUND: it has fewer than `files_min` files, or one cannot be read.
std::vector<absl::Status> RunFolder(const std::string& folder, size_t files_min,
                                    const std::function<std::unique_ptr<World>()>& make_world);

}  // namespace nubo::scenarios

#endif  // NUBO_TESTS_SCENARIOS_WORLD_H_
