// RDS's calls, with and without a stack.
#include "nubo/region/databases/operations.h"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::base::ErrorCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotNow = absl::StatusCode::kFailedPrecondition;

constexpr char kGroups[] = R"(
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: inside, VpcId: !Ref Vpc}}
  Vpc2: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
  Group2: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: elsewhere, VpcId: !Ref Vpc2}}
)";

struct DBInstances : World {
  DBInstances() {
    BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kGroups))));
    Settle();
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
    for (const v1::StackResourceState& resource : context.model.stacks.Find("shop")->resources()) {
      if (resource.logical_id() == "Group") group = resource.physical_id();
      if (resource.logical_id() == "Group2") group_elsewhere = resource.physical_id();
    }
  }
  CreateDBInstanceRequest Request() const {
    return {.db_instance_identifier = "Todo",
            .engine = "MySQL",
            .master_username = "admin",
            .master_user_password = "swordfish",
            .vpc_security_group_ids = {group}};
  }
  // One that is available.
  void Make(const CreateDBInstanceRequest& request) {
    BOOST_REQUIRE(IsOk(CreateDBInstance(context, {}, request)));
    Settle();
    BOOST_REQUIRE_EQUAL(Db().status(), "available");
  }
  void Make() { Make(Request()); }
  const v1::DatabaseState& Db() const { return context.model.databases.begin()->second; }
  std::string Password() const { return context.model.secrets.Find(Db().secret_arn())->password(); }
  int FreeAddresses() const {
    int count = 0;
    for (const auto& [id, addresses] : context.addresses) count += static_cast<int>(addresses.available());
    return count;
  }

  std::string group;
  std::string group_elsewhere;
};

BOOST_FIXTURE_TEST_SUITE(databases_operations, DBInstances)

BOOST_AUTO_TEST_CASE(one_is_made_and_deleted_without_a_stack) {
  const int free = FreeAddresses();
  Make();
  BOOST_TEST(Db().id() == "todo");
  BOOST_TEST(Db().port() == 3306);
  BOOST_TEST(Db().data_directory() == "data/_/todo");
  BOOST_TEST(Db().owner().stack_name() == "");
  BOOST_TEST(Password() == "swordfish");
  BOOST_TEST(FreeAddresses() == free - 1);
  BOOST_REQUIRE(IsOk(DeleteDBInstance(context, {.db_instance_identifier = "TODO", .delete_data = true})));
  BOOST_TEST(Db().delete_data());
  const absl::Status again = DeleteDBInstance(context, {.db_instance_identifier = "todo"});
  BOOST_TEST(StatusIs(again, kNotNow, "is being deleted already"));
  BOOST_TEST(ErrorCode(again) == "InvalidDBInstanceState");
  BOOST_TEST(ErrorCode(ModifyDBInstance(context, {.db_instance_identifier = "todo"})) == "InvalidDBInstanceState");
  Settle();
  BOOST_TEST(context.model.databases.empty());
  BOOST_TEST(context.model.secrets.empty());
  BOOST_TEST(FreeAddresses() == free);
  const absl::Status gone = DeleteDBInstance(context, {.db_instance_identifier = "todo"});
  BOOST_TEST(absl::IsNotFound(gone));
  BOOST_TEST(ErrorCode(gone) == "DBInstanceNotFound");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_refused_and_nothing_made) {
  const int free = FreeAddresses();
  const auto refuse = [&](auto change, absl::StatusCode code, const char* message, const char* aws_code) {
    CreateDBInstanceRequest request = Request();
    change(request);
    const auto refused = CreateDBInstance(context, {}, request);
    BOOST_TEST(StatusIs(refused, code, message));
    BOOST_TEST(ErrorCode(refused.status()) == aws_code, message);
  };
  using R = CreateDBInstanceRequest;
  const char* value = "InvalidParameterValue";
  const char* combination = "InvalidParameterCombination";
  for (const char* name : {"", "a--b", "a-", "1a", "my db"}) {
    refuse([&](R& r) { r.db_instance_identifier = name; }, kInvalid, "DBInstanceIdentifier must have 1 to 63", value);
  }
  refuse([](R& r) { r.engine = "postgres"; }, kInvalid, "Invalid DB engine: postgres; there are mysql and mariadb",
         value);
  refuse([](R& r) { r.master_username = ""; }, kInvalid, "MasterUsername must have 1 to 16", value);
  refuse([](R& r) { r.master_username = "rdsadmin"; }, kInvalid, "reserved word used by the engine", value);
  refuse([](R& r) { r.db_name = "select"; }, kInvalid, "DBName select cannot be used", value);
  refuse([](R& r) { r.port = 1149; }, kInvalid, "Port must be from 1150 to 65535, not 1149", value);
  refuse([](R& r) { r.master_user_password = "secret1"; }, kInvalid, "MasterUserPassword must have 8 to 41", value);
  refuse([](R& r) { r.master_user_password.reset(); }, kInvalid, "needs either MasterUserPassword", combination);
  refuse([](R& r) { r.manage_master_user_password = true; }, kInvalid, "and not both", combination);
  refuse([](R& r) { r.vpc_security_group_ids = {"sg-0123456789abcdef0"}; }, absl::StatusCode::kNotFound,
         "The security group 'sg-0123456789abcdef0' does not exist", "InvalidGroup.NotFound");
  refuse([&](R& r) { r.vpc_security_group_ids = {group, group_elsewhere}; }, kInvalid, "are of one VPC", combination);
  const char* network = "InvalidVPCNetworkStateFault";
  refuse([](R& r) { r.vpc_security_group_ids.clear(); }, kNotNow, "there is no subnet for the database", network);
  refuse([&](R& r) { r.vpc_security_group_ids = {group_elsewhere}; }, kNotNow, "there is no subnet", network);
  refuse([](R& r) { r.availability_zone = "us-east-1c"; }, kNotNow, "there is no subnet", network);
  BOOST_TEST(context.model.databases.empty());
  BOOST_TEST(context.model.secrets.empty());
  BOOST_TEST(FreeAddresses() == free);
}

