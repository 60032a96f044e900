#include "nubo/stack/validate.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/dynamic_reference.h"
#include "nubo/stack/evaluator.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/graph.h"
#include "nubo/stack/known_resources.h"
#include "nubo/stack/placement.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/validate_outputs.h"
#include "nubo/stack/validate_policies.h"
#include "nubo/stack/validate_records.h"
#include "nubo/vpc/network_acl.h"
#include "nubo/vpc/validate.h"

namespace nubo::stack {
namespace {

using Known = KnownResource;

// What `value` stands for, so that two can be told to mean the same: a literal, or the resource it names.
std::string Identity(const Value& value) {
  if (value.is_scalar()) return absl::StrCat("=", value.text());
  const Member* call = AsFunction(value);
  if (call == nullptr) return "";
  if (call->key == "Ref") return absl::StrCat("@", call->value.text());
  return absl::StrCat("?", ToJson(value));
}

class Validator {
 public:
  Validator(const Template& parsed, const Bindings& bindings) : template_(parsed), bindings_(bindings) {}

  std::vector<Diagnostic> Run() {
    Evaluate();
    for (const Known& known : known_) {
      CheckProperties(*FindSchema(known.resource->type), known.properties, problems_);
      CheckDynamicReferences(known.properties, problems_);
      CheckIdTypes(known);
      CheckPolicies(known);
    }
    CheckOutputs(template_, bindings_, problems_);
    CheckSubnets();
    CheckPlacement(known_, [this](const Value& subnet) { return FactsOf(subnet); }, problems_);
    CheckAddressTargets(known_, [this](const Value& vpc) { return VpcBlock(vpc); }, problems_);
    for (const Known& known : known_) {
      CheckBalancerZones(known);
      CheckDatabaseSubnet(known);
    }
    CheckUnique("AWS::ElasticLoadBalancingV2::Listener", {"LoadBalancerArn", "Port"}, "listen on the same port");
    CheckUnique("AWS::ElasticLoadBalancingV2::ListenerRule", {"ListenerArn", "Priority"}, "have the same priority");
    CheckUnique("AWS::EC2::Route", {"RouteTableId", "DestinationCidrBlock"}, "have the same destination");
    CheckUnique("AWS::EC2::Route", {"RouteTableId", "DestinationIpv6CidrBlock"}, "have the same destination");
    CheckUnique("AWS::EC2::Route", {"RouteTableId", "DestinationPrefixListId"}, "have the same destination");
    CheckUnique("AWS::EC2::SubnetNetworkAclAssociation", {"SubnetId"}, "associate the same subnet");
    CheckUnique("AWS::EC2::SubnetCidrBlock", {"SubnetId"}, "give the same subnet a block of IPv6");
    CheckUnique("AWS::EC2::EIPAssociation", {"AllocationId"}, "associate the same address");
    CheckUnique("AWS::EC2::NatGateway", {"AllocationId"}, "have the same address (Resource.AlreadyAssociated)");
    CheckAclEntries();
    CheckUnique("AWS::EC2::SubnetRouteTableAssociation", {"SubnetId"}, "associate the same subnet");
    CheckUnique("AWS::EC2::VPCGatewayAttachment", {"InternetGatewayId"}, "attach the same internet gateway");
    CheckOneGateway();
    for (const char* name : {"LoadBalancer", "TargetGroup"}) {
      CheckUnique(absl::StrCat("AWS::ElasticLoadBalancingV2::", name), {"Name"}, "have the same name");
    }
    CheckUnique("AWS::AutoScaling::AutoScalingGroup", {"AutoScalingGroupName"}, "have the same name");
    CheckUnique("AWS::EC2::LaunchTemplate", {"LaunchTemplateName"}, "have the same name");
    CheckUnique("AWS::EC2::KeyPair", {"KeyName"}, "have the same name");
    CheckUnique("AWS::EC2::PlacementGroup", {"GroupName"}, "have the same name");
    CheckUnique("AWS::EC2::VolumeAttachment", {"VolumeId"}, "attach the same volume (VolumeInUse)");
    CheckUnique("AWS::EC2::VolumeAttachment", {"InstanceId", "Device"}, "attach to the same device");
    CheckUnique("AWS::EC2::SecurityGroup", {"VpcId", "GroupName"}, "have the same name");
    CheckUnique("AWS::Route53::HostedZone", {"Name"}, "have the same name");
    CheckUnique("AWS::RDS::DBInstance", {"DBInstanceIdentifier"}, "have the same identifier");
    CheckRecords();
    return Sorted(std::move(problems_));
  }

