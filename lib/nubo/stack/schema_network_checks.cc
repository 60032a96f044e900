// What of security groups and network interfaces cannot stand side by side: the API reference's
// AuthorizeSecurityGroupIngress and RunInstances.
#include "nubo/stack/schema_checks.h"

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/launch.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/schema_literals.h"

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

}  // namespace nubo::stack::tables
