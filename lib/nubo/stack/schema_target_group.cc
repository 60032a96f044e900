// What a target group's health checks and attributes demand: "Target groups for your Application Load Balancers" and
// "Health checks for Application Load Balancer target groups".
#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/lb/code_matcher.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

constexpr size_t kPathMax = 1024;
// Of a value that is shown because it is wrong.
constexpr size_t kShownMax = 100;
// Of Application Load Balancers; others may have more.
constexpr lb::CodeMatcher::Range kHttpCodes = {200, 499};

void CheckPath(const Value& path, Problems& problems) {
  if (!path.is_scalar()) return;
  const std::string& text = path.text();
  const bool fits = absl::StartsWith(text, "/") && text.size() <= kPathMax &&
                    std::all_of(text.begin(), text.end(), [](char c) { return c > 32 && c < 127; });
  if (fits) return;
  Add(problems, path,
      absl::StrCat("HealthCheckPath must begin with / and have at most ", kPathMax, " visible ASCII characters, not \"",
                   text.substr(0, kShownMax), "\" (ValidationError)"));
}

void CheckCodes(const Value& codes, const char* name, lb::CodeMatcher::Range allowed, Problems& problems) {
  if (!codes.is_scalar() || lb::CodeMatcher::Parse(codes.text(), allowed).ok()) return;
  Add(problems, codes,
      absl::StrCat("Matcher ", name, " must have codes from ", allowed.first, " to ", allowed.last,
                   ", as 200, 200,202 or 200-299 are lists of them, not \"", codes.text().substr(0, kShownMax),
                   "\" (ValidationError)"));
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
  const bool starts_at_once = name == lb::kLeastOutstandingRequests || name == lb::kWeightedRandom;
  if (starts_at_once && slow_start.AsInteger().value_or(0) != 0) {
    Add(problems, slow_start,
        absl::StrCat(name,
                     " cannot have a slow start; set slow_start.duration_seconds to 0 or choose round_robin "
                     "(InvalidConfigurationRequest)"));
  }
  const Value& mitigation = settings.GetPair("load_balancing.algorithm.anomaly_mitigation");
  // A policy of the library's own may have it as well.
  const bool is_awss = name.empty() || name == lb::kRoundRobin || name == lb::kLeastOutstandingRequests;
  if (mitigation.text() == "on" && is_awss) {
    Add(problems, mitigation,
        "load_balancing.algorithm.anomaly_mitigation on needs load_balancing.algorithm.type weighted_random "
        "(InvalidConfigurationRequest)");
  }
}

void CheckTargets(const Value& properties, Problems& problems) {
  const auto type = LiteralText(properties, "TargetType", "instance");
  if (!type.has_value()) return;
  for (const Value& target : properties.Get("Targets").items()) {
    const Value& id = target.Get("Id");
    if (!id.is_scalar()) continue;
    const bool is_address = net::IpAddress::Parse(id.text()).ok();
    if (is_address == (*type == "ip")) continue;
    // What is neither is told as an id that names nothing.
    if (*type == "ip" || is_address) {
      Add(problems, id,
          absl::StrCat("a target of a group of TargetType ", *type, " is an ",
                       *type == "ip" ? "IP address" : "instance's id", ", not \"", id.text(), "\" (InvalidTarget)"));
    }
  }
}

}  // namespace

void CheckTargetGroupValues(const Value& properties, Problems& problems) {
  CheckPath(properties.Get("HealthCheckPath"), problems);
  const Value& matcher = properties.Get("Matcher");
  CheckCodes(matcher.Get("HttpCode"), "HttpCode", kHttpCodes, problems);
  CheckCodes(matcher.Get("GrpcCode"), "GrpcCode", lb::CodeMatcher::kGrpc, problems);
  CheckAlgorithm(properties.Get("TargetGroupAttributes"), problems);
  CheckTargets(properties, problems);
}

}  // namespace nubo::stack::tables
