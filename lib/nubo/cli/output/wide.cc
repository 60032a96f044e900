#include "nubo/cli/output/wide.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nubo::cli {
namespace {

// A column with one cell for each item.
template <typename Items, typename Cell>
void Add(Table& table, const std::string& header, const Items& items, const Cell& cell) {
  std::vector<std::string> cells;
  for (const auto& item : items) cells.push_back(cell(item));
  table.AddColumn(header, cells);
}

std::string Pairs(const google::protobuf::RepeatedPtrField<cloudformation::v1::Parameter>& pairs) {
  return absl::StrJoin(pairs, ",",
                       [](std::string* out, const auto& p) { absl::StrAppend(out, p.key(), "=", p.value()); });
}

}  // namespace

void Widen(const cloudformation::v1::DescribeStacksResponse& answer, Table& table) {
  Add(table, "stack-id", answer.stacks(), [](const auto& s) { return s.stack_id(); });
  Add(table, "parameters", answer.stacks(), [](const auto& s) { return Pairs(s.parameters()); });
}

void Widen(const ec2::v1::DescribeInstancesResponse& answer, Table& table) {
  const auto& all = answer.instances();
  Add(table, "type", all, [](const auto& i) { return i.instance_type(); });
  Add(table, "system-check", all, [](const auto& i) { return i.system_status(); });
  Add(table, "instance-check", all, [](const auto& i) { return i.instance_status(); });
  Add(table, "lifecycle", all, [](const auto& i) { return i.lifecycle_state(); });
  Add(table, "private-dns-name", all, [](const auto& i) { return i.private_dns_name(); });
  Add(table, "subnet", all, [](const auto& i) { return i.subnet_id(); });
  Add(table, "vpc", all, [](const auto& i) { return i.vpc_id(); });
  Add(table, "stack", all, [](const auto& i) { return i.stack_name(); });
  Add(table, "logical-id", all, [](const auto& i) { return i.logical_id(); });
  Add(table, "isolation", all, [](const auto& i) { return i.isolation_reason(); });
}

void Widen(const autoscaling::v1::DescribeAutoScalingGroupsResponse& answer, Table& table) {
  const auto& all = answer.groups();
  Add(table, "grace-period", all, [](const auto& g) { return absl::StrCat(g.health_check_grace_period(), "s"); });
  Add(table, "members", all, [](const auto& g) {
    return absl::StrJoin(g.instances(), ",", [](std::string* out, const auto& i) {
      absl::StrAppend(out, i.instance_id(), "=", i.lifecycle_state());
    });
  });
  Add(table, "target-groups", all, [](const auto& g) { return absl::StrJoin(g.target_group_arns(), ","); });
  Add(table, "logical-id", all, [](const auto& g) { return g.logical_id(); });
}

void Widen(const elbv2::v1::DescribeLoadBalancersResponse& answer, Table& table) {
  Add(table, "vpc", answer.load_balancers(), [](const auto& b) { return b.vpc_id(); });
  Add(table, "logical-id", answer.load_balancers(), [](const auto& b) { return b.logical_id(); });
  Add(table, "arn", answer.load_balancers(), [](const auto& b) { return b.load_balancer_arn(); });
}

void Widen(const elbv2::v1::DescribeTargetGroupsResponse& answer, Table& table) {
  Add(table, "logical-id", answer.target_groups(), [](const auto& g) { return g.logical_id(); });
  Add(table, "arn", answer.target_groups(), [](const auto& g) { return g.target_group_arn(); });
}

void Widen(const elbv2::v1::DescribeTargetHealthResponse& answer, Table& table) {
  Add(table, "arn", answer.targets(), [](const auto& t) { return t.target_group_arn(); });
}

void Widen(const rds::v1::DescribeDbInstancesResponse& answer, Table& table) {
  Add(table, "secret", answer.databases(), [](const auto& d) { return d.master_user_secret_arn(); });
  Add(table, "logical-id", answer.databases(), [](const auto& d) { return d.logical_id(); });
}

}  // namespace nubo::cli
