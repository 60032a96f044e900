#include "nubo/stack/functions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "nubo/stack/names.h"

namespace nubo::stack {
namespace {

constexpr char kNoExports[] = "stacks share no exports here; pass the value as a parameter";
constexpr char kNoTransforms[] = "transforms are not applied here; write the result into the template";

constexpr FunctionSpec kFunctions[] = {
    {"Condition", FunctionResult::kBool, true},
    {"Fn::And", FunctionResult::kBool, true},
    {"Fn::Base64", FunctionResult::kString},
    {"Fn::Cidr", FunctionResult::kList},
    {"Fn::Equals", FunctionResult::kBool, true},
    {"Fn::FindInMap", FunctionResult::kAnything},
    {"Fn::ForEach", FunctionResult::kAnything, false, kNoTransforms},
    {"Fn::GetAZs", FunctionResult::kList},
    {"Fn::GetAtt", FunctionResult::kAnything},
    {"Fn::If", FunctionResult::kAnything},
    {"Fn::ImportValue", FunctionResult::kString, false, kNoExports},
    {"Fn::Join", FunctionResult::kString},
    {"Fn::Length", FunctionResult::kString, false, kNoTransforms},
    {"Fn::Not", FunctionResult::kBool, true},
    {"Fn::Or", FunctionResult::kBool, true},
    {"Fn::Select", FunctionResult::kAnything},
    {"Fn::Split", FunctionResult::kList},
    {"Fn::Sub", FunctionResult::kString},
    {"Fn::ToJsonString", FunctionResult::kString, false, kNoTransforms},
    {"Fn::Transform", FunctionResult::kAnything, false, kNoTransforms},
    {"Ref", FunctionResult::kAnything},
};

constexpr const char* kPseudoParameters[] = {"AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue",
                                             "AWS::Partition", "AWS::Region",           "AWS::StackId",
                                             "AWS::StackName", "AWS::URLSuffix"};

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const FunctionSpec& function : kFunctions) {
    if (function.unsupported == nullptr) names.push_back(function.name);
  }
  return names;
}

bool IsScalarOrCall(const Value& value) { return value.is_scalar() || AsFunction(value) != nullptr; }
bool IsListOrCall(const Value& value) { return value.is_list() || AsFunction(value) != nullptr; }
bool IsName(const Value& value) { return value.is_scalar() && !value.text().empty(); }

bool IsListOf(const Value& value, size_t low, size_t high) {
  return value.is_list() && value.items().size() >= low && value.items().size() <= high;
}

bool FitsGetAtt(const Value& argument) {
  const size_t dot = argument.text().find('.');
  if (argument.is_string()) return dot != std::string::npos && dot > 0 && dot + 1 < argument.text().size();
  if (!IsListOf(argument, 2, 2) || !IsName(argument.items()[0])) return false;
  return IsName(argument.items()[1]) || AsFunction(argument.items()[1]) != nullptr;
}

bool FitsSub(const Value& argument) {
  if (argument.is_scalar()) return true;
  return IsListOf(argument, 2, 2) && argument.items()[0].is_scalar() && argument.items()[1].is_object();
}

bool FitsJoin(const Value& argument) {
  return IsListOf(argument, 2, 2) && argument.items()[0].is_scalar() && IsListOrCall(argument.items()[1]);
}

bool FitsSplit(const Value& argument) {
  return IsListOf(argument, 2, 2) && IsName(argument.items()[0]) && IsScalarOrCall(argument.items()[1]);
}

bool FitsSelect(const Value& argument) {
  return IsListOf(argument, 2, 2) && IsScalarOrCall(argument.items()[0]) && IsListOrCall(argument.items()[1]);
}

bool FitsIf(const Value& argument) { return IsListOf(argument, 3, 3) && IsName(argument.items()[0]); }

bool AreScalarsOrCalls(const Value& argument, size_t low, size_t high) {
  return IsListOf(argument, low, high) && std::all_of(argument.items().begin(), argument.items().end(), IsScalarOrCall);
}

