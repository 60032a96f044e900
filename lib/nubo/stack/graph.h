// Who needs whom: the order in which a template's resources can be made.
//
// Edges come from Ref, Fn::GetAtt, Fn::Sub and DependsOn. Resources whose condition is false are left out; of an
// Fn::If only the branch taken counts.
//
// Example:
//   auto graph = BuildGraph(parsed, bindings);
//   for (const auto& level : graph->levels) MakeAllAtOnce(level);
//
// Thread safety: a value and pure functions.
#ifndef NUBO_STACK_GRAPH_H_
#define NUBO_STACK_GRAPH_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/template.h"

namespace nubo::stack {

struct Graph {
  // Logical id -> the ids it needs, sorted.
  std::map<std::string, std::vector<std::string>, std::less<>> dependencies;
  // Each level needs only levels before it; sorted within.
  std::vector<std::vector<std::string>> levels;
};

// INVALID_ARGUMENT: a circular dependency (named, "Circular dependency between resources: [A, B]"), or a reference to a
// resource that is left out.
absl::StatusOr<Graph> BuildGraph(const Template& parsed, const Bindings& bindings);

// What Parse() asks before any parameter is known: every branch of every Fn::If counts, for each name must exist,
// but a circle is one only if it needs no branch. INVALID_ARGUMENT: `problems` and what else is wrong.
absl::Status CheckReferences(const Template& parsed, std::vector<Diagnostic> problems = {});

}  // namespace nubo::stack

#endif  // NUBO_STACK_GRAPH_H_
