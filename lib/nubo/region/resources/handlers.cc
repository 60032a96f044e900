#include "nubo/region/resources/handlers.h"

#include <utility>

#include "nubo/base/status.h"
#include "nubo/region/resources/ids.h"

namespace nubo::region {

class Handlers::Handler final : public stack::ResourceHandler {
 public:
  Handler(Handlers& handlers, const ResourceType& type) : handlers_(handlers), type_(type) {}

  absl::StatusOr<std::string> Create(const stack::ResourceContext& resource, const stack::Value& properties) override {
    const Model& model = handlers_.context_.model;
    NUBO_RETURN_IF_ERROR(CheckNamed(*handlers_.context_.types, model, type_.name, properties, /*is_new=*/true));
    // Of one that is replaced the former is still there, and has its name.
    if (type_.check_name) NUBO_RETURN_IF_ERROR(type_.check_name(model, {}, properties));
    NoteCreated(resource, properties);
    return type_.create(handlers_.context_, resource, properties);
  }

  absl::StatusOr<stack::Progress> Poll(const stack::ResourceContext&, absl::string_view id) override {
    return type_.poll(handlers_.context_, std::string(id));
  }

  absl::Status Update(const stack::ResourceContext& resource, absl::string_view id,
                      const stack::Value& properties) override {
    if (!type_.update) return ResourceHandler::Update(resource, id, properties);
    NUBO_RETURN_IF_ERROR(
        CheckNamed(*handlers_.context_.types, handlers_.context_.model, type_.name, properties, /*is_new=*/false));
    NUBO_RETURN_IF_ERROR(type_.update(handlers_.context_, resource, std::string(id), properties));
    NoteCreated(resource, properties);
    return absl::OkStatus();
  }

  absl::Status Delete(const stack::ResourceContext& resource, absl::string_view id) override {
    return type_.remove(handlers_.context_, resource, std::string(id));
  }

  absl::StatusOr<stack::Progress> PollDelete(const stack::ResourceContext&, absl::string_view id) override {
    return type_.poll_delete ? type_.poll_delete(handlers_.context_, std::string(id)) : stack::Progress::Complete();
  }

 private:
  void NoteCreated(const stack::ResourceContext& resource, const stack::Value& properties) {
    std::vector<fabrics::Feature> asked;
    if (type_.asks_for.has_value()) asked.push_back(*type_.asks_for);
    if (type_.asks_also) {
      for (const fabrics::Feature feature : type_.asks_also(properties)) asked.push_back(feature);
    }
    std::vector<std::string> why;
    if (type_.not_enforced) why = type_.not_enforced(properties);
    for (const fabrics::Feature feature : asked) {
      const absl::string_view one = handlers_.context_.fabric.WhyNotEnforced(feature);
      if (!one.empty()) why.emplace_back(one);
    }
    handlers_.created_.push_back({resource.stack_name, resource.logical_id, resource.not_enforced, std::move(why)});
  }

  Handlers& handlers_;
  const ResourceType& type_;
};

Handlers::Handlers(Context& context) : context_(context) {
  for (const auto& [name, type] : *context.types) {
    handlers_.push_back(std::make_unique<Handler>(*this, type));
    registry_.Register(name, handlers_.back().get());
  }
}

Handlers::~Handlers() = default;

std::vector<Handlers::Created> Handlers::TakeCreated() { return std::exchange(created_, {}); }

}  // namespace nubo::region
