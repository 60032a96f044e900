// What a target group's health checks and attributes demand: "Target groups for your Application Load Balancers" and
// "Health checks for Application Load Balancer target groups".
#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/lb/balancer_rules.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

// With AWS's code behind it.
void AddCoded(Problems& problems, const Value& where, const absl::Status& status, const char* code) {
  if (!status.ok()) Add(problems, where, absl::StrCat(status.message(), " (", code, ")"));
}

void CheckPath(const Value& path, Problems& problems) {
  if (path.is_scalar()) AddCoded(problems, path, lb::CheckHealthCheckPath(path.text()), "ValidationError");
}

void CheckCodes(const Value& codes, bool grpc, Problems& problems) {
  if (codes.is_scalar()) AddCoded(problems, codes, lb::CheckHealthCheckCodes(codes.text(), grpc), "ValidationError");
}

void CheckAlgorithm(const Value& settings, Problems& problems) {
  static const std::vector<std::string>& names =
      *new std::vector<std::string>(lb::PolicyRegistry::Builder().AddBuiltins().Build().names());
  const Value& algorithm = settings.GetPair("load_balancing.algorithm.type");
  if (IsFunction(algorithm)) return;
  const std::string& name = algorithm.text();
  if (!algorithm.is_null() && std::find(names.begin(), names.end(), name) == names.end()) {
    return Add(problems, algorithm,
               absl::StrCat("load_balancing.algorithm.type must be one of ", absl::StrJoin(names, ", "), ", not \"",
                            name, "\"", DidYouMean(name, names), " (ValidationError)"));
  }
  const Value& slow_start = settings.GetPair("slow_start.duration_seconds");
  AddCoded(problems, slow_start, lb::CheckSlowStartOf(name, slow_start.AsInteger().value_or(0)),
           "InvalidConfigurationRequest");
  const Value& mitigation = settings.GetPair("load_balancing.algorithm.anomaly_mitigation");
  AddCoded(problems, mitigation, lb::CheckAnomalyMitigationOf(name, mitigation.text() == "on"),
           "InvalidConfigurationRequest");
}

void CheckTargets(const Value& properties, Problems& problems) {
  const auto type = LiteralText(properties, "TargetType", "instance");
  if (!type.has_value()) return;
  for (const Value& target : properties.Get("Targets").items()) {
    const Value& id = target.Get("Id");
    if (!id.is_scalar()) continue;
    AddCoded(problems, id, lb::CheckTargetId(*type, id.text()), "InvalidTarget");
  }
}

}  // namespace

void CheckTargetGroupValues(const Value& properties, Problems& problems) {
  CheckPath(properties.Get("HealthCheckPath"), problems);
  const Value& matcher = properties.Get("Matcher");
  CheckCodes(matcher.Get("HttpCode"), /*grpc=*/false, problems);
  CheckCodes(matcher.Get("GrpcCode"), /*grpc=*/true, problems);
  CheckAlgorithm(properties.Get("TargetGroupAttributes"), problems);
  CheckTargets(properties, problems);
}

}  // namespace nubo::stack::tables
