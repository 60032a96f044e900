// Rules of security groups one by one, beside those that a group is made with; and the default group of each VPC.
//
// A rule that is authorized by itself has an id of its own (sgr-…) and stays when the group's own rules are changed.
// The default group (sg- and the digits of the VPC's id) lets its members reach each other and everything out; it has a
// record only once a rule of it was changed. (EC2 API reference, AuthorizeSecurityGroupIngress; Amazon VPC user guide,
// "Default security groups".)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string rule,
//                         AuthorizeSecurityGroupIngress(context, {}, {.group_id = group, .rule = text}));
//   NUBO_RETURN_IF_ERROR(RevokeSecurityGroupRule(context, rule));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_SECURITY_GROUP_RULES_H_
#define NUBO_REGION_NETWORK_SECURITY_GROUP_RULES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/value.h"
#include "nubo/vpc/security_group.h"

namespace nubo::region {

// The attribute of a group whose rule that lets everything out was revoked; it does not come back with others.
inline constexpr char kNoDefaultEgress[] = "NoDefaultEgress";

// The id that the default group of the VPC has.
std::string DefaultSecurityGroup(const std::string& vpc_id);
// The VPC of which it is the default group; "": it is none.
std::string VpcOfDefaultGroup(const Model& model, const std::string& group_id);
// With all its rules, also of a default group without a record; nothing: there is no such group.
std::optional<v1::PlainState> FindSecurityGroup(const Model& model, const std::string& group_id);

v1::SecurityGroupRule RecordOf(const vpc::SecurityGroupRule& rule);
vpc::SecurityGroupRule RuleOf(const v1::SecurityGroupRule& record);
// As vpc::ParseRule(), and what the rule names exists: NOT_FOUND (InvalidGroup.NotFound, InvalidPrefixListID.NotFound).
absl::StatusOr<vpc::SecurityGroupRule> ReadRule(const Context& context, const vpc::RuleText& text);
// A rule as the properties of a template have it. `peer`: "Source" or "Destination", as their names do.
vpc::RuleText ReadRuleText(const Model& model, const std::string& vpc_id, const stack::Value& rule,
                           const std::string& peer);

struct AuthorizeSecurityGroupRequest {
  std::string group_id;
  vpc::RuleText rule;
};
// The rule's id. As ReadRule() and vpc::SecurityGroup::Authorize(); NOT_FOUND (InvalidGroup.NotFound).
absl::StatusOr<std::string> AuthorizeSecurityGroupIngress(Context& context, const v1::Owner& owner,
                                                          const AuthorizeSecurityGroupRequest& request);
absl::StatusOr<std::string> AuthorizeSecurityGroupEgress(Context& context, const v1::Owner& owner,
                                                         const AuthorizeSecurityGroupRequest& request);
// The rule that lets everything out, if the group has it still. NOT_FOUND (InvalidGroup.NotFound).
absl::Status RevokeDefaultEgress(Context& context, const std::string& group_id);
// NOT_FOUND (InvalidSecurityGroupRuleId.NotFound).
absl::Status UpdateSecurityGroupRuleDescription(Context& context, const std::string& rule_id,
                                                const std::string& description);
// NOT_FOUND (InvalidSecurityGroupRuleId.NotFound).
absl::Status RevokeSecurityGroupRule(Context& context, const std::string& rule_id);

// AWS::EC2::SecurityGroupIngress and AWS::EC2::SecurityGroupEgress.
void AddSecurityGroupRuleTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_SECURITY_GROUP_RULES_H_
