#include "nubo/region/network/elastic_addresses.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/edge/edge_config.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using testing::IsOk;

constexpr char kInstances[] = R"(
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 8080, ToPort: 8080, CidrIp: 0.0.0.0/0}]
  First:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA, SecurityGroupIds: [!Ref Open]}
  Second:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetB, SecurityGroupIds: [!Ref Open]}
)";

struct Elastic : World {
  std::string WithAddress(const std::string& properties) const {
    return absl::StrCat(kNetwork, kInstances, "  Address: {Type: AWS::EC2::EIP, Properties: {", properties, "}}\n");
  }
  void Up(const std::string& properties) {
    BOOST_REQUIRE(IsOk(Create(WithAddress(properties))));
    Settle();
    BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  }
  std::string Physical(const std::string& logical_id) const {
    for (const v1::StackResourceState& resource : context.model.stacks.Find("shop")->resources()) {
      if (resource.logical_id() == logical_id) return resource.physical_id();
    }
    return "";
  }
  std::string PublicIpOf(const std::string& logical_id) const {
    return context.model.instances.Find(Physical(logical_id))->public_ip();
  }
  // Where the shared listener passes on what comes to the address.
  std::string ServedBy(const std::string& address) const {
    const proxy::v1::Configuration config = EdgeConfig(context);
    for (const proxy::v1::Listener& listener : config.listeners()) {
      for (const proxy::v1::Address& one : listener.addresses()) {
        if (one.ip() == address && one.port() == 8080) {
          return listener.default_action().forward().target_groups(0).target_group_id();
        }
      }
    }
    return "";
  }
  std::string Allocate() {
    const auto id = AllocateAddress(context, {});
    BOOST_REQUIRE(IsOk(id));
    return *id;
  }
  std::string AddressOf(const std::string& id) { return context.model.plain.Find(id)->attributes().at("PublicIp"); }
};

BOOST_FIXTURE_TEST_SUITE(elastic_addresses, Elastic)

