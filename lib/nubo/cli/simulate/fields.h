// The members of one object of a file, taken by name, each error with its place.
//
// Taking a member that is missing leaves the variable as it is. The first error is kept and further ones are ignored,
// so that a reader takes everything and asks once.
//
// Example:
//   Fields fields("scenario.yaml", object, "the arrivals");
//   fields.Number("rate", 0.001, 1e9, &rate);
//   fields.Choice("process", {"poisson", "constant"}, &process);
//   NUBO_RETURN_IF_ERROR(fields.Done());
//
// Thread safety: thread-compatible.
#ifndef NUBO_CLI_SIMULATE_FIELDS_H_
#define NUBO_CLI_SIMULATE_FIELDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/stack/value.h"

namespace nubo::cli {

class Fields {
 public:
  // `value` must outlive this. `what` names the object in sentences ("the arrivals").
  Fields(absl::string_view file, const stack::Value& value, absl::string_view what);

  void Text(absl::string_view key, std::string* out);
  void Flag(absl::string_view key, bool* out);
  // Bounds are inclusive.
  void Number(absl::string_view key, double low, double high, double* out);
  void Count(absl::string_view key, int64_t low, int64_t high, int64_t* out);
  // "250ms", "1m30s", or 0.
  void Time(absl::string_view key, absl::Duration low, absl::Duration high, absl::Duration* out);
  // The index of the word in `choices`.
  void Choice(absl::string_view key, const std::vector<std::string>& choices, int* out);
  // The member itself, of any kind; null if it is missing.
  const stack::Value* Take(absl::string_view key);
  // The same, but an error unless it is an object or a list.
  const stack::Value* Object(absl::string_view key);
  const stack::Value* List(absl::string_view key);

  // An error at `at`, or at the object.
  void Fail(const stack::Value& at, absl::string_view message);
  void Fail(absl::string_view message) { Fail(value_, message); }
  // INVALID_ARGUMENT, "file:line:column: sentence": the first error, or else a member that nobody has asked for.
  absl::Status Done();

 private:
  const stack::Value* Scalar(absl::string_view key, absl::string_view kind);
  void Wrong(absl::string_view key, const stack::Value& value, absl::string_view right);

  const std::string file_;
  const stack::Value& value_;
  const std::string what_;
  std::vector<std::string> asked_;
  absl::Status status_;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_SIMULATE_FIELDS_H_
