// Bind(): parameter values and conditions.
#include "nubo/stack/evaluate.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/stack/evaluator.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"
#include "nubo/stack/pattern.h"
#include "nubo/stack/utf8.h"

namespace nubo::stack {
namespace {

// CloudFormation's bound on a parameter's value.
constexpr size_t kParameterBytesMax = 4096;

absl::Status Refused(const Template& parsed, const Parameter& parameter, absl::string_view why) {
  const std::string message = parameter.constraint_description.empty()
                                  ? absl::StrCat("Parameter '", parameter.name, "' ", why)
                                  : absl::StrCat("Parameter '", parameter.name,
                                                 "' failed to satisfy constraint: ", parameter.constraint_description);
  return ErrorAt(parsed.file, parameter.location, message);
}

// What is wrong with one value (an item, of a list parameter), or "".
std::string WrongNumber(const Parameter& parameter, const std::string& text) {
  const std::optional<double> number = Value::String(text).AsDouble();
  if (!number.has_value()) return "must be a number";
  if (parameter.min_value.has_value() && *number < *parameter.min_value) {
    return absl::StrCat("must be a number not less than ", *parameter.min_value);
  }
  if (parameter.max_value.has_value() && *number > *parameter.max_value) {
    return absl::StrCat("must be a number not greater than ", *parameter.max_value);
  }
  return "";
}

absl::Status CheckItem(const Template& parsed, const Parameter& parameter, const std::string& text) {
  if (parameter.is_number) {
    if (const std::string wrong = WrongNumber(parameter, text); !wrong.empty())
      return Refused(parsed, parameter, wrong);
  }
  const std::vector<std::string>& allowed = parameter.allowed_values;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    return Refused(parsed, parameter,
                   absl::StrCat("must be one of AllowedValues: [", absl::StrJoin(allowed, ", "), "]"));
  }
  if (parameter.is_number) return absl::OkStatus();
  const int64_t length = static_cast<int64_t>(Utf8Count(text));
  if (parameter.min_length.has_value() && length < *parameter.min_length) {
    return Refused(parsed, parameter, absl::StrCat("must contain at least ", *parameter.min_length, " characters"));
  }
  if (parameter.max_length.has_value() && length > *parameter.max_length) {
    return Refused(parsed, parameter, absl::StrCat("must contain at most ", *parameter.max_length, " characters"));
  }
  if (!parameter.allowed_pattern.empty()) {
    absl::StatusOr<bool> matches = MatchesWhole(parameter.allowed_pattern, text);
    if (!matches.ok() || !*matches) {
      return Refused(parsed, parameter, absl::StrCat("must match pattern ", parameter.allowed_pattern));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> ParameterValue(const Template& parsed, const Parameter& parameter, const std::string& text) {
  if (!IsUtf8(text) || text.find('\0') != std::string::npos) return Refused(parsed, parameter, "must be UTF-8 text");
  if (text.size() > kParameterBytesMax) {
    return Refused(parsed, parameter, absl::StrCat("must have at most ", kParameterBytesMax, " bytes"));
  }
  if (!parameter.is_list) {
    NUBO_RETURN_IF_ERROR(CheckItem(parsed, parameter, text));
    return Value::String(text, parameter.location);
  }
  std::vector<std::string> items;
  if (!text.empty()) items = absl::StrSplit(text, ',');
  for (std::string& item : items) {
    absl::StripAsciiWhitespace(&item);
    NUBO_RETURN_IF_ERROR(CheckItem(parsed, parameter, item));
  }
  return Value::Strings(items, parameter.location);
}

absl::Status CheckNames(const Template& parsed, const std::map<std::string, std::string>& given) {
  std::vector<std::string> names;
  for (const Parameter& parameter : parsed.parameters) names.push_back(parameter.name);
  std::vector<std::string> unknown;
  std::string hint;
  for (const auto& [name, value] : given) {
    if (parsed.FindParameter(name) != nullptr) continue;
    unknown.push_back(name);
    if (hint.empty()) hint = DidYouMean(name, names);
  }
  if (!unknown.empty()) {
    return ErrorAt(parsed.file, {},
                   absl::StrCat("Parameters: [", absl::StrJoin(unknown, ", "), "] do not exist in the template", hint));
  }
  std::vector<std::string> missing;
  Location first;
  for (const Parameter& parameter : parsed.parameters) {
    if (parameter.default_value.has_value() || given.count(parameter.name) != 0) continue;
    if (missing.empty()) first = parameter.location;
    missing.push_back(parameter.name);
  }
  if (missing.empty()) return absl::OkStatus();
  return ErrorAt(parsed.file, first, absl::StrCat("Parameters: [", absl::StrJoin(missing, ", "), "] must have values"));
}

// Decides conditions in the order in which they need each other.
class ConditionDecider {
 public:
  ConditionDecider(const Template& parsed, Bindings& bindings) : template_(parsed), bindings_(bindings) {}

  absl::Status Decide(const Condition& condition) {
    if (bindings_.conditions.count(condition.name) != 0) return absl::OkStatus();
    if (!under_way_.insert(condition.name).second) {
      return ErrorAt(template_.file, condition.location,
                     absl::StrCat("Template format error: Circular dependency between conditions: [",
                                  absl::StrJoin(under_way_, ", "), "]"));
    }
    absl::Status status;
    ForEachReference(condition.expression, true, [&](const Reference& reference) {
      if (reference.kind != Reference::Kind::kCondition || !status.ok()) return;
      const Condition* needed = template_.FindCondition(reference.name);
      // An unknown one is told by the evaluation, with its place.
      if (needed != nullptr) status = Decide(*needed);
    });
    NUBO_RETURN_IF_ERROR(status);
    NUBO_ASSIGN_OR_RETURN(const bool holds,
                          Evaluator(template_, bindings_, nullptr).EvaluateCondition(condition.expression));
    bindings_.conditions[condition.name] = holds;
    under_way_.erase(condition.name);
    return absl::OkStatus();
  }

 private:
  const Template& template_;
  Bindings& bindings_;
  std::set<std::string> under_way_;
};

}  // namespace

absl::StatusOr<Bindings> Bind(const Template& parsed, const std::map<std::string, std::string>& parameters,
                              const StackContext& context) {
  NUBO_RETURN_IF_ERROR(CheckNames(parsed, parameters));
  Bindings bindings;
  bindings.context = context;
  for (const Parameter& parameter : parsed.parameters) {
    const auto given = parameters.find(parameter.name);
    const std::string& text = given != parameters.end() ? given->second : *parameter.default_value;
    NUBO_ASSIGN_OR_RETURN(bindings.parameters[parameter.name], ParameterValue(parsed, parameter, text));
  }
  ConditionDecider decider(parsed, bindings);
  for (const Condition& condition : parsed.conditions) NUBO_RETURN_IF_ERROR(decider.Decide(condition));
  return bindings;
}

std::map<std::string, std::string> ShownParameters(const Template& parsed, const Bindings& bindings) {
  std::map<std::string, std::string> shown;
  for (const auto& [name, value] : bindings.parameters) {
    const Parameter* parameter = parsed.FindParameter(name);
    const bool hidden = parameter != nullptr && parameter->no_echo;
    shown[name] = hidden ? "****" : value.is_list() ? absl::StrJoin(value.ItemTexts(), ",") : value.text();
  }
  return shown;
}

}  // namespace nubo::stack
