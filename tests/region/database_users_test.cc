// Which instances were told of a database, as far as the region knows.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/region/databases/describe.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;

constexpr char kDatabases[] = R"(
  Inside:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: inside, VpcId: !Ref Vpc}
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Delete
    Properties:
      DBInstanceIdentifier: db
      Engine: mysql
      DBInstanceClass: db.t3.micro
      AllocatedStorage: '20'
      MasterUsername: admin
      ManageMasterUserPassword: true
      VPCSecurityGroups: [!GetAtt Inside.GroupId]
  Other:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Delete
    Properties:
      DBInstanceIdentifier: my-db
      Engine: mysql
      DBInstanceClass: db.t3.micro
      AllocatedStorage: '20'
      MasterUsername: admin
      ManageMasterUserPassword: true
      VPCSecurityGroups: [!GetAtt Inside.GroupId]
)";

struct Databases : World {
  // An instance with this script; how many instances were told of `db` and of `my-db`.
  std::vector<int> Told(const std::string& script) {
    const std::string body = absl::StrCat(kNetwork, kDatabases, R"(
  Instance:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: web
      SubnetId: !Ref SubnetA
      UserData: {"Fn::Base64": !Sub ")",
                                          script, "\"}\n");
    BOOST_REQUIRE(IsOk(Create(body)));
    Settle();
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
    rds::v1::DescribeDbInstancesResponse shown;
    Describe(context, shown);
    std::vector<int> told;
    for (const auto& database : shown.databases()) told.push_back(database.named_by_size());
    return told;
  }
};

BOOST_FIXTURE_TEST_CASE(whose_user_data_names_the_endpoint_was_told, Databases) {
  BOOST_TEST(Told("#!/bin/sh\\nexec web --db '${Database.Endpoint.Address}:3306'\\n") == (std::vector<int>{1, 0}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_endpoint_that_ends_like_another_is_not_that_one, Databases) {
  BOOST_TEST(Told("#!/bin/sh\\nexec web --db ${Other.Endpoint.Address}.\\n") == (std::vector<int>{0, 1}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(whose_user_data_names_the_secret_was_told, Databases) {
  BOOST_TEST(Told("#!/bin/sh\\nPASSWORD='{{resolve:secretsmanager:${Other.MasterUserSecret.SecretArn}:SecretString:"
                  "password}}' exec web\\n") == (std::vector<int>{0, 1}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(others_were_not_told, Databases) {
  BOOST_TEST(Told("#!/bin/sh\\nexec web\\n") == (std::vector<int>{0, 0}), boost::test_tools::per_element());
}

}  // namespace
}  // namespace nubo::region
