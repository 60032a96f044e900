#include "nubo/stack/schema.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema_checks.h"
#include "nubo/stack/schema_tables.h"

namespace nubo::stack {
namespace {

absl::string_view TypeName(PropertyType type) {
  switch (type) {
    case PropertyType::kString:
      return "a string";
    case PropertyType::kInteger:
      return "a whole number";
    case PropertyType::kDouble:
      return "a number";
    case PropertyType::kBoolean:
      return "true or false";
    case PropertyType::kCidr:
      return "a CIDR block such as 10.0.0.0/16";
    case PropertyType::kList:
      return "a list";
    case PropertyType::kObject:
      return "an object";
    case PropertyType::kJson:
      return "anything";
  }
  return "";
}

std::string Shown(const Value& value) {
  return value.is_scalar() ? absl::StrCat("\"", value.text(), "\"") : std::string(KindName(value.kind()));
}

bool IsNoValue(const Value& value) {
  const Member* call = AsFunction(value);
  return call != nullptr && call->key == "Ref" && call->value.text() == "AWS::NoValue";
}

bool FitsScalar(PropertyType type, const Value& value) {
  switch (type) {
    case PropertyType::kString:
      return value.is_scalar();
    case PropertyType::kInteger:
      return value.AsInteger().has_value();
    case PropertyType::kDouble:
      return value.AsDouble().has_value();
    case PropertyType::kBoolean:
      return value.AsBool().has_value();
    case PropertyType::kCidr:
      return value.is_scalar() && net::Prefix::Parse(value.text()).ok();
    case PropertyType::kList:
    case PropertyType::kObject:
    case PropertyType::kJson:
      return false;
  }
  return false;
}

class Checker {
 public:
  Checker(absl::string_view type, std::vector<Diagnostic>& problems) : type_(type), problems_(problems) {}

  void CheckFields(absl::Span<const PropertySpec> fields, const Value& object, const std::string& path) {
    for (const Member& member : object.members()) {
      const PropertySpec* spec = FindProperty(fields, member.key);
      if (spec == nullptr) {
        Unknown(fields, member, path);
      } else if (spec->refused != nullptr && !IsUndecided(member.value)) {
        Add(member.location, absl::StrCat(type_, " ", path.empty() ? "" : absl::StrCat(path, "."), member.key,
                                          " is not offered yet; ", spec->refused));
      } else {
        Check(*spec, spec->type, member.value, path.empty() ? member.key : absl::StrCat(path, ".", member.key));
      }
    }
    for (const PropertySpec& spec : fields) {
      if (!spec.required) continue;
      const Value* given = object.Find(spec.name);
      if (given == nullptr || IsNoValue(*given)) {
        Add(object.location(),
            absl::StrCat(type_, path.empty() ? "" : " ", path, " needs the property \"", spec.name, "\""));
      }
    }
  }

 private:
  void Add(Location at, std::string message) { problems_.push_back({at, std::move(message)}); }

  void Unknown(absl::Span<const PropertySpec> fields, const Member& member, const std::string& path) {
    std::vector<std::string> names;
    for (const PropertySpec& spec : fields) names.push_back(spec.name);
    std::string hint = DidYouMean(member.key, names);
    if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
    Add(member.location,
        absl::StrCat(type_, path.empty() ? "" : " ", path, " has no property \"", member.key, "\"", hint));
  }

  void Wrong(PropertyType type, const Value& value, const std::string& path) {
    Add(value.location(), absl::StrCat(type_, " ", path, " must be ", TypeName(type), ", not ", Shown(value)));
  }

  void Check(const PropertySpec& spec, PropertyType type, const Value& value, const std::string& path) {
    if (type == PropertyType::kJson) return;
    if (const Member* call = AsFunction(value)) return CheckCall(spec, type, *call, value, path);
    if (type == PropertyType::kList) {
      if (!value.is_list()) return Wrong(type, value, path);
      for (const Value& item : value.items()) Check(spec, spec.item, item, path);
      if (!spec.keys.empty()) CheckPairs(spec, value, path);
    } else if (type == PropertyType::kObject) {
      if (!value.is_object()) return Wrong(type, value, path);
      CheckFields(spec.fields, value, path);
    } else if (type == PropertyType::kInteger && spec.allowed != nullptr && value.text() == spec.allowed) {
      // A word beside the numbers, as "off".
    } else if (!FitsScalar(type, value)) {
      Wrong(type, value, path);
    } else {
      CheckRange(spec, type, value, path);
    }
  }

  // It may turn out to be AWS::NoValue, or is in a branch that may not be taken.
  bool IsUndecided(const Value& value) const {
    const Member* call = AsFunction(value);
    return branches_ > 0 || (call != nullptr && call->key == "Fn::If") || IsNoValue(value);
  }

