#include "nubo/region/stacks/describe.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/stack/template.h"

namespace nubo::region {

cloudformation::v1::Stack ShowStack(const Context& context, const v1::StackState& record) {
  cloudformation::v1::Stack shown;
  shown.set_stack_id(record.stack_id());
  shown.set_stack_name(record.stack_name());
  shown.set_stack_status(record.status());
  shown.set_stack_status_reason(record.reason());
  shown.set_creation_time(MicrosText(record.creation_time()));
  shown.set_template_path(record.template_path());
  if (record.last_updated_time() != 0) shown.set_last_updated_time(MicrosText(record.last_updated_time()));
  for (const auto& [key, value] : ParametersOf(context, record)) {
    cloudformation::v1::Parameter* parameter = shown.add_parameters();
    parameter->set_key(key);
    parameter->set_value(value);
  }
  for (const ShownOutput& output : OutputsOf(context, record)) {
    cloudformation::v1::Output* added = shown.add_outputs();
    added->set_key(output.key);
    added->set_value(output.value);
    added->set_description(output.description);
  }
  for (const std::string& what : WaitingFor(context, record)) shown.add_waiting_for(what);
  const Failing failing = WhatFails(context, record);
  shown.set_failing(failing.what);
  shown.set_failing_instance(failing.instance_id);
  shown.set_ready(shown.waiting_for().empty());
  for (const std::string& url : UrlsOf(context, record)) shown.add_urls(url);
  return shown;
}

void Describe(const Context& context, cloudformation::v1::DescribeStacksResponse& out) {
  for (const auto& [name, record] : context.model.stacks) *out.add_stacks() = ShowStack(context, record);
}

void Describe(const Context& context, cloudformation::v1::DescribeStackResourcesResponse& out) {
  for (const auto& [name, stack] : context.model.stacks) {
    for (const v1::StackResourceState& resource : stack.resources()) {
      if (resource.status().empty()) continue;
      cloudformation::v1::StackResource* shown = out.add_resources();
      shown->set_stack_name(name);
      shown->set_logical_id(resource.logical_id());
      shown->set_physical_id(resource.physical_id());
      shown->set_type(resource.type());
      shown->set_status(resource.status());
      shown->set_status_reason(resource.reason());
      shown->set_timestamp(MicrosText(resource.since()));
      shown->set_enforced(resource.not_enforced().empty());
      shown->set_deletion_policy(
          std::string(stack::RemovalPolicyName(static_cast<stack::RemovalPolicy>(resource.deletion_policy()))));
    }
  }
  // What stacks left behind is no stack's.
  for (const auto& [key, record] : context.model.retained) {
    cloudformation::v1::StackResource* shown = out.add_resources();
    shown->set_logical_id(record.owner().logical_id());
    shown->set_physical_id(record.id());
    shown->set_type(record.type());
    shown->set_status(record.deleting()         ? "DELETE_IN_PROGRESS"
                      : record.reason().empty() ? "DELETE_SKIPPED"
                                                : "DELETE_FAILED");
    shown->set_status_reason(absl::StrCat("retained by stack ", record.owner().stack_name(),
                                          record.reason().empty() ? "" : "; ", record.reason()));
    shown->set_timestamp(MicrosText(record.since()));
    shown->set_enforced(true);
  }
}

}  // namespace nubo::region
