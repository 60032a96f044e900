// The AWS resource types that the region has: how each is made, changed, unmade and shown. A type is a row of functions
// here and one registration (loop/catalog.cc); stacks, descriptions and names find it by its row, and by nothing else.
//
// Example:
//   void AddNetworkTypes(ResourceTypes& types) {
//     ResourceType& vpc = types.Add("AWS::EC2::VPC");
//     vpc.create = [](Context& context, const stack::ResourceContext& resource, const stack::Value& properties) {
//       return CreateVpc(context, OwnerOf(resource), {.cidr_block = properties.Get("CidrBlock").text()});
//     };
//   }
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_RESOURCES_RESOURCE_TYPES_H_
#define NUBO_REGION_RESOURCES_RESOURCE_TYPES_H_

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/table.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace google::protobuf {
class Message;
class Struct;
}  // namespace google::protobuf

namespace nubo::region {

// How one kind of id is called, and what AWS says of one that names nothing.
struct IdRule {
  stack::IdKind kind = stack::IdKind::kNone;
  // Before the digits; "" for an ARN or a name.
  std::string prefix;
  std::string what;
  std::string code;
  std::function<bool(const Model&, const std::string& id)> exists;
  // What to do about one that is missing; default: nothing can be said.
  std::function<std::string(const std::string& id)> hint;
};

struct ResourceType {
  std::string name;

  // As the methods of stack::ResourceHandler, with the region's context.
  std::function<absl::StatusOr<std::string>(Context&, const stack::ResourceContext&, const stack::Value& properties)>
      create;
  std::function<absl::StatusOr<stack::Progress>(Context&, const std::string& id)> poll;
  // Default: refused.
  std::function<absl::Status(Context&, const stack::ResourceContext&, const std::string& id,
                             const stack::Value& properties)>
      update;
  std::function<absl::Status(Context&, const stack::ResourceContext&, const std::string& id)> remove;
  // Default: gone at once.
  std::function<absl::StatusOr<stack::Progress>(Context&, const std::string& id)> poll_delete;

  // What the whole type asks of the fabric, which may not act on it. Default: nothing.
  std::optional<fabrics::Feature> asks_for;
  // What one asks of it beside that, by its properties. Default: nothing.
  std::function<std::vector<fabrics::Feature>(const stack::Value& properties)> asks_also;
  // What of one's properties is not done as it stands there, each as a sentence without its full stop. Default: the
  // schema says it all.
  std::function<std::vector<std::string>(const stack::Value& properties)> not_enforced;
  // ALREADY_EXISTS with AWS's code: another resource than `owner`'s has the name that `properties` give. Default: names
  // of this type are nobody's.
  std::function<absl::Status(const Model&, const v1::Owner& owner, const stack::Value& properties)> check_name;
  // It belongs to no stack any more; neither is another stack of that name to take it for its own.
  std::function<void(Model&, const std::string& id)> disown;

  // Its present state, as the lists show it; false: there is none of that id. Default: its stack's record is all.
  std::function<bool(const Context&, const std::string& id, google::protobuf::Struct* shown)> show;
  // The id of what people call by another name; "": none is called so.
  std::function<std::string(const Context&, const std::string& name)> find;
  // The id of the process that it is, "": there is none of that id. Default: it is no process, or its own id is.
  std::function<std::string(const Context&, const std::string& id)> process;
  // Protects it from deletion, or not any more; how it was. NOT_FOUND: there is none of that id. Default: it cannot be.
  std::function<absl::StatusOr<bool>(Context&, const std::string& id, bool on)> protect;
};

class ResourceTypes {
 public:
  // The row of a type, for the functions that fill it.
  ResourceType& Add(const std::string& name);
  // nullptr: the region has no such type.
  const ResourceType* Find(const std::string& name) const;

  void AddId(IdRule rule) { ids_.push_back(std::move(rule)); }
  // nullptr: nobody knows of such ids.
  const IdRule* FindId(stack::IdKind kind) const;

  // By name.
  auto begin() const { return types_.begin(); }
  auto end() const { return types_.end(); }

 private:
  std::map<std::string, ResourceType> types_;
  std::vector<IdRule> ids_;
};

v1::Owner OwnerOf(const stack::ResourceContext& resource);

// Of what acts on nothing but is kept with the stack: nothing is left to do.
absl::Status NothingToChange(Context&, const stack::ResourceContext&, const std::string& id,
                             const stack::Value& properties);

// AWS's way to name what the template does not: STACK-LOGICAL-RANDOM, at most `size_max` characters.
std::string GeneratedName(Context& context, const v1::Owner& owner, size_t size_max);

// For check_name: whether a record of `table` that is not `owner`'s passes `has_name`.
template <typename Record, typename HasName>
bool IsTaken(const Table<Record>& table, const v1::Owner& owner, HasName has_name) {
  return std::any_of(table.begin(), table.end(), [&](const auto& entry) {
    const v1::Owner& other = entry.second.owner();
    // What a stack has left behind is nobody's, and keeps its name.
    const bool same = !owner.stack_name().empty() && other.stack_name() == owner.stack_name() &&
                      other.logical_id() == owner.logical_id();
    return !same && has_name(entry.second);
  });
}
// ALREADY_EXISTS with `code`: "there is a WHAT 'NAME' already".
absl::Status NameInUse(absl::string_view what, absl::string_view name, absl::string_view code);

// For disown.
template <typename Record>
void Disown(Table<Record>& table, const std::string& id) {
  table.Update(id, [](Record& record) { record.clear_owner(); });
}

// For show: what of the entries of a list is called `id`. A message's own JSON, as a Struct.
void ShowMessage(const google::protobuf::Message& message, google::protobuf::Struct* shown);

}  // namespace nubo::region

#endif  // NUBO_REGION_RESOURCES_RESOURCE_TYPES_H_
