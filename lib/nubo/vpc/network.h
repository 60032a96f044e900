// The networks of a region as one value: who is where, which way packets may go, and what may stop them.
//
// A Network is what an account has declared, by AWS's nouns and ids; Reachability (reachability.h) says what comes of
// it, and a fabric makes it real. It is plain data: who changes it keeps AWS's rules, and Check() finds what breaks
// them. What an id names need not be there: a route to what has gone is a blackhole, a rule about a group that has gone
// lets nobody through.
//
// Example:
//   Network network;
//   network.vpcs["vpc-1"] = {.blocks = {*net::Prefix::Parse("10.0.0.0/16")}, .main_route_table = "rtb-1"};
//   network.subnets["subnet-1"] = {.vpc = "vpc-1", .blocks = {*net::Prefix::Parse("10.0.1.0/24")}, .acl = "acl-1"};
//   network.interfaces["eni-1"] = {.subnet = "subnet-1", .addresses = {{*net::IpAddress::Parse("10.0.1.5")}}};
//
// Thread safety: values.
#ifndef NUBO_VPC_NETWORK_H_
#define NUBO_VPC_NETWORK_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nubo/net/ip_address.h"
#include "nubo/vpc/security_group.h"

namespace nubo::vpc {

// Things by their ids: "vpc-1".
template <typename T>
using ById = std::map<std::string, T, std::less<>>;

struct Vpc {
  // The primary IPv4 block first; then secondary ones, and IPv6 blocks.
  std::vector<net::Prefix> blocks;
  std::string main_route_table;
  // Queries to base + 2 and 169.254.169.253 are answered (EnableDnsSupport).
  bool dns_support = true;
  bool dns_hostnames = false;
};

struct Subnet {
  std::string vpc;
  // One IPv4 block, and at most one IPv6 block of length 64.
  std::vector<net::Prefix> blocks;
  std::string availability_zone;
  // "": the VPC's main one.
  std::string route_table;
  // "": none, and everything passes, as with AWS's default ACL.
  std::string acl;
  bool map_public_ip_on_launch = false;
};

struct NetworkRoute {
  // A block or a prefix list.
  std::optional<net::Prefix> destination;
  std::string prefix_list;
  // The id of a gateway, a peering connection, an endpoint or an interface: igw-, eigw-, nat-, pcx-, vpce-, eni-.
  std::string target;
};

// Routes "local" to the VPC's own blocks are in every table, and not among these.
struct NetworkRouteTable {
  std::string vpc;
  std::vector<NetworkRoute> routes;
};

struct InternetGateway {
  // "": attached to none.
  std::string vpc;
  // Lets IPv6 connections out, and none in (EgressOnlyInternetGateway).
  bool egress_only = false;
};

struct NatGateway {
  std::string subnet;
  net::IpAddress private_address;
  // Unset: a private NAT gateway.
  std::optional<net::IpAddress> public_address;
};

struct NetworkAclEntry {
  // 1 to 32766; the lowest that matches decides.
  int number = 0;
  bool allow = false;
  // IANA's number; -1: all.
  int protocol = -1;
  net::Prefix block;
  // TCP, UDP: the destination's ports. ICMP: type and code, -1 for all. Else without meaning.
  int from_port = -1;
  int to_port = -1;
};

// Entries are in any order; what no entry matches is denied.
struct NetworkAcl {
  std::string vpc;
  std::vector<NetworkAclEntry> ingress, egress;
};

struct NetworkSecurityGroup {
  std::string vpc;
  std::string name;
  std::vector<SecurityGroupRule> ingress, egress;
};

struct InterfaceAddress {
  net::IpAddress address;
  // An elastic or assigned one that stands for it.
  std::optional<net::IpAddress> public_address = {};
};

struct NetworkInterface {
  std::string subnet;
  // The primary private IPv4 address first; then secondary ones, and IPv6 addresses.
  std::vector<InterfaceAddress> addresses;
  std::vector<std::string> security_groups;
  // What it is attached to, such as an instance; "": nothing, and no packet comes or goes.
  std::string attached_to;
  // Others' packets neither leave nor enter by it (SourceDestCheck).
  bool source_dest_check = true;
};

struct PeeringConnection {
  std::string requester;
  std::string accepter;
  // Accepted; else every route over it is a blackhole.
  bool active = true;
};

struct VpcEndpoint {
  std::string vpc;
  // "com.amazonaws.us-east-1.s3".
  std::string service;
  // A gateway endpoint is a route's target, and has no interfaces.
  bool gateway = false;
  // The blocks that a gateway endpoint's prefix list stands for.
  std::vector<net::Prefix> blocks;
};

struct Network {
  ById<Vpc> vpcs;
  ById<Subnet> subnets;
  ById<NetworkRouteTable> route_tables;
  ById<InternetGateway> internet_gateways;
  ById<NatGateway> nat_gateways;
  ById<NetworkAcl> acls;
  ById<NetworkSecurityGroup> security_groups;
  ById<std::vector<net::Prefix>> prefix_lists;
  ById<NetworkInterface> interfaces;
  ById<PeeringConnection> peerings;
  ById<VpcEndpoint> endpoints;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_NETWORK_H_