// The shape of a function's argument, and CloudFormation's words for one that has another.
struct Shape {
  const char* function;
  bool (*fits)(const Value& argument);
  const char* message;
};
constexpr Shape kShapes[] = {
    {"Ref", IsName, "every Ref object must have a single String value"},
    {"Condition", IsName, "every Condition must name one condition"},
    {"Fn::GetAtt", FitsGetAtt,
     "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"},
    {"Fn::Sub", FitsSub,
     "one or more Fn::Sub intrinsic functions don't specify expected arguments; specify a string as first argument, "
     "and an "
     "optional second argument to specify a mapping of values to replace in the string"},
    {"Fn::Join", FitsJoin,
     "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or "
     "a "
     "function that returns a list of strings (such as Fn::GetAZs) to be joined"},
    {"Fn::Split", FitsSplit,
     "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a "
     "function that "
     "returns a string to be split"},
    {"Fn::Select", FitsSelect,
     "every Fn::Select object requires two parameters, the index and a list of values or a function that returns one"},
    {"Fn::Base64", IsScalarOrCall, "every Fn::Base64 object must have a String-typed value"},
    {"Fn::GetAZs", IsScalarOrCall, "every Fn::GetAZs object takes one region, or \"\" for this one"},
    {"Fn::If", FitsIf,
     "every Fn::If object requires three parameters, the condition's name, the value if it is true and the value if it "
     "is "
     "false"},
    {"Fn::FindInMap", [](const Value& argument) { return AreScalarsOrCalls(argument, 3, 3); },
     "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"},
    {"Fn::Cidr", [](const Value& argument) { return AreScalarsOrCalls(argument, 2, 3); },
     "every Fn::Cidr object requires two or three parameters, the block, how many blocks to make of it, and how many "
     "bits "
     "each leaves to hosts"},
    {"Fn::Equals", [](const Value& argument) { return IsListOf(argument, 2, 2); },
     "every Fn::Equals object requires a list of 2 string parameters"},
    {"Fn::Not", [](const Value& argument) { return IsListOf(argument, 1, 1); },
     "every Fn::Not object requires a list of one boolean parameter"},
    {"Fn::And", [](const Value& argument) { return IsListOf(argument, 2, 10); },
     "every Fn::And object requires a list of at least 2 and at most 10 boolean parameters"},
    {"Fn::Or", [](const Value& argument) { return IsListOf(argument, 2, 10); },
     "every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters"},
};

// What is wrong with the argument of `function`, or "".
absl::string_view WrongShape(absl::string_view function, const Value& argument) {
  for (const Shape& shape : kShapes) {
    if (function == shape.function) return shape.fits(argument) ? "" : shape.message;
  }
  return "";
}

bool IsBooleanFunction(absl::string_view function) {
  return function == "Fn::And" || function == "Fn::Or" || function == "Fn::Not";
}

using Problems = std::vector<Diagnostic>;

void CheckSub(const Value& argument, Problems& problems) {
  const Value& text = argument.is_list() ? argument.items()[0] : argument;
  const absl::Status status = SplitSub(text.text()).status();
  if (!status.ok()) problems.push_back({text.location(), std::string(status.message())});
}

void CheckOperands(const Member& call, Problems& problems) {
  for (const Value& item : call.value.items()) {
    const Member* inner = AsFunction(item, true);
    const FunctionSpec* spec = inner == nullptr ? nullptr : FindFunction(inner->key);
    // A function that there is not is told as such.
    if (inner != nullptr && (spec == nullptr || spec->condition_only || spec->unsupported != nullptr)) continue;
    problems.push_back(
        {item.location(), absl::StrCat("an operand of ", call.key,
                                       " is a condition (Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition), not ",
                                       inner == nullptr ? KindName(item.kind()) : inner->key)});
  }
}

void CheckCall(const Member& call, Location at, bool in_condition, Problems& problems) {
  const auto add = [&](std::string message) { problems.push_back({at, std::move(message)}); };
  const FunctionSpec* spec = FindFunction(call.key);
  if (spec == nullptr) {
    add(absl::StrCat("there is no function ", call.key, DidYouMean(call.key, FunctionNames())));
  } else if (spec->unsupported != nullptr) {
    add(absl::StrCat(call.key, " is not offered yet: ", spec->unsupported));
  } else if (spec->condition_only && !in_condition) {
    add(absl::StrCat(call.key, " is allowed in Conditions only; define a condition and use it with Fn::If"));
  } else if (const absl::string_view wrong = WrongShape(call.key, call.value); !wrong.empty()) {
    return add(absl::StrCat("Template error: ", wrong));
  } else if (call.key == "Fn::Sub") {
    CheckSub(call.value, problems);
  } else if (IsBooleanFunction(call.key)) {
    CheckOperands(call, problems);
  }
  CheckFunctions(call.value, IsBooleanFunction(call.key), problems);
}

using Visitor = absl::FunctionRef<void(const Reference&)>;

void VisitSub(const Value& argument, Visitor visit, const BranchDecider* decide) {
  const Value& text = argument.is_list() ? argument.items()[0] : argument;
  const Value* variables = argument.is_list() ? &argument.items()[1] : nullptr;
  const auto pieces = SplitSub(text.text());
  if (!pieces.ok()) return;
  for (const SubPiece& piece : *pieces) {
    if (!piece.is_reference || (variables != nullptr && variables->Has(piece.text))) continue;
    const size_t dot = piece.text.find('.');
    if (dot == std::string::npos) {
      visit({Reference::Kind::kRef, piece.text, "", text.location()});
    } else {
      visit({Reference::Kind::kGetAtt, piece.text.substr(0, dot), piece.text.substr(dot + 1), text.location()});
    }
  }
  if (variables != nullptr) ForEachReference(*variables, false, visit, decide);
}

void VisitGetAtt(const Value& argument, Visitor visit, const BranchDecider* decide) {
  if (argument.is_list()) {
    visit({Reference::Kind::kGetAtt, argument.items()[0].text(), argument.items()[1].text(), argument.location()});
    return ForEachReference(argument.items()[1], false, visit, decide);
  }
  const std::string& text = argument.text();
  const size_t dot = std::min(text.find('.'), text.size());
  visit({Reference::Kind::kGetAtt, text.substr(0, dot), dot < text.size() ? text.substr(dot + 1) : "",
         argument.location()});
}

