#include <boost/test/unit_test.hpp>

#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/base/status.h"
#include "nubo/base/strings.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::base {
namespace {

using ::nubo::testing::StatusIs;

BOOST_AUTO_TEST_CASE(system_clock_never_runs_backwards) {
  SystemClock clock;
  absl::Time last = clock.Now();
  for (int i = 0; i < 1000; ++i) {
    const absl::Time now = clock.Now();
    BOOST_REQUIRE(now >= last);
    last = now;
  }
}

BOOST_AUTO_TEST_CASE(simulated_clock_moves_only_when_told) {
  testing::SimulatedClock clock;
  const absl::Time start = clock.Now();
  BOOST_TEST((clock.Now() == start));
  clock.Advance(absl::Seconds(5));
  clock.Advance(-absl::Seconds(50));
  BOOST_TEST((clock.Now() == start + absl::Seconds(5)));
}

BOOST_AUTO_TEST_CASE(ids_are_a_prefix_and_seventeen_digits) {
  RandomIdSource ids;
  const std::string id = ids.NewId("i");
  BOOST_TEST(id.size() == 19u);
  BOOST_TEST(id.substr(0, 2) == "i-");
  BOOST_TEST(id.find_first_not_of("0123456789abcdef", 2) == std::string::npos);
  BOOST_TEST(ids.NewId("i") != id);
}

BOOST_AUTO_TEST_CASE(sequential_ids_count) {
  SequentialIdSource ids;
  BOOST_TEST(ids.NewHex(4) == "0001");
  BOOST_TEST(ids.NewId("vpc") == "vpc-00000000000000002");
}

BOOST_AUTO_TEST_CASE(error_codes_travel_with_the_status) {
  const absl::Status status = WithErrorCode(absl::NotFoundError("no i-1"), "InvalidInstanceID.NotFound");
  const absl::Status annotated = Annotate(status, "terminate");
  BOOST_TEST(ErrorCode(annotated) == "InvalidInstanceID.NotFound");
  BOOST_TEST(StatusIs(annotated, absl::StatusCode::kNotFound, "terminate: no i-1"));
  BOOST_TEST(ErrorCode(absl::NotFoundError("plain")) == "");
  BOOST_TEST(WithErrorCode(absl::OkStatus(), "X").ok());
}

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return absl::InvalidArgumentError("odd");
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  NUBO_ASSIGN_OR_RETURN(const int half, Half(n));
  NUBO_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

BOOST_AUTO_TEST_CASE(assign_or_return_leaves_at_the_first_error) {
  BOOST_TEST(*Quarter(8) == 2);
  BOOST_TEST(StatusIs(Quarter(6), absl::StatusCode::kInvalidArgument, "odd"));
}

BOOST_AUTO_TEST_CASE(string_views_convert_without_copying) {
  const std::string text = "nubo";
  BOOST_TEST((ToStd(ToAbsl(std::string_view(text))).data() == text.data()));
}

}  // namespace
}  // namespace nubo::base
