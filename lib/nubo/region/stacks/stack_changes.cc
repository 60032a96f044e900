// What a caller asks of stacks: to be made, changed, deleted.
#include "nubo/region/stacks/stacks.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/region/stacks/references.h"
#include "nubo/region/stacks/stack_records.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/update_plan.h"
#include "nubo/stack/validate.h"

namespace nubo::region {
namespace {

constexpr size_t kStacksMax = 200;
constexpr size_t kStackNameMax = 128;

absl::Status ValidateName(const std::string& name) {
  const bool shaped =
      !name.empty() && name.size() <= kStackNameMax && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
      std::all_of(name.begin(), name.end(),
                  [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-'; });
  if (shaped) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat(
          "stack name \"", name.substr(0, kStackNameMax),
          "\" must begin with a letter and have only letters, digits and hyphens, at most ", kStackNameMax)),
      "ValidationError");
}

bool SameParameters(const v1::StackState& record, const std::map<std::string, std::string>& parameters) {
  return std::map<std::string, std::string>(record.parameters().begin(), record.parameters().end()) == parameters;
}

bool SameInput(const v1::StackState& record, const StackRequest& request) {
  return record.template_body() == request.body && SameParameters(record, request.parameters);
}

// Whether it has been asked for before, say by a caller that was interrupted: it is under way, or done.
bool IsAskedAgain(const v1::StackState& record, const StackRequest& request) {
  const bool rolling_back = absl::StartsWith(record.status(), "UPDATE_ROLLBACK");
  const bool wanted = !rolling_back && absl::StartsWith(record.status(), "UPDATE_");
  return SameInput(record, request) && (wanted || absl::StartsWith(record.status(), "CREATE_"));
}

void SetInput(const StackRequest& request, v1::StackState& record) {
  record.set_template_body(request.body);
  record.set_template_name(request.template_name);
  record.set_template_path(request.template_path);
  record.clear_parameters();
  record.mutable_parameters()->insert(request.parameters.begin(), request.parameters.end());
}

// Of a template's Metadata: parameters whose default is the region's to say.
constexpr char kDefaults[] = "Nubo::Defaults";
constexpr char kHttpPort[] = "HttpPort";

// `request` with the region's values for the parameters that its template leaves to the region and that are not given.
// INVALID_ARGUMENT: what is left to it is no parameter, or nothing that it can say.
absl::StatusOr<StackRequest> WithRegionDefaults(const Context& context, const StackRequest& request) {
  stack::ParseOptions options;
  options.check_properties = false;
  const absl::StatusOr<stack::Template> parsed = stack::Parse(request.body, request.template_name, options);
  StackRequest filled = request;
  // What is wrong with it is said where it is read in earnest.
  if (!parsed.ok()) return filled;
  const stack::Value& defaults = parsed->metadata.Get(kDefaults);
  std::vector<stack::Diagnostic> problems;
  if (!defaults.is_null() && !defaults.is_object()) {
    problems.push_back({defaults.location(), absl::StrCat("Metadata: ", kDefaults, " is an object of parameters")});
  }
  const std::string port = absl::StrCat(context.http_address.port);
  for (const stack::Member& member : defaults.members()) {
    const std::string place = absl::StrCat("Metadata: ", kDefaults, ": ");
    const stack::Parameter* parameter = parsed->FindParameter(member.key);
    if (parameter == nullptr) {
      problems.push_back({member.location, absl::StrCat(place, "there is no parameter ", member.key)});
    } else if (member.value.text() != kHttpPort) {
      problems.push_back({member.value.location(), absl::StrCat(place, member.key, " can only be ", kHttpPort)});
    } else if (parameter->default_value != port) {
      // A value that says what the template says would make stacks differ that are alike.
      filled.parameters.insert({member.key, port});
    }
  }
  NUBO_RETURN_IF_ERROR(stack::ToStatus(parsed->file, stack::Sorted(std::move(problems))));
  return filled;
}

// What a template is held against.
struct Surroundings {
  explicit Surroundings(const Context& context)
      : types(*context.types), model(context.model), templates(*context.templates) {}
  Surroundings(const ResourceTypes& types, const Model& model, PreparedTemplates& templates)
      : types(types), model(model), templates(templates) {}

  const ResourceTypes& types;
  const Model& model;
  PreparedTemplates& templates;
};

// Read, with everything looked at that can be known to be wrong before anything is made.
absl::StatusOr<Prepared> PrepareValid(const Surroundings& around, const StackRequest& request,
                                      const v1::StackState& record) {
  NUBO_ASSIGN_OR_RETURN(Prepared prepared, PrepareNew(record));
  std::vector<stack::Diagnostic> problems = stack::Validate(prepared.parsed, prepared.bindings);
  const std::vector<stack::Diagnostic> foreign =
      CheckAgainstRegion(around.types, around.model, request.images, record.stack_name(),
                         stack::KnownResources(prepared.parsed, prepared.bindings));
  problems.insert(problems.end(), foreign.begin(), foreign.end());
  CheckExports(around.model, around.templates, record.stack_name(), prepared, problems);
  NUBO_RETURN_IF_ERROR(stack::ToStatus(prepared.parsed.file, stack::Sorted(std::move(problems))));
  return prepared;
}

absl::StatusOr<const v1::StackState*> FindStack(const Context& context, const std::string& name) {
  const v1::StackState* record = context.model.stacks.Find(name);
  if (record != nullptr) return record;
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("Stack with id ", name, " does not exist")),
                             "ValidationError");
}

