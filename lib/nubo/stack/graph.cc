#include "nubo/stack/graph.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema.h"

namespace nubo::stack {
namespace {

using Edges = std::map<std::string, std::vector<std::string>, std::less<>>;
using Visitor = absl::FunctionRef<void(const Reference&)>;

void ForEachReferenceOf(const Resource& resource, Visitor visit, const BranchDecider* decide) {
  ForEachReference(resource.properties, false, visit, decide);
  ForEachReference(resource.creation_policy, false, visit, decide);
  ForEachReference(resource.update_policy, false, visit, decide);
}

// The resources that `resource` names, whether or not they exist; sorted, each once.
std::vector<std::string> NamedBy(const Template& parsed, const Resource& resource, const BranchDecider* decide) {
  std::set<std::string> names;
  const auto collect = [&](const Reference& reference) {
    const bool is_resource = reference.kind == Reference::Kind::kRef || reference.kind == Reference::Kind::kGetAtt;
    if (is_resource && parsed.FindResource(reference.name) != nullptr) names.insert(reference.name);
  };
  ForEachReferenceOf(resource, collect, decide);
  return {names.begin(), names.end()};
}

// Walks depth first; what is found on the path a second time closes a circle.
class CircleFinder {
 public:
  explicit CircleFinder(const Edges& edges) : edges_(edges) {}

  // The members of a circle that can be reached from `start`, each needing the next; empty: none.
  std::vector<std::string> From(const std::string& start) {
    if (done_.count(start) != 0) return {};
    const auto on_path = std::find(path_.begin(), path_.end(), start);
    if (on_path != path_.end()) return {on_path, path_.end()};
    path_.push_back(start);
    if (const auto found = edges_.find(start); found != edges_.end()) {
      for (const std::string& next : found->second) {
        if (std::vector<std::string> circle = From(next); !circle.empty()) return circle;
      }
    }
    path_.pop_back();
    done_.insert(start);
    return {};
  }

 private:
  const Edges& edges_;
  std::set<std::string> done_;
  std::vector<std::string> path_;
};

absl::Status CheckCircles(const Template& parsed, const Edges& edges) {
  CircleFinder finder(edges);
  for (const Resource& resource : parsed.resources) {
    const std::vector<std::string> circle = finder.From(resource.logical_id);
    if (circle.empty()) continue;
    const Resource* first = parsed.FindResource(circle[0]);
    return ErrorAt(parsed.file, first->location,
                   absl::StrCat("Circular dependency between resources: [", absl::StrJoin(circle, ", "), "]"));
  }
  return absl::OkStatus();
}

std::vector<std::vector<std::string>> Levels(const Edges& edges) {
  std::map<std::string, size_t> level_of;
  std::vector<std::vector<std::string>> levels;
  // A pass places at least one resource, for there is no circle.
  while (level_of.size() < edges.size()) {
    std::vector<std::string> level;
    for (const auto& [id, needs] : edges) {
      if (level_of.count(id) != 0) continue;
      const bool ready = std::all_of(needs.begin(), needs.end(), [&](const std::string& need) {
        const auto placed = level_of.find(need);
        return placed != level_of.end() && placed->second < levels.size();
      });
      if (ready) level.push_back(id);
    }
    if (level.empty()) break;
    for (const std::string& id : level) level_of[id] = levels.size();
    levels.push_back(std::move(level));
  }
  return levels;
}

// Checks the names that one part of the template uses.
class ReferenceChecker {
 public:
  ReferenceChecker(const Template& parsed, absl::string_view block, std::vector<Diagnostic>& problems)
      : template_(parsed), block_(block), problems_(problems) {}

  void operator()(const Reference& reference) const {
    switch (reference.kind) {
      case Reference::Kind::kRef:
        return CheckRef(reference);
      case Reference::Kind::kGetAtt:
        return CheckGetAtt(reference);
      case Reference::Kind::kCondition:
        return CheckCondition(reference.name, reference.location);
      case Reference::Kind::kMap:
        return CheckMap(reference);
    }
  }

  void CheckResource(absl::string_view name, Location at) const {
    if (template_.FindResource(name) != nullptr) return;
    Unresolved(name, at, DidYouMean(name, ResourceNames()));
  }

