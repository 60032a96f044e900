// Declares a network of two subnets, and asks what reaches what.
#include <iostream>
#include <string>
#include <vector>

#include "nubo/vpc/explain.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/network_check.h"
#include "nubo/vpc/reach_text.h"
#include "nubo/vpc/reachability.h"

namespace vpc = nubo::vpc;
namespace net = nubo::net;

namespace {

void Ask(const vpc::Network& network, const std::string& from, const std::string& to, const std::string& port) {
  // [ask]
  const vpc::Reachability reachability(network);
  const vpc::Connection connection = *vpc::ParseConnection(from, to, port);
  const vpc::Verdict verdict = reachability.Evaluate(connection);
  for (const std::string& line : vpc::VerdictLines(network, connection, verdict)) std::cout << line << "\n";
  // [/ask]
  std::cout << "\n";
}

}  // namespace

int main() {
  // [declare]
  const auto block = [](const char* text) { return *net::Prefix::Parse(text); };
  const auto address = [](const char* text) { return *net::IpAddress::Parse(text); };

  vpc::Network network;
  network.vpcs["vpc-1"] = {.blocks = {block("10.0.0.0/16")}, .main_route_table = "rtb-1"};
  network.route_tables["rtb-1"] = {.vpc = "vpc-1", .routes = {{.destination = block("0.0.0.0/0"), .target = "igw-1"}}};
  network.internet_gateways["igw-1"] = {.vpc = "vpc-1"};
  network.subnets["subnet-web"] = {.vpc = "vpc-1", .blocks = {block("10.0.1.0/24")}};
  network.subnets["subnet-db"] = {.vpc = "vpc-1", .blocks = {block("10.0.2.0/24")}, .acl = "acl-db"};

  vpc::NetworkAcl& acl = network.acls["acl-db"] = {.vpc = "vpc-1"};
  acl.ingress = {
      {.number = 100, .allow = true, .protocol = 6, .block = block("10.0.0.0/16"), .from_port = 3306, .to_port = 3306}};
  acl.egress = {{.number = 100,
                 .allow = true,
                 .protocol = 6,
                 .block = block("10.0.0.0/16"),
                 .from_port = 1024,
                 .to_port = 65535}};

  vpc::NetworkSecurityGroup& web = network.security_groups["sg-web"] = {.vpc = "vpc-1", .name = "web"};
  web.ingress = {{.protocol = 6, .from_port = 80, .to_port = 80, .block = block("0.0.0.0/0")}};
  web.egress = {{.block = block("0.0.0.0/0")}};
  vpc::NetworkSecurityGroup& db = network.security_groups["sg-db"] = {.vpc = "vpc-1", .name = "db"};
  db.ingress = {{.protocol = 6, .from_port = 3306, .to_port = 3306, .group_id = "sg-web"}};

  network.interfaces["eni-web"] = {.subnet = "subnet-web",
                                   .addresses = {{address("10.0.1.5"), address("203.0.113.5")}},
                                   .security_groups = {"sg-web"},
                                   .attached_to = "i-web"};
  network.interfaces["eni-db"] = {
      .subnet = "subnet-db", .addresses = {{address("10.0.2.5")}}, .security_groups = {"sg-db"}, .attached_to = "i-db"};
  // [/declare]

  Ask(network, "eni-web", "eni-db", "3306");
  Ask(network, "internet", "eni-db", "3306");
  Ask(network, "eni-db", "8.8.8.8", "udp/53");

  // [explain]
  for (const std::string id : {"sg-db", "acl-db"}) {
    const std::vector<std::string> lines = *vpc::Explain(network, id);
    for (const std::string& line : lines) std::cout << line << "\n";
  }
  // [/explain]

  std::cout << "\n";

  // [check]
  network.subnets["subnet-new"] = {.vpc = "vpc-1", .blocks = {block("10.0.2.128/25")}, .acl = "acl-new"};
  for (const auto& [id, sentence] : vpc::Check(network)) std::cout << id << ": " << sentence << "\n";
  // [/check]
}
