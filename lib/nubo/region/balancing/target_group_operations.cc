#include "nubo/region/balancing/target_group_operations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/balancer_rules.h"
#include "nubo/lb/quotas.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

constexpr int kIdDigits = 16;
constexpr int kKeyDigits = 32;

using Targets = std::vector<TargetDescription>;

absl::Status CheckExists(const Context& context, const std::string& arn) {
  return CheckId(*context.types, context.model, stack::IdKind::kTargetGroup, arn);
}

absl::Status InvalidTarget(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), "InvalidTarget");
}

// --- health checks ---

// Targets of a load balancer's group are always checked, over HTTP.
absl::Status CheckIsChecked(bool enabled, const std::string& protocol) {
  absl::Status status;
  if (!enabled) {
    status = absl::InvalidArgumentError(
        "Health check enabled must be true for target groups with target type 'instance' or 'ip'");
  } else if (absl::AsciiStrToUpper(protocol) != "HTTP") {
    status = absl::InvalidArgumentError(absl::StrCat("Health check protocol '", protocol, "' must be 'HTTP'"));
  }
  return base::WithErrorCode(status, "InvalidConfigurationRequest");
}

void SetHealthCheck(const ModifyTargetGroupRequest& request, v1::TargetGroupState& record) {
  record.set_health_path(request.health_check_path.value_or(record.health_path()));
  record.set_health_port(request.health_check_port.value_or(record.health_port()));
  record.set_health_interval_s(request.health_check_interval_seconds.value_or(record.health_interval_s()));
  record.set_health_timeout_s(request.health_check_timeout_seconds.value_or(record.health_timeout_s()));
  record.set_healthy_threshold(request.healthy_threshold_count.value_or(record.healthy_threshold()));
  record.set_unhealthy_threshold(request.unhealthy_threshold_count.value_or(record.unhealthy_threshold()));
  record.set_matcher(request.matcher.value_or(record.matcher()));
}

absl::Status CheckHealthCheck(const v1::TargetGroupState& record) {
  const lb::HealthCheckValues values = {.path = record.health_path(),
                                        .port = record.health_port(),
                                        .interval_s = record.health_interval_s(),
                                        .timeout_s = record.health_timeout_s(),
                                        .healthy_threshold = record.healthy_threshold(),
                                        .unhealthy_threshold = record.unhealthy_threshold(),
                                        .codes = record.matcher(),
                                        .grpc = record.protocol_version() == "GRPC"};
  return base::WithErrorCode(lb::CheckHealthCheck(values), "ValidationError");
}

// --- targets ---

Targets TargetsIn(const v1::TargetGroupState& record) {
  Targets targets;
  for (int i = 0; i < record.static_targets_size(); ++i) {
    targets.push_back({record.static_targets(i), i < record.static_ports_size() ? record.static_ports(i) : 0});
  }
  return targets;
}

bool AreSame(const v1::TargetGroupState& record, const TargetDescription& a, const TargetDescription& b) {
  const auto port_of = [&](const TargetDescription& target) { return target.port == 0 ? record.port() : target.port; };
  return a.id == b.id && port_of(a) == port_of(b);
}

// Twice the same is once.
absl::Status SetTargets(const Targets& targets, v1::TargetGroupState& record) {
  Targets known;
  for (const TargetDescription& target : targets) {
    const auto is_it = [&](const TargetDescription& other) { return AreSame(record, other, target); };
    if (std::none_of(known.begin(), known.end(), is_it)) known.push_back(target);
  }
  if (known.size() > lb::kTargetsMax) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("target group ", record.name(), " has at most ", lb::kTargetsMax,
                                                  " targets, not ", known.size())),
        "TooManyTargets");
  }
  record.clear_static_targets();
  record.clear_static_ports();
  for (const TargetDescription& target : known) {
    record.add_static_targets(target.id);
    record.add_static_ports(target.port);
  }
  return absl::OkStatus();
}