  void CheckCondition(absl::string_view name, Location at) const {
    if (template_.FindCondition(name) != nullptr) return;
    std::vector<std::string> names;
    for (const Condition& condition : template_.conditions) names.push_back(condition.name);
    Add(at, absl::StrCat("Template format error: Unresolved condition dependency ", name, " in the ", block_,
                         " block of the template", DidYouMean(name, names)));
  }

 private:
  void Add(Location at, std::string message) const { problems_.push_back({at, std::move(message)}); }

  void Unresolved(absl::string_view name, Location at, const std::string& hint) const {
    Add(at, absl::StrCat("Template format error: Unresolved resource dependencies [", name, "] in the ", block_,
                         " block of the template", hint));
  }

  std::vector<std::string> ResourceNames() const {
    std::vector<std::string> names;
    for (const Resource& resource : template_.resources) names.push_back(resource.logical_id);
    return names;
  }

  void CheckRef(const Reference& reference) const {
    const std::string& name = reference.name;
    if (IsPseudoParameter(name) || template_.FindParameter(name) != nullptr) return;
    const bool is_resource = template_.FindResource(name) != nullptr;
    if (is_resource && block_ != "Conditions") return;
    if (is_resource) {
      return Add(reference.location,
                 absl::StrCat("Template format error: Unresolved dependencies [", name,
                              "]. Cannot reference resources in the Conditions block of the template"));
    }
    std::vector<std::string> names = ResourceNames();
    for (const Parameter& parameter : template_.parameters) names.push_back(parameter.name);
    for (const char* pseudo : PseudoParameters()) names.push_back(pseudo);
    Unresolved(name, reference.location, DidYouMean(name, names));
  }