 private:
  void Evaluate() {
    std::vector<absl::Status> errors;
    known_ = KnownResources(template_, bindings_, &errors);
    for (const absl::Status& error : errors) AddStatus(error);
    const Evaluator evaluator(template_, bindings_, nullptr);
    for (const Output& output : template_.outputs) {
      if (!bindings_.Active(output.condition)) continue;
      const absl::StatusOr<Value> value = evaluator.Evaluate(output.value);
      if (value.ok()) {
        CheckDynamicReferences(*value, problems_);
      } else {
        AddStatus(value.status());
      }
      const absl::Status name = evaluator.Evaluate(output.export_name).status();
      if (!name.ok()) AddStatus(name);
    }
  }

  // An error that carries its place in front of its sentence.
  void AddStatus(const absl::Status& status) {
    absl::string_view text = status.message();
    Location at;
    const std::string prefix = absl::StrCat(template_.file, ":");
    if (text.substr(0, prefix.size()) == prefix) {
      text.remove_prefix(prefix.size());
      at.line = TakeNumber(text);
      at.column = TakeNumber(text);
      if (!text.empty() && text[0] == ' ') text.remove_prefix(1);
    }
    problems_.push_back({at, std::string(text)});
  }

  static int TakeNumber(absl::string_view& text) {
    int number = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      number = number * 10 + (text[0] - '0');
      text.remove_prefix(1);
    }
    if (!text.empty() && text[0] == ':') text.remove_prefix(1);
    return number;
  }

  static std::optional<net::Prefix> Block(const Value& properties) {
    const auto prefix = net::Prefix::Parse(properties.Get("CidrBlock").text());
    return prefix.ok() ? std::optional<net::Prefix>(*prefix) : std::nullopt;
  }

  const Known* FindKnown(const std::string& identity) const {
    for (const Known& known : known_) {
      if (identity == absl::StrCat("@", known.resource->logical_id)) return &known;
    }
    return nullptr;
  }

  // The VPC's identity, whether it is named by Ref or by its VpcId attribute.
  static std::string VpcOf(const Value& properties) {
    const Value& vpc = properties.Get("VpcId");
    const Member* call = AsFunction(vpc);
    if (call != nullptr && call->key == "Fn::GetAtt" && call->value.is_list() &&
        call->value.items()[1].text() == "VpcId") {
      return absl::StrCat("@", call->value.items()[0].text());
    }
    return Identity(vpc);
  }

  void CheckSubnets() {
    std::vector<const Known*> subnets;
    for (const Known& known : known_) {
      if (known.resource->type != "AWS::EC2::Subnet") continue;
      const auto block = Block(known.properties);
      if (!block.has_value()) continue;
      CheckInsideVpc(known, *block);
      for (const Known* other : subnets) CheckOverlap(known, *block, *other);
      subnets.push_back(&known);
    }
  }

  void CheckInsideVpc(const Known& subnet, const net::Prefix& block) {
    const Known* vpc = FindKnown(VpcOf(subnet.properties));
    if (vpc == nullptr || vpc->resource->type != "AWS::EC2::VPC") return;
    const auto vpc_block = Block(vpc->properties);
    if (!vpc_block.has_value() || vpc_block->Contains(block) || InSecondaryBlock(subnet, block)) return;
    Add(subnet.properties.Get("CidrBlock"),
        absl::StrCat("subnet ", subnet.resource->logical_id, " has the block ", block.ToString(),
                     ", which is not inside ", vpc_block->ToString(), " of its VPC ", vpc->resource->logical_id));
  }

  // One that the template associates with the subnet's VPC; of one that is not known yet it may be in it.
  bool InSecondaryBlock(const Known& subnet, const net::Prefix& block) const {
    for (const Known& known : known_) {
      if (known.resource->type != "AWS::EC2::VPCCidrBlock" || !known.properties.Has("CidrBlock")) continue;
      if (VpcOf(known.properties) != VpcOf(subnet.properties)) continue;
      const auto secondary = Block(known.properties);
      if (!secondary.has_value() || secondary->Contains(block)) return true;
    }
    return false;
  }

  // An id is named by Ref, or by the attribute that has it; "" if it is neither.
  static std::string NamedBy(const Value& id, absl::string_view attribute) {
    const Member* call = AsFunction(id);
    if (call == nullptr) return "";
    if (call->key == "Ref") return call->value.text();
    const bool is_attribute =
        call->key == "Fn::GetAtt" && call->value.items().size() == 2 && call->value.items()[1].text() == attribute;
    return is_attribute ? call->value.items()[0].text() : "";
  }

