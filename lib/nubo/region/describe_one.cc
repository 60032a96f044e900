#include <google/protobuf/util/json_util.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/region/describe.h"
#include "nubo/region/hidden_values.h"
#include "nubo/region/instances.h"
#include "nubo/region/services.h"

namespace nubo::region {
namespace {

using google::protobuf::Struct;

constexpr size_t kEventsShown = 50;

void ParseInto(const std::string& json, Struct* out) {
  if (!json.empty()) (void)google::protobuf::util::JsonStringToMessage(json, out);
}

// A message's own JSON, as a Struct.
void ShowMessage(const google::protobuf::Message& message, Struct* out) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  if (google::protobuf::util::MessageToJsonString(message, &json, options).ok()) ParseInto(json, out);
}

void FillFromStack(const v1::StackState& stack, const v1::StackResourceState& resource, v1::DescribeResponse& out) {
  out.set_type(resource.type());
  out.set_stack_name(stack.stack_name());
  out.set_logical_id(resource.logical_id());
  out.set_status(resource.status());
  out.set_enforced(resource.not_enforced().empty());
  for (const std::string& what : resource.not_enforced()) out.add_not_enforced(what);
  ParseInto(resource.properties(), out.mutable_properties());
  std::vector<std::string> members;
  for (const auto& [name, json] : resource.attributes()) members.push_back(absl::StrCat("\"", name, "\":", json));
  ParseInto(absl::StrCat("{", absl::StrJoin(members, ","), "}"), out.mutable_attributes());
  const std::vector<std::string> hidden = HiddenValues(stack);
  Hide(hidden, out.mutable_properties());
  Hide(hidden, out.mutable_attributes());
}

// What of the lists' entries is called `id`.
template <typename Response, typename Entries, typename Matches>
bool FillFromList(const Context& context, Entries entries, Matches matches, Struct* out) {
  Response response;
  Describe(context, response);
  for (const auto& entry : entries(response)) {
    if (!matches(entry)) continue;
    ShowMessage(entry, out);
    return true;
  }
  return false;
}

// The present state of what has one.
bool FillState(const Context& context, const std::string& id, v1::DescribeResponse& out) {
  Struct* state = out.mutable_attributes();
  if (const v1::InstanceState* instance = context.model.instances.Find(id)) {
    out.set_type("AWS::EC2::Instance");
    out.set_stack_name(instance->owner().stack_name());
    if (out.logical_id().empty()) out.set_logical_id(instance->owner().logical_id());
    const bool shown = FillFromList<ec2::v1::DescribeInstancesResponse>(
        context, [](const auto& r) { return r.instances(); }, [&](const auto& i) { return i.instance_id() == id; },
        state);
    if (out.status().empty()) out.set_status(state->fields().at("state").string_value());
    return shown;
  }
  if (context.model.groups.Find(id) != nullptr) {
    return FillFromList<autoscaling::v1::DescribeAutoScalingGroupsResponse>(
        context, [](const auto& r) { return r.groups(); },
        [&](const auto& g) { return g.auto_scaling_group_name() == id; }, state);
  }
  if (context.model.load_balancers.Find(id) != nullptr) {
    return FillFromList<elbv2::v1::DescribeLoadBalancersResponse>(
        context, [](const auto& r) { return r.load_balancers(); },
        [&](const auto& b) { return b.load_balancer_arn() == id; }, state);
  }
  if (context.model.target_groups.Find(id) != nullptr) {
    return FillFromList<elbv2::v1::DescribeTargetGroupsResponse>(
        context, [](const auto& r) { return r.target_groups(); },
        [&](const auto& t) { return t.target_group_arn() == id; }, state);
  }
  if (context.model.databases.Find(id) != nullptr) {
    return FillFromList<rds::v1::DescribeDbInstancesResponse>(
        context, [](const auto& r) { return r.databases(); },
        [&](const auto& d) { return d.db_instance_identifier() == id; }, state);
  }
  return false;
}

// Names that people use for what has a long id.
std::string FullId(const Context& context, const std::string& name) {
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    if (balancer.name() == name) return arn;
  }
  for (const auto& [arn, group] : context.model.target_groups) {
    if (group.name() == name) return arn;
  }
  return name;
}

void FillStack(const Context& context, const v1::StackState& stack, v1::DescribeResponse& out) {
  out.set_type("AWS::CloudFormation::Stack");
  out.set_stack_name(stack.stack_name());
  out.set_status(stack.status());
  out.set_enforced(true);
  for (const v1::StackResourceState& resource : stack.resources()) {
    if (resource.not_enforced().empty()) continue;
    out.set_enforced(false);
    out.add_not_enforced(resource.logical_id());
  }
  cloudformation::v1::DescribeStacksResponse stacks;
  Describe(context, stacks);
  for (const auto& shown : stacks.stacks()) {
    if (shown.stack_name() == stack.stack_name()) ShowMessage(shown, out.mutable_attributes());
  }
}

}  // namespace

absl::StatusOr<v1::DescribeResponse> DescribeOne(const Context& context, const std::string& name) {
  const std::string id = FullId(context, name);
  v1::DescribeResponse out;
  out.set_id(id);
  out.set_enforced(true);
  std::vector<std::string> found;
  for (const auto& [stack_name, stack] : context.model.stacks) {
    if (stack_name == id || stack.stack_id() == id) {
      found.push_back(stack_name);
      FillStack(context, stack, out);
    }
    for (const v1::StackResourceState& resource : stack.resources()) {
      const std::string path = absl::StrCat(stack_name, "/", resource.logical_id());
      if (resource.physical_id() != id && resource.logical_id() != id && path != id) continue;
      found.push_back(path);
      FillFromStack(stack, resource, out);
      if (!resource.physical_id().empty()) out.set_id(resource.physical_id());
    }
  }
  if (found.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("several things are called ", name, ": ", absl::StrJoin(found, ", ")));
  }
  for (const auto& [key, record] : context.model.retained) {
    const std::string path = absl::StrCat(record.owner().stack_name(), "/", record.owner().logical_id());
    if (!found.empty() || (record.id() != id && path != id)) continue;
    found.push_back(path);
    out.set_id(record.id());
    out.set_type(record.type());
    out.set_logical_id(record.owner().logical_id());
    out.set_status(
        absl::StrCat("retained by stack ", record.owner().stack_name(), record.deleting() ? ", being deleted" : ""));
  }
  if (!FillState(context, out.id(), out) && found.empty()) {
    return absl::NotFoundError(absl::StrCat("nothing here is called ", name,
                                            "; nubo get resources and nubo get instances list what there is"));
  }
  std::vector<v1::Event> about;
  for (v1::Event& event : context.events.WaitAfter(0, absl::ZeroDuration())) {
    const bool same_owner =
        !out.logical_id().empty() && event.stack_name() == out.stack_name() && event.logical_id() == out.logical_id();
    const bool of_instance = context.model.instances.Find(out.id()) != nullptr;
    if (event.source() == out.id() || (same_owner && !of_instance)) about.push_back(std::move(event));
  }
  const size_t first = about.size() > kEventsShown ? about.size() - kEventsShown : 0;
  for (size_t i = first; i < about.size(); ++i) *out.add_events() = std::move(about[i]);
  return out;
}

}  // namespace nubo::region
