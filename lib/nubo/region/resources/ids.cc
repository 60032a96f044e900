#include "nubo/region/resources/ids.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/stack/dynamic_reference.h"

namespace nubo::region {
namespace {

absl::Status CheckSecrets(const Model& model, const stack::Value& properties) {
  for (const stack::ReferringText& text : stack::ReferringTexts(properties)) {
    for (const stack::DynamicReference& reference : stack::FindDynamicReferences(text.text)) {
      const std::string why = stack::WhyUnresolvable(reference, text.in_user_data);
      if (!why.empty()) {
        return base::WithErrorCode(
            absl::InvalidArgumentError(
                absl::StrCat("the dynamic reference ", stack::Excerpt(reference.text), " cannot be resolved: ", why)),
            "ValidationError");
      }
      if (model.secrets.Find(reference.secret) != nullptr) continue;
      return base::WithErrorCode(absl::NotFoundError(absl::StrCat("Secrets Manager can't find the specified secret, ",
                                                                  stack::Excerpt(reference.secret))),
                                 "ResourceNotFoundException");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckId(const ResourceTypes& types, const Model& model, stack::IdKind kind, const std::string& id) {
  const IdRule* rule = types.FindId(kind);
  if (rule == nullptr || rule->exists(model, id)) return absl::OkStatus();
  if (!absl::StartsWith(id, rule->prefix)) {
    // "InvalidSubnetID.NotFound" -> "InvalidSubnetID.Malformed"
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("Invalid id: \"", id, "\" (expecting \"", rule->prefix, "...\")")),
        absl::StrCat(rule->code.substr(0, rule->code.find('.')), ".Malformed"));
  }
  const std::string hint = rule->hint ? rule->hint(id) : "";
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The ", rule->what, " '", id, "' does not exist", hint)),
                             rule->code);
}

absl::Status CheckIds(const ResourceTypes& types, const Model& model, stack::IdKind kind,
                      const std::set<std::string>& ids) {
  for (const std::string& id : ids) NUBO_RETURN_IF_ERROR(CheckId(types, model, kind, id));
  return absl::OkStatus();
}

absl::Status CheckNamed(const ResourceTypes& types, const Model& model, const std::string& type,
                        const stack::Value& properties, bool is_new) {
  const stack::Schema* schema = stack::FindSchema(type);
  if (schema == nullptr) return absl::OkStatus();
  for (const stack::NamedId& id : stack::NamedIds(*schema, properties)) {
    const bool may_be_gone = id.kind == stack::IdKind::kInstance && !is_new;
    if (id.value->is_scalar() && !may_be_gone) {
      NUBO_RETURN_IF_ERROR(CheckId(types, model, id.kind, id.value->text()));
    }
  }
  return CheckSecrets(model, properties);
}

}  // namespace nubo::region
