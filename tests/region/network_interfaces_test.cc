// Network interfaces, blocks of VPCs and subnets, prefix lists, DHCP options and flow logs.
#include "nubo/region/network/interfaces.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/address_blocks.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/dhcp_options.h"
#include "nubo/region/network/flow_logs.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/peering.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/network/prefix_lists.h"
#include "nubo/region/network/security_group_rules.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using testing::IsOk;

struct Interfaces : World {
  Interfaces()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})),
        subnet(*CreateSubnet(context, {},
                             {.vpc_id = vpc, .cidr_block = "10.0.1.0/24", .availability_zone = "us-east-1a"})) {}

  static bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }
  std::string Make() { return *CreateNetworkInterface(context, {}, {.subnet_id = subnet}); }
  int FreeAddresses() { return context.addresses.Find(subnet)->available(); }
  std::string Run(const std::string& zone = "us-east-1a") {
    v1::InstanceState instance;
    instance.set_id(context.ids.NewId("i"));
    instance.set_state_code(16);
    instance.set_availability_zone(zone);
    instance.set_vpc_id(vpc);
    const std::string id = instance.id();
    context.model.instances.Put(id, instance);
    return id;
  }

  const std::string vpc, subnet;
};

BOOST_FIXTURE_TEST_SUITE(network_interfaces, Interfaces)

BOOST_AUTO_TEST_CASE(an_interface_has_addresses_and_gives_them_back) {
  const int before = FreeAddresses();
  const auto id = CreateNetworkInterface(context, {},
                                         {.subnet_id = subnet,
                                          .private_ip_address = "10.0.1.50",
                                          .secondary_private_ip_addresses = {"10.0.1.60"},
                                          .secondary_private_ip_address_count = 1});
  BOOST_REQUIRE(IsOk(id));
  const v1::PlainState& record = *context.model.plain.Find(*id);
  BOOST_TEST(AddressesOf(record) == (std::vector<std::string>{"10.0.1.50", "10.0.1.60", "10.0.1.4"}),
             boost::test_tools::per_element());
  BOOST_TEST(FreeAddresses() == before - 3);
  BOOST_TEST(IsOk(SetSecondaryAddresses(context, *id, 1)));
  BOOST_TEST(FreeAddresses() == before - 2);
  BOOST_TEST(IsOk(SetSecondaryAddresses(context, *id, 3)));
  BOOST_TEST(FreeAddresses() == before - 4);
  BOOST_TEST(IsOk(DeleteNetworkInterface(context, *id)));
  BOOST_TEST(FreeAddresses() == before);
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_takes_nothing) {
  const int before = FreeAddresses();
  BOOST_TEST(!IsOk(
      CreateNetworkInterface(context, {}, {.subnet_id = subnet, .secondary_private_ip_addresses = {"10.0.9.9"}})));
  BOOST_TEST(Refused(CreateNetworkInterface(context, {}, {.subnet_id = subnet, .ipv6_address_count = 1}).status(),
                     "InvalidParameterValue"),
             "the subnet has no IPv6");
  BOOST_TEST(Refused(CreateNetworkInterface(context, {}, {.subnet_id = subnet, .groups = {"sg-0"}}).status(),
                     "InvalidGroup.NotFound"));
  BOOST_TEST(FreeAddresses() == before);
}

