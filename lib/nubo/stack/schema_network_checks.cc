// What of security groups and network interfaces cannot stand side by side: the API reference's
// AuthorizeSecurityGroupIngress and RunInstances.
#include "nubo/stack/schema_checks.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/launch.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/schema_literals.h"
#include "nubo/vpc/network_acl.h"
#include "nubo/vpc/validate.h"

namespace nubo::stack::tables {
namespace {

// A permission as AWS compares it: without its description, and however it is written.
std::string Permission(const Value& permission) {
  std::string key;
  for (const char* name :
       {"IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId",
        "SourceSecurityGroupName", "DestinationPrefixListId", "DestinationSecurityGroupId"}) {
    const Value& value = permission.Get(name);
    std::string text = value.is_scalar() ? absl::AsciiStrToLower(value.text()) : ToJson(value);
    if (const auto block = net::Prefix::Parse(text); block.ok()) text = block->ToString();
    absl::StrAppend(&key, text, "|");
  }
  return key;
}

}  // namespace

void CheckPermissionsDiffer(const Value& permissions, Problems& problems) {
  std::set<std::string> known;
  for (const Value& permission : permissions.items()) {
    if (IsFunction(permission) || known.insert(Permission(permission)).second) continue;
    Add(problems, permission, "The same permission must not appear multiple times (InvalidParameterValue)");
  }
}

void CheckInterfacesAlone(const Value& properties, Problems& problems) {
  struct Beside {
    const char* name;
    const char* what;
  };
  constexpr Beside kBeside[] = {
      {"SubnetId", "subnet ID"}, {"SecurityGroupIds", "security groups"}, {"PrivateIpAddress", "private IP address"}};
  const Value& interfaces = properties.Get("NetworkInterfaces");
  if (interfaces.items().empty()) return;
  for (const Beside& beside : kBeside) {
    const Value& given = properties.Get(beside.name);
    // A function may turn out to be nothing; literals, and what is surely there, may not.
    const bool open = given.is_null() || (IsFunction(given) && given.members()[0].key == "Fn::If");
    if (open) continue;
    const absl::Status refusal = ec2::BesideInterfaces(beside.what);
    Add(problems, given, absl::StrCat(refusal.message(), " (", base::ErrorCode(refusal), ")"));
  }
}

namespace {

constexpr size_t kPrefixListNameMax = 255;

void AddRefusal(Problems& problems, const Value& where, absl::string_view what, const absl::Status& status) {
  if (status.ok()) return;
  Add(problems, where, absl::StrCat(what, status.message(), " (", base::ErrorCode(status), ")"));
}

// A number that is not known yet may turn out right: what surely passes stands in its place.
std::optional<int64_t> Number(const Value& object, const char* name, std::optional<int64_t> instead) {
  if (!object.Has(name)) return std::nullopt;
  return object.Get(name).AsInteger().has_value() ? object.Get(name).AsInteger() : instead;
}

}  // namespace

void CheckSecurityGroupIngress(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::SecurityGroupIngress";
  if (!properties.Has("GroupId")) Add(problems, properties, absl::StrCat(kWhose, " needs the property \"GroupId\""));
  CheckRulePorts(properties, kWhose, problems);
  ExactlyOne(properties, kWhose,
             {"CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName"},
             problems);
}

void CheckSecurityGroupEgress(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::SecurityGroupEgress";
  CheckRulePorts(properties, kWhose, problems);
  ExactlyOne(properties, kWhose, {"CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"},
             problems);
}

void CheckAddressAssociation(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::EIPAssociation";
  ExactlyOne(properties, kWhose, {"AllocationId", "EIP"}, problems);
  ExactlyOne(properties, kWhose, {"InstanceId", "NetworkInterfaceId"}, problems);
}

void CheckNatGateway(const Value& properties, Problems& problems) {
  const auto kind = LiteralText(properties, "ConnectivityType", "public");
  if (kind == "public" && !properties.Has("AllocationId")) {
    Add(problems, properties,
        "AWS::EC2::NatGateway needs AllocationId, or ConnectivityType private (MissingParameter)");
  }
  if (kind == "private" && properties.Has("AllocationId")) {
    Add(problems, properties.Get("AllocationId"),
        "a private NAT gateway takes no AllocationId (InvalidParameterCombination)");
  }
}

void CheckNetworkAclEntry(const Value& properties, Problems& problems) {
  ExactlyOne(properties, "AWS::EC2::NetworkAclEntry", {"CidrBlock", "Ipv6CidrBlock"}, problems);
  const Value& ports = properties.Get("PortRange");
  const Value& icmp = properties.Get("Icmp");
  vpc::AclEntryText text;
  text.number = properties.Get("RuleNumber").AsInteger().value_or(vpc::kAclNumberMin);
  text.action = properties.Get("RuleAction").is_scalar() ? properties.Get("RuleAction").text() : "allow";
  text.protocol = properties.Get("Protocol").AsInteger().value_or(-1);
  if (IsFunction(ports)) {
    text.from_port = text.to_port = 0;
  } else {
    text.from_port = Number(ports, "From", ports.Get("To").AsInteger().value_or(0));
    text.to_port = Number(ports, "To", ports.Get("From").AsInteger().value_or(0));
  }
  if (IsFunction(icmp)) {
    text.icmp_type = text.icmp_code = -1;
  } else {
    text.icmp_type = Number(icmp, "Type", 0);
    text.icmp_code = Number(icmp, "Code", -1);
  }
  AddRefusal(problems, properties, "AWS::EC2::NetworkAclEntry: ", vpc::ParseAclRule(text).status());
}

void CheckInterface(const Value& properties, Problems& problems) {
  int primary = 0;
  for (const Value& address : properties.Get("PrivateIpAddresses").items()) {
    primary += address.Get("Primary").AsBool() == true ? 1 : 0;
  }
  if (primary > 1) {
    Add(problems, properties.Get("PrivateIpAddresses"),
        "AWS::EC2::NetworkInterface PrivateIpAddresses has more than one that is Primary (InvalidParameterValue)");
  }
  if (primary > 0 && properties.Has("PrivateIpAddress")) {
    Add(problems, properties.Get("PrivateIpAddress"),
        "AWS::EC2::NetworkInterface has a primary address in PrivateIpAddresses already (InvalidParameterCombination)");
  }
}

void CheckPrefixList(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::PrefixList";
  const Value& name = properties.Get("PrefixListName");
  if (name.is_scalar() && (name.text().empty() || name.text().size() > kPrefixListNameMax ||
                           absl::StartsWith(name.text(), "com.amazonaws"))) {
    Add(problems, name,
        absl::StrCat(kWhose, " PrefixListName must have 1 to ", kPrefixListNameMax,
                     " characters and not begin with com.amazonaws"));
  }
  const Value& entries = properties.Get("Entries");
  const auto most = Literal(properties, "MaxEntries");
  if (!IsFunction(entries) && most.has_value() && static_cast<int64_t>(entries.items().size()) > *most) {
    Add(problems, entries,
        absl::StrCat(kWhose, " has ", entries.items().size(), " Entries, and MaxEntries is ", *most));
  }
  const auto family = LiteralText(properties, "AddressFamily", "");
  for (const Value& entry : entries.items()) {
    const Value& cidr = entry.Get("Cidr");
    const auto block = net::Prefix::Parse(cidr.text());
    if (!cidr.is_scalar() || !block.ok() || !family.has_value() || block->is_v4() == (family == "IPv4")) continue;
    Add(problems, cidr, absl::StrCat(kWhose, " Entries: ", cidr.text(), " is no block of ", *family));
  }
}

void CheckDhcpOptions(const Value& properties, Problems& problems) {
  constexpr size_t kServersMax = 4;
  const std::vector<std::string> given =
      Given(properties, {"DomainName", "DomainNameServers", "NetbiosNameServers", "NetbiosNodeType", "NtpServers"});
  if (given.empty()) {
    Add(problems, properties, "AWS::EC2::DHCPOptions needs at least one option (MissingParameter)");
  }
  for (const char* name : {"DomainNameServers", "NetbiosNameServers", "NtpServers"}) {
    const Value& servers = properties.Get(name);
    if (IsFunction(servers)) continue;
    if (servers.items().size() > kServersMax) {
      Add(problems, servers, absl::StrCat(name, " has more than ", kServersMax, " servers (InvalidParameterValue)"));
    }
    for (const Value& server : servers.items()) {
      if (!server.is_scalar() || absl::StartsWith(server.text(), "AmazonProvidedDNS")) continue;
      if (net::IpAddress::Parse(server.text()).ok()) continue;
      Add(problems, server,
          absl::StrCat(name, ": \"", server.text().substr(0, 64), "\" is no IP address (InvalidParameterValue)"));
    }
  }
}

void CheckEndpoint(const Value& properties, Problems& problems) {
  constexpr absl::string_view kWhose = "AWS::EC2::VPCEndpoint";
  const auto type = LiteralText(properties, "VpcEndpointType", "Gateway");
  const Names of_interfaces = {"SubnetIds", "SecurityGroupIds"};
  const std::vector<std::string> interfaces = Given(properties, of_interfaces);
  if (type == "Gateway" && !interfaces.empty()) {
    Add(problems, properties.Get(interfaces.front()),
        absl::StrCat(kWhose, " of VpcEndpointType Gateway has RouteTableIds, and no ", interfaces.front(),
                     " (InvalidParameter)"));
  }
  if (type == "Interface" && properties.Has("RouteTableIds")) {
    Add(problems, properties.Get("RouteTableIds"),
        absl::StrCat(kWhose, " of VpcEndpointType Interface has SubnetIds, and no RouteTableIds (InvalidParameter)"));
  }
  const Value& service = properties.Get("ServiceName");
  const bool known = absl::StartsWith(service.text(), "com.amazonaws.") || absl::StartsWith(service.text(), "aws.");
  if (service.is_scalar() && !known) {
    Add(problems, service,
        absl::StrCat("The Vpc Endpoint Service '", service.text().substr(0, 128),
                     "' does not exist (InvalidServiceName)"));
  }
}

void CheckFlowLog(const Value& properties, Problems& problems) {
  const Value& interval = properties.Get("MaxAggregationInterval");
  const auto seconds = interval.AsInteger();
  if (seconds.has_value() && *seconds != 60 && *seconds != 600) {
    Add(problems, interval,
        absl::StrCat("MaxAggregationInterval is 60 or 600 seconds, not ", *seconds, " (InvalidParameter)"));
  }
  if (!properties.Has("LogGroupName") && !properties.Has("LogDestination")) {
    Add(problems, properties, "AWS::EC2::FlowLog needs LogGroupName or LogDestination (InvalidParameter)");
  }
}

void CheckVpcCidrBlock(const Value& properties, Problems& problems) {
  ExactlyOne(properties, "AWS::EC2::VPCCidrBlock", {"AmazonProvidedIpv6CidrBlock", "CidrBlock"}, problems);
  const Value& block = properties.Get("CidrBlock");
  if (net::Prefix::Parse(block.text()).ok()) {
    AddStatus(problems, block, "CidrBlock: ", vpc::ParseVpcBlock(block.text()).status());
  }
}

void CheckSubnetIpv6Block(const Value& properties, Problems& problems) {
  const Value& given = properties.Get("Ipv6CidrBlock");
  const auto block = net::Prefix::Parse(given.text());
  if (!given.is_scalar() || !block.ok()) return;
  // Which block it is to be in is known once its VPC has one.
  AddRefusal(problems, given, "Ipv6CidrBlock: ", vpc::ParseSubnetBlockV6(given.text(), *block, {}).status());
}

}  // namespace nubo::stack::tables
