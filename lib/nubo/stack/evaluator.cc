#include "nubo/stack/evaluator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/functions.h"

namespace nubo::stack {
namespace {

// What a string made by Fn::Join, Fn::Sub or Fn::Base64 may have at most; larger ones are a mistake or an attack.
constexpr size_t kStringBytesMax = 1'048'576;

Value Null(Location at) {
  Value null;
  null.set_location(at);
  return null;
}

// The value, with a place in the template it would not have by itself.
Value At(Value value, Location at) {
  value.set_location(at);
  return value;
}

}  // namespace

bool HasCalls(const Value& value) {
  if (AsFunction(value) != nullptr) return true;
  return std::any_of(value.items().begin(), value.items().end(), HasCalls) ||
         std::any_of(value.members().begin(), value.members().end(),
                     [](const Member& member) { return HasCalls(member.value); });
}

absl::Status Evaluator::Error(Location at, absl::string_view message) const {
  return ErrorAt(template_.file, at, absl::StrCat("Template error: ", message));
}

absl::StatusOr<Value> Evaluator::Evaluate(const Value& value) const {
  if (const Member* call = AsFunction(value)) return Call(value, *call);
  if (value.is_list()) {
    std::vector<Value> items;
    for (const Value& item : value.items()) {
      NUBO_ASSIGN_OR_RETURN(Value evaluated, Evaluate(item));
      if (!evaluated.is_null()) items.push_back(std::move(evaluated));
    }
    return Value::List(std::move(items), value.location());
  }
  if (value.is_object()) {
    std::vector<Member> members;
    for (const Member& member : value.members()) {
      NUBO_ASSIGN_OR_RETURN(Value evaluated, Evaluate(member.value));
      if (!evaluated.is_null()) members.push_back({member.key, std::move(evaluated), member.location});
    }
    return Value::Object(std::move(members), value.location());
  }
  return value;
}

absl::StatusOr<Value> Evaluator::Call(const Value& value, const Member& call) const {
  const Location at = value.location();
  if (call.key == "Ref") return Ref(value, call.value.text());
  if (call.key == "Fn::GetAtt") return GetAtt(value, call.value);
  if (call.key == "Fn::Sub") return Sub(value, call.value);
  if (call.key == "Fn::If") return If(value, call.value);
  bool open = false;
  NUBO_ASSIGN_OR_RETURN(Value argument, Argument(call, open));
  if (open) return Value::Object({{call.key, std::move(argument), call.location}}, at);
  if (call.key == "Fn::Join") return Join(at, argument);
  if (call.key == "Fn::Split") return Split(at, argument);
  if (call.key == "Fn::Select") return Select(at, argument);
  if (call.key == "Fn::Base64") return Base64(at, argument);
  if (call.key == "Fn::FindInMap") return FindInMap(at, argument);
  if (call.key == "Fn::Cidr") return Cidr(at, argument);
  if (call.key == "Fn::GetAZs") return GetAZs(at, argument);
  return Error(at, absl::StrCat(call.key, " cannot be used here"));
}

absl::StatusOr<Value> Evaluator::Argument(const Member& call, bool& open) const {
  NUBO_ASSIGN_OR_RETURN(Value argument, Evaluate(call.value));
  open = HasCalls(argument);
  return argument;
}

absl::StatusOr<Value> Evaluator::Ref(const Value& value, const std::string& name) const {
  const Location at = value.location();
  if (IsPseudoParameter(name)) return PseudoParameter(name, at);
  if (const auto found = bindings_.parameters.find(name); found != bindings_.parameters.end()) {
    return At(found->second, at);
  }
  const Resource* resource = template_.FindResource(name);
  if (resource == nullptr || !bindings_.Active(resource->condition)) {
    return ErrorAt(template_.file, at,
                   absl::StrCat("Template format error: Unresolved resource dependencies [", name,
                                "] in the Resources block of the template"));
  }
  if (lookup_ == nullptr) return value;
  absl::StatusOr<std::string> id = lookup_->Ref(name);
  if (!id.ok()) return Error(at, absl::StrCat("Ref ", name, ": ", id.status().message()));
  return Value::String(*id, at);
}

absl::StatusOr<Value> Evaluator::PseudoParameter(absl::string_view name, Location at) const {
  const StackContext& context = bindings_.context;
  if (name == "AWS::AccountId") return Value::String(context.account_id, at);
  if (name == "AWS::Region") return Value::String(context.region, at);
  if (name == "AWS::StackId") return Value::String(context.stack_id, at);
  if (name == "AWS::StackName") return Value::String(context.stack_name, at);
  if (name == "AWS::Partition") return Value::String(context.partition, at);
  if (name == "AWS::URLSuffix") return Value::String(context.url_suffix, at);
  if (name == "AWS::NotificationARNs") return Value::Strings(context.notification_arns, at);
  return Null(at);
}

absl::StatusOr<Value> Evaluator::GetAtt(const Value& value, const Value& argument) const {
  if (argument.is_string()) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(argument.text(), absl::MaxSplits('.', 1));
    return Attribute(value, parts.first, parts.second);
  }
  NUBO_ASSIGN_OR_RETURN(const Value attribute, Evaluate(argument.items()[1]));
  if (HasCalls(attribute)) return value;
  if (!attribute.is_scalar()) {
    return Error(value.location(), "the attribute's name in Fn::GetAtt must be a string");
  }
  return Attribute(value, argument.items()[0].text(), attribute.text());
}

