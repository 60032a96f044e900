#include "nubo/stack/dynamic_reference.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "nubo/stack/reader.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

constexpr char kArn[] = "arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!db-1";

// All that is wrong with the references of `properties`, one a line.
std::string ProblemsOf(const std::string& properties) {
  const auto value = ReadText(properties, "t");
  BOOST_REQUIRE(testing::IsOk(value));
  std::vector<Diagnostic> problems;
  CheckDynamicReferences(*value, problems);
  return std::string(ToStatus("t", problems).message());
}

BOOST_AUTO_TEST_CASE(a_reference_is_taken_apart) {
  const auto found =
      FindDynamicReferences(std::string("a {{resolve:secretsmanager:") + kArn +
                            ":SecretString:password}} b {{resolve:secretsmanager:db:SecretString:username::}}");
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].service == "secretsmanager");
  BOOST_TEST(found[0].secret == kArn);
  BOOST_TEST(found[0].key == "password");
  BOOST_TEST(found[1].secret == "db");
  BOOST_TEST(found[1].key == "username");
  BOOST_TEST(found[1].text == "{{resolve:secretsmanager:db:SecretString:username::}}");
}

// Each of them up to that end would be the square of the text.
BOOST_AUTO_TEST_CASE(what_begins_within_a_reference_is_of_it) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "{{resolve:";
  text += "}} {{resolve:ssm:a}}";
  const auto found = FindDynamicReferences(text);
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].text.size() == 1002u);
  BOOST_TEST(found[1].text == "{{resolve:ssm:a}}");
}

BOOST_AUTO_TEST_CASE(of_a_long_reference_a_part_is_told) {
  std::string text = "{{resolve:vault:";
  for (int i = 0; i < 1000; ++i) text += "é";
  const std::string problems = ProblemsOf("{UserData: 'x " + text + "}}'}");
  BOOST_TEST(absl::StrContains(problems, "éé… cannot be resolved"), problems);
  BOOST_TEST(problems.size() < 500u);
}

BOOST_AUTO_TEST_CASE(secrets_are_resolved_in_user_data_only) {
  const std::string secret = "{{resolve:secretsmanager:db:SecretString:password}}";
  BOOST_TEST(ProblemsOf("{UserData: !Base64 'x " + secret + "'}") == "");
  BOOST_TEST(absl::StrContains(ProblemsOf("{MasterUserPassword: '" + secret + "'}"), "in UserData only"));
  BOOST_TEST(absl::StrContains(ProblemsOf("{Tags: [{Value: 'x" + secret + "'}]}"), "t:1:17: the dynamic reference {{"));
}

BOOST_AUTO_TEST_CASE(a_reference_put_together_by_functions_may_still_come_whole) {
  BOOST_TEST(ProblemsOf("{UserData: !Base64 {'Fn::Join': ['', ['{{resolve:secretsmanager:', !Ref S, "
                        "':SecretString:password}}']]}}") == "");
  BOOST_TEST(
      ProblemsOf("{UserData: !Base64 {'Fn::Sub': '{{resolve:secretsmanager:${S.Arn}:SecretString:username}}'}}") == "");
  BOOST_TEST(absl::StrContains(
      ProblemsOf("{MasterUserPassword: !Join ['', ['{{resolve:secretsmanager:', !Ref S, '}}']]}"), "in UserData only"));
}

BOOST_AUTO_TEST_CASE(what_nothing_resolves_is_told_wherever_it_stands) {
  for (const char* reference : {"{{resolve:ssm:/a:1}}", "{{resolve:ssm-secure:/a:1}}", "{{resolve:vault:a}}",
                                "{{resolve:secretsmanager:db:SecretString:colour}}", "{{resolve:secretsmanager:db"}) {
    BOOST_TEST(!ProblemsOf(std::string("{UserData: 'x ") + reference + "'}").empty(), reference);
  }
  BOOST_TEST(ProblemsOf("{UserData: 'x {{ resolve }}'}") == "");
}

// "#!/bin/sh {{resolve:ssm:a}}" in base64.
BOOST_AUTO_TEST_CASE(encoded_user_data_are_looked_into) {
  BOOST_TEST(absl::StrContains(ProblemsOf("{UserData: IyEvYmluL3NoIHt7cmVzb2x2ZTpzc206YX19}"), "{{resolve:ssm:a}}"));
}

}  // namespace
}  // namespace nubo::stack
