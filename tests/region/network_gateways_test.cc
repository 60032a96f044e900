// NAT gateways, elastic addresses that are associated, routes with all their targets, peering and endpoints.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/elastic_addresses.h"
#include "nubo/region/network/endpoints.h"
#include "nubo/region/network/gateways.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/nat_gateways.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/peering.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/network/prefix_lists.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using testing::IsOk;

// Everything here belongs to no stack.
struct Gateways : World {
  Gateways()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})),
        subnet(*CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.0.1.0/24"})),
        table(*CreateRouteTable(context, {}, vpc)) {}

  static bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }
  // The gateway.
  std::string Attached() {
    const std::string gateway = CreateInternetGateway(context, {});
    BOOST_REQUIRE(IsOk(AttachInternetGateway(context, {}, gateway, vpc)));
    return gateway;
  }
  std::string Allocate() { return *AllocateAddress(context, {}); }
  int FreeAddresses() { return context.addresses.Find(subnet)->available(); }
  absl::Status Route(const std::string& destination, const RouteTarget& target) {
    return CreateRoute(context, {}, {.route_table_id = table, .destination_cidr_block = destination, .target = target})
        .status();
  }

  const std::string vpc, subnet, table;
};

BOOST_FIXTURE_TEST_SUITE(network_gateways, Gateways)

BOOST_AUTO_TEST_CASE(a_public_nat_gateway_has_an_elastic_address_and_one_of_its_subnet) {
  Attached();
  const std::string address = Allocate();
  const int before = FreeAddresses();
  const auto nat = CreateNatGateway(context, {}, {.subnet_id = subnet, .allocation_id = address});
  BOOST_REQUIRE(IsOk(nat));
  BOOST_TEST(FreeAddresses() == before - 1);
  BOOST_TEST(UserOfAddress(context.model, address) == *nat);
  BOOST_TEST(Refused(ReleaseElasticAddress(context, address), "InvalidIPAddress.InUse"));
  BOOST_TEST(Refused(DeleteSubnet(context, subnet), "DependencyViolation"));
  DeleteNatGateway(context, *nat);
  DeleteNatGateway(context, *nat);
  BOOST_TEST(FreeAddresses() == before);
  BOOST_TEST(IsOk(ReleaseElasticAddress(context, address)));
  BOOST_TEST(IsOk(DeleteSubnet(context, subnet)));
}

BOOST_AUTO_TEST_CASE(what_a_nat_gateway_needs) {
  const std::string address = Allocate();
  const auto make = [&](CreateNatGatewayRequest request) { return CreateNatGateway(context, {}, request).status(); };
  BOOST_TEST(Refused(make({.subnet_id = subnet, .allocation_id = address}), "Gateway.NotAttached"));
  Attached();
  BOOST_TEST(Refused(make({.subnet_id = subnet}), "MissingParameter"));
  BOOST_TEST(Refused(make({.subnet_id = subnet, .allocation_id = address, .connectivity_type = "private"}),
                     "InvalidParameterCombination"));
  BOOST_TEST(Refused(make({.subnet_id = "subnet-0", .allocation_id = address}), "InvalidSubnetID.NotFound"));
  BOOST_TEST(Refused(make({.subnet_id = subnet, .allocation_id = "eipalloc-0"}), "InvalidAllocationID.NotFound"));
  BOOST_TEST(IsOk(make({.subnet_id = subnet, .allocation_id = address})));
  BOOST_TEST(Refused(make({.subnet_id = subnet, .allocation_id = address}), "Resource.AlreadyAssociated"));
  BOOST_TEST(IsOk(make({.subnet_id = subnet, .connectivity_type = "private"})));
}

BOOST_AUTO_TEST_CASE(one_zone_has_five_nat_gateways) {
  for (size_t i = 0; i < kNatGatewaysMax; ++i) {
    BOOST_REQUIRE(IsOk(CreateNatGateway(context, {}, {.subnet_id = subnet, .connectivity_type = "private"})));
  }
  BOOST_TEST(Refused(CreateNatGateway(context, {}, {.subnet_id = subnet, .connectivity_type = "private"}).status(),
                     "NatGatewayLimitExceeded"));
}

BOOST_AUTO_TEST_CASE(addresses_are_taken_again_when_the_region_starts) {
  const auto nat = CreateNatGateway(context, {}, {.subnet_id = subnet, .connectivity_type = "private"});
  const std::string address = Attribute(*context.model.plain.Find(*nat), "PrivateIpAddress");
  RebuildAddresses(context);
  BOOST_TEST(!IsOk(TakeAddress(context, subnet, address)));
}