  const Known* Named(const Value& id, absl::string_view attribute, absl::string_view type) const {
    const Known* known = FindKnown(absl::StrCat("@", NamedBy(id, attribute)));
    return known != nullptr && known->resource->type == type ? known : nullptr;
  }

  std::optional<SubnetFacts> FactsOf(const Value& subnet) const {
    const Known* known = Named(subnet, "SubnetId", "AWS::EC2::Subnet");
    const auto block = known == nullptr ? std::nullopt : Block(known->properties);
    if (!block.has_value() || !IsSubnetBlock(*block)) return std::nullopt;
    return SubnetFacts{known->resource->logical_id, *block, known->properties.Get("AvailabilityZone").text()};
  }

  // One that is no subnet's is told as such.
  static bool IsSubnetBlock(const net::Prefix& block) {
    return block.is_v4() && block.length() >= vpc::kShortestBlock && block.length() <= vpc::kLongestBlock;
  }

  std::optional<net::Prefix> VpcBlock(const Value& vpc) const {
    const Known* known = Named(vpc, "VpcId", "AWS::EC2::VPC");
    return known == nullptr ? std::nullopt : Block(known->properties);
  }

  // Evaluated as far as it is known; null if it cannot be.
  Value Evaluated(const Value& value) const {
    return Evaluator(template_, bindings_, nullptr).Evaluate(value).value_or(Value());
  }

  void CheckPolicies(const Known& known) {
    CheckCreationPolicy(Evaluated(known.resource->creation_policy), problems_);
    CheckUpdatePolicy(Evaluated(known.resource->update_policy), known.properties, problems_);
  }

  // By ACL, direction and number; and not more than an ACL can have.
  void CheckAclEntries() {
    std::map<std::string, const Known*> numbers;
    std::map<std::string, size_t> counts;
    for (const Known& known : known_) {
      const Value& properties = known.properties;
      const auto number = properties.Get("RuleNumber").AsInteger();
      const Value& egress = properties.Get("Egress");
      if (known.resource->type != "AWS::EC2::NetworkAclEntry" || AsFunction(egress) != nullptr) continue;
      const std::string direction = absl::StrCat(Identity(properties.Get("NetworkAclId")), "|",
                                                 egress.AsBool().value_or(false) ? "egress" : "ingress");
      if (++counts[direction] == vpc::kAclEntriesMax + 1) {
        Add(properties, absl::StrCat("a network ACL has at most ", vpc::kAclEntriesMax,
                                     " entries a direction (NetworkAclEntryLimitExceeded)"));
      }
      if (!number.has_value()) continue;
      const auto [former, is_new] = numbers.emplace(absl::StrCat(direction, "|", *number), &known);
      if (is_new) continue;
      Add(properties.Get("RuleNumber"),
          absl::StrCat(former->second->resource->logical_id, " and ", known.resource->logical_id,
                       " have the same number in one direction of one ACL (NetworkAclEntryAlreadyExists)"));
    }
  }

  // Of a VPC; two that attach one and the same gateway are told as that.
  void CheckOneGateway() {
    std::map<std::string, const Known*> attached;
    for (const Known& known : known_) {
      const Value& properties = known.properties;
      if (known.resource->type != "AWS::EC2::VPCGatewayAttachment" || !properties.Has("InternetGatewayId")) continue;
      const auto [former, is_new] = attached.emplace(VpcOf(properties), &known);
      const Value& gateway = properties.Get("InternetGatewayId");
      if (is_new || Identity(gateway) == Identity(former->second->properties.Get("InternetGatewayId"))) continue;
      Add(properties.Get("VpcId"),
          absl::StrCat(former->second->resource->logical_id, " and ", known.resource->logical_id,
                       " attach two internet gateways to one VPC, which has at most one (InvalidParameterValue)"));
    }
  }

  void CheckOverlap(const Known& subnet, const net::Prefix& block, const Known& other) {
    const auto other_block = Block(other.properties);
    if (VpcOf(subnet.properties) != VpcOf(other.properties) || !block.Overlaps(*other_block)) return;
    Add(subnet.properties.Get("CidrBlock"),
        absl::StrCat("subnets ", other.resource->logical_id, " (", other_block->ToString(), ") and ",
                     subnet.resource->logical_id, " (", block.ToString(), ") of one VPC overlap"));
  }

