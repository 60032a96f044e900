#include "nubo/stack/update_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/stack/evaluator.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/graph.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/update_rules.h"

namespace nubo::stack {
namespace {

using Planned = std::map<std::string, PlannedChange, std::less<>>;

// Which attributes a change in place may change, of those that there are.
struct ChangingAttribute {
  absl::string_view type;
  absl::string_view attribute;
  absl::string_view property;
};
constexpr ChangingAttribute kChangingAttributes[] = {
    {"AWS::EC2::LaunchTemplate", "LatestVersionNumber", "LaunchTemplateData"},
    {"AWS::ElasticLoadBalancingV2::LoadBalancer", "SecurityGroups", "SecurityGroups"},
};

bool MayChange(const PlannedChange& planned, absl::string_view attribute) {
  const std::vector<std::string>& scope = planned.change.scope;
  return std::any_of(std::begin(kChangingAttributes), std::end(kChangingAttributes), [&](const auto& changing) {
    return changing.type == planned.change.type && changing.attribute == attribute &&
           std::find(scope.begin(), scope.end(), changing.property) != scope.end();
  });
}

// The stack as it stands, and what of it will be otherwise.
class PlanLookup final : public Lookup {
 public:
  PlanLookup(const StackState& state, const Planned& planned) : state_(state), planned_(planned) {}

  absl::StatusOr<std::string> Ref(absl::string_view logical_id) const override {
    const ResourceState* resource = Standing(logical_id);
    return resource == nullptr || resource->physical_id.empty() ? kKnownAfter : resource->physical_id;
  }
  absl::StatusOr<Value> GetAtt(absl::string_view logical_id, absl::string_view attribute) const override {
    const ResourceState* resource = Standing(logical_id);
    const auto change = planned_.find(logical_id);
    if (resource == nullptr || (change != planned_.end() && MayChange(change->second, attribute))) {
      return Value::String(kKnownAfter);
    }
    const auto found = resource->attributes.find(attribute);
    return found == resource->attributes.end() ? Value::String(kKnownAfter) : found->second;
  }

 private:
  // nullptr: it is yet to be made.
  const ResourceState* Standing(absl::string_view logical_id) const {
    const auto change = planned_.find(logical_id);
    if (change != planned_.end() && change->second.change.action == ChangeAction::kModify &&
        change->second.change.replacement != Replacement::kFalse) {
      return nullptr;
    }
    const auto found = state_.resources.find(logical_id);
    return found == state_.resources.end() ? nullptr : &found->second;
  }

  const StackState& state_;
  const Planned& planned_;
};

Value Evaluated(const BoundTemplate& bound, const Resource& resource, const Value& value, const Lookup& lookup) {
  absl::StatusOr<Value> known = Evaluator(bound.parsed, bound.bindings, &lookup).Evaluate(value);
  // A list or number that is yet to be known may stand where a function wants to look into it.
  if (!known.ok()) known = Evaluator(bound.parsed, bound.bindings, nullptr).Evaluate(value);
  if (!known.ok()) return value;
  const Schema* schema = FindSchema(resource.type);
  if (schema == nullptr || &value != &resource.properties) return *std::move(known);
  std::vector<Diagnostic> ignored;
  return Normalize(*schema, *known, ignored);
}

bool UsesHidden(const Template& parsed, const Resource* resource, const std::string& property) {
  bool hidden = false;
  if (resource == nullptr) return false;
  ForEachReference(resource->properties.Get(property), false, [&](const Reference& reference) {
    const Parameter* parameter = parsed.FindParameter(reference.name);
    hidden = hidden || (parameter != nullptr && parameter->no_echo);
  });
  return hidden;
}

class Planner {
 public:
  Planner(const StackState& state, const BoundTemplate* before, const BoundTemplate& after)
      : state_(state), before_(before), after_(after), lookup_(state, planned_) {}

  absl::StatusOr<std::vector<PlannedChange>> Plan(const std::vector<Change>& changes) {
    std::vector<PlannedChange> plan;
    for (const Change& change : changes) {
      NUBO_ASSIGN_OR_RETURN(PlannedChange planned, PlanOne(change));
      if (change.action == ChangeAction::kModify && planned.change.scope.empty()) continue;
      planned_[change.logical_id] = planned;
      plan.push_back(std::move(planned));
    }
    return plan;
  }

 private:
  absl::StatusOr<PlannedChange> PlanOne(const Change& change) {
    PlannedChange planned;
    planned.change = change;
    const auto found = state_.resources.find(change.logical_id);
    if (found != state_.resources.end()) {
      planned.physical_id = found->second.physical_id;
      planned.removal_policy = found->second.deletion_policy;
    }
    const Resource* wanted = after_.parsed.FindResource(change.logical_id);
    const Value former = found == state_.resources.end() ? Value::Object() : found->second.properties;
    if (change.action == ChangeAction::kRemove) {
      AddDifferences(planned, former, Value::Object(), {});
    } else if (change.action == ChangeAction::kAdd) {
      AddDifferences(planned, Value::Object(), Evaluated(after_, *wanted, wanted->properties, lookup_), {});
    } else {
      NUBO_RETURN_IF_ERROR(PlanModification(planned, former, *wanted));
    }
    return planned;
  }