BOOST_AUTO_TEST_CASE(an_identifier_is_one_instance_s) {
  Make();
  CreateDBInstanceRequest request = Request();
  request.db_instance_identifier = "TODO";
  const auto second = CreateDBInstance(context, {}, request);
  BOOST_TEST(StatusIs(second, absl::StatusCode::kAlreadyExists, "there is a DB instance 'todo' already"));
  BOOST_TEST(ErrorCode(second.status()) == "DBInstanceAlreadyExists");
  BOOST_TEST(context.model.secrets.size() == 1u);
}

BOOST_AUTO_TEST_CASE(it_is_in_the_zone_that_was_asked_for) {
  CreateDBInstanceRequest request = Request();
  request.availability_zone = "us-east-1b";
  Make(request);
  BOOST_TEST(context.model.subnets.Find(Db().subnet_id())->availability_zone() == "us-east-1b");
}

BOOST_AUTO_TEST_CASE(what_a_modification_does_not_name_stays) {
  CreateDBInstanceRequest request = Request();
  request.deletion_protection = true;
  Make(request);
  BOOST_TEST(IsOk(ModifyDBInstance(context, {.db_instance_identifier = "todo"})));
  BOOST_TEST(Db().deletion_protection());
  BOOST_TEST(Db().status() == "available");
  BOOST_TEST(Password() == "swordfish");
  BOOST_TEST(ErrorCode(ModifyDBInstance(context, {.db_instance_identifier = "nobody"})) == "DBInstanceNotFound");
}

BOOST_AUTO_TEST_CASE(a_protected_one_is_deleted_once_it_is_not) {
  CreateDBInstanceRequest request = Request();
  request.deletion_protection = true;
  Make(request);
  const absl::Status refused = DeleteDBInstance(context, {.db_instance_identifier = "todo"});
  BOOST_TEST(StatusIs(refused, kNotNow, "Cannot delete protected DB Instance"));
  BOOST_TEST(ErrorCode(refused) == "InvalidParameterCombination");
  BOOST_REQUIRE(IsOk(ModifyDBInstance(context, {.db_instance_identifier = "todo", .deletion_protection = false})));
  BOOST_TEST(IsOk(DeleteDBInstance(context, {.db_instance_identifier = "todo"})));
  BOOST_TEST(!Db().delete_data());
}

