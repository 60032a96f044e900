#include "nubo/ec2/client_tokens.h"

#include <boost/test/unit_test.hpp>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1893456000);

std::string Answer(const ClientTokens& tokens, absl::string_view token, absl::string_view parameters,
                   absl::Time now = kNow) {
  const auto answer = tokens.Find(token, parameters, now);
  BOOST_REQUIRE(IsOk(answer));
  return answer->value_or("(new)");
}

BOOST_AUTO_TEST_CASE(the_same_request_gets_the_same_answer) {
  ClientTokens tokens;
  BOOST_TEST(Answer(tokens, "t", "image=web") == "(new)");
  tokens.Record("t", "image=web", "i-1", kNow);
  BOOST_TEST(Answer(tokens, "t", "image=web") == "i-1");
  BOOST_TEST(Answer(tokens, "T", "image=web") == "(new)");
}

BOOST_AUTO_TEST_CASE(other_parameters_under_the_same_token_are_refused) {
  ClientTokens tokens;
  tokens.Record("t", "image=web", "i-1", kNow);
  const auto other = tokens.Find("t", "image=api", kNow);
  BOOST_TEST(StatusIs(other, absl::StatusCode::kInvalidArgument, "\"t\""));
  BOOST_TEST(base::ErrorCode(other.status()) == "IdempotentParameterMismatch");
}

BOOST_AUTO_TEST_CASE(a_request_without_a_token_is_always_new) {
  ClientTokens tokens;
  tokens.Record("", "image=web", "i-1", kNow);
  BOOST_TEST(Answer(tokens, "", "image=web") == "(new)");
  BOOST_TEST(tokens.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_token_is_at_most_64_ascii_characters) {
  ClientTokens tokens;
  BOOST_TEST(IsOk(tokens.Find(std::string(64, 'x'), "", kNow)));
  for (const std::string& token : {std::string(65, 'x'), std::string("caf\xc3\xa9"), std::string("a\nb")}) {
    const auto refused = tokens.Find(token, "", kNow);
    BOOST_TEST(StatusIs(refused, absl::StatusCode::kInvalidArgument, "64"));
    BOOST_TEST(base::ErrorCode(refused.status()) == "InvalidParameterValue");
  }
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_for_a_day) {
  ClientTokens tokens;
  tokens.Record("t", "p", "i-1", kNow);
  BOOST_TEST(Answer(tokens, "t", "p", kNow + absl::Hours(23)) == "i-1");
  BOOST_TEST(Answer(tokens, "t", "q", kNow + absl::Hours(24)) == "(new)");
  tokens.Record("t", "q", "i-2", kNow + absl::Hours(24));
  BOOST_TEST(Answer(tokens, "t", "q", kNow + absl::Hours(24)) == "i-2");
  BOOST_TEST(tokens.size() == 1u);
}

BOOST_AUTO_TEST_CASE(past_the_bound_the_oldest_is_forgotten) {
  ClientTokens tokens({.tokens_max = 3});
  for (int i = 0; i < 5; ++i) tokens.Record(absl::StrCat("t", i), "p", absl::StrCat("i-", i), kNow + absl::Seconds(i));
  BOOST_TEST(tokens.size() == 3u);
  BOOST_TEST(Answer(tokens, "t1", "p") == "(new)");
  BOOST_TEST(Answer(tokens, "t2", "p") == "i-2");
  BOOST_TEST(Answer(tokens, "t4", "p") == "i-4");
}

}  // namespace
}  // namespace nubo::ec2
