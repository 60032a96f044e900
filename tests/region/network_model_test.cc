#include "nubo/region/network/network_model.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/address_blocks.h"
#include "nubo/region/network/elastic_addresses.h"
#include "nubo/region/network/endpoints.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/nat_gateways.h"
#include "nubo/region/network/network_acls.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/peering.h"
#include "nubo/region/network/prefix_lists.h"
#include "nubo/region/network/security_group_rules.h"
#include "nubo/region/state/service_ids.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using testing::IsOk;

struct Modelled : World {
  Modelled()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})),
        subnet(*CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.0.1.0/24"})) {}
  const std::string vpc, subnet;
};

BOOST_FIXTURE_TEST_SUITE(network_model, Modelled)

BOOST_AUTO_TEST_CASE(a_vpc_has_its_defaults) {
  const vpc::Network network = NetworkModel(context);
  const vpc::Vpc& one = network.vpcs.at(vpc);
  BOOST_TEST(one.blocks.front().ToString() == "10.0.0.0/16");
  BOOST_TEST(one.dns_support);
  BOOST_TEST(network.route_tables.at(one.main_route_table).routes.empty());
  BOOST_TEST(network.acls.at(DefaultNetworkAcl(vpc)).ingress.front().allow);
  BOOST_TEST(network.security_groups.at(DefaultSecurityGroup(vpc)).ingress.front().group_id ==
             DefaultSecurityGroup(vpc));
  BOOST_TEST(network.subnets.at(subnet).acl == DefaultNetworkAcl(vpc));
  BOOST_TEST(network.subnets.at(subnet).route_table.empty(), "the main one");
}

BOOST_AUTO_TEST_CASE(blocks_are_ordered_whatever_their_ids) {
  BOOST_REQUIRE(IsOk(AssociateVpcCidrBlock(context, {}, {.vpc_id = vpc, .amazon_provided_ipv6 = true})));
  BOOST_REQUIRE(IsOk(AssociateVpcCidrBlock(context, {}, {.vpc_id = vpc, .cidr_block = "10.1.0.0/16"})));
  BOOST_REQUIRE(IsOk(AssociateSubnetCidrBlock(context, {}, subnet, "fd6e:7562:6f00::/64")));
  const vpc::Network network = NetworkModel(context);
  const std::vector<net::Prefix>& blocks = network.vpcs.at(vpc).blocks;
  BOOST_REQUIRE_EQUAL(blocks.size(), 3u);
  BOOST_TEST(blocks[1].ToString() == "10.1.0.0/16");
  BOOST_TEST(!blocks[2].is_v4());
  BOOST_TEST(network.subnets.at(subnet).blocks.size() == 2u);
}

BOOST_AUTO_TEST_CASE(gateways_and_routes) {
  const std::string gateway = CreateInternetGateway(context, {});
  BOOST_REQUIRE(IsOk(AttachInternetGateway(context, {}, gateway, vpc)));
  const std::string address = *AllocateAddress(context, {});
  const std::string nat = *CreateNatGateway(context, {}, {.subnet_id = subnet, .allocation_id = address});
  const std::string table = *CreateRouteTable(context, {}, vpc);
  BOOST_REQUIRE(IsOk(AssociateRouteTable(context, {}, table, subnet)));
  BOOST_REQUIRE(IsOk(CreateRoute(context, {},
                                 {.route_table_id = table,
                                  .destination_cidr_block = "0.0.0.0/0",
                                  .target = {.kind = "NatGatewayId", .id = nat}})));
  BOOST_REQUIRE(IsOk(CreateVpcEndpoint(
      context, {}, {.vpc_id = vpc, .service_name = "com.amazonaws.us-east-1.s3", .route_table_ids = {table}})));
  const vpc::Network network = NetworkModel(context);
  BOOST_TEST(network.internet_gateways.at(gateway).vpc == vpc);
  BOOST_TEST(network.nat_gateways.at(nat).public_address.has_value());
  BOOST_TEST(network.subnets.at(subnet).route_table == table);
  const std::vector<vpc::NetworkRoute>& routes = network.route_tables.at(table).routes;
  BOOST_REQUIRE_EQUAL(routes.size(), 2u);
  BOOST_TEST(routes[0].target == nat);
  BOOST_TEST(routes[1].prefix_list == AwsPrefixList("s3"));
  BOOST_TEST(network.interfaces.at(OwnInterfaceOf(nat)).attached_to == nat);
  BOOST_TEST(network.endpoints.begin()->second.gateway);
}

BOOST_AUTO_TEST_CASE(interfaces_on_record) {
  const auto id = CreateNetworkInterface(
      context, {}, {.subnet_id = subnet, .secondary_private_ip_address_count = 1, .source_dest_check = false});
  BOOST_REQUIRE(IsOk(id));
  const std::string address = *AllocateAddress(context, {});
  const std::string secondary = AddressesOf(*context.model.plain.Find(*id)).back();
  BOOST_REQUIRE(IsOk(AssociateAddress(
      context, {.allocation_id = address, .network_interface_id = *id, .private_ip_address = secondary})));
  const vpc::Network network = NetworkModel(context);
  const vpc::NetworkInterface& interface = network.interfaces.at(*id);
  BOOST_REQUIRE_EQUAL(interface.addresses.size(), 2u);
  BOOST_TEST(!interface.addresses[0].public_address.has_value());
  BOOST_TEST(interface.addresses[1].public_address.has_value());
  BOOST_TEST(interface.attached_to.empty());
  BOOST_TEST(!interface.source_dest_check);
  BOOST_TEST(interface.security_groups.front() == DefaultSecurityGroup(vpc));
}

BOOST_AUTO_TEST_CASE(peers_acls_and_groups) {
  const std::string other = *CreateVpc(context, {}, {.cidr_block = "10.1.0.0/16"});
  const std::string peering = *CreateVpcPeeringConnection(context, {}, {.vpc_id = vpc, .peer_vpc_id = other});
  const std::string acl = *CreateNetworkAcl(context, {}, vpc);
  BOOST_REQUIRE(IsOk(ReplaceNetworkAclAssociation(context, {}, acl, subnet)));
  const std::string group = *CreateSecurityGroup(context, {}, {.group_name = "web", .vpc_id = vpc});
  const vpc::RuleText rule{.protocol = "tcp", .from_port = 80, .to_port = 80, .cidr = "0.0.0.0/0"};
  BOOST_REQUIRE(IsOk(AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = rule})));
  const vpc::Network network = NetworkModel(context);
  BOOST_TEST(network.peerings.at(peering).accepter == other);
  BOOST_TEST(network.subnets.at(subnet).acl == acl);
  BOOST_TEST(network.acls.at(acl).ingress.empty());
  BOOST_TEST(network.security_groups.at(group).ingress.front().from_port == 80);
  BOOST_TEST(network.security_groups.at(group).name == "web");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(whoever_has_an_address_has_an_interface, Shop) {
  const vpc::Network network = NetworkModel(context);
  size_t instances = 0, nodes = 0;
  for (const auto& [id, interface] : network.interfaces) {
    BOOST_TEST((network.subnets.count(interface.subnet) == 1), id);
    BOOST_TEST(!interface.security_groups.empty());
    instances += absl::StartsWith(interface.attached_to, "i-") ? 1 : 0;
    nodes += interface.attached_to == BalancerServiceId(context.model.load_balancers.begin()->first) ? 1 : 0;
  }
  BOOST_TEST(instances == Alive().size());
  BOOST_TEST(nodes == 2u);
}

}  // namespace
}  // namespace nubo::region
