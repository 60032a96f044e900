#include "examples/todo/backend/attempt_limits.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nubo::examples::todo {

AttemptLimits::Attempt::~Attempt() {
  if (limits_ != nullptr) limits_->End(keys_);
}

void AttemptLimits::Attempt::Failed() { limits_->Failed(keys_); }

absl::StatusOr<AttemptLimits::Attempt> AttemptLimits::SignIn(absl::string_view account, absl::string_view client) {
  return Take({{absl::StrCat("client ", client), options_.failures_per_client, options_.at_once_per_client, "you"},
               {absl::StrCat("account ", account), options_.failures_per_account, options_.at_once_per_account,
                "this account"}},
              /*take_try=*/false);
}

absl::StatusOr<AttemptLimits::Attempt> AttemptLimits::SignUp(absl::string_view client) {
  return Take({{absl::StrCat("sign-up ", client), options_.sign_ups_per_client, options_.at_once_per_client, "you"}},
              /*take_try=*/true);
}

size_t AttemptLimits::remembered() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

absl::StatusOr<AttemptLimits::Attempt> AttemptLimits::Take(const std::vector<Limit>& limits, bool take_try) {
  std::lock_guard lock(mutex_);
  for (const Limit& limit : limits) {
    const Entry& entry = Touch(limit);
    if (entry.under_way >= limit.at_once) {
      return absl::ResourceExhaustedError(
          absl::StrCat("too many attempts of ", limit.whose, " are under way; try again in a moment"));
    }
    if (entry.left < 1) {
      const absl::Duration wait = absl::Ceil((1 - entry.left) * limit.allowance.refill, absl::Seconds(1));
      return absl::ResourceExhaustedError(
          absl::StrCat("too many attempts of ", limit.whose, "; try again in ", absl::ToInt64Seconds(wait), " s"));
    }
  }
  std::vector<std::string> keys;
  for (const Limit& limit : limits) {
    Entry& entry = entries_.at(limit.key);
    ++entry.under_way;
    if (take_try) entry.left -= 1;
    keys.push_back(limit.key);
  }
  // Not before: what is about to be counted must not be what makes room.
  Forget();
  return Attempt(this, std::move(keys));
}

// The entry as it is now.
AttemptLimits::Entry& AttemptLimits::Touch(const Limit& limit) {
  const absl::Time now = clock_.Now();
  const auto [found, fresh] = entries_.try_emplace(limit.key);
  Entry& entry = found->second;
  if (fresh) {
    entry.left = limit.allowance.burst;
    entry.recency = recency_.insert(recency_.end(), limit.key);
  } else {
    const double back = absl::FDivDuration(now - entry.as_of, limit.allowance.refill);
    entry.left = std::min<double>(limit.allowance.burst, entry.left + std::max(back, 0.0));
    recency_.splice(recency_.end(), recency_, entry.recency);
  }
  entry.as_of = now;
  return entry;
}

void AttemptLimits::Forget() {
  for (auto oldest = recency_.begin(); entries_.size() > options_.remembered_max && oldest != recency_.end();) {
    const auto entry = entries_.find(*oldest);
    // What has an attempt under way is needed at its end.
    if (entry->second.under_way > 0) {
      ++oldest;
      continue;
    }
    entries_.erase(entry);
    oldest = recency_.erase(oldest);
  }
}

void AttemptLimits::End(const std::vector<std::string>& keys) {
  std::lock_guard lock(mutex_);
  for (const std::string& key : keys) --entries_.at(key).under_way;
}

void AttemptLimits::Failed(const std::vector<std::string>& keys) {
  std::lock_guard lock(mutex_);
  for (const std::string& key : keys) entries_.at(key).left -= 1;
}

}  // namespace nubo::examples::todo
