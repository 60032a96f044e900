// Which failed backend calls are made again, and after how long.
#include "examples/todo/frontend/retry_policy.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <random>

namespace nubo::examples::todo {
namespace {

using Code = absl::StatusCode;

struct Fixture {
  RetryPolicy policy;
  std::mt19937_64 rng{1};

  std::optional<absl::Duration> Next(Code code, int attempt, absl::Duration remaining = absl::Seconds(10)) {
    return policy.Next(RetryClass::kRepeatable, code, attempt, remaining, rng);
  }
};

BOOST_FIXTURE_TEST_SUITE(Retry, Fixture)

BOOST_AUTO_TEST_CASE(what_is_sent_once_is_never_repeated) {
  for (const Code code : {Code::kUnavailable, Code::kInternal, Code::kDeadlineExceeded, Code::kUnknown}) {
    BOOST_TEST(!policy.Next(RetryClass::kOnce, code, 1, absl::Seconds(10), rng).has_value());
  }
}

BOOST_AUTO_TEST_CASE(errors_of_the_caller_and_success_are_not_repeated) {
  for (const Code code : {Code::kOk, Code::kInvalidArgument, Code::kUnauthenticated, Code::kNotFound,
                          Code::kAlreadyExists, Code::kResourceExhausted, Code::kFailedPrecondition}) {
    BOOST_TEST(!Next(code, 1).has_value());
  }
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_their_bound_and_are_spread) {
  for (int attempt = 1; attempt < policy.attempts_max; ++attempt) {
    const absl::Duration full = std::min(policy.pause_first * (1 << std::min(attempt - 1, 20)), policy.pause_max);
    const absl::Duration pause = Next(Code::kUnavailable, attempt).value();
    BOOST_TEST((pause >= full / 2));
    BOOST_TEST((pause <= full));
  }
  BOOST_TEST((Next(Code::kUnavailable, 1) != Next(Code::kUnavailable, 1)));
}

BOOST_AUTO_TEST_CASE(attempts_are_bounded_and_doubtful_ones_more_tightly) {
  BOOST_TEST(!Next(Code::kUnavailable, policy.attempts_max).has_value());
  BOOST_TEST(Next(Code::kInternal, 2).has_value());
  BOOST_TEST(!Next(Code::kInternal, 3).has_value());
}

BOOST_AUTO_TEST_CASE(no_pause_outlasts_the_deadline) {
  BOOST_TEST(!Next(Code::kUnavailable, 10, absl::Milliseconds(100)).has_value());
  BOOST_TEST(!Next(Code::kUnavailable, 1, absl::ZeroDuration()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
