#include "nubo/region/network/security_group_rules.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::Progress;
using stack::ResourceContext;
using stack::Value;
using vpc::Direction;

constexpr char kEverywhere[] = "0.0.0.0/0";
constexpr char kDefaultName[] = "default";

v1::SecurityGroupRule Everything() {
  v1::SecurityGroupRule rule;
  rule.set_protocol(-1);
  rule.set_from_port(-1);
  rule.set_to_port(-1);
  return rule;
}

v1::PlainState DefaultGroup(const std::string& group_id, const std::string& vpc_id) {
  v1::PlainState record;
  record.set_id(group_id);
  record.set_type(kSecurityGroupType);
  record.set_vpc_id(vpc_id);
  record.set_group_name(kDefaultName);
  record.set_has_rules(true);
  *record.add_ingress() = Everything();
  record.mutable_ingress(0)->set_group_id(group_id);
  *record.add_egress() = Everything();
  record.mutable_egress(0)->set_cidr(kEverywhere);
  return record;
}

google::protobuf::RepeatedPtrField<v1::SecurityGroupRule>* RulesOf(v1::PlainState& group, Direction direction) {
  return direction == Direction::kIngress ? group.mutable_ingress() : group.mutable_egress();
}

// Whether the core takes one more beside those that there are.
absl::Status CheckOneMore(const v1::PlainState& group, Direction direction, const vpc::SecurityGroupRule& rule) {
  vpc::SecurityGroup rules(group.id());
  NUBO_RETURN_IF_ERROR(rules.Revoke(Direction::kEgress, rules.rules(Direction::kEgress).front()));
  for (const auto& present : direction == Direction::kIngress ? group.ingress() : group.egress()) {
    // What a former version let in twice stays.
    (void)rules.Authorize(direction, RuleOf(present));
  }
  return rules.Authorize(direction, rule);
}

absl::StatusOr<std::string> Authorize(Context& context, const v1::Owner& owner, Direction direction,
                                      const AuthorizeSecurityGroupRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSecurityGroup, request.group_id));
  v1::PlainState group = *FindSecurityGroup(context.model, request.group_id);
  NUBO_ASSIGN_OR_RETURN(const vpc::SecurityGroupRule rule, ReadRule(context, request.rule));
  NUBO_RETURN_IF_ERROR(CheckOneMore(group, direction, rule));
  v1::SecurityGroupRule record = RecordOf(rule);
  record.set_rule_id(context.ids.NewId("sgr"));
  *record.mutable_owner() = owner;
  const std::string id = record.rule_id();
  *RulesOf(group, direction)->Add() = std::move(record);
  context.model.plain.Put(request.group_id, std::move(group));
  return id;
}

struct Place {
  std::string group_id;
  Direction direction = Direction::kIngress;
  int index = 0;
};

std::optional<Place> FindRule(const Model& model, const std::string& rule_id) {
  if (rule_id.empty()) return std::nullopt;
  for (const auto& [id, group] : model.plain) {
    if (group.type() != kSecurityGroupType) continue;
    for (int i = 0; i < group.ingress_size(); ++i) {
      if (group.ingress(i).rule_id() == rule_id) return Place{id, Direction::kIngress, i};
    }
    for (int i = 0; i < group.egress_size(); ++i) {
      if (group.egress(i).rule_id() == rule_id) return Place{id, Direction::kEgress, i};
    }
  }
  return std::nullopt;
}

absl::Status NoSuchRule(const std::string& rule_id) {
  return base::WithErrorCode(
      absl::NotFoundError(absl::StrCat("The security group rule ID '", rule_id, "' does not exist")),
      "InvalidSecurityGroupRuleId.NotFound");
}

const v1::SecurityGroupRule& RuleAt(const Model& model, const Place& place) {
  const v1::PlainState& group = *model.plain.Find(place.group_id);
  return place.direction == Direction::kIngress ? group.ingress(place.index) : group.egress(place.index);
}

// The id of the group that has this name in the VPC; the name, which is no id, if none has.
std::string GroupNamed(const Model& model, const std::string& vpc_id, const std::string& name) {
  if (name == kDefaultName && model.vpcs.Find(vpc_id) != nullptr) return DefaultSecurityGroup(vpc_id);
  const v1::PlainState* group = FirstPlain(model, kSecurityGroupType, [&](const v1::PlainState& other) {
    return other.vpc_id() == vpc_id && other.group_name() == name;
  });
  return group == nullptr ? name : group->id();
}

std::optional<int> Port(const Value& rule, const char* name) {
  const std::optional<int64_t> port = rule.Get(name).AsInteger();
  return port.has_value() ? std::optional<int>(static_cast<int>(*port)) : std::nullopt;
}

}  // namespace

