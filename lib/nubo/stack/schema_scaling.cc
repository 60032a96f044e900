// AWS::AutoScaling.
#include "nubo/stack/schema_tables.h"

#include "nubo/scaling/reconcile.h"
#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

using scaling::kGroupSizeMax;

constexpr PropertySpec kTemplateReference[] = {
    IdOf(IdKind::kLaunchTemplate, Text("LaunchTemplateId")),
    IdOf(IdKind::kLaunchTemplateName, Text("LaunchTemplateName")),
    Required(Text("Version")),
};
constexpr PropertySpec kMaintenancePolicy[] = {
    Integer("MaxHealthyPercentage", -1, 200),
    Integer("MinHealthyPercentage", -1, 100),
};
constexpr PropertySpec kLifecycleHook[] = {
    Choice("DefaultResult", "ABANDON,CONTINUE"),
    Integer("HeartbeatTimeout", 30, 7200),
    Required(Text("LifecycleHookName")),
    Required(Choice("LifecycleTransition", "autoscaling:EC2_INSTANCE_LAUNCHING,autoscaling:EC2_INSTANCE_TERMINATING")),
    Text("NotificationMetadata"),
    Text("NotificationTargetARN"),
    Text("RoleARN"),
};
constexpr PropertySpec kGroupTag[] = {
    Label(Required(Text("Key"))),
    Label(Required(Flag("PropagateAtLaunch"))),
    Label(Required(Text("Value"))),
};
constexpr PropertySpec kMetrics[] = {Required(Text("Granularity")), Texts("Metrics")};

constexpr PropertySpec kGroup[] = {
    Fixed(Text("AutoScalingGroupName")),
    AllOf(Texts("AvailabilityZones"), kAvailabilityZones),
    Silent(Flag("CapacityRebalance")),
    Silent(Text("Context")),
    Silent(Default(Integer("Cooldown", 0), "300")),
    Silent(Integer("DefaultInstanceWarmup", -1)),
    Integer("DesiredCapacity", 0, kGroupSizeMax),
    Silent(Choice("DesiredCapacityType", "units,vcpu,memory-mib")),
    Default(Integer("HealthCheckGracePeriod", 0), "0"),
    // One or more, separated by commas; EC2 always counts.
    Default(Text("HealthCheckType"), "EC2"),
    NotOffered(IdOf(IdKind::kInstance, Text("InstanceId")), "use a LaunchTemplate"),
    Silent(Object("InstanceMaintenancePolicy", kMaintenancePolicy)),
    Object("LaunchTemplate", kTemplateReference),
    Silent(Objects("LifecycleHookSpecificationList", kLifecycleHook)),
    Silent(Texts("LoadBalancerNames")),
    Silent(Integer("MaxInstanceLifetime", 0)),
    Required(Integer("MaxSize", 0, kGroupSizeMax)),
    Silent(Objects("MetricsCollection", kMetrics)),
    Required(Integer("MinSize", 0, kGroupSizeMax)),
    Flag("NewInstancesProtectedFromScaleIn"),
    Silent(Json("NotificationConfigurations")),
    Silent(Text("PlacementGroup")),
    Silent(Text("ServiceLinkedRoleARN")),
    Label(Objects("Tags", kGroupTag)),
    IdOf(IdKind::kTargetGroup, Texts("TargetGroupARNs")),
    Texts("TerminationPolicies"),
    IdOf(IdKind::kSubnet, Texts("VPCZoneIdentifier")),
};

constexpr Schema kSchemas[] = {
    {"AWS::AutoScaling::AutoScalingGroup", kGroup, {}, "the group's name", CheckAutoScalingGroup},
};

}  // namespace

absl::Span<const Schema> ScalingSchemas() { return kSchemas; }

}  // namespace nubo::stack::tables