absl::Status CheckUpdatable(const v1::StackState& record) {
  const auto status = stack::ParseStackStatus(record.status());
  if (status.ok() && stack::CanUpdate(*status)) return absl::OkStatus();
  return base::WithErrorCode(
      absl::FailedPreconditionError(
          absl::StrCat("Stack:", record.stack_id(), " is in ", record.status(), " state and can not be updated.")),
      "ValidationError");
}

struct Difference {
  Prepared wanted;
  std::vector<stack::PlannedChange> changes;
  bool outputs_change = false;
};

// What would be different if the stack of `record` became what `request` asks for.
absl::StatusOr<Difference> Differ(const Surroundings& around, const v1::StackState& record,
                                  const StackRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckUpdatable(record));
  v1::StackState updated;
  updated.set_stack_name(record.stack_name());
  updated.set_stack_id(record.stack_id());
  SetInput(request, updated);
  Difference difference;
  NUBO_ASSIGN_OR_RETURN(difference.wanted, PrepareValid(around, request, updated));
  const auto present = around.templates.Of(record);
  // Its places would be taken for those of the template that is asked for.
  if (!present.ok()) {
    return absl::DataLossError(
        absl::StrCat("what the region keeps of stack ", record.stack_name(),
                     " is damaged, and cannot be compared with; delete the stack with: nubo down ", record.stack_name(),
                     "; what was read: ", present.status().message()));
  }
  const stack::BoundTemplate before{(*present)->parsed, (*present)->bindings};
  const stack::BoundTemplate after{difference.wanted.parsed, difference.wanted.bindings};
  NUBO_ASSIGN_OR_RETURN(difference.changes, stack::PlanUpdate(FromRecord(record), before, after));
  difference.outputs_change = stack::OutputsDiffer(before, after);
  return difference;
}

std::string ShownValue(const stack::Value& value) { return value.is_scalar() ? value.text() : stack::ToJson(value); }

std::string PolicyAction(const stack::PlannedChange& planned) {
  const bool replaced = planned.change.replacement != stack::Replacement::kFalse;
  if (planned.change.action != stack::ChangeAction::kRemove && !replaced) return "";
  return absl::StrCat(replaced ? "ReplaceAnd" : "", stack::RemovalPolicyName(planned.removal_policy));
}

void ShowChange(const stack::PlannedChange& planned, cloudformation::v1::ResourceChange& shown) {
  shown.set_action(std::string(stack::ChangeActionName(planned.change.action)));
  shown.set_logical_id(planned.change.logical_id);
  shown.set_physical_id(planned.physical_id);
  shown.set_type(planned.change.type);
  shown.set_replacement(std::string(stack::ReplacementName(planned.change.replacement)));
  shown.set_policy_action(PolicyAction(planned));
  for (const std::string& name : planned.change.scope) shown.add_scope(name);
  for (const stack::PropertyChange& property : planned.properties) {
    cloudformation::v1::PropertyChange* added = shown.add_details();
    added->set_name(property.name);
    added->set_has_before(!property.before.is_null());
    added->set_has_after(!property.after.is_null());
    if (added->has_before()) added->set_before_value(ShownValue(property.before));
    if (added->has_after()) added->set_after_value(ShownValue(property.after));
    added->set_requires_recreation(property.replaces ? "Always" : "Never");
    added->set_enforced(property.enforced);
  }
}

absl::StatusOr<cloudformation::v1::DescribeChangeSetResponse> PlanOfCreation(const Surroundings& around,
                                                                             const StackRequest& request) {
  NUBO_RETURN_IF_ERROR(ValidateName(request.name));
  v1::StackState created;
  created.set_stack_name(request.name);
  created.set_stack_id(Arn("cloudformation", absl::StrCat("stack/", request.name, "/", stack::kKnownAfter)));
  SetInput(request, created);
  NUBO_ASSIGN_OR_RETURN(const Prepared prepared, PrepareValid(around, request, created));
  NUBO_ASSIGN_OR_RETURN(const auto changes, stack::PlanCreation({prepared.parsed, prepared.bindings}));
  cloudformation::v1::DescribeChangeSetResponse answer;
  answer.set_stack_name(request.name);
  answer.set_change_set_type("CREATE");
  answer.set_outputs_change(!prepared.parsed.outputs.empty());
  for (const stack::PlannedChange& planned : changes) ShowChange(planned, *answer.add_changes());
  return answer;
}

}  // namespace

