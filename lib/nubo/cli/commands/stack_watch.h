// Follows one stack until it is where it should be, and prints its steps meanwhile.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(auto watch, StackWatch::Start(client, context, "todo", context.out));
//   … ask for the change …
//   auto stack = watch->Until([](const Stack* stack) { return stack && stack->ready(); }, deadline);
//
// Thread safety: thread-compatible.
#ifndef NUBO_CLI_COMMANDS_STACK_WATCH_H_
#define NUBO_CLI_COMMANDS_STACK_WATCH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/client/event_feed.h"
#include "nubo/cli/commands/context.h"

namespace nubo::cli {

using cloudformation::v1::Stack;

// The stack of that name, or nullopt; one that was deleted does not count.
absl::StatusOr<std::optional<Stack>> FindStack(const Client& client, absl::string_view name);

class StackWatch {
 public:
  // How often the stack is looked at.
  static constexpr absl::Duration kPoll = absl::Milliseconds(50);
  // When nothing has happened for so long, what is under way is named.
  static constexpr absl::Duration kQuietMax = absl::Seconds(3);

  // From now on; what happened before is not told. `client`, `context` and `progress` must outlive the watch.
  static absl::StatusOr<std::unique_ptr<StackWatch>> Start(const Client& client, Context& context,
                                                           const std::string& stack_name, std::ostream& progress);

  // Waits until `done` is true of the stack (nullptr if there is none) and returns it as it was then.
  // DEADLINE_EXCEEDED: not by `deadline`; the message names what is still waited for. CANCELLED: the user interrupted.
  absl::StatusOr<std::optional<Stack>> Until(absl::FunctionRef<bool(const Stack*)> done, absl::Time deadline);

  // Prints every event, whatever it is about, until the user interrupts.
  absl::Status Follow();

  // The stack's events since Start().
  const std::vector<region::v1::Event>& events() const { return events_; }
  // Its events since it was last begun, whoever was watching then; what is known of them.
  std::vector<region::v1::Event> EventsOfAttempt() const;

 private:
  StackWatch(const Client& client, Context& context, const std::string& stack_name, std::ostream& progress,
             int32_t after_id);
  void Tell(const region::v1::Event& event);
  // What the feed has not brought yet.
  absl::Status TellTheRest();
  void TellWaits(const Stack& stack);
  void TellSteps(const Stack& stack);
  // The stack's, as they are now; none if the region does not say.
  cloudformation::v1::DescribeStackResourcesResponse Resources() const;
  absl::Status Late(const std::optional<Stack>& stack) const;

  const Client& client_;
  Context& context_;
  const std::string stack_name_;
  std::ostream& progress_;
  int32_t last_id_;
  std::string told_waits_;
  absl::Time quiet_since_;
  std::vector<region::v1::Event> events_;
  EventFeed feed_;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_STACK_WATCH_H_