BOOST_AUTO_TEST_CASE(an_address_is_an_interfaces) {
  const std::string address = Allocate();
  const std::string interface = *CreateNetworkInterface(context, {}, {.subnet_id = subnet});
  const auto association = AssociateAddress(context, {.allocation_id = address, .network_interface_id = interface});
  BOOST_REQUIRE(IsOk(association));
  BOOST_TEST(UserOfAddress(context.model, address) == interface);
  BOOST_TEST(AllocationOfAssociation(context.model, *association) == address);
  const auto again = AssociateAddress(context, {.allocation_id = address, .network_interface_id = interface});
  BOOST_TEST(*again == *association, "twice is once");
  BOOST_TEST(Refused(
      AssociateAddress(context,
                       {.allocation_id = address, .network_interface_id = interface, .private_ip_address = "10.0.1.99"})
          .status(),
      "InvalidParameterValue"));
  BOOST_TEST(Refused(AssociateAddress(context, {.allocation_id = address}).status(), "InvalidParameterCombination"));
  BOOST_TEST(IsOk(DeleteNetworkInterface(context, interface)));
  BOOST_TEST(UserOfAddress(context.model, address).empty(), "what is gone has no address");
}

BOOST_AUTO_TEST_CASE(routes_lead_to_what_is_there) {
  const std::string interface = *CreateNetworkInterface(context, {}, {.subnet_id = subnet});
  const std::string egress_only = *CreateEgressOnlyInternetGateway(context, {}, vpc);
  BOOST_TEST(IsOk(Route("192.0.2.0/24", {.kind = "NetworkInterfaceId", .id = interface})));
  BOOST_TEST(IsOk(Route("::/0", {.kind = "EgressOnlyInternetGatewayId", .id = egress_only})));
  BOOST_TEST(
      Refused(Route("0.0.0.0/0", {.kind = "EgressOnlyInternetGatewayId", .id = egress_only}), "InvalidParameterValue"));
  BOOST_TEST(Refused(Route("198.51.100.0/24", {.kind = "NetworkInterfaceId", .id = "eni-0"}),
                     "InvalidNetworkInterfaceID.NotFound"));
  BOOST_TEST(Refused(Route("198.51.100.0/24", {.kind = "VpcPeeringConnectionId", .id = "pcx-0"}),
                     "InvalidVpcPeeringConnectionID.NotFound"));
  const std::string elsewhere = *CreateVpc(context, {}, {.cidr_block = "10.1.0.0/16"});
  const std::string foreign = *CreateEgressOnlyInternetGateway(context, {}, elsewhere);
  BOOST_TEST(
      Refused(Route("2001:db8::/32", {.kind = "EgressOnlyInternetGatewayId", .id = foreign}), "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(a_route_to_a_prefix_list_counts_as_the_list_may_be_long) {
  const std::string gateway = Attached();
  const std::string list = *CreateManagedPrefixList(
      context, {}, {.name = "offices", .max_entries = 49, .entries = {{.cidr = "192.0.2.0/24"}}});
  const auto to_list = [&] {
    return CreateRoute(context, {},
                       {.route_table_id = table,
                        .destination_prefix_list_id = list,
                        .target = {.kind = "GatewayId", .id = gateway}})
        .status();
  };
  BOOST_TEST(IsOk(to_list()));
  BOOST_TEST(Refused(to_list(), "RouteAlreadyExists"));
  BOOST_TEST(IsOk(Route("0.0.0.0/0", {.kind = "GatewayId", .id = gateway})));
  BOOST_TEST(Refused(Route("198.51.100.0/24", {.kind = "GatewayId", .id = gateway}), "RouteLimitExceeded"));
  BOOST_TEST(Refused(DeleteManagedPrefixList(context, list), "DependencyViolation"));
}

BOOST_AUTO_TEST_CASE(a_table_that_a_subnet_has_stays) {
  const std::string association = *AssociateRouteTable(context, {}, table, subnet);
  BOOST_TEST(Refused(DeleteRouteTable(context, table), "DependencyViolation"));
  DeleteNetworkResource(context, association);
  BOOST_TEST(IsOk(DeleteRouteTable(context, table)));
}

BOOST_AUTO_TEST_CASE(peers_do_not_overlap) {
  const std::string apart = *CreateVpc(context, {}, {.cidr_block = "10.1.0.0/16"});
  const std::string same = *CreateVpc(context, {}, {.cidr_block = "10.0.0.0/20"});
  const auto peer = [&](const std::string& other) {
    return CreateVpcPeeringConnection(context, {}, {.vpc_id = vpc, .peer_vpc_id = other});
  };
  const auto connection = peer(apart);
  BOOST_REQUIRE(IsOk(connection));
  BOOST_TEST(*peer(apart) == *connection);
  BOOST_TEST(Refused(peer(same).status(), "InvalidParameterValue"));
  BOOST_TEST(Refused(peer(vpc).status(), "InvalidParameterValue"));
  BOOST_TEST(Refused(peer("vpc-0").status(), "InvalidVpcID.NotFound"));
  BOOST_TEST(
      Refused(CreateVpcPeeringConnection(context, {}, {.vpc_id = vpc, .peer_vpc_id = apart, .peer_region = "eu-west-1"})
                  .status(),
              "InvalidParameterValue"));
  BOOST_TEST(IsOk(Route("10.1.0.0/16", {.kind = "VpcPeeringConnectionId", .id = *connection})));
  BOOST_TEST(IsOk(DeleteVpc(context, apart)), "the connection goes along");
  BOOST_TEST(context.model.plain.Find(*connection) == nullptr);
}

BOOST_AUTO_TEST_CASE(endpoints_have_tables_or_interfaces) {
  const auto make = [&](VpcEndpointRequest request) {
    request.vpc_id = vpc;
    return CreateVpcEndpoint(context, {}, request);
  };
  const std::string s3 = "com.amazonaws.us-east-1.s3", sqs = "com.amazonaws.us-east-1.sqs";
  BOOST_TEST(IsOk(make({.service_name = s3, .route_table_ids = {table}})));
  BOOST_TEST(Refused(make({.service_name = s3, .route_table_ids = {table}}).status(), "RouteAlreadyExists"));
  BOOST_TEST(Refused(make({.service_name = "nothing"}).status(), "InvalidServiceName"));
  BOOST_TEST(Refused(make({.service_name = sqs}).status(), "InvalidParameter"), "SQS has no gateway");
  BOOST_TEST(Refused(make({.service_name = s3, .subnet_ids = {subnet}}).status(), "InvalidParameter"));
  const int before = FreeAddresses();
  const auto endpoint = make({.service_name = sqs, .type = "Interface", .subnet_ids = {subnet}});
  BOOST_REQUIRE(IsOk(endpoint));
  BOOST_TEST(InterfacesOfEndpoint(context.model, *endpoint).size() == 1u);
  BOOST_TEST(FreeAddresses() == before - 1);
  BOOST_TEST(IsOk(ModifyVpcEndpoint(context, *endpoint, {.vpc_id = vpc, .service_name = sqs})));
  BOOST_TEST(FreeAddresses() == before, "no subnet, no interface");
  DeleteVpcEndpoint(context, *endpoint);
  BOOST_TEST(context.model.plain.Find(*endpoint) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

constexpr char kOut[] = R"(
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attachment:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}
  Address: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
  Nat:
    Type: AWS::EC2::NatGateway
    Properties: {SubnetId: !Ref SubnetA, AllocationId: !GetAtt Address.AllocationId}
  Private: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Private, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat}
  Elastic: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
  First: {Type: AWS::EC2::Instance, Properties: {ImageId: web, SubnetId: !Ref SubnetA}}
  Second: {Type: AWS::EC2::Instance, Properties: {ImageId: web, SubnetId: !Ref SubnetB}}
)";

struct Out : World {
  static std::string With(const std::string& instance) {
    return absl::StrCat(kNetwork, kOut,
                        "  Association:\n    Type: AWS::EC2::EIPAssociation\n    Properties: {AllocationId: !GetAtt "
                        "Elastic.AllocationId, InstanceId: !Ref ",
                        instance, "}\n");
  }
  const v1::StackResourceState& Resource(const std::string& logical_id) const {
    for (const v1::StackResourceState& resource : context.model.stacks.Find("shop")->resources()) {
      if (resource.logical_id() == logical_id) return resource;
    }
    return v1::StackResourceState::default_instance();
  }
  std::string PublicIpOf(const std::string& logical_id) const {
    return context.model.instances.Find(Resource(logical_id).physical_id())->public_ip();
  }
};

BOOST_FIXTURE_TEST_CASE(a_template_with_a_nat_gateway_comes_up_changes_and_goes, Out) {
  BOOST_REQUIRE(IsOk(Create(With("First"))));
  Settle();
  BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  const std::string address = Resource("Elastic").physical_id();
  BOOST_TEST(PublicIpOf("First") == address);
  BOOST_TEST(Told("accepted, but not enforced: its address: on the loopback fabric"), "the NAT gateway is told of");
  const auto shown = DescribeOne(context, Resource("Nat").physical_id());
  BOOST_REQUIRE(IsOk(shown));
  BOOST_TEST(shown->attributes().fields().at("state").string_value() == "available");
  BOOST_REQUIRE(IsOk(Update(With("Second"))));
  BOOST_TEST(StackStatus() == "UPDATE_COMPLETE", Failure());
  BOOST_TEST(PublicIpOf("First").empty());
  BOOST_TEST(PublicIpOf("Second") == address, "the association that was replaced takes nothing along");
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle(absl::Seconds(30));
  BOOST_TEST(context.model.stacks.empty());
  BOOST_TEST(context.model.plain.empty());
}

}  // namespace
}  // namespace nubo::region