absl::StatusOr<StackAnswer> CreateStack(Context& context, const StackRequest& asked) {
  NUBO_RETURN_IF_ERROR(ValidateName(asked.name));
  NUBO_ASSIGN_OR_RETURN(const StackRequest request, WithRegionDefaults(context, asked));
  if (const v1::StackState* existing = context.model.stacks.Find(request.name)) {
    if (SameInput(*existing, request) && existing->status() != "DELETE_IN_PROGRESS")
      return StackAnswer{existing->stack_id(), true};
    if (existing->status() == "DELETE_IN_PROGRESS") {
      return absl::FailedPreconditionError(
          absl::StrCat("stack ", request.name, " is being deleted; try again when it is gone"));
    }
    return base::WithErrorCode(
        absl::FailedPreconditionError(
            absl::StrCat("Stack [", request.name, "] already exists, and is ", existing->status(),
                         "; update it when it is at rest, or take it down first: nubo down --name ", request.name)),
        "AlreadyExistsException");
  }
  if (context.model.stacks.size() >= kStacksMax) {
    return base::WithErrorCode(absl::ResourceExhaustedError(absl::StrCat("there are ", kStacksMax, " stacks already")),
                               "LimitExceededException");
  }
  v1::StackState record;
  record.set_stack_name(request.name);
  record.set_stack_id(Arn("cloudformation", absl::StrCat("stack/", request.name, "/", context.ids.NewHex(32))));
  SetInput(request, record);
  record.set_creation_time(ToMicros(context.now()));
  NUBO_ASSIGN_OR_RETURN(const Prepared prepared, PrepareValid(Surroundings(context), request, record));
  NUBO_ASSIGN_OR_RETURN(const stack::StackState state, stack::Executor::NewStack(prepared.parsed, prepared.bindings));
  ToRecord(state, record);
  const StackAnswer answer{record.stack_id(), false};
  context.model.stacks.Put(request.name, std::move(record));
  return answer;
}

absl::StatusOr<StackAnswer> UpdateStack(Context& context, const StackRequest& asked) {
  NUBO_ASSIGN_OR_RETURN(const StackRequest request, WithRegionDefaults(context, asked));
  NUBO_ASSIGN_OR_RETURN(const v1::StackState* record, FindStack(context, request.name));
  const StackAnswer unchanged{record->stack_id(), true};
  if (IsAskedAgain(*record, request)) return unchanged;
  NUBO_ASSIGN_OR_RETURN(const Difference difference, Differ(Surroundings(context), *record, request));
  if (difference.changes.empty() && !difference.outputs_change) return unchanged;
  stack::Executor executor(FromRecord(*record));
  NUBO_RETURN_IF_ERROR(executor.Update(difference.wanted.parsed, difference.wanted.bindings, context.now()));
  context.model.stacks.Update(request.name, [&](v1::StackState& changed) {
    changed.set_has_former(true);
    changed.set_former_template_body(changed.template_body());
    changed.set_former_template_name(changed.template_name());
    changed.set_former_template_path(changed.template_path());
    *changed.mutable_former_parameters() = changed.parameters();
    SetInput(request, changed);
    changed.set_last_updated_time(ToMicros(context.now()));
    ToRecord(executor.state(), changed);
  });
  TellEvents(context, request.name, executor.TakeEvents());
  return StackAnswer{record->stack_id(), false};
}

absl::StatusOr<cloudformation::v1::DescribeChangeSetResponse> DescribeChangeSet(const Context& context,
                                                                                const StackRequest& asked) {
  NUBO_ASSIGN_OR_RETURN(const StackRequest request, WithRegionDefaults(context, asked));
  const v1::StackState* record = context.model.stacks.Find(request.name);
  if (record == nullptr) return PlanOfCreation(Surroundings(context), request);
  cloudformation::v1::DescribeChangeSetResponse answer;
  answer.set_stack_name(request.name);
  answer.set_change_set_type("UPDATE");
  if (IsAskedAgain(*record, request)) return answer;
  NUBO_ASSIGN_OR_RETURN(const Difference difference, Differ(Surroundings(context), *record, request));
  answer.set_outputs_change(difference.outputs_change);
  for (const stack::PlannedChange& planned : difference.changes) ShowChange(planned, *answer.add_changes());
  return answer;
}

absl::StatusOr<cloudformation::v1::DescribeChangeSetResponse> DescribeCreation(const ResourceTypes& types,
                                                                               const StackRequest& request) {
  const Model model;
  PreparedTemplates templates;
  return PlanOfCreation({types, model, templates}, request);
}

absl::Status DeleteStack(Context& context, const std::string& name, bool delete_data) {
  NUBO_ASSIGN_OR_RETURN(const v1::StackState* record, FindStack(context, name));
  stack::Executor executor(FromRecord(*record));
  executor.Delete({}, context.now());
  context.model.stacks.Update(name, [&](v1::StackState& changed) {
    ToRecord(executor.state(), changed);
    changed.set_delete_data(changed.delete_data() || delete_data);
  });
  TellEvents(context, name, executor.TakeEvents());
  return absl::OkStatus();
}

}  // namespace nubo::region