BOOST_AUTO_TEST_CASE(an_interface_is_in_five_groups_of_its_network) {
  std::vector<std::string> groups;
  for (int i = 0; i < 6; ++i) {
    groups.push_back(*CreateSecurityGroup(context, {}, {.group_name = absl::StrCat("g", i), .vpc_id = vpc}));
  }
  const std::string id = Make();
  BOOST_TEST(ListOf(*context.model.plain.Find(id), "Groups").front() == DefaultSecurityGroup(vpc));
  BOOST_TEST(Refused(ModifyNetworkInterfaceAttribute(context, {.network_interface_id = id, .groups = groups}),
                     "SecurityGroupsPerInterfaceLimitExceeded"));
  const std::string elsewhere = *CreateVpc(context, {}, {.cidr_block = "10.1.0.0/16"});
  const std::string foreign = *CreateSecurityGroup(context, {}, {.group_name = "g", .vpc_id = elsewhere});
  BOOST_TEST(
      Refused(ModifyNetworkInterfaceAttribute(context, {.network_interface_id = id, .groups = std::vector{foreign}}),
              "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(an_interface_moves_from_one_instance_to_another) {
  const std::string id = Make(), first = Run(), second = Run(), far = Run("us-east-1b");
  const auto attach = [&](const std::string& instance, int index) {
    return AttachNetworkInterface(context,
                                  {.network_interface_id = id, .instance_id = instance, .device_index = index});
  };
  BOOST_TEST(Refused(attach(far, 1).status(), "InvalidParameterCombination"));
  BOOST_TEST(Refused(attach(first, 0).status(), "InvalidParameterValue"), "that is its own");
  const auto attachment = attach(first, 1);
  BOOST_REQUIRE(IsOk(attachment));
  BOOST_TEST(AttachedTo(context.model, *context.model.plain.Find(id)) == first);
  BOOST_TEST(Refused(attach(second, 1).status(), "InvalidNetworkInterface.InUse"));
  BOOST_TEST(Refused(DeleteNetworkInterface(context, id), "InvalidNetworkInterface.InUse"));
  DetachNetworkInterface(context, *attachment);
  BOOST_TEST(IsOk(attach(second, 1)));
  context.model.instances.Update(second, [](v1::InstanceState& instance) { instance.set_state_code(48); });
  BOOST_TEST(AttachedTo(context.model, *context.model.plain.Find(id)).empty(), "it is terminated");
  BOOST_TEST(IsOk(DeleteNetworkInterface(context, id)));
}

BOOST_AUTO_TEST_CASE(an_instances_own_interface_is_no_record) {
  const std::string instance = Run();
  BOOST_TEST(InstanceOfInterface(context.model, OwnInterfaceOf(instance)) == instance);
  BOOST_TEST(
      Refused(AttachNetworkInterface(context, {.network_interface_id = OwnInterfaceOf(instance), .instance_id = Run()})
                  .status(),
              "InvalidNetworkInterface.InUse"));
}

BOOST_AUTO_TEST_CASE(a_vpc_has_blocks_that_do_not_overlap) {
  const auto associate = [&](const std::string& block) {
    return AssociateVpcCidrBlock(context, {}, {.vpc_id = vpc, .cidr_block = block});
  };
  BOOST_TEST(Refused(associate("10.0.128.0/20").status(), "InvalidVpc.Range"));
  const auto id = associate("10.1.0.0/16");
  BOOST_REQUIRE(IsOk(id));
  const auto within = CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.1.1.0/24"});
  BOOST_REQUIRE(IsOk(within));
  const auto address = TakeAddress(context, *within);
  BOOST_REQUIRE(IsOk(address));
  BOOST_TEST(address->private_ip == "10.1.1.4");
  BOOST_TEST(*LoopbackOf(context, vpc, "10.1.1.4") == address->loopback_ip);
  BOOST_TEST(Refused(DisassociateVpcCidrBlock(context, *id), "DependencyViolation"));
  const std::string peer = *CreateVpc(context, {}, {.cidr_block = "10.2.0.0/16"});
  BOOST_TEST(IsOk(CreateVpcPeeringConnection(context, {}, {.vpc_id = peer, .peer_vpc_id = vpc})));
  BOOST_TEST(Refused(associate("10.2.1.0/24").status(), "InvalidVpc.Range"), "a peer's");
  for (int i = 3; i < 6; ++i) BOOST_REQUIRE(IsOk(associate(absl::StrCat("10.", i, ".0.0/16"))));
  BOOST_TEST(Refused(associate("10.9.0.0/16").status(), "CidrLimitExceeded"));
}

BOOST_AUTO_TEST_CASE(ipv6_is_given_by_vpc_and_by_subnet) {
  const auto id = AssociateVpcCidrBlock(context, {}, {.vpc_id = vpc, .amazon_provided_ipv6 = true});
  BOOST_REQUIRE(IsOk(id));
  BOOST_TEST(Ipv6BlocksOfVpc(context.model, vpc).front().ToString() == "fd6e:7562:6f00::/56");
  const auto associate = [&](const std::string& to, const std::string& block) {
    return AssociateSubnetCidrBlock(context, {}, to, block).status();
  };
  BOOST_TEST(Refused(associate(subnet, "2001:db8::/64"), "InvalidSubnet.Range"));
  BOOST_TEST(Refused(associate(subnet, "fd6e:7562:6f00::/62"), "InvalidSubnet.Range"));
  BOOST_TEST(IsOk(associate(subnet, "fd6e:7562:6f00:1::/64")));
  BOOST_TEST(Refused(associate(subnet, "fd6e:7562:6f00:2::/64"), "Resource.AlreadyAssociated"));
  const std::string other = *CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.0.2.0/24"});
  BOOST_TEST(Refused(associate(other, "fd6e:7562:6f00:1::/64"), "InvalidSubnet.Conflict"));
  const auto interface = CreateNetworkInterface(context, {}, {.subnet_id = subnet, .ipv6_address_count = 2});
  BOOST_REQUIRE(IsOk(interface));
  BOOST_TEST(ListOf(*context.model.plain.Find(*interface), "Ipv6Addresses").back() == "fd6e:7562:6f00:1::5");
  BOOST_TEST(Refused(DisassociateVpcCidrBlock(context, *id), "DependencyViolation"));
  const std::string second = *CreateVpc(context, {}, {.cidr_block = "10.1.0.0/16"});
  BOOST_TEST(IsOk(AssociateVpcCidrBlock(context, {}, {.vpc_id = second, .amazon_provided_ipv6 = true})));
  BOOST_TEST(Ipv6BlocksOfVpc(context.model, second).front().ToString() == "fd6e:7562:6f00:100::/56");
}

BOOST_AUTO_TEST_CASE(a_prefix_list_has_a_version_and_users) {
  const auto id = CreateManagedPrefixList(context, {},
                                          {.name = "offices", .max_entries = 2, .entries = {{.cidr = "192.0.2.0/24"}}});
  BOOST_REQUIRE(IsOk(id));
  BOOST_TEST(Refused(CreateManagedPrefixList(context, {}, {.name = "com.amazonaws.x", .max_entries = 1}).status(),
                     "InvalidParameterValue"));
  BOOST_TEST(Refused(ModifyManagedPrefixList(
                         context, *id, {.name = "offices", .max_entries = 2, .entries = {{.cidr = "2001:db8::/32"}}}),
                     "InvalidParameterValue"));
  BOOST_TEST(IsOk(ModifyManagedPrefixList(
      context, *id, {.name = "offices", .max_entries = 2, .entries = {{.cidr = "198.51.100.0/24"}}})));
  BOOST_TEST(Attribute(*context.model.plain.Find(*id), "Version") == "2");
  BOOST_TEST(PrefixesOf(context.model, *id).front().ToString() == "198.51.100.0/24");
  const std::string group = *CreateSecurityGroup(context, {}, {.group_name = "web", .vpc_id = vpc});
  const vpc::RuleText rule{.protocol = "-1", .cidr = "", .group_id = "", .prefix_list_id = *id};
  BOOST_TEST(IsOk(AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = rule})));
  BOOST_TEST(Refused(DeleteManagedPrefixList(context, *id), "DependencyViolation"));
}