absl::StatusOr<Value> Evaluator::Attribute(const Value& value, absl::string_view logical_id,
                                           absl::string_view attribute) const {
  const Location at = value.location();
  const Resource* resource = template_.FindResource(logical_id);
  if (resource == nullptr || !bindings_.Active(resource->condition)) {
    return Error(at, absl::StrCat("instance of Fn::GetAtt references undefined resource ", logical_id));
  }
  if (lookup_ == nullptr) return value;
  absl::StatusOr<Value> found = lookup_->GetAtt(logical_id, attribute);
  if (!found.ok())
    return Error(at, absl::StrCat("Fn::GetAtt ", logical_id, ".", attribute, ": ", found.status().message()));
  return At(*std::move(found), at);
}

absl::StatusOr<Value> Evaluator::Sub(const Value& value, const Value& argument) const {
  const Location at = value.location();
  const Value& text = argument.is_list() ? argument.items()[0] : argument;
  Value variables = Value::Object();
  if (argument.is_list()) {
    NUBO_ASSIGN_OR_RETURN(variables, Evaluate(argument.items()[1]));
  }
  absl::StatusOr<std::vector<SubPiece>> pieces = SplitSub(text.text());
  if (!pieces.ok()) return ErrorAt(template_.file, at, pieces.status().message());
  std::string result;
  bool open = false;
  for (const SubPiece& piece : *pieces) {
    if (!piece.is_reference) {
      result += piece.text;
      continue;
    }
    // The same calls the long form would make.
    const Value reference = Value::Object({{"Ref", Value::String(piece.text, at), at}}, at);
    const size_t dot = piece.text.find('.');
    absl::StatusOr<Value> part;
    if (const Value* variable = variables.Find(piece.text)) {
      part = *variable;
    } else if (dot == std::string::npos) {
      part = Ref(reference, piece.text);
    } else {
      part = Attribute(reference, piece.text.substr(0, dot), piece.text.substr(dot + 1));
    }
    if (!part.ok()) return part;
    if (HasCalls(*part)) {
      open = true;
      continue;
    }
    if (!part->is_scalar()) {
      return Error(at, absl::StrCat("${", piece.text, "} in Fn::Sub must be a string, not ", KindName(part->kind())));
    }
    result += part->text();
    if (result.size() > kStringBytesMax) return Error(at, "Fn::Sub gives more than 1 MB");
  }
  return open ? value : Value::String(result, at);
}

