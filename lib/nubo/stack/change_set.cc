#include "nubo/stack/change_set.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/stack/evaluator.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/graph.h"
#include "nubo/stack/schema.h"

namespace nubo::stack {
namespace {

using Made = std::map<std::string, Change, std::less<>>;

// The properties as far as they are known before anything is made, in the kinds of their schema.
absl::StatusOr<Value> KnownProperties(const BoundTemplate& bound, const Resource& resource) {
  NUBO_ASSIGN_OR_RETURN(Value properties,
                        Evaluator(bound.parsed, bound.bindings, nullptr).Evaluate(resource.properties));
  const Schema* schema = FindSchema(resource.type);
  if (schema == nullptr || properties.is_null()) return properties;
  std::vector<Diagnostic> ignored;
  return Normalize(*schema, properties, ignored);
}

// Whether what `value` refers to may come out differently after `made`.
bool DependsOnChange(const Value& value, const Made& made) {
  bool depends = false;
  ForEachReference(value, false, [&](const Reference& reference) {
    const auto found = made.find(reference.name);
    if (found == made.end() || found->second.action != ChangeAction::kModify) return;
    const bool is_replaced = found->second.replacement != Replacement::kFalse;
    depends = depends || is_replaced || reference.kind == Reference::Kind::kGetAtt;
  });
  return depends;
}

std::set<std::string> PropertyNames(const Value& a, const Value& b) {
  std::set<std::string> names;
  for (const Value* value : {&a, &b}) {
    for (const Member& member : value->members()) names.insert(member.key);
  }
  return names;
}

bool Replaces(const Schema* schema, absl::string_view property) {
  const PropertySpec* spec = schema == nullptr ? nullptr : FindProperty(schema->properties, property);
  return spec != nullptr && spec->replaces;
}

// Adds what differs apart from properties; none of it needs a new resource.
void ComparePolicies(const Resource& before, const Resource& after, std::set<std::string>& scope) {
  if (before.deletion_policy != after.deletion_policy) scope.insert("DeletionPolicy");
  if (before.update_replace_policy != after.update_replace_policy) scope.insert("UpdateReplacePolicy");
  if (before.creation_policy != after.creation_policy) scope.insert("CreationPolicy");
  if (before.update_policy != after.update_policy) scope.insert("UpdatePolicy");
  if (before.metadata != after.metadata) scope.insert("Metadata");
}

// The change of a resource that is in both; its scope is empty if there is none.
absl::StatusOr<Change> CompareResource(const BoundTemplate& before, const Resource& old_one, const BoundTemplate& after,
                                       const Resource& new_one, const Made& made) {
  NUBO_ASSIGN_OR_RETURN(const Value old_properties, KnownProperties(before, old_one));
  NUBO_ASSIGN_OR_RETURN(const Value new_properties, KnownProperties(after, new_one));
  const Schema* schema = FindSchema(new_one.type);
  Change change{ChangeAction::kModify, new_one.logical_id, new_one.type, Replacement::kFalse, {}};
  std::set<std::string> scope;
  for (const std::string& name : PropertyNames(old_properties, new_properties)) {
    const Value& new_value = new_properties.Get(name);
    const bool differs = old_properties.Get(name) != new_value;
    if (!differs && !DependsOnChange(new_value, made)) continue;
    scope.insert(name);
    if (!Replaces(schema, name)) continue;
    if (differs) {
      change.replacement = Replacement::kTrue;
    } else if (change.replacement == Replacement::kFalse) {
      change.replacement = Replacement::kConditional;
    }
  }
  ComparePolicies(old_one, new_one, scope);
  change.scope.assign(scope.begin(), scope.end());
  return change;
}

absl::Status CheckTypes(const BoundTemplate& before, const BoundTemplate& after) {
  std::vector<std::string> changed;
  Location first;
  for (const Resource& resource : after.parsed.resources) {
    const Resource* former = before.parsed.FindResource(resource.logical_id);
    if (former == nullptr || former->type == resource.type) continue;
    if (!before.bindings.Active(former->condition) || !after.bindings.Active(resource.condition)) continue;
    if (changed.empty()) first = resource.type_location;
    changed.push_back(resource.logical_id);
  }
  if (changed.empty()) return absl::OkStatus();
  return ErrorAt(
      after.parsed.file, first,
      absl::StrCat("Update of resource type is not permitted. The new template modifies resource type of the "
                   "following resources: [",
                   absl::StrJoin(changed, ", "), "]"));
}

}  // namespace

absl::string_view ChangeActionName(ChangeAction action) {
  switch (action) {
    case ChangeAction::kAdd:
      return "Add";
    case ChangeAction::kModify:
      return "Modify";
    case ChangeAction::kRemove:
      return "Remove";
  }
  return "";
}

absl::string_view ReplacementName(Replacement replacement) {
  switch (replacement) {
    case Replacement::kFalse:
      return "False";
    case Replacement::kTrue:
      return "True";
    case Replacement::kConditional:
      return "Conditional";
  }
  return "";
}

absl::StatusOr<std::vector<Change>> Compare(const BoundTemplate& before, const BoundTemplate& after) {
  NUBO_RETURN_IF_ERROR(CheckTypes(before, after));
  NUBO_ASSIGN_OR_RETURN(const Graph old_graph, BuildGraph(before.parsed, before.bindings));
  NUBO_ASSIGN_OR_RETURN(const Graph new_graph, BuildGraph(after.parsed, after.bindings));
  std::vector<Change> changes;
  Made made;
  for (const std::vector<std::string>& level : new_graph.levels) {
    for (const std::string& id : level) {
      const Resource& resource = *after.parsed.FindResource(id);
      if (old_graph.dependencies.count(id) == 0) {
        changes.push_back({ChangeAction::kAdd, id, resource.type, Replacement::kFalse, {}});
        continue;
      }
      NUBO_ASSIGN_OR_RETURN(Change change,
                            CompareResource(before, *before.parsed.FindResource(id), after, resource, made));
      if (change.scope.empty()) continue;
      made[id] = change;
      changes.push_back(std::move(change));
    }
  }
  for (auto level = old_graph.levels.rbegin(); level != old_graph.levels.rend(); ++level) {
    for (const std::string& id : *level) {
      if (new_graph.dependencies.count(id) != 0) continue;
      changes.push_back({ChangeAction::kRemove, id, before.parsed.FindResource(id)->type, Replacement::kFalse, {}});
    }
  }
  return changes;
}

}  // namespace nubo::stack
