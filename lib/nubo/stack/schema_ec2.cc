// AWS::EC2: instances and their templates.
#include "nubo/stack/schema_tables.h"

#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

constexpr PropertySpec kEbs[] = {
    Flag("DeleteOnTermination"), Flag("Encrypted"),        Integer("Iops", 1),       Text("KmsKeyId"),
    Text("SnapshotId"),          Integer("Throughput", 1), Integer("VolumeSize", 1), Text("VolumeType"),
};
constexpr PropertySpec kBlockDevice[] = {
    Text("DeviceName"),
    Object("Ebs", kEbs),
    Json("NoDevice"),
    Text("VirtualName"),
};
constexpr PropertySpec kIamInstanceProfile[] = {Text("Arn"), Text("Name")};
constexpr PropertySpec kMonitoring[] = {Flag("Enabled")};
constexpr PropertySpec kMetadataOptions[] = {
    Choice("HttpEndpoint", "enabled,disabled"),         Choice("HttpProtocolIpv6", "enabled,disabled"),
    Integer("HttpPutResponseHopLimit", 1, 64),          Choice("HttpTokens", "optional,required"),
    Choice("InstanceMetadataTags", "enabled,disabled"),
};
constexpr PropertySpec kPlacement[] = {
    Silent(Text("Affinity")),           Choice("AvailabilityZone", kAvailabilityZones),
    Silent(Text("GroupName")),          Silent(Text("HostId")),
    Silent(Integer("PartitionNumber")), Silent(Choice("Tenancy", "default,dedicated,host")),
};
constexpr PropertySpec kTagSpecification[] = {Text("ResourceType"), Tags()};
constexpr PropertySpec kTemplateInterface[] = {
    Flag("AssociatePublicIpAddress"),
    Silent(Flag("DeleteOnTermination")),
    Label(Text("Description")),
    Silent(Integer("DeviceIndex", 0)),
    IdOf(IdKind::kSecurityGroup, Texts("Groups")),
    Silent(Text("NetworkInterfaceId")),
    Text("PrivateIpAddress"),
    IdOf(IdKind::kSubnet, Text("SubnetId")),
};
constexpr PropertySpec kInstanceInterface[] = {
    Flag("AssociatePublicIpAddress"),
    Silent(Flag("DeleteOnTermination")),
    Label(Text("Description")),
    Silent(Required(Text("DeviceIndex"))),
    IdOf(IdKind::kSecurityGroup, Texts("GroupSet")),
    Silent(Text("NetworkInterfaceId")),
    Text("PrivateIpAddress"),
    IdOf(IdKind::kSubnet, Text("SubnetId")),
};
constexpr PropertySpec kTemplateCredit[] = {Text("CpuCredits")};
constexpr PropertySpec kInstanceCredit[] = {Text("CPUCredits")};

constexpr PropertySpec kLaunchTemplateData[] = {
    Silent(Objects("BlockDeviceMappings", kBlockDevice)),
    Silent(Json("CapacityReservationSpecification")),
    Silent(Json("CpuOptions")),
    Silent(Object("CreditSpecification", kTemplateCredit)),
    Flag("DisableApiStop"),
    Flag("DisableApiTermination"),
    Silent(Flag("EbsOptimized")),
    Silent(Json("EnclaveOptions")),
    Silent(Json("HibernationOptions")),
    Silent(Object("IamInstanceProfile", kIamInstanceProfile)),
    IdOf(IdKind::kImage, Text("ImageId")),
    Silent(Choice("InstanceInitiatedShutdownBehavior", "stop,terminate")),
    Silent(Json("InstanceMarketOptions")),
    Silent(Json("InstanceRequirements")),
    Silent(Text("InstanceType")),
    Silent(Text("KernelId")),
    Silent(Text("KeyName")),
    Silent(Json("LicenseSpecifications")),
    Silent(Json("MaintenanceOptions")),
    Silent(Object("MetadataOptions", kMetadataOptions)),
    Silent(Object("Monitoring", kMonitoring)),
    Objects("NetworkInterfaces", kTemplateInterface),
    Object("Placement", kPlacement),
    Silent(Json("PrivateDnsNameOptions")),
    Silent(Text("RamDiskId")),
    IdOf(IdKind::kSecurityGroup, Texts("SecurityGroupIds")),
    Silent(Texts("SecurityGroups")),
    Silent(Objects("TagSpecifications", kTagSpecification)),
    Text("UserData"),
};
constexpr PropertySpec kLaunchTemplate[] = {
    Required(Object("LaunchTemplateData", kLaunchTemplateData)),
    Fixed(Text("LaunchTemplateName")),
    Silent(Objects("TagSpecifications", kTagSpecification)),
    Label(Text("VersionDescription")),
};
constexpr const char* kLaunchTemplateAttributes[] = {"DefaultVersionNumber", "LatestVersionNumber", "LaunchTemplateId"};

