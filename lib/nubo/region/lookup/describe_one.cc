#include "nubo/region/lookup/describe_one.h"

#include <google/protobuf/util/json_util.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/stacks/describe.h"
#include "nubo/region/stacks/hidden_values.h"

namespace nubo::region {
namespace {

using google::protobuf::Struct;

constexpr size_t kEventsShown = 50;

void ParseInto(const std::string& json, Struct* out) {
  if (!json.empty()) (void)google::protobuf::util::JsonStringToMessage(json, out);
}

void FillFromStack(const Context& context, const v1::StackState& stack, const v1::StackResourceState& resource,
                   v1::DescribeResponse& out) {
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
  const std::vector<std::string> hidden = HiddenValues(*context.templates, stack);
  Hide(hidden, out.mutable_properties());
  Hide(hidden, out.mutable_attributes());
}

// "STACK/LOGICAL-ID".
bool IsPath(absl::string_view path, absl::string_view stack_name, absl::string_view logical_id) {
  return absl::ConsumePrefix(&path, stack_name) && absl::ConsumePrefix(&path, "/") && path == logical_id;
}

// The type that `id` is one of, with what it is shown as; `known`: the type that its stack says, or "". nullptr:
// nothing shows it.
const ResourceType* FillState(const Context& context, const std::string& id, const std::string& known, Struct* state) {
  for (const auto& [name, type] : *context.types) {
    const bool may_be = known.empty() || known == name;
    if (may_be && type.show && type.show(context, id, state)) return &type;
  }
  return nullptr;
}

std::string TextOf(const Struct& shown, const std::string& field) {
  const auto found = shown.fields().find(field);
  return found == shown.fields().end() ? "" : found->second.string_value();
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
  cloudformation::v1::DescribeStacksRequest request;
  request.set_stack_name(stack.stack_name());
  cloudformation::v1::DescribeStacksResponse stacks;
  if (!Describe(context, request, stacks).ok()) return;
  for (const auto& shown : stacks.stacks()) ShowMessage(shown, out.mutable_attributes());
}

}  // namespace

std::string FullId(const Context& context, const std::string& name) {
  for (const auto& [type_name, type] : *context.types) {
    const std::string id = type.find ? type.find(context, name) : "";
    if (!id.empty()) return id;
  }
  return name;
}

std::string ProcessOf(const Context& context, const std::string& id) {
  for (const auto& [type_name, type] : *context.types) {
    const std::string process = type.process ? type.process(context, id) : "";
    if (!process.empty()) return process;
  }
  return id;
}

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
      const std::string& logical_id = resource.logical_id();
      if (resource.physical_id() != id && logical_id != id && !IsPath(id, stack_name, logical_id)) continue;
      found.push_back(absl::StrCat(stack_name, "/", logical_id));
      FillFromStack(context, stack, resource, out);
      if (!resource.physical_id().empty()) out.set_id(resource.physical_id());
    }
  }
  if (found.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("several things are called ", name, ": ", absl::StrJoin(found, ", ")));
  }
  for (const auto& [key, record] : context.model.retained) {
    const v1::Owner& owner = record.owner();
    if (!found.empty() || (record.id() != id && !IsPath(id, owner.stack_name(), owner.logical_id()))) continue;
    found.push_back(record.id());
    out.set_id(record.id());
    out.set_type(record.type());
    out.set_logical_id(record.owner().logical_id());
    out.set_status(
        absl::StrCat("retained by stack ", record.owner().stack_name(), record.deleting() ? ", being deleted" : ""));
  }
  const bool is_resource = !found.empty();
  const ResourceType* type = FillState(context, out.id(), out.type(), out.mutable_attributes());
  if (type != nullptr && found.empty()) {
    out.set_type(type->name);
    out.set_stack_name(TextOf(out.attributes(), "stackName"));
    out.set_logical_id(TextOf(out.attributes(), "logicalId"));
    out.set_status(TextOf(out.attributes(), "state"));
  }
  // What it is shown as may say what its template did, as tags do.
  if (const v1::StackState* stack = context.model.stacks.Find(out.stack_name()); stack != nullptr) {
    Hide(HiddenValues(*context.templates, *stack), out.mutable_attributes());
  }
  if (type == nullptr && found.empty()) {
    return absl::NotFoundError(absl::StrCat("nothing here is called ", name,
                                            "; nubo get resources and nubo get instances list what there is"));
  }
  std::vector<v1::Event> about;
  for (v1::Event& event : context.events.WaitAfter(0, absl::ZeroDuration())) {
    const bool same_owner =
        !out.logical_id().empty() && event.stack_name() == out.stack_name() && event.logical_id() == out.logical_id();
    // One that a resource of the stack has made, as a group its instances, has events of its own alone.
    if (event.source() == out.id() || (same_owner && is_resource)) about.push_back(std::move(event));
  }
  const size_t first = about.size() > kEventsShown ? about.size() - kEventsShown : 0;
  for (size_t i = first; i < about.size(); ++i) *out.add_events() = std::move(about[i]);
  return out;
}

}  // namespace nubo::region