  absl::Status PlanModification(PlannedChange& planned, const Value& former, const Resource& wanted) {
    const Value properties = Evaluated(after_, wanted, wanted.properties, lookup_);
    const Value policy = Evaluated(after_, wanted, wanted.update_policy, lookup_);
    const UpdateDecision decision = DecideUpdate(wanted.type, former, properties, policy);
    if (!decision.refusal.empty()) {
      return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat(wanted.logical_id, ": ", decision.refusal)),
                                 "ValidationError");
    }
    // Policies and metadata are no properties.
    std::set<std::string> scope(decision.changed.begin(), decision.changed.end());
    const Schema* schema = FindSchema(wanted.type);
    for (const std::string& name : planned.change.scope) {
      if (schema == nullptr || FindProperty(schema->properties, name) == nullptr) scope.insert(name);
    }
    planned.change.scope.assign(scope.begin(), scope.end());
    planned.change.replacement = decision.kind == UpdateKind::kReplace ? Replacement::kTrue : Replacement::kFalse;
    if (decision.kind == UpdateKind::kReplace) planned.removal_policy = wanted.update_replace_policy;
    AddDifferences(planned, former, properties, decision.replacing);
    return absl::OkStatus();
  }

  void AddDifferences(PlannedChange& planned, const Value& former, const Value& properties,
                      const std::vector<std::string>& replacing) {
    std::set<std::string> names;
    for (const Value* value : {&former, &properties}) {
      for (const Member& member : value->members()) names.insert(member.key);
    }
    const Schema* schema = FindSchema(planned.change.type);
    for (const std::string& name : names) {
      const std::vector<std::string>& scope = planned.change.scope;
      const bool differs =
          planned.change.action != ChangeAction::kModify || std::find(scope.begin(), scope.end(), name) != scope.end();
      if (!differs) continue;
      PropertyChange property{name, former.Get(name), properties.Get(name)};
      property.replaces = std::find(replacing.begin(), replacing.end(), name) != replacing.end();
      const PropertySpec* spec = schema == nullptr ? nullptr : FindProperty(schema->properties, name);
      property.enforced = spec == nullptr || spec->enforced;
      if (IsHidden(planned.change.logical_id, name)) {
        for (Value* value : {&property.before, &property.after}) {
          if (!value->is_null()) *value = Value::String(kHidden);
        }
      }
      planned.properties.push_back(std::move(property));
    }
  }

  bool IsHidden(const std::string& id, const std::string& property) const {
    return UsesHidden(after_.parsed, after_.parsed.FindResource(id), property) ||
           (before_ != nullptr && UsesHidden(before_->parsed, before_->parsed.FindResource(id), property));
  }

  const StackState& state_;
  const BoundTemplate* const before_;
  const BoundTemplate& after_;
  Planned planned_;
  const PlanLookup lookup_;
};

std::map<std::string, std::string> OutputTexts(const BoundTemplate& bound) {
  const Evaluator evaluator(bound.parsed, bound.bindings, nullptr);
  std::map<std::string, std::string> texts;
  for (const Output& output : bound.parsed.outputs) {
    if (!bound.bindings.Active(output.condition)) continue;
    const absl::StatusOr<Value> value = evaluator.Evaluate(output.value);
    const absl::StatusOr<Value> name = evaluator.Evaluate(output.export_name);
    texts[output.name] = absl::StrCat(ToJson(value.ok() ? *value : output.value), "\n",
                                      ToJson(name.ok() ? *name : output.export_name), "\n", output.description);
  }
  return texts;
}

}  // namespace

absl::StatusOr<std::vector<PlannedChange>> PlanUpdate(const StackState& state, const BoundTemplate& before,
                                                      const BoundTemplate& after) {
  NUBO_ASSIGN_OR_RETURN(const std::vector<Change> changes, Compare(before, after));
  return Planner(state, &before, after).Plan(changes);
}

absl::StatusOr<std::vector<PlannedChange>> PlanCreation(const BoundTemplate& after) {
  NUBO_ASSIGN_OR_RETURN(const Graph graph, BuildGraph(after.parsed, after.bindings));
  std::vector<Change> changes;
  for (const std::vector<std::string>& level : graph.levels) {
    for (const std::string& id : level) {
      changes.push_back({ChangeAction::kAdd, id, after.parsed.FindResource(id)->type, Replacement::kFalse, {}});
    }
  }
  const StackState nothing;
  return Planner(nothing, nullptr, after).Plan(changes);
}

bool OutputsDiffer(const BoundTemplate& before, const BoundTemplate& after) {
  return OutputTexts(before) != OutputTexts(after);
}

}  // namespace nubo::stack