  // Each Key is one of those there are, once, and its Value what that one takes.
  void CheckPairs(const PropertySpec& spec, const Value& list, const std::string& path) {
    std::vector<std::string> names, given;
    for (const PropertySpec& key : spec.keys) names.push_back(key.name);
    for (const Value& pair : list.items()) {
      const Value& key = pair.Get("Key");
      const Value& value = pair.Get("Value");
      if (AsFunction(pair) != nullptr || !key.is_scalar()) continue;
      const PropertySpec* known = FindProperty(spec.keys, key.text());
      if (known == nullptr) {
        std::string hint = DidYouMean(key.text(), names);
        if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
        Add(key.location(), absl::StrCat(type_, " ", path, " has no Key ", Shown(key), hint));
        continue;
      }
      if (std::find(given.begin(), given.end(), key.text()) != given.end()) {
        Add(key.location(), absl::StrCat(type_, " ", path, " has the Key ", Shown(key), " twice"));
      }
      given.push_back(key.text());
      if (!value.is_null()) Check(*known, known->type, value, absl::StrCat(path, ".", key.text()));
    }
  }

  void CheckRange(const PropertySpec& spec, PropertyType type, const Value& value, const std::string& path) {
    if (spec.allowed != nullptr && type != PropertyType::kInteger) {
      const std::string text = spec.any_case ? absl::AsciiStrToLower(value.text()) : value.text();
      const std::vector<std::string> allowed = absl::StrSplit(spec.allowed, ',');
      const bool known = std::find(allowed.begin(), allowed.end(), text) != allowed.end();
      if (known && (spec.offered == nullptr || branches_ > 0)) return;
      if (known) {
        const std::vector<std::string> offered = absl::StrSplit(spec.offered, ',');
        if (std::find(offered.begin(), offered.end(), text) != offered.end()) return;
        return Add(value.location(), absl::StrCat(type_, " ", path, " ", value.text(), " is not offered yet; use ",
                                                  absl::StrJoin(offered, " or ")));
      }
      Add(value.location(), absl::StrCat(type_, " ", path, " must be one of ", absl::StrJoin(allowed, ", "), ", not ",
                                         Shown(value), DidYouMean(value.text(), allowed)));
      return;
    }
    if (type != PropertyType::kInteger) return;
    const int64_t number = *value.AsInteger();
    if (number < spec.min || number > spec.max) {
      const std::string bounds = spec.max == std::numeric_limits<int64_t>::max()
                                     ? absl::StrCat("at least ", spec.min)
                                     : absl::StrCat("from ", spec.min, " to ", spec.max);
      Add(value.location(), absl::StrCat(type_, " ", path, " must be ", bounds, ", not ", number));
    }
  }

  // Both branches of an Fn::If must fit; of other functions the kind of result is known at most.
  void CheckCall(const PropertySpec& spec, PropertyType type, const Member& call, const Value& value,
                 const std::string& path) {
    if (call.key == "Fn::If" && call.value.items().size() == 3) {
      ++branches_;
      Check(spec, type, call.value.items()[1], path);
      Check(spec, type, call.value.items()[2], path);
      --branches_;
      return;
    }
    const FunctionSpec* function = FindFunction(call.key);
    if (function == nullptr) return;
    const bool wants_list = type == PropertyType::kList;
    const bool wants_scalar = !wants_list && type != PropertyType::kObject;
    if ((function->result == FunctionResult::kString && !wants_scalar) ||
        (function->result == FunctionResult::kList && !wants_list)) {
      Add(value.location(), absl::StrCat(type_, " ", path, " must be ", TypeName(type), ", but ", call.key, " gives ",
                                         function->result == FunctionResult::kList ? "a list" : "a string"));
    }
  }

