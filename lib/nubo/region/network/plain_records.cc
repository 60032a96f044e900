#include "nubo/region/network/plain_records.h"

#include <google/protobuf/struct.pb.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/ids.h"

namespace nubo::region {
namespace {

// "subnetId" for "SubnetId".
std::string ShownName(const std::string& name) {
  std::string shown = name;
  if (!shown.empty()) shown[0] = absl::ascii_tolower(static_cast<unsigned char>(shown[0]));
  return shown;
}

}  // namespace

std::string Attribute(const v1::PlainState& record, const std::string& name) {
  const auto found = record.attributes().find(name);
  return found == record.attributes().end() ? "" : found->second;
}

void SetAttribute(v1::PlainState& record, const std::string& name, const std::string& value) {
  if (value.empty()) {
    record.mutable_attributes()->erase(name);
  } else {
    (*record.mutable_attributes())[name] = value;
  }
}

std::vector<std::string> ListOf(const v1::PlainState& record, const std::string& name) {
  const auto found = record.lists().find(name);
  if (found == record.lists().end()) return {};
  return {found->second.words().begin(), found->second.words().end()};
}

void SetList(v1::PlainState& record, const std::string& name, const std::vector<std::string>& words) {
  if (words.empty()) {
    record.mutable_lists()->erase(name);
  } else {
    (*record.mutable_lists())[name].mutable_words()->Assign(words.begin(), words.end());
  }
}

const v1::PlainState* FindPlain(const Model& model, absl::string_view id, absl::string_view type) {
  const v1::PlainState* record = model.plain.Find(id);
  return record != nullptr && record->type() == type ? record : nullptr;
}

const v1::PlainState* FirstPlain(const Model& model, absl::string_view type,
                                 const std::function<bool(const v1::PlainState&)>& is_it) {
  for (const auto& [id, record] : model.plain) {
    if (record.type() == type && is_it(record)) return &record;
  }
  return nullptr;
}

size_t CountPlain(const Model& model, absl::string_view type, const std::function<bool(const v1::PlainState&)>& is_it) {
  size_t count = 0;
  for (const auto& [id, record] : model.plain) count += record.type() == type && is_it(record) ? 1 : 0;
  return count;
}

std::string PutPlain(Context& context, const v1::Owner& owner, absl::string_view type, absl::string_view prefix,
                     v1::PlainState record) {
  const std::string id = context.ids.NewId(prefix);
  record.set_id(id);
  *record.mutable_owner() = owner;
  record.set_type(std::string(type));
  context.model.plain.Put(id, std::move(record));
  return id;
}

absl::Status CheckExists(const Context& context, stack::IdKind kind, const std::string& id) {
  return CheckId(*context.types, context.model, kind, id);
}

absl::Status HasDependencies(absl::string_view what, absl::string_view id, absl::string_view why) {
  return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat(
                                 "The ", what, " '", id, "' has dependencies and cannot be deleted: ", why)),
                             "DependencyViolation");
}

net::Prefix BlockOf(const std::string& text) { return net::Prefix::Parse(text).value_or(net::Prefix()); }

absl::string_view DigitsOf(absl::string_view id) {
  const size_t dash = id.rfind('-');
  return dash == absl::string_view::npos ? id : id.substr(dash + 1);
}

ResourceType& AddPlainType(ResourceTypes& types, const std::string& name, PlainAttributes attributes) {
  ResourceType& type = types.Add(name);
  type.poll = [name, attributes](Context& context, const std::string& id) -> absl::StatusOr<stack::Progress> {
    const v1::PlainState* record = FindPlain(context.model, id, name);
    if (record == nullptr) return stack::Progress::Failed("it is gone");
    return stack::Progress::Complete(attributes(context, *record));
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.plain, id); };
  type.show = [name](const Context& context, const std::string& id, google::protobuf::Struct* shown) {
    const v1::PlainState* record = FindPlain(context.model, id, name);
    if (record == nullptr) return false;
    ShowPlain(*record, shown);
    return true;
  };
  return type;
}

void IsPartOf(ResourceType& type, const std::string& other, std::function<std::string(const v1::PlainState&)> of) {
  type.poll = [other, of = std::move(of), poll = type.poll](Context& context,
                                                            const std::string& id) -> absl::StatusOr<stack::Progress> {
    NUBO_ASSIGN_OR_RETURN(stack::Progress progress, poll(context, id));
    const v1::PlainState* record = context.model.plain.Find(id);
    if (progress.state != stack::Progress::State::kComplete || record == nullptr) return progress;
    const std::string whole = of(*record);
    const auto its = context.types->Find(other)->poll(context, whole);
    if (its.ok() && its->state == stack::Progress::State::kComplete) progress.others[whole] = its->attributes;
    return progress;
  };
}

PlainAttributes OwnId(const std::string& name) {
  return [name](const Context&, const v1::PlainState& record) -> stack::Attributes {
    return {{name, stack::Value::String(record.id())}};
  };
}

void AddPlainId(ResourceTypes& types, stack::IdKind kind, const std::string& prefix, const std::string& what,
                const std::string& code, const std::string& type) {
  types.AddId({kind, prefix, what, code,
               [type](const Model& model, const std::string& id) { return FindPlain(model, id, type) != nullptr; }});
}

void ShowPlain(const v1::PlainState& record, google::protobuf::Struct* shown) {
  const auto set = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) (*shown->mutable_fields())[name].set_string_value(value);
  };
  set("id", record.id());
  set("vpcId", record.vpc_id());
  for (const auto& [name, value] : record.attributes()) set(ShownName(name), value);
  for (const auto& [name, list] : record.lists()) {
    google::protobuf::ListValue* values = (*shown->mutable_fields())[ShownName(name)].mutable_list_value();
    for (const std::string& word : list.words()) values->add_values()->set_string_value(word);
  }
  set("stackName", record.owner().stack_name());
  set("logicalId", record.owner().logical_id());
}

}  // namespace nubo::region
