#include "nubo/region/handlers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/references.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

// What the loopback fabric takes for known, and does not act on, as a whole.
const char* WhyNotEnforced(const std::string& type) {
  if (type == "AWS::EC2::SecurityGroup") return "its rules: on the loopback fabric everybody may connect to everybody";
  if (type == "AWS::EC2::Route" || type == "AWS::EC2::RouteTable" || type == "AWS::EC2::SubnetRouteTableAssociation" ||
      type == "AWS::EC2::InternetGateway" || type == "AWS::EC2::VPCGatewayAttachment") {
    return "routing: on the loopback fabric every address is reachable";
  }
  return nullptr;
}

v1::Owner OwnerOf(const stack::ResourceContext& context) {
  v1::Owner owner;
  owner.set_stack_name(context.stack_name);
  owner.set_logical_id(context.logical_id);
  return owner;
}

}  // namespace

absl::StatusOr<std::string> FunctionHandler::Create(const stack::ResourceContext& context,
                                                    const stack::Value& properties) {
  if (check) NUBO_RETURN_IF_ERROR(check(OwnerOf(context), properties, true));
  if (on_create) on_create(context, properties);
  return create(OwnerOf(context), properties);
}

absl::StatusOr<stack::Progress> FunctionHandler::Poll(const stack::ResourceContext& context,
                                                      absl::string_view physical_id) {
  return poll(physical_id);
}

absl::Status FunctionHandler::Update(const stack::ResourceContext& context, absl::string_view physical_id,
                                     const stack::Value& properties) {
  if (!update) return ResourceHandler::Update(context, physical_id, properties);
  if (check) NUBO_RETURN_IF_ERROR(check(OwnerOf(context), properties, false));
  NUBO_RETURN_IF_ERROR(update(context, physical_id, properties));
  if (on_create) on_create(context, properties);
  return absl::OkStatus();
}

absl::Status FunctionHandler::Delete(const stack::ResourceContext& context, absl::string_view physical_id) {
  return remove(physical_id);
}

absl::StatusOr<stack::Progress> FunctionHandler::PollDelete(const stack::ResourceContext& context,
                                                            absl::string_view physical_id) {
  return poll_delete ? poll_delete(physical_id) : stack::Progress::Complete();
}

Handlers::Handlers(Context& context) : context_(context) {
  AddNetworkHandlers(*this, context);
  AddComputeHandlers(*this, context);
  AddBalancerHandlers(*this, context);
  AddListenerHandlers(*this, context);
  AddDnsHandlers(*this, context);
  AddDatabaseHandlers(*this, context);
}

FunctionHandler& Handlers::Add(const std::string& type) {
  auto handler = std::make_unique<FunctionHandler>();
  handler->on_create = [this, type](const stack::ResourceContext& context, const stack::Value& properties) {
    Created created{context.stack_name, context.logical_id, context.not_enforced, ""};
    if (const char* why = WhyNotEnforced(type)) created.why_not_enforced = why;
    created_.push_back(std::move(created));
  };
  handler->check = [this, type](const v1::Owner& owner, const stack::Value& properties, bool is_new) -> absl::Status {
    NUBO_RETURN_IF_ERROR(CheckNamed(context_.model, type, properties, is_new));
    // Of one that is replaced the former is still there, and has its name.
    return is_new ? CheckNameFree(context_.model, {}, type, properties) : absl::OkStatus();
  };
  registry_.Register(type, handler.get());
  return *(handlers_[type] = std::move(handler));
}

std::vector<Handlers::Created> Handlers::TakeCreated() { return std::exchange(created_, {}); }

absl::Status NothingToChange(const stack::ResourceContext&, absl::string_view, const stack::Value&) {
  return absl::OkStatus();
}

std::string GeneratedName(Context& context, const v1::Owner& owner, size_t size_max) {
  constexpr int kRandomDigits = 8;
  const std::string tail = absl::StrCat("-", context.ids.NewHex(kRandomDigits));
  std::string name = absl::StrCat(owner.stack_name(), "-", owner.logical_id());
  if (name.size() + tail.size() > size_max) name.resize(size_max - tail.size());
  return name + tail;
}

}  // namespace nubo::region
