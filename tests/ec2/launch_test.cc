#include "nubo/ec2/launch.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

BOOST_AUTO_TEST_CASE(names_of_launch_templates_have_their_characters_and_bounds) {
  for (const std::string& name : {std::string("web"), std::string("a-(b).c/d_9"), std::string(128, 'a')}) {
    BOOST_TEST(IsOk(ValidateLaunchTemplateName(name)), name);
  }
  for (const std::string& name :
       {std::string(), std::string("ab"), std::string("a b"), std::string("a:b"), std::string(100000, 'a')}) {
    const absl::Status bad = ValidateLaunchTemplateName(name);
    BOOST_TEST(StatusIs(bad, StatusCode::kInvalidArgument, "LaunchTemplateName must have 3 to 128 characters"));
    BOOST_TEST(base::ErrorCode(bad) == "InvalidLaunchTemplateName.MalformedException");
    BOOST_TEST(bad.message().size() < 400u);
  }
}

BOOST_AUTO_TEST_CASE(an_instance_has_one_interface) {
  BOOST_TEST(IsOk(ValidateInterfaceCount(0)));
  BOOST_TEST(IsOk(ValidateInterfaceCount(1)));
  BOOST_TEST(StatusIs(ValidateInterfaceCount(2), StatusCode::kInvalidArgument, "one network interface here, not 2"));
  BOOST_TEST(base::ErrorCode(ValidateInterfaceCount(2)) == "AttachmentLimitExceeded");
}

BOOST_AUTO_TEST_CASE(what_interfaces_say_is_not_said_beside_them) {
  const absl::Status refusal = BesideInterfaces("subnet ID");
  BOOST_TEST(StatusIs(refusal, StatusCode::kInvalidArgument,
                      "Network interfaces and an instance-level subnet ID may not be specified on the same request"));
  BOOST_TEST(base::ErrorCode(refusal) == "InvalidParameterCombination");
}

}  // namespace
}  // namespace nubo::ec2
