#include "nubo/region/resources/resource_types.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::region {

ResourceType& ResourceTypes::Add(const std::string& name) {
  ResourceType& type = types_[name];
  type.name = name;
  return type;
}

const ResourceType* ResourceTypes::Find(const std::string& name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : &found->second;
}

const IdRule* ResourceTypes::FindId(stack::IdKind kind) const {
  const auto found = std::find_if(ids_.begin(), ids_.end(), [&](const IdRule& rule) { return rule.kind == kind; });
  return found == ids_.end() ? nullptr : &*found;
}

v1::Owner OwnerOf(const stack::ResourceContext& resource) {
  v1::Owner owner;
  owner.set_stack_name(resource.stack_name);
  owner.set_logical_id(resource.logical_id);
  return owner;
}

absl::Status NothingToChange(Context&, const stack::ResourceContext&, const std::string&, const stack::Value&) {
  return absl::OkStatus();
}

std::string GeneratedName(Context& context, const v1::Owner& owner, size_t size_max) {
  constexpr int kRandomDigits = 8;
  const std::string tail = absl::StrCat("-", context.ids.NewHex(kRandomDigits));
  std::string name = absl::StrCat(owner.stack_name(), "-", owner.logical_id());
  if (name.size() + tail.size() > size_max) name.resize(size_max - tail.size());
  return name + tail;
}

absl::Status NameInUse(absl::string_view what, absl::string_view name, absl::string_view code) {
  return base::WithErrorCode(
      absl::AlreadyExistsError(absl::StrCat("there is a ", what, " '", name, "' already; choose another name")), code);
}

void ShowMessage(const google::protobuf::Message& message, google::protobuf::Struct* shown) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok() || json.empty()) return;
  (void)google::protobuf::util::JsonStringToMessage(json, shown);
}

}  // namespace nubo::region