BOOST_AUTO_TEST_CASE(a_vpc_has_one_set_of_dhcp_options) {
  BOOST_TEST(Refused(CreateDhcpOptions(context, {}, {}).status(), "MissingParameter"));
  BOOST_TEST(Refused(CreateDhcpOptions(context, {}, {.ntp_servers = {"nowhere"}}).status(), "InvalidParameterValue"));
  const std::string first = *CreateDhcpOptions(context, {}, {.domain_name = "a.internal"});
  const std::string second = *CreateDhcpOptions(context, {}, {.domain_name_servers = {"AmazonProvidedDNS"}});
  const auto association = AssociateDhcpOptions(context, {}, first, vpc);
  BOOST_REQUIRE(IsOk(association));
  BOOST_TEST(Refused(DeleteDhcpOptions(context, first), "DependencyViolation"));
  BOOST_TEST(IsOk(AssociateDhcpOptions(context, {}, second, vpc)));
  BOOST_TEST(DhcpOptionsOf(context.model, vpc) == second);
  ReturnToDefaultDhcpOptions(context, *association);
  BOOST_TEST(DhcpOptionsOf(context.model, vpc) == second);
  BOOST_TEST(IsOk(DeleteDhcpOptions(context, first)));
  BOOST_TEST(IsOk(AssociateDhcpOptions(context, {}, "default", vpc)));
  BOOST_TEST(DhcpOptionsOf(context.model, vpc).empty());
}

BOOST_AUTO_TEST_CASE(flow_logs_are_of_what_is_there) {
  const auto log = [&](const std::string& id, const std::string& kind) {
    return CreateFlowLogs(context, {}, {.resource_id = id, .resource_type = kind, .log_group_name = "flows"}).status();
  };
  BOOST_TEST(IsOk(log(vpc, "VPC")));
  BOOST_TEST(Refused(log(vpc, "VPC"), "FlowLogAlreadyExists"));
  BOOST_TEST(IsOk(log(subnet, "Subnet")));
  BOOST_TEST(Refused(log("vpc-0", "VPC"), "InvalidVpcID.NotFound"));
  BOOST_TEST(
      Refused(CreateFlowLogs(context, {}, {.resource_id = vpc, .resource_type = "VPC"}).status(), "InvalidParameter"));
}

BOOST_AUTO_TEST_SUITE_END()

constexpr char kDualStack[] = R"(
  Ipv6: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}
  Dual:
    Type: AWS::EC2::Subnet
    DependsOn: Ipv6
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.3.0/24
      AvailabilityZone: us-east-1c
      Ipv6CidrBlock: !Select [1, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 4, 64]]
Outputs:
  Block: {Value: !Select [0, !GetAtt Dual.Ipv6CidrBlocks]}
)";

// The VPC was complete before it had the block.
BOOST_FIXTURE_TEST_CASE(what_is_associated_later_is_among_what_getatt_gives, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kDualStack))));
  Settle();
  BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  const v1::PlainState* block = FirstPlain(context.model, kSubnetBlockType, [](const v1::PlainState&) { return true; });
  BOOST_REQUIRE(block != nullptr);
  BOOST_TEST(Attribute(*block, "Ipv6CidrBlock") == "fd6e:7562:6f00:1::/64");
  BOOST_TEST(Told("IPv6: on the loopback fabric"));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle(absl::Seconds(30));
  BOOST_TEST(context.model.stacks.empty());
  BOOST_TEST(context.model.plain.empty());
}

}  // namespace
}  // namespace nubo::region