absl::StatusOr<Value> Evaluator::If(const Value& value, const Value& argument) const {
  const std::string& condition = argument.items()[0].text();
  const auto decided = bindings_.conditions.find(condition);
  if (decided == bindings_.conditions.end()) {
    return ErrorAt(template_.file, value.location(),
                   absl::StrCat("Template format error: Unresolved condition dependency ", condition));
  }
  return Evaluate(argument.items()[decided->second ? 1 : 2]);
}

absl::StatusOr<Value> Evaluator::Join(Location at, const Value& argument) const {
  const std::vector<Value>& parts = argument.items();
  if (parts.size() != 2 || !parts[0].is_scalar() || !parts[1].is_list() ||
      parts[1].ItemTexts().size() != parts[1].items().size()) {
    return Error(
        at,
        "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be "
        "joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined");
  }
  std::string joined = absl::StrJoin(parts[1].ItemTexts(), parts[0].text());
  if (joined.size() > kStringBytesMax) return Error(at, "Fn::Join gives more than 1 MB");
  return Value::String(joined, at);
}

absl::StatusOr<Value> Evaluator::Split(Location at, const Value& argument) const {
  const std::vector<Value>& parts = argument.items();
  if (parts.size() != 2 || !parts[1].is_scalar()) {
    return Error(
        at,
        "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a "
        "function that returns a string to be split");
  }
  const std::vector<std::string> pieces = absl::StrSplit(parts[1].text(), parts[0].text());
  return Value::Strings(pieces, at);
}

absl::StatusOr<Value> Evaluator::Select(Location at, const Value& argument) const {
  const std::vector<Value>& parts = argument.items();
  if (parts.size() != 2 || !parts[1].is_list()) {
    return Error(at, "Fn::Select requires a list argument with two elements: an integer index and a list");
  }
  const std::optional<int64_t> index = parts[0].AsInteger();
  if (!index.has_value()) {
    return Error(at, absl::StrCat("Fn::Select requires an integer index, not \"", parts[0].text(), "\""));
  }
  if (*index < 0 || *index >= static_cast<int64_t>(parts[1].items().size())) {
    return Error(at, absl::StrCat("Fn::Select cannot select nonexistent value at index ", *index, "; the list has ",
                                  parts[1].items().size(), " values"));
  }
  return At(parts[1].items()[*index], at);
}

absl::StatusOr<Value> Evaluator::Base64(Location at, const Value& argument) const {
  if (!argument.is_scalar()) return Error(at, "every Fn::Base64 object must have a String-typed value");
  return Value::String(absl::Base64Escape(argument.text()), at);
}

absl::StatusOr<Value> Evaluator::FindInMap(Location at, const Value& argument) const {
  const std::vector<std::string> keys = argument.ItemTexts();
  if (keys.size() != 3) {
    return Error(
        at,
        "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return "
        "value");
  }
  const Value* map = template_.mappings.Find(keys[0]);
  if (map == nullptr)
    return Error(at,
                 absl::StrCat("Mapping named '", keys[0], "' is not present in the 'Mappings' section of template"));
  const Value* found = map->Get(keys[1]).Find(keys[2]);
  if (found == nullptr) {
    return Error(at, absl::StrCat("Unable to get mapping for ", keys[0], "::", keys[1], "::", keys[2]));
  }
  return At(*found, at);
}

