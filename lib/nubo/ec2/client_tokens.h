// Idempotent requests: the same token with the same parameters gets the same answer, and nothing happens twice.
//
// Rules: Amazon EC2 API reference, "Ensuring idempotency": a token is case-sensitive and at most 64 ASCII characters;
// with other parameters it is refused (IdempotentParameterMismatch). AWS promises at least the last 24 hours.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(std::optional<std::string> before, tokens.Find(token, parameters, now));
//   if (before) return *before;
//   std::string id = Run(...);
//   tokens.Record(token, parameters, id, now);
//
// Only what succeeded is recorded: after a failure the same request is tried afresh.
//
// Thread safety: thread-compatible.
#ifndef NUBO_EC2_CLIENT_TOKENS_H_
#define NUBO_EC2_CLIENT_TOKENS_H_

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::ec2 {

class ClientTokens {
 public:
  static constexpr size_t kTokenLengthMax = 64;
  struct Options {
    // Past this the oldest is forgotten.
    size_t tokens_max = 10000;
    absl::Duration kept = absl::Hours(24);
  };

  ClientTokens() = default;
  explicit ClientTokens(Options options) : options_(options) {}

  // What the request was answered; nullopt: it is new, or has no token. `parameters`: all of them, in one canonical
  // text. INVALID_ARGUMENT: a token that is too long or not ASCII (InvalidParameterValue), or that came with other
  // parameters (IdempotentParameterMismatch).
  absl::StatusOr<std::optional<std::string>> Find(absl::string_view token, absl::string_view parameters,
                                                  absl::Time now) const;
  // Remembers the answer. An empty token is not remembered.
  void Record(absl::string_view token, absl::string_view parameters, absl::string_view answer, absl::Time now);

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string parameters;
    std::string answer;
    absl::Time recorded;
  };
  void DropOld(absl::Time now);

  Options options_;
  std::map<std::string, Entry, std::less<>> entries_;
  // The tokens of entries_, oldest first.
  std::deque<std::string> order_;
};

}  // namespace nubo::ec2

#endif  // NUBO_EC2_CLIENT_TOKENS_H_
