#include "nubo/region/network/public_port.h"

namespace nubo::region {
namespace {

constexpr int kTcp = 6;

// The lowest port that the group opens to everybody; 0 if none.
int LowestOpen(const v1::PlainState& group) {
  if (!group.has_rules()) return group.public_port();
  int lowest = 0;
  for (const v1::SecurityGroupRule& rule : group.ingress()) {
    const bool open = rule.protocol() == kTcp && rule.cidr() == "0.0.0.0/0" && rule.from_port() > 0;
    if (open && (lowest == 0 || rule.from_port() < lowest)) lowest = rule.from_port();
  }
  return lowest;
}

}  // namespace

int PublicPort(const Context& context, const v1::InstanceState& instance) {
  int lowest = 0;
  for (const std::string& id : instance.security_group_ids()) {
    const v1::PlainState* group = context.model.plain.Find(id);
    const int open = group == nullptr ? 0 : LowestOpen(*group);
    if (open != 0 && (lowest == 0 || open < lowest)) lowest = open;
  }
  return lowest;
}

}  // namespace nubo::region