absl::StatusOr<Value> Evaluator::Cidr(Location at, const Value& argument) const {
  constexpr int64_t kCountMax = 256;
  const std::vector<Value>& parts = argument.items();
  if (parts.size() < 2) return Error(at, "Fn::Cidr needs a block and a count");
  const auto block = net::Prefix::Parse(parts[0].text());
  if (!block.ok()) return Error(at, absl::StrCat("Fn::Cidr needs a CIDR block, not \"", parts[0].text(), "\""));
  const std::optional<int64_t> count = parts[1].AsInteger();
  if (!count.has_value() || *count < 1 || *count > kCountMax) {
    return Error(at, absl::StrCat("Fn::Cidr makes 1 to ", kCountMax, " blocks, not \"", parts[1].text(), "\""));
  }
  if (parts.size() < 3 && !block->is_v4()) return Error(at, "Fn::Cidr of an IPv6 block needs the host bits (64)");
  const int bits = block->first().bits();
  const std::optional<int64_t> host_bits = parts.size() < 3 ? std::optional<int64_t>(8) : parts[2].AsInteger();
  if (!host_bits.has_value() || *host_bits < 1 || *host_bits > bits - block->length()) {
    return Error(at, absl::StrCat("Fn::Cidr of ", block->ToString(), " takes 1 to ", bits - block->length(),
                                  " host bits, not \"", parts.size() < 3 ? "8" : parts[2].text(), "\""));
  }
  const int spare_bits = bits - block->length() - static_cast<int>(*host_bits);
  if (spare_bits < 8 && *count > (int64_t{1} << spare_bits)) {
    return Error(at, absl::StrCat(block->ToString(), " holds ", int64_t{1} << spare_bits, " blocks of ", *host_bits,
                                  " host bits, not ", *count));
  }
  std::vector<std::string> blocks;
  for (int64_t i = 0; i < *count; ++i) {
    const absl::uint128 value = block->first().value() + (absl::uint128(i) << static_cast<int>(*host_bits));
    const net::IpAddress first = block->is_v4() ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(value)))
                                                : net::IpAddress::V6(value);
    NUBO_ASSIGN_OR_RETURN(const net::Prefix made, net::Prefix::Make(first, bits - static_cast<int>(*host_bits)));
    blocks.push_back(made.ToString());
  }
  return Value::Strings(blocks, at);
}

absl::StatusOr<Value> Evaluator::GetAZs(Location at, const Value& argument) const {
  if (!argument.text().empty() && argument.text() != bindings_.context.region) {
    return Error(at, absl::StrCat("Fn::GetAZs knows the zones of ", bindings_.context.region, " only, not of \"",
                                  argument.text(), "\""));
  }
  return Value::Strings(bindings_.context.availability_zones, at);
}

absl::StatusOr<bool> Evaluator::EvaluateCondition(const Value& expression) const {
  const Location at = expression.location();
  const Member* call = AsFunction(expression, true);
  if (call == nullptr) return Error(at, "a condition is Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition");
  const std::vector<Value>& operands = call->value.items();
  if (call->key == "Condition") {
    const auto decided = bindings_.conditions.find(call->value.text());
    if (decided == bindings_.conditions.end()) {
      return ErrorAt(template_.file, at,
                     absl::StrCat("Template format error: Unresolved condition dependency ", call->value.text(),
                                  " in the Conditions block of the template"));
    }
    return decided->second;
  }
  if (call->key == "Fn::Equals") {
    NUBO_ASSIGN_OR_RETURN(const Value left, Evaluate(operands[0]));
    NUBO_ASSIGN_OR_RETURN(const Value right, Evaluate(operands[1]));
    return left.is_scalar() && right.is_scalar() ? left.text() == right.text() : left == right;
  }
  if (call->key == "Fn::Not") {
    NUBO_ASSIGN_OR_RETURN(const bool operand, EvaluateCondition(operands[0]));
    return !operand;
  }
  const bool is_and = call->key == "Fn::And";
  if (!is_and && call->key != "Fn::Or") return Error(at, absl::StrCat(call->key, " is not a condition"));
  bool result = is_and;
  // Every operand is evaluated, so that a mistake in any of them is told.
  for (const Value& operand : operands) {
    NUBO_ASSIGN_OR_RETURN(const bool one, EvaluateCondition(operand));
    result = is_and ? result && one : result || one;
  }
  return result;
}

}  // namespace nubo::stack
