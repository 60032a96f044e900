#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/stack/names.h"
#include "nubo/stack/pattern.h"
#include "nubo/stack/sections.h"

namespace nubo::stack::sections {
namespace {

constexpr size_t kDescriptionBytesMax = 4000;

constexpr absl::string_view kPlainTypes[] = {"String", "Number", "List<Number>", "CommaDelimitedList"};
// Their values are strings here: what exists in an account is not looked up.
constexpr absl::string_view kAwsTypes[] = {
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
};

template <typename Container>
bool Holds(const Container& names, absl::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

absl::Status SetType(const Template& parsed, const Value& object, Parameter& parameter) {
  const Value& type = object.Get("Type");
  if (!type.is_string() || type.text().empty()) {
    return ErrorAt(parsed.file, object.location(),
                   absl::StrCat("Template format error: parameter ", parameter.name, " needs a Type"));
  }
  parameter.type = type.text();
  absl::string_view item = parameter.type;
  const bool is_list = absl::ConsumePrefix(&item, "List<") && absl::ConsumeSuffix(&item, ">");
  parameter.is_list = is_list || parameter.type == "CommaDelimitedList";
  parameter.is_number = parameter.type == "Number" || parameter.type == "List<Number>";
  if (Holds(kPlainTypes, parameter.type) || Holds(kAwsTypes, is_list ? item : absl::string_view(parameter.type))) {
    return absl::OkStatus();
  }
  if (absl::StartsWith(parameter.type, "AWS::SSM::Parameter")) {
    return ErrorAt(parsed.file, type.location(),
                   absl::StrCat("parameter ", parameter.name, " has Type ", parameter.type,
                                ", but there is no parameter store; use String and pass the value"));
  }
  std::vector<std::string> names(std::begin(kPlainTypes), std::end(kPlainTypes));
  for (const absl::string_view name : kAwsTypes) names.emplace_back(name);
  std::string hint = DidYouMean(parameter.type, names);
  if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "), " and lists of the latter");
  return ErrorAt(parsed.file, type.location(),
                 absl::StrCat("Template format error: Unrecognized parameter type: ", parameter.type, hint));
}

absl::Status SetBounds(const Template& parsed, const Value& object, Parameter& parameter) {
  const auto wrong = [&](absl::string_view key, absl::string_view why) {
    return ErrorAt(parsed.file, object.Get(key).location(),
                   absl::StrCat(key, " of parameter ", parameter.name, " ", why));
  };
  for (const auto& [key, target] :
       {std::pair("MinLength", &parameter.min_length), std::pair("MaxLength", &parameter.max_length)}) {
    if (!object.Has(key)) continue;
    *target = object.Get(key).AsInteger();
    if (!target->has_value() || **target < 0) return wrong(key, "must be a whole number, 0 or more");
    if (parameter.is_number || parameter.is_list) return wrong(key, "goes with Type String only");
  }
  for (const auto& [key, target] :
       {std::pair("MinValue", &parameter.min_value), std::pair("MaxValue", &parameter.max_value)}) {
    if (!object.Has(key)) continue;
    *target = object.Get(key).AsDouble();
    if (!target->has_value()) return wrong(key, "must be a number");
    if (!parameter.is_number) return wrong(key, "goes with Type Number only");
  }
  if (parameter.min_length.has_value() && parameter.max_length.has_value() &&
      *parameter.min_length > *parameter.max_length) {
    return wrong("MinLength", "is above MaxLength");
  }
  if (parameter.min_value.has_value() && parameter.max_value.has_value() &&
      *parameter.min_value > *parameter.max_value) {
    return wrong("MinValue", "is above MaxValue");
  }
  if (parameter.allowed_pattern.empty()) return absl::OkStatus();
  if (parameter.is_number || parameter.is_list) return wrong("AllowedPattern", "goes with Type String only");
  const absl::Status status = CheckPattern(parameter.allowed_pattern);
  return status.ok() ? status : wrong("AllowedPattern", absl::StrCat("cannot be used: ", status.message()));
}

absl::Status SetDefault(const Template& parsed, const Value& object, Parameter& parameter) {
  const Value* given = object.Find("Default");
  if (given != nullptr) {
    if (!given->is_scalar()) {
      return ErrorAt(parsed.file, given->location(),
                     absl::StrCat("Template format error: Every Default member must be a string; that of parameter ",
                                  parameter.name, " is ", KindName(given->kind())));
    }
    parameter.default_value = given->text();
  }
  const Value* allowed = object.Find("AllowedValues");
  if (allowed == nullptr) return absl::OkStatus();
  parameter.allowed_values = allowed->ItemTexts();
  if (!allowed->is_list() || allowed->items().empty() || parameter.allowed_values.size() != allowed->items().size()) {
    return ErrorAt(parsed.file, allowed->location(),
                   absl::StrCat("AllowedValues of parameter ", parameter.name, " must be a list of strings"));
  }
  return absl::OkStatus();
}

absl::Status ReadParameter(const Member& member, Template& parsed) {
  const std::string whose = absl::StrCat("parameter ", member.key);
  const Value& object = member.value;
  if (!object.is_object()) {
    return ErrorAt(parsed.file, object.location(),
                   absl::StrCat("Template format error: ", whose, " must be an object, not ", KindName(object.kind())));
  }
  NUBO_RETURN_IF_ERROR(CheckKeys(parsed.file, object, whose,
                                 {"Type", "Default", "Description", "AllowedValues", "AllowedPattern", "MinLength",
                                  "MaxLength", "MinValue", "MaxValue", "ConstraintDescription", "NoEcho"}));
  Parameter parameter;
  parameter.name = member.key;
  parameter.location = member.location;
  NUBO_RETURN_IF_ERROR(SetType(parsed, object, parameter));
  NUBO_ASSIGN_OR_RETURN(parameter.description, TextOf(parsed.file, object, "Description", whose));
  NUBO_ASSIGN_OR_RETURN(parameter.constraint_description, TextOf(parsed.file, object, "ConstraintDescription", whose));
  NUBO_ASSIGN_OR_RETURN(parameter.allowed_pattern, TextOf(parsed.file, object, "AllowedPattern", whose));
  if (parameter.description.size() > kDescriptionBytesMax) {
    return ErrorAt(parsed.file, object.Get("Description").location(),
                   absl::StrCat("Description of ", whose, " has more than ", kDescriptionBytesMax, " bytes"));
  }
  if (const Value* no_echo = object.Find("NoEcho")) {
    if (!no_echo->AsBool().has_value()) {
      return ErrorAt(parsed.file, no_echo->location(), absl::StrCat("NoEcho of ", whose, " must be true or false"));
    }
    parameter.no_echo = *no_echo->AsBool();
  }
  NUBO_RETURN_IF_ERROR(SetDefault(parsed, object, parameter));
  NUBO_RETURN_IF_ERROR(SetBounds(parsed, object, parameter));
  parsed.parameters.push_back(std::move(parameter));
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadParameters(const Value& section, const Limits& limits, Template& parsed) {
  NUBO_RETURN_IF_ERROR(CheckSection(parsed.file, section, "Parameter", limits.parameters_max));
  for (const Member& member : section.members()) NUBO_RETURN_IF_ERROR(ReadParameter(member, parsed));
  return absl::OkStatus();
}

}  // namespace nubo::stack::sections