// What an instance has to be to become a target.
enum class Needed { kNothing, kExists, kRuns };

absl::Status CheckInstance(const Context& context, const v1::TargetGroupState& record, const std::string& id,
                           Needed needed) {
  if (needed != Needed::kNothing) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kInstance, id));
  }
  const v1::InstanceState* instance = context.model.instances.Find(id);
  if (instance == nullptr) return absl::OkStatus();
  if (instance->vpc_id() != record.vpc_id()) {
    return InvalidTarget(absl::StrCat("The instance '", id, "' is in ", instance->vpc_id(), ", and target group ",
                                      record.name(), " in ", record.vpc_id()));
  }
  if (needed != Needed::kRuns || IsTarget(*instance)) return absl::OkStatus();
  return InvalidTarget(
      absl::StrCat("The following targets are not in a running state and cannot be registered: '", id, "'"));
}

absl::Status CheckTargets(const Context& context, const v1::TargetGroupState& record, const Targets& targets,
                          Needed needed) {
  const std::string type = record.target_type().empty() ? "instance" : record.target_type();
  for (const TargetDescription& target : targets) {
    NUBO_RETURN_IF_ERROR(base::WithErrorCode(lb::CheckTargetId(type, target.id), "InvalidTarget"));
    if (target.port != 0) {
      NUBO_RETURN_IF_ERROR(
          base::WithErrorCode(lb::CheckBetween("Port", target.port, 1, lb::kPortMax), "ValidationError"));
    }
    // An address is one of the VPC's, or none.
    NUBO_RETURN_IF_ERROR(
        type == "ip" ? base::WithErrorCode(LoopbackOf(context, record.vpc_id(), target.id).status(), "InvalidTarget")
                     : CheckInstance(context, record, target.id, needed));
  }
  return absl::OkStatus();
}

// --- all of it ---

// What of a target group may change while it serves. `needed`: of targets that it is given.
absl::Status Fill(const Context& context, const ModifyTargetGroupRequest& request, Needed needed,
                  v1::TargetGroupState& record) {
  NUBO_RETURN_IF_ERROR(
      CheckIsChecked(request.health_check_enabled.value_or(true), request.health_check_protocol.value_or("HTTP")));
  SetHealthCheck(request, record);
  NUBO_RETURN_IF_ERROR(CheckHealthCheck(record));
  NUBO_RETURN_IF_ERROR(SetAttributes(request.attributes, record));
  if (request.targets.has_value()) {
    NUBO_RETURN_IF_ERROR(CheckTargets(context, record, *request.targets, needed));
    NUBO_RETURN_IF_ERROR(SetTargets(*request.targets, record));
  }
  return base::WithErrorCode(WhyClosed(context, record), "ValidationError");
}

ModifyTargetGroupRequest ChangeableOf(const CreateTargetGroupRequest& request) {
  return {.health_check_enabled = request.health_check_enabled,
          .health_check_protocol = request.health_check_protocol,
          .health_check_path = request.health_check_path,
          .health_check_port = request.health_check_port,
          .health_check_interval_seconds = request.health_check_interval_seconds,
          .health_check_timeout_seconds = request.health_check_timeout_seconds,
          .healthy_threshold_count = request.healthy_threshold_count,
          .unhealthy_threshold_count = request.unhealthy_threshold_count,
          .matcher = request.matcher,
          .attributes = request.attributes,
          .targets = request.targets};
}

// What can be told without looking at the region.
absl::Status CheckRequest(const CreateTargetGroupRequest& request) {
  absl::Status status = lb::CheckName(request.name);
  status.Update(lb::CheckOneOf("Protocol", request.protocol, "HTTP"));
  status.Update(lb::CheckOneOf("ProtocolVersion", request.protocol_version, "HTTP1,HTTP2,GRPC"));
  status.Update(lb::CheckOneOf("TargetType", request.target_type, "instance,ip"));
  status.Update(lb::CheckBetween("Port", request.port, 1, lb::kPortMax));
  return base::WithErrorCode(status, "ValidationError");
}

