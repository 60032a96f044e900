#include "nubo/proxy/retry_policy.h"

#include <boost/test/unit_test.hpp>

#include "nubo/proxy/grpc_health.h"

namespace nubo::proxy {
namespace {

struct Row {
  const char* name;
  FailedAttempt attempt;
  bool retried;
};
const Row kRows[] = {
    {"refused GET", {AttemptStage::kNothingSent, "GET", true}, true},
    {"refused POST", {AttemptStage::kNothingSent, "POST", true}, true},
    {"refused POST whose body is partly gone", {AttemptStage::kNothingSent, "POST", false}, false},
    {"reset GET", {AttemptStage::kSent, "GET", true}, true},
    {"reset PUT", {AttemptStage::kSent, "PUT", true}, true},
    {"reset DELETE", {AttemptStage::kSent, "DELETE", true}, true},
    {"reset PUT with a long body", {AttemptStage::kSent, "PUT", false}, false},
    {"reset POST", {AttemptStage::kSent, "POST", true}, false},
    {"reset PATCH", {AttemptStage::kSent, "PATCH", true}, false},
    {"reset get, which is another method", {AttemptStage::kSent, "get", true}, false},
    {"GET cut off while answering", {AttemptStage::kAnswering, "GET", true}, false},
    {"gRPC not processed", {AttemptStage::kNotProcessed, "POST", true, true}, true},
    {"gRPC sent", {AttemptStage::kSent, "POST", true, true}, false},
    {"reset GET, again", {AttemptStage::kSent, "GET", true, false, 2, 2}, false},
    {"refused GET that another target had seen", {AttemptStage::kNothingSent, "GET", true, false, 2, 1}, true},
    {"last attempt", {AttemptStage::kNothingSent, "GET", true, false, kAttemptsMax}, false},
};

BOOST_AUTO_TEST_CASE(only_what_cannot_happen_twice_is_retried) {
  for (const Row& row : kRows) BOOST_TEST(MayRetry(row.attempt) == row.retried, row.name);
}

BOOST_AUTO_TEST_CASE(grpc_health_answers_are_read) {
  BOOST_TEST(GrpcHealthRequest() == std::string(5, '\0'));
  const auto parse = [](std::string bytes) { return ParseGrpcHealthResponse(bytes); };
  BOOST_TEST((parse(std::string("\0\0\0\0\2\x08\1", 7)) == GrpcServing::kServing));
  BOOST_TEST((parse(std::string("\0\0\0\0\2\x08\2", 7)) == GrpcServing::kNotServing));
  for (const std::string& bad : {std::string(), std::string("\0\0\0\0\0", 5), std::string("\1\0\0\0\2\x08\1", 7),
                                 std::string("\0\0\0\0\3\x08\1", 7), std::string("\0\0\0\0\2\x10\1", 7),
                                 std::string("\0\0\0\0\2\x08\x7f", 7), std::string("\0\0\0\0\2\x08\xff", 7)}) {
    BOOST_TEST((parse(bad) == GrpcServing::kUnknown));
  }
}

}  // namespace
}  // namespace nubo::proxy
