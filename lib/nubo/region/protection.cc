#include "nubo/region/protection.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/instances.h"

namespace nubo::region {
namespace {

std::string BalancerArn(const Context& context, const std::string& id) {
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    if (arn == id || balancer.name() == id) return arn;
  }
  return "";
}

}  // namespace

absl::StatusOr<bool> Protect(Context& context, const std::string& id, bool on) {
  if (const v1::InstanceState* instance = context.model.instances.Find(id);
      instance != nullptr && !IsTerminated(*instance)) {
    const bool former = instance->disable_api_termination();
    context.model.instances.Update(id, [&](v1::InstanceState& record) { record.set_disable_api_termination(on); });
    return former;
  }
  if (const v1::DatabaseState* database = context.model.databases.Find(id)) {
    const bool former = database->deletion_protection();
    context.model.databases.Update(id, [&](v1::DatabaseState& record) { record.set_deletion_protection(on); });
    return former;
  }
  const std::string arn = BalancerArn(context, id);
  if (const v1::LoadBalancerState* balancer = context.model.load_balancers.Find(arn)) {
    const bool former = balancer->deletion_protection();
    context.model.load_balancers.Update(arn,
                                        [&](v1::LoadBalancerState& record) { record.set_deletion_protection(on); });
    return former;
  }
  return absl::NotFoundError(absl::StrCat("no instance, load balancer or database is called ", id,
                                          "; nubo get resources lists what there is"));
}

absl::StatusOr<bool> ProtectFromScaleIn(Context& context, const std::string& id, bool on) {
  const v1::InstanceState* instance = context.model.instances.Find(id);
  if (instance == nullptr || IsTerminated(*instance) || instance->group_name().empty()) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("The instance ", id, " is not part of a group")),
                               "ValidationError");
  }
  const bool former = instance->protected_from_scale_in();
  context.model.instances.Update(id, [&](v1::InstanceState& record) { record.set_protected_from_scale_in(on); });
  return former;
}

}  // namespace nubo::region