BOOST_AUTO_TEST_CASE(an_address_of_a_template_is_an_instances_and_moves_to_another) {
  Up("Domain: vpc, InstanceId: !Ref First");
  const std::string address = Physical("Address");
  BOOST_TEST(!address.empty());
  BOOST_TEST(PublicIpOf("First") == address);
  BOOST_TEST(ServedBy(address) == Physical("First"));
  BOOST_REQUIRE(IsOk(Update(WithAddress("Domain: vpc, InstanceId: !Ref Second"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE");
  BOOST_TEST(Physical("Address") == address, "it is the same address");
  BOOST_TEST(PublicIpOf("First").empty());
  BOOST_TEST(PublicIpOf("Second") == address);
  BOOST_TEST(ServedBy(address) == Physical("Second"));
  BOOST_REQUIRE(IsOk(Update(WithAddress("Domain: vpc"))));
  BOOST_TEST(PublicIpOf("Second").empty());
  BOOST_TEST(ServedBy(address).empty());
}

BOOST_AUTO_TEST_CASE(it_is_described_by_address_and_by_allocation) {
  Up("InstanceId: !Ref First");
  const std::string address = Physical("Address");
  for (const std::string& name : {address, AllocationOf(context.model, address), std::string("Address")}) {
    const auto shown = DescribeOne(context, name);
    BOOST_REQUIRE(IsOk(shown));
    BOOST_TEST(shown->type() == "AWS::EC2::EIP");
    BOOST_TEST(shown->attributes().fields().at("instanceId").string_value() == Physical("First"), name);
  }
}

BOOST_AUTO_TEST_CASE(what_a_stack_made_goes_with_it) {
  Up("InstanceId: !Ref First");
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle(absl::Seconds(30));
  BOOST_TEST(context.model.stacks.empty());
  BOOST_TEST(context.model.plain.empty(), "neither addresses nor the block they were in");
}

BOOST_AUTO_TEST_CASE(an_address_needs_no_stack_and_is_nobody_elses) {
  const std::string first = Allocate(), second = Allocate();
  BOOST_TEST(AddressOf(first) != AddressOf(second));
  const std::string released = AddressOf(first);
  BOOST_TEST(IsOk(ReleaseElasticAddress(context, first)));
  BOOST_TEST(base::ErrorCode(ReleaseElasticAddress(context, first)) == "InvalidAllocationID.NotFound");
  BOOST_TEST(AddressOf(Allocate()) == released, "the lowest that is free");
}

BOOST_AUTO_TEST_CASE(the_last_address_takes_the_block_along) {
  const std::string only = Allocate();
  BOOST_TEST(context.model.plain.size() == 2u);
  BOOST_TEST(IsOk(ReleaseElasticAddress(context, only)));
  BOOST_TEST(context.model.plain.empty());
}

BOOST_AUTO_TEST_CASE(there_are_no_more_than_the_most) {
  for (size_t i = 0; i < kElasticAddressesMax; ++i) Allocate();
  BOOST_TEST(base::ErrorCode(AllocateAddress(context, {}).status()) == "AddressLimitExceeded");
}

BOOST_AUTO_TEST_CASE(who_may_have_it) {
  Up("Domain: vpc");
  const std::string id = AllocationOf(context.model, Physical("Address"));
  const std::string first = Physical("First"), second = Physical("Second");
  const auto associate = [&](const std::string& instance, bool allow) {
    return AssociateAddress(context, {.allocation_id = id, .instance_id = instance, .allow_reassociation = allow})
        .status();
  };
  BOOST_TEST(base::ErrorCode(associate("i-0", true)) == "InvalidInstanceID.NotFound");
  BOOST_TEST(base::ErrorCode(associate("10.0.1.4", true)) == "IncorrectInstanceState", "an address is no instance");
  BOOST_TEST(IsOk(associate(first, false)));
  BOOST_TEST(IsOk(associate(first, false)), "twice is once");
  BOOST_TEST(base::ErrorCode(associate(second, false)) == "Resource.AlreadyAssociated");
  BOOST_TEST(base::ErrorCode(ReleaseElasticAddress(context, id)) == "InvalidIPAddress.InUse");
  const std::string other = Allocate();
  BOOST_TEST(IsOk(AssociateAddress(context, {.allocation_id = other, .instance_id = first})));
  BOOST_TEST(AssociatedWith(context.model, id).empty(), "an instance has one");
  BOOST_TEST(PublicIpOf("First") == AddressOf(other));
}

BOOST_AUTO_TEST_CASE(an_instance_that_is_gone_has_no_address) {
  Up("InstanceId: !Ref First");
  const std::string id = AllocationOf(context.model, Physical("Address"));
  Exits(Physical("First"), process::End::Exited(1));
  BOOST_TEST(AssociatedWith(context.model, id).empty());
  BOOST_TEST(ServedBy(Physical("Address")).empty());
  BOOST_TEST(IsOk(AssociateAddress(
      context, {.allocation_id = id, .instance_id = Physical("Second"), .allow_reassociation = false})));
}

BOOST_AUTO_TEST_CASE(a_public_address_of_its_own_comes_back) {
  Up("Domain: vpc");
  const std::string first = Physical("First");
  context.model.instances.Update(first, [](v1::InstanceState& record) { record.set_public_ip(record.loopback_ip()); });
  const std::string own = PublicIpOf("First");
  const std::string id = AllocationOf(context.model, Physical("Address"));
  BOOST_TEST(IsOk(AssociateAddress(context, {.allocation_id = id, .instance_id = first})));
  BOOST_TEST(PublicIpOf("First") == Physical("Address"));
  BOOST_TEST(IsOk(DisassociateAddress(context, id)));
  BOOST_TEST(IsOk(DisassociateAddress(context, id)), "twice is once");
  BOOST_TEST(PublicIpOf("First") == own);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
