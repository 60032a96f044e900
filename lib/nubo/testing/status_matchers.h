// Boost.Test predicates over absl::Status and absl::StatusOr that print what they saw.
//
// Example:
//   BOOST_TEST(IsOk(pool.Allocate(24)));
//   BOOST_TEST(StatusIs(pool.Allocate(33), absl::StatusCode::kInvalidArgument, "/33"));
//
// Thread safety: pure functions.
#ifndef NUBO_TESTING_STATUS_MATCHERS_H_
#define NUBO_TESTING_STATUS_MATCHERS_H_

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace nubo::testing {

inline const absl::Status& ToStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& ToStatus(const absl::StatusOr<T>& value) {
  return value.status();
}

// True if `value` (a Status or StatusOr) is OK; else prints its status.
template <typename T>
boost::test_tools::assertion_result IsOk(const T& value) {
  boost::test_tools::assertion_result result(ToStatus(value).ok());
  if (!result) result.message() << "status is " << ToStatus(value).ToString();
  return result;
}

// True if `value` has `code` and its message contains `substring`; else prints both sides.
template <typename T>
boost::test_tools::assertion_result StatusIs(const T& value, absl::StatusCode code, absl::string_view substring = "") {
  const absl::Status& status = ToStatus(value);
  boost::test_tools::assertion_result result(status.code() == code && absl::StrContains(status.message(), substring));
  if (!result) {
    result.message() << "status is " << status.ToString() << "; expected " << absl::StatusCodeToString(code)
                     << " with a message containing \"" << std::string(substring) << "\"";
  }
  return result;
}

}  // namespace nubo::testing

#endif  // NUBO_TESTING_STATUS_MATCHERS_H_
