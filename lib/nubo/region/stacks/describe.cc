#include "nubo/region/stacks/describe.h"

#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/list_page.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/stack/template.h"

namespace nubo::region {
namespace {

// The first parts of keys: what stacks left behind comes after what they have.
constexpr char kOfStacks[] = "0";
constexpr char kLeftBehind[] = "1";

void ShowStack(const Context& context, const std::string& name, const v1::StackState& record,
               cloudformation::v1::Stack* shown) {
  shown->set_stack_id(record.stack_id());
  shown->set_stack_name(name);
  shown->set_stack_status(record.status());
  shown->set_stack_status_reason(record.reason());
  shown->set_creation_time(MicrosText(record.creation_time()));
  shown->set_template_path(record.template_path());
  if (record.last_updated_time() != 0) shown->set_last_updated_time(MicrosText(record.last_updated_time()));
  for (const auto& [key, value] : ParametersOf(context, record)) {
    cloudformation::v1::Parameter* parameter = shown->add_parameters();
    parameter->set_key(key);
    parameter->set_value(value);
  }
  for (const ShownOutput& output : OutputsOf(context, record)) {
    cloudformation::v1::Output* added = shown->add_outputs();
    added->set_key(output.key);
    added->set_value(output.value);
    added->set_description(output.description);
  }
  for (const std::string& what : WaitingFor(context, record)) shown->add_waiting_for(what);
  const Failing failing = WhatFails(context, record);
  shown->set_failing(failing.what);
  shown->set_failing_instance(failing.instance_id);
  shown->set_ready(shown->waiting_for().empty());
  for (const std::string& url : UrlsOf(context, record)) shown->add_urls(url);
}

// A resource of a stack, or what is left of one: one of the two is there.
struct ResourceEntry {
  std::string stack_name;
  const v1::StackResourceState* made = nullptr;
  const v1::RetainedState* retained = nullptr;

  const std::string& physical_id() const { return made != nullptr ? made->physical_id() : retained->id(); }
  const std::string& type() const { return made != nullptr ? made->type() : retained->type(); }
  const std::string& logical_id() const {
    return made != nullptr ? made->logical_id() : retained->owner().logical_id();
  }
  std::string path() const {
    return absl::StrCat(made != nullptr ? stack_name : retained->owner().stack_name(), "/", logical_id());
  }
  std::string status() const {
    if (made != nullptr) return made->status();
    if (retained->deleting()) return "DELETE_IN_PROGRESS";
    return retained->reason().empty() ? "DELETE_SKIPPED" : "DELETE_FAILED";
  }
};

void ShowResource(const ResourceEntry& entry, cloudformation::v1::StackResource* shown) {
  shown->set_stack_name(entry.stack_name);
  shown->set_logical_id(entry.logical_id());
  shown->set_physical_id(entry.physical_id());
  shown->set_type(entry.type());
  shown->set_status(entry.status());
  if (entry.made != nullptr) {
    const v1::StackResourceState& made = *entry.made;
    shown->set_status_reason(made.reason());
    shown->set_timestamp(MicrosText(made.since()));
    shown->set_enforced(made.not_enforced().empty());
    shown->set_deletion_policy(
        std::string(stack::RemovalPolicyName(static_cast<stack::RemovalPolicy>(made.deletion_policy()))));
  } else {
    const v1::RetainedState& retained = *entry.retained;
    shown->set_status_reason(absl::StrCat("retained by stack ", retained.owner().stack_name(),
                                          retained.reason().empty() ? "" : "; ", retained.reason()));
    shown->set_timestamp(MicrosText(retained.since()));
    shown->set_enforced(true);
  }
}

// AWS's calls have no filters: these are called after what they answer, in EC2's spelling.
FilterFields<v1::StackState> StackFilters() {
  using Record = v1::StackState;
  return {
      {"stack-id", [](const Record& record) -> Words { return {record.stack_id()}; }},
      {"stack-status", [](const Record& record) -> Words { return {record.status()}; }},
      {kStackNameFilter, [](const Record& record) -> Words { return {record.stack_name()}; }},
  };
}

FilterFields<ResourceEntry> ResourceFilters() {
  using Entry = ResourceEntry;
  return {
      {"physical-resource-id", [](const Entry& entry) -> Words { return {entry.physical_id()}; }},
      {"resource-status", [](const Entry& entry) -> Words { return {entry.status()}; }},
      {"resource-type", [](const Entry& entry) -> Words { return {entry.type()}; }},
      // What is left behind is no stack's, and still called by the one that made it.
      {kLogicalIdFilter, [](const Entry& entry) -> Words { return {entry.logical_id(), entry.path()}; }},
      {kStackNameFilter, [](const Entry& entry) -> Words { return {entry.stack_name}; }},
  };
}

// Of a name or an id; "" stands for all.
absl::StatusOr<std::set<std::string>> AskedStacks(const Context& context, const std::string& asked) {
  std::set<std::string> names;
  for (const auto& [name, record] : context.model.stacks) {
    if (!asked.empty() && (name == asked || record.stack_id() == asked)) names.insert(name);
  }
  if (!asked.empty() && names.empty()) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("Stack with id ", asked, " does not exist")),
                               "ValidationError");
  }
  return names;
}

}  // namespace

absl::Status Describe(const Context& context, const cloudformation::v1::DescribeStacksRequest& request,
                      cloudformation::v1::DescribeStacksResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::StackState> page, ListPage<v1::StackState>::Of(request, StackFilters()));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> names, AskedStacks(context, request.stack_name()));
  AddFromTable(context.model.stacks, names, page, [&](const std::string& name, const v1::StackState& record) {
    ShowStack(context, name, record, response.add_stacks());
  });
  page.End(response);
  return absl::OkStatus();
}

absl::Status Describe(const Context& context, const cloudformation::v1::DescribeStackResourcesRequest& request,
                      cloudformation::v1::DescribeStackResourcesResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<ResourceEntry> page, ListPage<ResourceEntry>::Of(request, ResourceFilters()));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> names, AskedStacks(context, request.stack_name()));
  const std::string& logical_id = request.logical_resource_id();
  const auto offer = [&](const std::string& key, const ResourceEntry& entry) {
    if (!logical_id.empty() && entry.logical_id() != logical_id) return;
    if (page.Takes(key, entry)) ShowResource(entry, response.add_resources());
  };
  for (const auto& [name, stack] : context.model.stacks) {
    if (page.full()) break;
    const std::string first = PageKey(kOfStacks, name);
    if ((!names.empty() && names.count(name) == 0) || page.IsPast(first)) continue;
    // In the order of their logical ids (stack_records.h).
    for (const v1::StackResourceState& resource : stack.resources()) {
      if (resource.status().empty()) continue;
      offer(PageKey(first, resource.logical_id()), {.stack_name = name, .made = &resource});
    }
  }
  if (names.empty()) {
    for (const auto& [key, record] : context.model.retained) {
      if (page.full()) break;
      offer(PageKey(kLeftBehind, key), {.stack_name = "", .retained = &record});
    }
  }
  page.End(response);
  return absl::OkStatus();
}

}  // namespace nubo::region
