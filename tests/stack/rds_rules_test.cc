#include "nubo/stack/rds_rules.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack::rds {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

BOOST_AUTO_TEST_CASE(the_default_port_is_the_same_in_both_forms) {
  BOOST_TEST(kPortDefaultText == absl::StrCat(kPortDefault));
  BOOST_TEST(IsOk(CheckPort(kPortDefault)));
}

BOOST_AUTO_TEST_CASE(ports_are_those_of_rds) {
  BOOST_TEST(IsOk(CheckPort(1150)));
  BOOST_TEST(IsOk(CheckPort(65535)));
  for (const int port : {0, 1149, 65536}) BOOST_TEST(StatusIs(CheckPort(port), kInvalid, "from 1150 to 65535"));
}

BOOST_AUTO_TEST_CASE(engines_are_in_any_case) {
  BOOST_TEST(IsOk(CheckEngine("MySQL")));
  BOOST_TEST(IsOk(CheckEngine("mariadb")));
  for (const char* engine : {"", "postgres", "mysql,mariadb"}) {
    BOOST_TEST(StatusIs(CheckEngine(engine), kInvalid, "there are mysql and mariadb"), engine);
  }
}

BOOST_AUTO_TEST_CASE(identifiers_are_names_in_dns) {
  for (const std::string& fits : {std::string("a"), std::string("To-do1"), std::string(63, 'a')}) {
    BOOST_TEST(IsOk(CheckIdentifier(fits)), fits);
  }
  for (const std::string& other : {std::string(), std::string("1a"), std::string("-a"), std::string("a-"),
                                   std::string("a--b"), std::string("a_b"), std::string(64, 'a')}) {
    BOOST_TEST(StatusIs(CheckIdentifier(other), kInvalid, "DBInstanceIdentifier must have 1 to 63"), other);
  }
  BOOST_TEST(base::ErrorCode(CheckIdentifier("")) == "InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(words_of_the_engine_are_not_free) {
  BOOST_TEST(IsOk(CheckDatabaseName("to_do")));
  BOOST_TEST(IsOk(CheckDatabaseName(std::string(64, 'a'))));
  BOOST_TEST(StatusIs(CheckDatabaseName(std::string(65, 'a')), kInvalid, "DBName must have 1 to 64"));
  BOOST_TEST(StatusIs(CheckDatabaseName("_a"), kInvalid, "beginning with a letter"));
  BOOST_TEST(StatusIs(CheckDatabaseName("Select"), kInvalid, "DBName Select cannot be used as it is a reserved word"));
  BOOST_TEST(IsOk(CheckMasterUsername("root")));
  BOOST_TEST(StatusIs(CheckMasterUsername(std::string(17, 'a')), kInvalid, "MasterUsername must have 1 to 16"));
  BOOST_TEST(StatusIs(CheckMasterUsername("rdsadmin"), kInvalid, "reserved word"));
}

BOOST_AUTO_TEST_CASE(passwords_are_not_shown) {
  BOOST_TEST(IsOk(CheckPassword("swordfish")));
  BOOST_TEST(IsOk(CheckPassword(std::string(41, 'a'))));
  for (const std::string& other : {std::string("secret1"), std::string(42, 'a'), std::string("sword fish"),
                                   std::string("sword/fish"), std::string("sword\"fish"), std::string("sword@fish")}) {
    const absl::Status refused = CheckPassword(other);
    BOOST_TEST(StatusIs(refused, kInvalid, "MasterUserPassword must have 8 to 41 visible ASCII characters"));
    BOOST_TEST(refused.message().find(other) == absl::string_view::npos, other);
  }
}

BOOST_AUTO_TEST_CASE(a_password_comes_from_one_place) {
  BOOST_TEST(IsOk(CheckPasswordSource(true, false)));
  BOOST_TEST(IsOk(CheckPasswordSource(false, true)));
  for (const bool both : {true, false}) {
    BOOST_TEST(base::ErrorCode(CheckPasswordSource(both, both)) == "InvalidParameterCombination");
  }
}

}  // namespace
}  // namespace nubo::stack::rds