std::string DefaultSecurityGroup(const std::string& vpc_id) { return absl::StrCat("sg-", DigitsOf(vpc_id)); }

std::string VpcOfDefaultGroup(const Model& model, const std::string& group_id) {
  if (!absl::StartsWith(group_id, "sg-")) return "";
  const std::string vpc_id = absl::StrCat("vpc-", DigitsOf(group_id));
  return model.vpcs.Find(vpc_id) == nullptr ? "" : vpc_id;
}

std::optional<v1::PlainState> FindSecurityGroup(const Model& model, const std::string& group_id) {
  if (const v1::PlainState* record = FindPlain(model, group_id, kSecurityGroupType)) return *record;
  const std::string vpc_id = VpcOfDefaultGroup(model, group_id);
  if (vpc_id.empty()) return std::nullopt;
  return DefaultGroup(group_id, vpc_id);
}

v1::SecurityGroupRule RecordOf(const vpc::SecurityGroupRule& rule) {
  v1::SecurityGroupRule record;
  record.set_protocol(rule.protocol);
  record.set_from_port(rule.from_port);
  record.set_to_port(rule.to_port);
  if (rule.block.has_value()) record.set_cidr(rule.block->ToString());
  record.set_group_id(rule.group_id);
  record.set_prefix_list_id(rule.prefix_list_id);
  record.set_description(rule.description);
  return record;
}

vpc::SecurityGroupRule RuleOf(const v1::SecurityGroupRule& record) {
  vpc::SecurityGroupRule rule;
  rule.protocol = record.protocol();
  rule.from_port = record.from_port();
  rule.to_port = record.to_port();
  if (const auto block = net::Prefix::Parse(record.cidr()); block.ok()) rule.block = *block;
  rule.group_id = record.group_id();
  rule.prefix_list_id = record.prefix_list_id();
  rule.description = record.description();
  return rule;
}

absl::StatusOr<vpc::SecurityGroupRule> ReadRule(const Context& context, const vpc::RuleText& text) {
  NUBO_ASSIGN_OR_RETURN(vpc::SecurityGroupRule rule, vpc::ParseRule(text));
  if (!rule.group_id.empty()) NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSecurityGroup, rule.group_id));
  if (!rule.prefix_list_id.empty()) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kPrefixList, rule.prefix_list_id));
  }
  return rule;
}

vpc::RuleText ReadRuleText(const Model& model, const std::string& vpc_id, const Value& rule, const std::string& peer) {
  vpc::RuleText text;
  text.protocol = rule.Get("IpProtocol").text();
  text.from_port = Port(rule, "FromPort");
  text.to_port = Port(rule, "ToPort");
  text.cidr = rule.Get("CidrIp").is_null() ? rule.Get("CidrIpv6").text() : rule.Get("CidrIp").text();
  text.group_id = rule.Get(peer + "SecurityGroupId").text();
  const std::string& name = rule.Get(peer + "SecurityGroupName").text();
  if (!name.empty()) text.group_id = GroupNamed(model, vpc_id, name);
  text.prefix_list_id = rule.Get(peer + "PrefixListId").text();
  text.description = rule.Get("Description").text();
  return text;
}

absl::StatusOr<std::string> AuthorizeSecurityGroupIngress(Context& context, const v1::Owner& owner,
                                                          const AuthorizeSecurityGroupRequest& request) {
  return Authorize(context, owner, Direction::kIngress, request);
}

absl::StatusOr<std::string> AuthorizeSecurityGroupEgress(Context& context, const v1::Owner& owner,
                                                         const AuthorizeSecurityGroupRequest& request) {
  return Authorize(context, owner, Direction::kEgress, request);
}

absl::Status RevokeDefaultEgress(Context& context, const std::string& group_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSecurityGroup, group_id));
  v1::PlainState group = *FindSecurityGroup(context.model, group_id);
  const vpc::SecurityGroupRule everything{.block = net::Prefix()};
  auto* rules = group.mutable_egress();
  const auto it = std::find_if(rules->begin(), rules->end(), [&](const v1::SecurityGroupRule& rule) {
    return rule.rule_id().empty() && RuleOf(rule) == everything;
  });
  if (it == rules->end()) return absl::OkStatus();
  rules->erase(it);
  SetAttribute(group, kNoDefaultEgress, "true");
  context.model.plain.Put(group_id, std::move(group));
  return absl::OkStatus();
}

absl::Status UpdateSecurityGroupRuleDescription(Context& context, const std::string& rule_id,
                                                const std::string& description) {
  const std::optional<Place> place = FindRule(context.model, rule_id);
  if (!place.has_value()) return NoSuchRule(rule_id);
  context.model.plain.Update(place->group_id, [&](v1::PlainState& group) {
    RulesOf(group, place->direction)->Mutable(place->index)->set_description(description);
  });
  return absl::OkStatus();
}

