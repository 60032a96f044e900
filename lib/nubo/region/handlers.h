// How each AWS resource type is made, changed and unmade: the region's stack::ResourceHandlers.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_HANDLERS_H_
#define NUBO_REGION_HANDLERS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/context.h"
#include "nubo/stack/runner.h"

namespace nubo::region {

// A handler out of functions; what most types do not need has a default.
class FunctionHandler final : public stack::ResourceHandler {
 public:
  using Create_ = std::function<absl::StatusOr<std::string>(const v1::Owner&, const stack::Value& properties)>;
  using Poll_ = std::function<absl::StatusOr<stack::Progress>(absl::string_view physical_id)>;
  using Update_ =
      std::function<absl::Status(const stack::ResourceContext&, absl::string_view id, const stack::Value& properties)>;
  using Delete_ = std::function<absl::Status(absl::string_view physical_id)>;

  Create_ create;
  Poll_ poll;
  // Default: refused.
  Update_ update;
  Delete_ remove;
  // Default: gone at once.
  Poll_ poll_delete;
  // What every creation, and every change in place, is refused for whatever its type.
  std::function<absl::Status(const v1::Owner&, const stack::Value& properties, bool is_new)> check;
  // Told of the properties of every creation, and of every change in place.
  std::function<void(const stack::ResourceContext&, const stack::Value&)> on_create;

  absl::StatusOr<std::string> Create(const stack::ResourceContext& context, const stack::Value& properties) override;
  absl::StatusOr<stack::Progress> Poll(const stack::ResourceContext& context, absl::string_view physical_id) override;
  absl::Status Update(const stack::ResourceContext& context, absl::string_view physical_id,
                      const stack::Value& properties) override;
  absl::Status Delete(const stack::ResourceContext& context, absl::string_view physical_id) override;
  absl::StatusOr<stack::Progress> PollDelete(const stack::ResourceContext& context,
                                             absl::string_view physical_id) override;
};

// Every type the region knows, with its handler.
class Handlers {
 public:
  explicit Handlers(Context& context);

  const stack::HandlerRegistry& registry() const { return registry_; }
  // What is asked for and not enforced, by stack and logical id, of what was created or changed since the last call.
  struct Created {
    std::string stack_name;
    std::string logical_id;
    // Paths of properties, of which the stack tells by itself.
    std::vector<std::string> not_enforced;
    // What of the type as a whole is not.
    std::string why_not_enforced;
  };
  std::vector<Created> TakeCreated();

  // For the functions that add types.
  FunctionHandler& Add(const std::string& type);

 private:
  Context& context_;
  stack::HandlerRegistry registry_;
  std::map<std::string, std::unique_ptr<FunctionHandler>> handlers_;
  std::vector<Created> created_;
};

// One a file.
void AddNetworkHandlers(Handlers& handlers, Context& context);
void AddComputeHandlers(Handlers& handlers, Context& context);
void AddBalancerHandlers(Handlers& handlers, Context& context);
void AddListenerHandlers(Handlers& handlers, Context& context);
void AddDnsHandlers(Handlers& handlers, Context& context);
void AddDatabaseHandlers(Handlers& handlers, Context& context);

// Of what acts on nothing but is kept with the stack: nothing is left to do.
absl::Status NothingToChange(const stack::ResourceContext&, absl::string_view id, const stack::Value& properties);

// AWS's way to name what the template does not: STACK-LOGICAL-RANDOM, at most `size_max` characters.
std::string GeneratedName(Context& context, const v1::Owner& owner, size_t size_max);

}  // namespace nubo::region

#endif  // NUBO_REGION_HANDLERS_H_
