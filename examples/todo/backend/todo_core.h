// The todo list's rules: who may sign in, whose todos are whose, and how many there may be.
//
// Knows neither gRPC nor SQL. Time, identifiers, the hash and the rows come in through the constructor.
//
// Example:
//   auto core = *TodoCore::Create(store, hasher, clock, ids, {});
//   std::string token = *core->SignUp("ada", "correct horse", deadline);
//   Todo todo = *core->Add(token, "Write the note on G", "", deadline);
//
// Errors are those of todo.proto; a Store's own errors (UNAVAILABLE and the like) pass through.
//
// Thread safety: thread-safe.
#ifndef EXAMPLES_TODO_BACKEND_TODO_CORE_H_
#define EXAMPLES_TODO_BACKEND_TODO_CORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "examples/todo/backend/password_hasher.h"
#include "examples/todo/backend/store.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"

namespace nubo::examples::todo {

struct TodoLimits {
  absl::Duration session_lifetime = absl::Hours(24);
  // The oldest session makes room for one more.
  int sessions_per_user_max = 64;
  int todos_per_user_max = 10'000;
  // How many expired sessions one statement of a sweep deletes.
  int sweep_batch_max = 1'000;
};

struct TodoPage {
  std::vector<Todo> todos;
  // Empty on the last page.
  std::string next_page_token;
};

class TodoCore {
 public:
  // All references must outlive the core. Hashes one password. RESOURCE_EXHAUSTED: there is no memory for that.
  static absl::StatusOr<std::unique_ptr<TodoCore>> Create(Store& store, PasswordHasher& hasher,
                                                          const base::Clock& clock, base::IdSource& ids,
                                                          TodoLimits limits);

  // Each returns a new session's token.
  absl::StatusOr<std::string> SignUp(absl::string_view username, absl::string_view password, absl::Time deadline);
  absl::StatusOr<std::string> SignIn(absl::string_view username, absl::string_view password, absl::Time deadline);
  absl::Status SignOut(absl::string_view token, absl::Time deadline);

  absl::StatusOr<TodoPage> List(absl::string_view token, int32_t page_size, absl::string_view page_token,
                                absl::Time deadline);
  absl::StatusOr<Todo> Add(absl::string_view token, absl::string_view title, absl::string_view request_id,
                           absl::Time deadline);
  absl::StatusOr<Todo> Change(absl::string_view token, absl::string_view id, const TodoChange& change,
                              absl::Time deadline);
  absl::Status Delete(absl::string_view token, absl::string_view id, absl::Time deadline);

  // Deletes every expired session; returns how many.
  absl::StatusOr<int64_t> SweepSessions(absl::Time deadline);

 private:
  TodoCore(Store& store, PasswordHasher& hasher, const base::Clock& clock, base::IdSource& ids, TodoLimits limits,
           std::string dummy_hash);
  absl::Status CheckDeadline(absl::Time deadline) const;
  // The user of the session. UNAUTHENTICATED: there is none.
  absl::StatusOr<std::string> Authenticate(absl::string_view token, absl::Time deadline);
  Session NewSession(absl::string_view user_id, absl::string_view token) const;

  Store& store_;
  PasswordHasher& hasher_;
  const base::Clock& clock_;
  base::IdSource& ids_;
  const TodoLimits limits_;
  // Verified when there is no such user, so that "no such user" takes as long as "wrong password".
  const std::string dummy_hash_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_TODO_CORE_H_