  void CheckGetAtt(const Reference& reference) const {
    if (block_ == "Conditions") {
      return Add(reference.location,
                 "Template error: Fn::GetAtt cannot be used in the Conditions block of the template");
    }
    const Resource* resource = template_.FindResource(reference.name);
    if (resource == nullptr) {
      return Add(reference.location,
                 absl::StrCat("Template error: instance of Fn::GetAtt references undefined resource ", reference.name,
                              DidYouMean(reference.name, ResourceNames())));
    }
    const Schema* schema = FindSchema(resource->type);
    if (schema == nullptr || reference.attribute.empty()) return;
    const std::vector<std::string> names(schema->attributes.begin(), schema->attributes.end());
    if (std::find(names.begin(), names.end(), reference.attribute) != names.end()) return;
    std::string hint = DidYouMean(reference.attribute, names);
    if (hint.empty() && !names.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
    Add(reference.location,
        absl::StrCat("Template error: resource ", reference.name, " does not support attribute type ",
                     reference.attribute, " in Fn::GetAtt (", resource->type, ")", hint));
  }

  void CheckMap(const Reference& reference) const {
    if (template_.mappings.Has(reference.name)) return;
    std::vector<std::string> names;
    for (const Member& member : template_.mappings.members()) names.push_back(member.key);
    Add(reference.location,
        absl::StrCat("Template error: Mapping named '", reference.name,
                     "' is not present in the 'Mappings' section of template", DidYouMean(reference.name, names)));
  }

  const Template& template_;
  const absl::string_view block_;
  std::vector<Diagnostic>& problems_;
};

void CheckConditionCircles(const Template& parsed, std::vector<Diagnostic>& problems) {
  Edges edges;
  for (const Condition& condition : parsed.conditions) {
    std::vector<std::string>& needs = edges[condition.name];
    const auto collect = [&](const Reference& reference) {
      if (reference.kind == Reference::Kind::kCondition) needs.push_back(reference.name);
    };
    ForEachReference(condition.expression, true, collect);
  }
  CircleFinder finder(edges);
  for (const Condition& condition : parsed.conditions) {
    const std::vector<std::string> circle = finder.From(condition.name);
    if (circle.empty()) continue;
    const Condition* first = parsed.FindCondition(circle[0]);
    problems.push_back(
        {first->location, absl::StrCat("Template format error: Circular dependency between conditions: [",
                                       absl::StrJoin(circle, ", "), "]")});
    return;
  }
}

void CheckNames(const Template& parsed, std::vector<Diagnostic>& problems) {
  const ReferenceChecker in_conditions(parsed, "Conditions", problems);
  for (const Condition& condition : parsed.conditions) ForEachReference(condition.expression, true, in_conditions);
  const ReferenceChecker in_resources(parsed, "Resources", problems);
  for (const Resource& resource : parsed.resources) {
    ForEachReferenceOf(resource, in_resources, nullptr);
    for (const std::string& name : resource.depends_on) in_resources.CheckResource(name, resource.location);
    if (!resource.condition.empty()) in_resources.CheckCondition(resource.condition, resource.location);
  }
  const ReferenceChecker in_outputs(parsed, "Outputs", problems);
  for (const Output& output : parsed.outputs) {
    ForEachReference(output.value, false, in_outputs);
    ForEachReference(output.export_name, false, in_outputs);
    if (!output.condition.empty()) in_outputs.CheckCondition(output.condition, output.location);
  }
}

void AddEdges(const std::vector<std::string>& more, std::vector<std::string>& edges) {
  edges.insert(edges.end(), more.begin(), more.end());
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
}

// Whether `from` needs `to`, itself or through others.
bool Reaches(const Edges& edges, const std::string& from, const std::string& to) {
  std::set<std::string> seen;
  std::vector<std::string> next = {from};
  while (!next.empty()) {
    const std::string id = std::move(next.back());
    next.pop_back();
    if (id == to) return true;
    const auto found = edges.find(id);
    if (!seen.insert(id).second || found == edges.end()) continue;
    next.insert(next.end(), found->second.begin(), found->second.end());
  }
  return false;
}

// What types need without naming it (Schema::needs_type), but for what says itself that it comes later.
void AddUnnamed(const Template& parsed, Edges& edges) {
  for (const Resource& resource : parsed.resources) {
    const Schema* schema = FindSchema(resource.type);
    if (schema == nullptr || schema->needs_type == nullptr || edges.count(resource.logical_id) == 0) continue;
    for (const Resource& other : parsed.resources) {
      const bool needed = other.type == schema->needs_type && edges.count(other.logical_id) != 0;
      if (!needed || Reaches(edges, other.logical_id, resource.logical_id)) continue;
      AddEdges({other.logical_id}, edges[resource.logical_id]);
    }
  }
}

}  // namespace

absl::StatusOr<Graph> BuildGraph(const Template& parsed, const Bindings& bindings) {
  const auto branch = [&](absl::string_view condition) -> std::optional<bool> { return bindings.Active(condition); };
  const BranchDecider decide = branch;
  const auto is_active = [&](const std::string& id) {
    const Resource* resource = parsed.FindResource(id);
    return resource != nullptr && bindings.Active(resource->condition);
  };
  Graph graph;
  for (const Resource& resource : parsed.resources) {
    if (!bindings.Active(resource.condition)) continue;
    std::vector<std::string>& needs = graph.dependencies[resource.logical_id];
    needs = NamedBy(parsed, resource, &decide);
    for (const std::string& need : needs) {
      if (is_active(need)) continue;
      return ErrorAt(parsed.file, resource.location,
                     absl::StrCat("Template format error: Unresolved resource dependencies [", need,
                                  "] in the Resources block of the template: ", resource.logical_id,
                                  " needs it, and its condition ", parsed.FindResource(need)->condition, " is false"));
    }
    // DependsOn something that is left out asks for nothing.
    std::vector<std::string> depends_on;
    std::copy_if(resource.depends_on.begin(), resource.depends_on.end(), std::back_inserter(depends_on), is_active);
    AddEdges(depends_on, needs);
  }
  NUBO_RETURN_IF_ERROR(CheckCircles(parsed, graph.dependencies));
  AddUnnamed(parsed, graph.dependencies);
  graph.levels = Levels(graph.dependencies);
  return graph;
}

absl::Status CheckReferences(const Template& parsed, std::vector<Diagnostic> problems) {
  CheckNames(parsed, problems);
  CheckConditionCircles(parsed, problems);
  if (!problems.empty()) return ToStatus(parsed.file, problems);
  const auto neither = [](absl::string_view) -> std::optional<bool> { return std::nullopt; };
  const BranchDecider decide = neither;
  Edges edges;
  for (const Resource& resource : parsed.resources) {
    std::vector<std::string>& needs = edges[resource.logical_id];
    needs = NamedBy(parsed, resource, &decide);
    AddEdges(resource.depends_on, needs);
  }
  return CheckCircles(parsed, edges);
}

}  // namespace nubo::stack