  const absl::string_view type_;
  std::vector<Diagnostic>& problems_;
  // How many Fn::If are around what is looked at.
  int branches_ = 0;
};

Value NormalizeOne(const PropertySpec& spec, PropertyType type, Value value);

Value NormalizeFields(absl::Span<const PropertySpec> fields, Value object) {
  for (Member& member : object.members()) {
    const PropertySpec* spec = FindProperty(fields, member.key);
    if (spec != nullptr) member.value = NormalizeOne(*spec, spec->type, std::move(member.value));
  }
  return object;
}

Value NormalizeOne(const PropertySpec& spec, PropertyType type, Value value) {
  const Location at = value.location();
  switch (type) {
    case PropertyType::kString:
      if (!value.is_scalar()) return value;
      return Value::String(spec.any_case ? absl::AsciiStrToLower(value.text()) : value.text(), at);
    case PropertyType::kInteger:
      return value.AsInteger().has_value() ? Value::Integer(*value.AsInteger(), at) : value;
    case PropertyType::kDouble:
      return value.AsDouble().has_value() ? Value::Number(value.text(), at) : value;
    case PropertyType::kBoolean:
      return value.AsBool().has_value() ? Value::Bool(*value.AsBool(), at) : value;
    case PropertyType::kCidr: {
      const auto prefix = net::Prefix::Parse(value.text());
      return value.is_scalar() && prefix.ok() ? Value::String(prefix->ToString(), at) : value;
    }
    case PropertyType::kList:
      for (Value& item : value.items()) item = NormalizeOne(spec, spec.item, std::move(item));
      return value;
    case PropertyType::kObject:
      return NormalizeFields(spec.fields, std::move(value));
    case PropertyType::kJson:
      return value;
  }
  return value;
}

void CollectIds(const PropertySpec& spec, const std::string& path, const Value& value, std::vector<NamedId>& found);

void CollectFieldIds(absl::Span<const PropertySpec> fields, const std::string& path, const Value& object,
                     std::vector<NamedId>& found) {
  for (const Member& member : object.members()) {
    const PropertySpec* spec = FindProperty(fields, member.key);
    if (spec == nullptr) continue;
    CollectIds(*spec, path.empty() ? member.key : absl::StrCat(path, ".", member.key), member.value, found);
  }
}

void CollectIds(const PropertySpec& spec, const std::string& path, const Value& value, std::vector<NamedId>& found) {
  if (value.is_list()) {
    for (const Value& item : value.items()) CollectIds(spec, path, item, found);
  } else if (spec.id != IdKind::kNone) {
    found.push_back({spec.id, path, &value});
  } else if (AsFunction(value) == nullptr) {
    CollectFieldIds(spec.fields, path, value, found);
  }
}

void CollectUnenforced(absl::Span<const PropertySpec> fields, const Value& object, const std::string& path,
                       std::vector<std::string>& found) {
  for (const Member& member : object.members()) {
    const PropertySpec* spec = FindProperty(fields, member.key);
    if (spec == nullptr) continue;
    const std::string here = path.empty() ? member.key : absl::StrCat(path, ".", member.key);
    if (!spec->enforced) {
      if (std::find(found.begin(), found.end(), here) == found.end()) found.push_back(here);
      continue;
    }
    CollectUnenforced(spec->fields, member.value, here, found);
    for (const Value& pair : member.value.items()) {
      const PropertySpec* key = FindProperty(spec->keys, pair.Get("Key").text());
      const std::string path_of_key = absl::StrCat(here, ".", pair.Get("Key").text());
      const bool known = std::find(found.begin(), found.end(), path_of_key) != found.end();
      if (key != nullptr && !key->enforced && !known) found.push_back(path_of_key);
    }
    for (const Value& item : member.value.items()) CollectUnenforced(spec->fields, item, here, found);
  }
}

std::vector<Schema> MakeAllSchemas() {
  std::vector<Schema> all;
  for (const auto part :
       {tables::VpcSchemas(), tables::Ec2Schemas(), tables::ScalingSchemas(), tables::LoadBalancingSchemas(),
        tables::Route53Schemas(), tables::RdsSchemas(), tables::IpamSchemas()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  std::sort(all.begin(), all.end(),
            [](const Schema& a, const Schema& b) { return absl::string_view(a.type) < absl::string_view(b.type); });
  return all;
}

}  // namespace

absl::Span<const Schema> AllSchemas() {
  static const std::vector<Schema>& all = *new std::vector<Schema>(MakeAllSchemas());
  return all;
}

const Schema* FindSchema(absl::string_view type) {
  for (const Schema& schema : AllSchemas()) {
    if (type == schema.type) return &schema;
  }
  return nullptr;
}

void CheckProperties(const Schema& schema, const Value& properties, std::vector<Diagnostic>& problems) {
  const size_t before = problems.size();
  Checker(schema.type, problems).CheckFields(schema.properties, properties, "");
  // What is wrong by itself would only be told again.
  if (problems.size() != before) return;
  tables::CheckTags(schema, properties, problems);
  if (schema.check != nullptr) schema.check(properties, problems);
}

Value Normalize(const Schema& schema, const Value& properties, std::vector<Diagnostic>& problems) {
  CheckProperties(schema, properties, problems);
  return NormalizeFields(schema.properties, properties);
}

std::vector<NamedId> NamedIds(const Schema& schema, const Value& properties) {
  std::vector<NamedId> found;
  CollectFieldIds(schema.properties, "", properties, found);
  return found;
}

std::vector<std::string> UnenforcedProperties(const Schema& schema, const Value& properties) {
  std::vector<std::string> found;
  CollectUnenforced(schema.properties, properties, "", found);
  return found;
}

}  // namespace nubo::stack
