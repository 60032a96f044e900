#include "nubo/lb_grpc/health_check.h"

#include <boost/test/unit_test.hpp>

#include "nubo/testing/status_matchers.h"

namespace nubo::lb_grpc {
namespace {

using ::nubo::testing::StatusIs;
using Kind = lb::CheckResult::Kind;

BOOST_AUTO_TEST_CASE(a_request_names_the_service) {
  BOOST_TEST(HealthCheckRequest("") == "");
  BOOST_TEST(HealthCheckRequest("abc") ==
             "\x0a\x03"
             "abc");
  const std::string longer = HealthCheckRequest(std::string(200, 'x'));
  BOOST_TEST(longer.substr(0, 3) == "\x0a\xc8\x01");
  BOOST_TEST(longer.size() == 203u);
}

struct ResponseCase {
  const char* name;
  std::string bytes;
  int status;  // -1: no message
};
const ResponseCase kResponses[] = {
    {"nothing is unknown", "", 0},
    {"serving", "\x08\x01", 1},
    {"not serving", "\x08\x02", 2},
    {"the last one counts", "\x08\x01\x08\x02", 2},
    {"other fields are skipped", std::string("\x10\x05\x1a\x02zz\x25\0\0\0\0\x29\0\0\0\0\0\0\0\0\x08\x01", 22), 1},
    {"a tag alone", "\x08", -1},
    {"a varint without an end", std::string(12, '\xff'), -1},
    {"a string longer than the message", "\x1a\x05zz", -1},
    {"a group", "\x1b", -1},
};

BOOST_AUTO_TEST_CASE(responses_are_read_and_broken_ones_refused) {
  for (const ResponseCase& c : kResponses) {
    const absl::StatusOr<int> status = ParseHealthCheckResponse(c.bytes);
    BOOST_TEST(status.ok() == (c.status >= 0), c.name);
    if (status.ok()) BOOST_TEST(*status == c.status, c.name);
  }
  BOOST_TEST(StatusIs(ParseHealthCheckResponse("\x08").status(), absl::StatusCode::kInvalidArgument, "1 bytes"));
}

BOOST_AUTO_TEST_CASE(answers_read_as_a_target_group_wants_them) {
  const auto read = [](grpc::StatusCode code) { return ReadHealthCheck(grpc::Status(code, ""), ""); };
  const lb::CheckResult serving = ReadHealthCheck(grpc::Status::OK, "\x08\x01");
  BOOST_TEST((serving.kind == Kind::kAnswered && serving.code == 0));
  const lb::CheckResult not_serving = ReadHealthCheck(grpc::Status::OK, "\x08\x02");
  BOOST_TEST((not_serving.kind == Kind::kAnswered && not_serving.code == 14));
  BOOST_TEST((ReadHealthCheck(grpc::Status::OK, "\x08").kind == Kind::kFailed));
  BOOST_TEST((read(grpc::StatusCode::UNIMPLEMENTED).code == 12));
  BOOST_TEST((read(grpc::StatusCode::DEADLINE_EXCEEDED).kind == Kind::kTimeout));
  BOOST_TEST((read(grpc::StatusCode::UNAVAILABLE).kind == Kind::kRefused));
  BOOST_TEST((read(grpc::StatusCode::CANCELLED).kind == Kind::kInternalError));
}

}  // namespace
}  // namespace nubo::lb_grpc