constexpr PropertySpec kTemplateReference[] = {
    IdOf(IdKind::kLaunchTemplate, Text("LaunchTemplateId")),
    IdOf(IdKind::kLaunchTemplateName, Text("LaunchTemplateName")),
    Required(Text("Version")),
};
constexpr PropertySpec kInstance[] = {
    Silent(Text("Affinity")),
    Fixed(Choice("AvailabilityZone", kAvailabilityZones)),
    Silent(Objects("BlockDeviceMappings", kBlockDevice)),
    Silent(Json("CpuOptions")),
    Silent(Object("CreditSpecification", kInstanceCredit)),
    Flag("DisableApiTermination"),
    Silent(Flag("EbsOptimized")),
    Silent(Json("EnclaveOptions")),
    Silent(Json("HibernationOptions")),
    Silent(Text("HostId")),
    Silent(Text("IamInstanceProfile")),
    Fixed(IdOf(IdKind::kImage, Text("ImageId"))),
    Silent(Choice("InstanceInitiatedShutdownBehavior", "stop,terminate")),
    Silent(Text("InstanceType")),
    Silent(Text("KernelId")),
    Fixed(Silent(Text("KeyName"))),
    Fixed(Object("LaunchTemplate", kTemplateReference)),
    Silent(Json("LicenseSpecifications")),
    Silent(Object("MetadataOptions", kMetadataOptions)),
    Silent(Flag("Monitoring")),
    Fixed(Objects("NetworkInterfaces", kInstanceInterface)),
    Silent(Text("PlacementGroupName")),
    Silent(Json("PrivateDnsNameOptions")),
    Fixed(Text("PrivateIpAddress")),
    Silent(Flag("PropagateTagsToVolumeOnCreation")),
    Silent(Text("RamdiskId")),
    IdOf(IdKind::kSecurityGroup, Texts("SecurityGroupIds")),
    Silent(Texts("SecurityGroups")),
    Silent(Flag("SourceDestCheck")),
    Fixed(IdOf(IdKind::kSubnet, Text("SubnetId"))),
    Tags(),
    Silent(Choice("Tenancy", "default,dedicated,host")),
    Fixed(Text("UserData")),
    Silent(Json("Volumes")),
};
constexpr const char* kInstanceAttributes[] = {"AvailabilityZone", "InstanceId",    "PrivateDnsName",
                                               "PrivateIp",        "PublicDnsName", "PublicIp",
                                               "State.Code",       "State.Name",    "VpcId"};

constexpr Schema kSchemas[] = {
    {"AWS::EC2::Instance", kInstance, kInstanceAttributes, "the instance's id (i-…)", CheckInstance, IdKind::kInstance},
    {"AWS::EC2::LaunchTemplate", kLaunchTemplate, kLaunchTemplateAttributes, "the template's id (lt-…)",
     CheckLaunchTemplate, IdKind::kLaunchTemplate},
};

}  // namespace

absl::Span<const Schema> Ec2Schemas() { return kSchemas; }

}  // namespace nubo::stack::tables