BOOST_AUTO_TEST_CASE(a_new_password_starts_it_again_and_the_same_does_not) {
  Make();
  const auto give = [&](const std::string& password) {
    return ModifyDBInstance(context, {.db_instance_identifier = "todo", .master_user_password = password});
  };
  BOOST_REQUIRE(IsOk(give("swordfish")));
  BOOST_TEST(Db().status() == "available");
  BOOST_REQUIRE(IsOk(give("tunafish")));
  BOOST_TEST(Db().status() == "resetting-master-credentials");
  Settle(absl::Seconds(1));
  BOOST_TEST(Db().status() == "available");
  BOOST_TEST(Password() == "tunafish");
  BOOST_TEST(StatusIs(give("short"), kInvalid, "MasterUserPassword must have"));
  BOOST_TEST(Password() == "tunafish");
}

BOOST_AUTO_TEST_CASE(rds_takes_the_password_over_and_gives_it_back) {
  Make();
  const auto manage = [&](bool on, std::optional<std::string> password) {
    return ModifyDBInstance(context, {.db_instance_identifier = "todo",
                                      .master_user_password = std::move(password),
                                      .manage_master_user_password = on});
  };
  BOOST_REQUIRE(IsOk(manage(true, std::nullopt)));
  BOOST_TEST(Db().managed_password());
  BOOST_TEST(Password().size() == 40u);
  Settle(absl::Seconds(1));
  const std::string own = Password();
  BOOST_REQUIRE(IsOk(manage(true, std::nullopt)));
  BOOST_TEST(Password() == own);
  BOOST_TEST(Db().status() == "available");
  for (const bool on : {true, false}) {
    const absl::Status refused = manage(on, on ? std::optional<std::string>("tunafish") : std::nullopt);
    BOOST_TEST(ErrorCode(refused) == "InvalidParameterCombination");
  }
  const absl::Status given =
      ModifyDBInstance(context, {.db_instance_identifier = "todo", .master_user_password = "tunafish"});
  BOOST_TEST(ErrorCode(given) == "InvalidParameterCombination");
  BOOST_TEST(Password() == own);
  BOOST_REQUIRE(IsOk(manage(false, "tunafish")));
  BOOST_TEST(!Db().managed_password());
  BOOST_TEST(Password() == "tunafish");
}

BOOST_AUTO_TEST_CASE(a_modification_is_all_or_nothing) {
  Make();
  const absl::Status refused = ModifyDBInstance(context, {.db_instance_identifier = "todo",
                                                          .master_user_password = "tunafish",
                                                          .vpc_security_group_ids = {{group, group_elsewhere}},
                                                          .deletion_protection = true});
  BOOST_TEST(StatusIs(refused, kNotNow, "cannot move to vpc-"));
  BOOST_TEST(ErrorCode(refused) == "InvalidVPCNetworkStateFault");
  BOOST_TEST(Password() == "swordfish");
  BOOST_TEST(!Db().deletion_protection());
}

BOOST_AUTO_TEST_CASE(a_reboot_starts_it_again) {
  Make();
  BOOST_REQUIRE(IsOk(RebootDBInstance(context, {"todo"})));
  BOOST_TEST(Db().status() == "rebooting");
  const absl::Status refused = RebootDBInstance(context, {"todo"});
  BOOST_TEST(StatusIs(refused, kNotNow, "is rebooting, and not available"));
  BOOST_TEST(ErrorCode(refused) == "InvalidDBInstanceState");
  Settle(absl::Seconds(1));
  BOOST_TEST(Db().status() == "available");
  BOOST_TEST(Db().restarts() == 1);
  BOOST_TEST(!Db().restart_wanted());
  BOOST_TEST(ErrorCode(RebootDBInstance(context, {"nobody"})) == "DBInstanceNotFound");
}

BOOST_AUTO_TEST_CASE(a_name_that_a_stack_gives_is_one_whatever_the_stack_is_called) {
  const std::string body = absl::StrCat(kNetwork, R"(
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, MasterUsername: u, ManageMasterUserPassword: true}
)");
  BOOST_REQUIRE(IsOk(Create(body, "todo--list-")));
  Settle();
  BOOST_REQUIRE_EQUAL(context.model.databases.size(), 1u);
  BOOST_TEST(absl::StartsWith(Db().id(), "todo-list-db-"), Db().id());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