  // What a property names by Ref must be of the type that it wants.
  void CheckIdTypes(const Known& known) {
    for (const NamedId& id : NamedIds(*FindSchema(known.resource->type), known.properties)) {
      const Member* call = AsFunction(*id.value);
      if (call == nullptr || call->key != "Ref") continue;
      const Resource* named = template_.FindResource(call->value.text());
      if (named == nullptr || id.kind == IdKind::kLaunchTemplateName) continue;
      const Schema* schema = FindSchema(named->type);
      if (schema == nullptr || schema->id == id.kind) continue;
      Add(*id.value, absl::StrCat(known.resource->type, " ", id.path, " must be ", WantedId(id.kind), ", but Ref ",
                                  named->logical_id, " gives ", schema->ref, " (", named->type, ")"));
    }
  }

  static absl::string_view WantedId(IdKind kind) {
    if (kind == IdKind::kAllocation) return "an allocation id (Fn::GetAtt AllocationId)";
    for (const Schema& schema : AllSchemas()) {
      if (schema.id == kind) return schema.ref;
    }
    return "the name of an image";
  }

  // As far as subnets and zones are named here; of others the region knows.
  void CheckBalancerZones(const Known& known) {
    if (known.resource->type != "AWS::ElasticLoadBalancingV2::LoadBalancer") return;
    std::set<std::string> subnets, zones;
    for (const NamedId& id : NamedIds(*FindSchema(known.resource->type), known.properties)) {
      if (id.kind != IdKind::kSubnet) continue;
      const std::string subnet = Identity(*id.value);
      const Known* named = FindKnown(subnet);
      const std::string zone = named == nullptr ? "" : named->properties.Get("AvailabilityZone").text();
      const bool taken =
          (!subnet.empty() && !subnets.insert(subnet).second) || (!zone.empty() && !zones.insert(zone).second);
      if (!taken) continue;
      Add(*id.value,
          absl::StrCat("A load balancer cannot be attached to multiple subnets in the same Availability Zone",
                       zone.empty() ? "" : absl::StrCat(" (", zone, ")"), "; that of ", known.resource->logical_id,
                       " is named a second time here (InvalidConfigurationRequest)"));
    }
  }

  // It goes where its security groups are, or else into a subnet of its stack.
  void CheckDatabaseSubnet(const Known& known) {
    if (known.resource->type != "AWS::RDS::DBInstance" || known.properties.Has("VPCSecurityGroups")) return;
    for (const Known& other : known_) {
      if (other.resource->type == "AWS::EC2::Subnet") return;
    }
    Add(known.properties,
        "AWS::RDS::DBInstance needs VPCSecurityGroups of a VPC that has a subnet, or a subnet in its stack: there is "
        "no default VPC here");
  }

  // No two resources of `type` may be alike in all of `properties`; one that lacks any of them is alike to none.
  void CheckUnique(const std::string& type, const std::vector<std::string>& properties, absl::string_view both) {
    std::map<std::string, const Known*> seen;
    for (const Known& known : known_) {
      if (known.resource->type != type) continue;
      std::string key;
      bool complete = true;
      for (const std::string& name : properties) {
        complete = complete && known.properties.Has(name);
        absl::StrAppend(&key, Identity(known.properties.Get(name)), "|");
      }
      if (!complete) continue;
      const auto [former, is_new] = seen.emplace(key, &known);
      if (is_new) continue;
      Add(known.properties.Get(properties.back()),
          absl::StrCat(former->second->resource->logical_id, " and ", known.resource->logical_id, " ", both));
    }
  }

  void CheckRecords() {
    std::vector<KnownRecord> zones, records;
    for (const Known& known : known_) {
      const std::string& type = known.resource->type;
      if (type == "AWS::Route53::HostedZone") zones.push_back({known.resource->logical_id, &known.properties});
      if (type == "AWS::Route53::RecordSet") records.push_back({known.resource->logical_id, &known.properties});
    }
    CheckRecordSets(zones, records, problems_);
  }

  void Add(const Value& where, std::string message) { problems_.push_back({where.location(), std::move(message)}); }

  const Template& template_;
  const Bindings& bindings_;
  std::vector<Known> known_;
  std::vector<Diagnostic> problems_;
};

}  // namespace

std::vector<Diagnostic> Validate(const Template& parsed, const Bindings& bindings) {
  return Validator(parsed, bindings).Run();
}

}  // namespace nubo::stack