void VisitIf(const std::vector<Value>& items, Visitor visit, const BranchDecider* decide) {
  if (items.size() != 3) return;
  visit({Reference::Kind::kCondition, items[0].text(), "", items[0].location()});
  const bool both = decide == nullptr;
  const std::optional<bool> branch = both ? std::nullopt : (*decide)(items[0].text());
  if (both || branch == true) ForEachReference(items[1], false, visit, decide);
  if (both || branch == false) ForEachReference(items[2], false, visit, decide);
}

}  // namespace

const FunctionSpec* FindFunction(absl::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const FunctionSpec& function) { return name == function.name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

std::string LongForm(absl::string_view short_name) {
  if (short_name == "Ref" || short_name == "Condition") return std::string(short_name);
  const std::string name = absl::StrCat("Fn::", short_name);
  return FindFunction(name) == nullptr ? "" : name;
}

std::string ShortFormNames() {
  std::vector<std::string> names;
  for (const std::string& name : FunctionNames()) names.push_back(absl::StrCat("!", absl::StripPrefix(name, "Fn::")));
  return absl::StrJoin(names, ", ");
}

const Member* AsFunction(const Value& value, bool in_condition) {
  if (!value.is_object() || value.members().size() != 1) return nullptr;
  const Member& only = value.members()[0];
  const bool is_call =
      only.key == "Ref" || absl::StartsWith(only.key, "Fn::") || (in_condition && only.key == "Condition");
  return is_call ? &only : nullptr;
}

absl::StatusOr<std::vector<SubPiece>> SplitSub(absl::string_view text) {
  std::vector<SubPiece> pieces;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) pieces.push_back({false, std::move(literal)});
    literal.clear();
  };
  while (!text.empty()) {
    const size_t dollar = std::min(text.find("${"), text.size());
    literal.append(text.data(), dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    const size_t end = text.find('}');
    if (end == absl::string_view::npos) {
      return absl::InvalidArgumentError(
          "Template error: a ${ in Fn::Sub has no }; write ${!Name} for a literal ${Name}");
    }
    absl::string_view name = text.substr(2, end - 2);
    text.remove_prefix(end + 1);
    if (absl::ConsumePrefix(&name, "!")) {
      absl::StrAppend(&literal, "${", name, "}");
      continue;
    }
    name = absl::StripAsciiWhitespace(name);
    const bool valid = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == ':' || c == '-';
    });
    if (!valid) {
      return absl::InvalidArgumentError(
          absl::StrCat("Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
                       "underscores, periods, "
                       "and colons, not \"",
                       name, "\"; write ${!", name, "} for the literal text"));
    }
    flush();
    pieces.push_back({true, std::string(name)});
  }
  flush();
  return pieces;
}

void CheckFunctions(const Value& value, bool in_condition, Problems& problems) {
  if (const Member* call = AsFunction(value, in_condition)) {
    return CheckCall(*call, value.location(), in_condition, problems);
  }
  for (const Value& item : value.items()) CheckFunctions(item, in_condition, problems);
  for (const Member& member : value.members()) {
    if (absl::StartsWith(member.key, "Fn::")) {
      problems.push_back({member.location, absl::StrCat(member.key, " must be the only member of its object")});
    }
    CheckFunctions(member.value, in_condition, problems);
  }
}

void ForEachReference(const Value& value, bool in_condition, Visitor visit, const BranchDecider* decide) {
  const Member* call = AsFunction(value, in_condition);
  if (call == nullptr) {
    for (const Value& item : value.items()) ForEachReference(item, in_condition, visit, decide);
    for (const Member& member : value.members()) ForEachReference(member.value, in_condition, visit, decide);
    return;
  }
  const Value& argument = call->value;
  if (!WrongShape(call->key, argument).empty()) return;
  if (call->key == "Ref") {
    visit({Reference::Kind::kRef, argument.text(), "", value.location()});
  } else if (call->key == "Condition") {
    visit({Reference::Kind::kCondition, argument.text(), "", value.location()});
  } else if (call->key == "Fn::GetAtt") {
    VisitGetAtt(argument, visit, decide);
  } else if (call->key == "Fn::Sub") {
    VisitSub(argument, visit, decide);
  } else if (call->key == "Fn::If") {
    VisitIf(argument.items(), visit, decide);
  } else {
    if (call->key == "Fn::FindInMap" && !argument.items().empty() && argument.items()[0].is_scalar()) {
      visit({Reference::Kind::kMap, argument.items()[0].text(), "", argument.items()[0].location()});
    }
    ForEachReference(argument, IsBooleanFunction(call->key), visit, decide);
  }
}

absl::Span<const char* const> PseudoParameters() { return kPseudoParameters; }

bool IsPseudoParameter(absl::string_view name) {
  return std::find(std::begin(kPseudoParameters), std::end(kPseudoParameters), name) != std::end(kPseudoParameters);
}

}  // namespace nubo::stack