// Stored, and those that forward to it are told.
void Put(Context& context, v1::TargetGroupState record) {
  const std::string arn = record.arn();
  context.model.target_groups.Put(arn, std::move(record));
  for (const std::string& balancer : BalancersOf(context, arn)) AwaitApplied(context, balancer);
}

}  // namespace

absl::Status CheckTargetGroupNameFree(const Model& model, const v1::Owner& owner, const std::string& name) {
  const bool taken =
      !name.empty() && IsTaken(model.target_groups, owner, [&](const auto& other) { return other.name() == name; });
  return taken ? NameInUse("target group", name, "DuplicateTargetGroupName") : absl::OkStatus();
}

absl::StatusOr<std::string> CreateTargetGroup(Context& context, const v1::Owner& owner,
                                              const CreateTargetGroupRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckRequest(request));
  NUBO_RETURN_IF_ERROR(CheckTargetGroupNameFree(context.model, {}, request.name));
  NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kVpc, request.vpc_id));
  v1::TargetGroupState record;
  *record.mutable_owner() = owner;
  record.set_name(request.name);
  record.set_protocol(request.protocol);
  record.set_protocol_version(request.protocol_version);
  record.set_port(request.port);
  record.set_vpc_id(request.vpc_id);
  record.set_target_type(request.target_type);
  const std::string arn =
      Arn("elasticloadbalancing", absl::StrCat("targetgroup/", record.name(), "/", context.ids.NewHex(kIdDigits)));
  record.set_arn(arn);
  record.set_stickiness_key(context.ids.NewHex(kKeyDigits));
  NUBO_RETURN_IF_ERROR(SetAttributes(DefaultTargetGroupAttributes(), record));
  NUBO_RETURN_IF_ERROR(Fill(context, ChangeableOf(request), Needed::kExists, record));
  Put(context, std::move(record));
  return arn;
}

absl::Status ModifyTargetGroup(Context& context, const ModifyTargetGroupRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, request.target_group_arn));
  v1::TargetGroupState record = *context.model.target_groups.Find(request.target_group_arn);
  if (record.stickiness_key().empty()) record.set_stickiness_key(context.ids.NewHex(kKeyDigits));
  NUBO_RETURN_IF_ERROR(Fill(context, request, Needed::kNothing, record));
  Put(context, std::move(record));
  return absl::OkStatus();
}

absl::Status RegisterTargets(Context& context, const RegisterTargetsRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, request.target_group_arn));
  v1::TargetGroupState record = *context.model.target_groups.Find(request.target_group_arn);
  NUBO_RETURN_IF_ERROR(CheckTargets(context, record, request.targets, Needed::kRuns));
  Targets targets = TargetsIn(record);
  targets.insert(targets.end(), request.targets.begin(), request.targets.end());
  NUBO_RETURN_IF_ERROR(SetTargets(targets, record));
  Put(context, std::move(record));
  return absl::OkStatus();
}

absl::Status DeregisterTargets(Context& context, const DeregisterTargetsRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, request.target_group_arn));
  v1::TargetGroupState record = *context.model.target_groups.Find(request.target_group_arn);
  Targets left = TargetsIn(record);
  for (const TargetDescription& target : request.targets) {
    std::erase_if(left, [&](const TargetDescription& known) { return AreSame(record, known, target); });
  }
  NUBO_RETURN_IF_ERROR(SetTargets(left, record));
  Put(context, std::move(record));
  return absl::OkStatus();
}

absl::Status DeleteTargetGroup(Context& context, const std::string& target_group_arn) {
  if (!BalancersOf(context, target_group_arn).empty()) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(
            absl::StrCat("Target group '", target_group_arn, "' is currently in use by a listener or a rule")),
        "ResourceInUse");
  }
  context.model.target_groups.Erase(target_group_arn);
  return absl::OkStatus();
}

}  // namespace nubo::region
