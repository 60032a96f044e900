// How often an account and a client may try to sign in, and a client to sign up.
//
// A password's hash is made to be costly, so whoever has many of them made for nothing takes the backend from
// everybody. Each account and each client has tries that come back with time, used up by failures only; and no account
// and no client has more than its share of the queue at once. Who is over a limit is told so before anything is hashed,
// and nobody else notices.
//
// Limits are this process's own: behind a load balancer with N backends, somebody has N times as many tries.
//
// Example:
//   absl::StatusOr<AttemptLimits::Attempt> attempt = limits.SignIn("ada", "192.0.2.1");
//   if (!attempt.ok()) return attempt.status();   // RESOURCE_EXHAUSTED, with how long to wait
//   if (!Verify()) attempt->Failed();             // its end gives the place in the queue back
//
// Thread safety: thread-safe. Attempts end before the limits do.
#ifndef EXAMPLES_TODO_BACKEND_ATTEMPT_LIMITS_H_
#define EXAMPLES_TODO_BACKEND_ATTEMPT_LIMITS_H_

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"

namespace nubo::examples::todo {

// Tries at once, and how long until one comes back.
struct Allowance {
  int burst;
  absl::Duration refill;
};

struct AttemptLimitOptions {
  // By the account's name, whether there is such an account or not.
  Allowance failures_per_account = {10, absl::Seconds(6)};
  Allowance failures_per_client = {100, absl::Seconds(1)};
  Allowance sign_ups_per_client = {100, absl::Seconds(5)};
  // Hashes queued or under way.
  int at_once_per_account = 4;
  int at_once_per_client = 128;
  // Accounts and clients that are remembered; the one that was quiet longest makes room.
  size_t remembered_max = 100'000;
};

class AttemptLimits {
 public:
  // One try that is under way: a place in the queue, given back when it ends. Movable.
  class Attempt {
   public:
    Attempt(Attempt&& other) noexcept : limits_(std::exchange(other.limits_, nullptr)), keys_(std::move(other.keys_)) {}
    Attempt& operator=(Attempt&&) = delete;
    ~Attempt();
    // It came to nothing: its account and its client have a try less.
    void Failed();

   private:
    friend class AttemptLimits;
    Attempt(AttemptLimits* limits, std::vector<std::string> keys) : limits_(limits), keys_(std::move(keys)) {}
    AttemptLimits* limits_;
    std::vector<std::string> keys_;
  };

  // `clock` outlives the limits.
  AttemptLimits(const base::Clock& clock, AttemptLimitOptions options) : clock_(clock), options_(options) {}

  // RESOURCE_EXHAUSTED: the account or the client has no try left, or too many under way.
  absl::StatusOr<Attempt> SignIn(absl::string_view account, absl::string_view client);
  // Takes a try whatever comes of it.
  absl::StatusOr<Attempt> SignUp(absl::string_view client);

  size_t remembered() const;

 private:
  struct Entry {
    double left;
    absl::Time as_of;
    int under_way = 0;
    std::list<std::string>::iterator recency;
  };
  // One of several limits that a try has to keep.
  struct Limit {
    std::string key;
    Allowance allowance;
    int at_once;
    std::string whose;
  };

  absl::StatusOr<Attempt> Take(const std::vector<Limit>& limits, bool take_try);
  Entry& Touch(const Limit& limit);
  void Forget();
  void End(const std::vector<std::string>& keys);
  void Failed(const std::vector<std::string>& keys);

  const base::Clock& clock_;
  const AttemptLimitOptions options_;
  mutable std::mutex mutex_;
  // The least recently used first.
  std::list<std::string> recency_;
  absl::flat_hash_map<std::string, Entry> entries_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_ATTEMPT_LIMITS_H_