absl::Status RevokeSecurityGroupRule(Context& context, const std::string& rule_id) {
  const std::optional<Place> place = FindRule(context.model, rule_id);
  if (!place.has_value()) return NoSuchRule(rule_id);
  context.model.plain.Update(place->group_id, [&](v1::PlainState& group) {
    RulesOf(group, place->direction)->DeleteSubrange(place->index, 1);
  });
  return absl::OkStatus();
}

namespace {

void ShowRule(const Model& model, const Place& place, google::protobuf::Struct* shown) {
  const v1::SecurityGroupRule& rule = RuleAt(model, place);
  const auto set = [&](const char* name, const std::string& value) {
    if (!value.empty()) (*shown->mutable_fields())[name].set_string_value(value);
  };
  const auto number = [&](const char* name, int value) { (*shown->mutable_fields())[name].set_number_value(value); };
  set("securityGroupRuleId", rule.rule_id());
  set("groupId", place.group_id);
  (*shown->mutable_fields())["isEgress"].set_bool_value(place.direction == Direction::kEgress);
  number("ipProtocol", rule.protocol());
  number("fromPort", rule.from_port());
  number("toPort", rule.to_port());
  set("cidr", rule.cidr());
  set("referencedGroupId", rule.group_id());
  set("prefixListId", rule.prefix_list_id());
  set("description", rule.description());
  set("stackName", rule.owner().stack_name());
  set("logicalId", rule.owner().logical_id());
}

absl::StatusOr<std::string> CreateIngress(Context& context, const ResourceContext& resource, const Value& properties) {
  const std::string& group_id = properties.Get("GroupId").text();
  const std::optional<v1::PlainState> group = FindSecurityGroup(context.model, group_id);
  const std::string vpc_id = group.has_value() ? group->vpc_id() : "";
  return AuthorizeSecurityGroupIngress(
      context, OwnerOf(resource),
      {.group_id = group_id, .rule = ReadRuleText(context.model, vpc_id, properties, "Source")});
}

// AWS: "When you use the AWS::EC2::SecurityGroupEgress resource, the default rule is removed from the security group."
absl::StatusOr<std::string> CreateEgress(Context& context, const ResourceContext& resource, const Value& properties) {
  const std::string& group_id = properties.Get("GroupId").text();
  const v1::PlainState* present = context.model.plain.Find(group_id);
  const auto former = present == nullptr ? std::nullopt : std::optional<v1::PlainState>(*present);
  NUBO_RETURN_IF_ERROR(RevokeDefaultEgress(context, group_id));
  const auto id = AuthorizeSecurityGroupEgress(
      context, OwnerOf(resource),
      {.group_id = group_id, .rule = ReadRuleText(context.model, "", properties, "Destination")});
  if (id.ok()) return id;
  if (former.has_value()) {
    context.model.plain.Put(group_id, *former);
  } else {
    context.model.plain.Erase(group_id);
  }
  return id;
}

ResourceType& AddRuleType(ResourceTypes& types, const std::string& name, Direction direction) {
  ResourceType& type = types.Add(name);
  type.asks_for = fabrics::Feature::kSecurityGroups;
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    if (!FindRule(context.model, id).has_value()) return Progress::Failed("the rule is gone");
    return Progress::Complete({{"Id", Value::String(id)}});
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return UpdateSecurityGroupRuleDescription(context, id, properties.Get("Description").text());
  };
  // The group may have gone first, and the rule with it.
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    const absl::Status status = RevokeSecurityGroupRule(context, id);
    return absl::IsNotFound(status) ? absl::OkStatus() : status;
  };
  type.disown = [](Model& model, const std::string& id) {
    const std::optional<Place> place = FindRule(model, id);
    if (!place.has_value()) return;
    model.plain.Update(place->group_id, [&](v1::PlainState& group) {
      RulesOf(group, place->direction)->Mutable(place->index)->clear_owner();
    });
  };
  type.show = [direction](const Context& context, const std::string& id, google::protobuf::Struct* shown) {
    const std::optional<Place> place = FindRule(context.model, id);
    if (!place.has_value() || place->direction != direction) return false;
    ShowRule(context.model, *place, shown);
    return true;
  };
  return type;
}

}  // namespace

void AddSecurityGroupRuleTypes(ResourceTypes& types) {
  AddRuleType(types, "AWS::EC2::SecurityGroupIngress", Direction::kIngress).create = CreateIngress;
  AddRuleType(types, "AWS::EC2::SecurityGroupEgress", Direction::kEgress).create = CreateEgress;
}

}  // namespace nubo::region
