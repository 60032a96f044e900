#include "nubo/stack/sections.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "nubo/stack/names.h"
#include "nubo/stack/pattern.h"

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

void SetType(const Value& object, Parameter& parameter, Problems& problems) {
  const Value& type = object.Get("Type");
  if (!type.is_string() || type.text().empty()) {
    return Add(problems, object.location(),
               absl::StrCat("Template format error: parameter ", parameter.name, " needs a Type"));
  }
  parameter.type = type.text();
  absl::string_view item = parameter.type;
  const bool is_list = absl::ConsumePrefix(&item, "List<") && absl::ConsumeSuffix(&item, ">");
  parameter.is_list = is_list || parameter.type == "CommaDelimitedList";
  parameter.is_number = parameter.type == "Number" || parameter.type == "List<Number>";
  if (Holds(kPlainTypes, parameter.type) || Holds(kAwsTypes, is_list ? item : absl::string_view(parameter.type))) {
    return;
  }
  if (absl::StartsWith(parameter.type, "AWS::SSM::Parameter")) {
    return Add(problems, type.location(),
               absl::StrCat("parameter ", parameter.name, " has Type ", parameter.type,
                            ", which AWS has, but there is no parameter store here yet; use String and pass the "
                            "value"));
  }
  std::vector<std::string> names(std::begin(kPlainTypes), std::end(kPlainTypes));
  for (const absl::string_view name : kAwsTypes) names.emplace_back(name);
  std::string hint = DidYouMean(parameter.type, names);
  if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "), " and lists of the latter");
  return Add(problems, type.location(),
             absl::StrCat("Template format error: Unrecognized parameter type: ", parameter.type, hint));
}

void SetBounds(const Value& object, Parameter& parameter, Problems& problems) {
  const auto wrong = [&](absl::string_view key, absl::string_view why) {
    Add(problems, object.Get(key).location(), absl::StrCat(key, " of parameter ", parameter.name, " ", why));
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
  if (parameter.allowed_pattern.empty()) return;
  if (parameter.is_number) return wrong("AllowedPattern", "goes with Type String or CommaDelimitedList only");
  const absl::Status status = CheckPattern(parameter.allowed_pattern);
  if (!status.ok()) wrong("AllowedPattern", absl::StrCat("cannot be used: ", status.message()));
}

void SetDefault(const Value& object, Parameter& parameter, Problems& problems) {
  const Value* given = object.Find("Default");
  if (given != nullptr) {
    if (!given->is_scalar()) {
      return Add(problems, given->location(),
                 absl::StrCat("Template format error: Every Default member must be a string; that of parameter ",
                              parameter.name, " is ", KindName(given->kind())));
    }
    parameter.default_value = given->text();
  }
  const Value* allowed = object.Find("AllowedValues");
  if (allowed == nullptr) return;
  parameter.allowed_values = allowed->ItemTexts();
  if (!allowed->is_list() || allowed->items().empty() || parameter.allowed_values.size() != allowed->items().size()) {
    return Add(problems, allowed->location(),
               absl::StrCat("AllowedValues of parameter ", parameter.name, " must be a list of strings"));
  }
}

void ReadParameter(const Member& member, Template& parsed, Problems& problems) {
  const std::string whose = absl::StrCat("parameter ", member.key);
  const Value& object = member.value;
  if (!object.is_object()) {
    return Add(problems, object.location(),
               absl::StrCat("Template format error: ", whose, " must be an object, not ", KindName(object.kind())));
  }
  CheckKeys(object, whose,
            {"Type", "Default", "Description", "AllowedValues", "AllowedPattern", "MinLength", "MaxLength", "MinValue",
             "MaxValue", "ConstraintDescription", "NoEcho"},
            problems);
  Parameter parameter;
  parameter.name = member.key;
  parameter.location = member.location;
  SetType(object, parameter, problems);
  parameter.description = TextOf(object, "Description", whose, problems);
  parameter.constraint_description = TextOf(object, "ConstraintDescription", whose, problems);
  parameter.allowed_pattern = TextOf(object, "AllowedPattern", whose, problems);
  if (parameter.description.size() > kDescriptionBytesMax) {
    Add(problems, object.Get("Description").location(),
        absl::StrCat("Description of ", whose, " has more than ", kDescriptionBytesMax, " bytes"));
  }
  if (const Value* no_echo = object.Find("NoEcho")) {
    if (!no_echo->AsBool().has_value()) {
      Add(problems, no_echo->location(), absl::StrCat("NoEcho of ", whose, " must be true or false"));
    }
    parameter.no_echo = no_echo->AsBool().value_or(true);
  }
  SetDefault(object, parameter, problems);
  SetBounds(object, parameter, problems);
  parsed.parameters.push_back(std::move(parameter));
}

}  // namespace

void ReadParameters(const Value& section, const Limits& limits, Template& parsed, Problems& problems) {
  CheckSection(section, "Parameter", limits.parameters_max, "", problems);
  for (const Member& member : section.members()) ReadParameter(member, parsed, problems);
}

}  // namespace nubo::stack::sections
