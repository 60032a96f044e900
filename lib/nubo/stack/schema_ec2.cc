// AWS::EC2: instances and their templates.
#include "nubo/stack/schema_tables.h"

#include "nubo/ec2/metadata.h"
#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

constexpr PropertySpec kEbs[] = {
    Flag("DeleteOnTermination"), Flag("Encrypted"),          Silent(Integer("Iops", 1)),
    Silent(Text("KmsKeyId")),    Silent(Text("SnapshotId")), Silent(Integer("Throughput", 1)),
    Integer("VolumeSize", 1),    Text("VolumeType"),
};
constexpr PropertySpec kBlockDevice[] = {
    Text("DeviceName"),
    Object("Ebs", kEbs),
    Silent(Json("NoDevice")),
    Silent(Text("VirtualName")),
};
constexpr PropertySpec kIamInstanceProfile[] = {Text("Arn"), Text("Name")};
constexpr PropertySpec kMonitoring[] = {Flag("Enabled")};
constexpr PropertySpec kMetadataOptions[] = {
    Choice("HttpEndpoint", "enabled,disabled"),
    Choice("HttpProtocolIpv6", "enabled,disabled"),
    Integer("HttpPutResponseHopLimit", ec2::kHopLimitMin, ec2::kHopLimitMax),
    Choice("HttpTokens", "optional,required"),
    Choice("InstanceMetadataTags", "enabled,disabled"),
};
constexpr PropertySpec kPlacement[] = {
    Silent(Text("Affinity")),
    Choice("AvailabilityZone", kAvailabilityZones),
    IdOf(IdKind::kPlacementGroup, Text("GroupName")),
    Silent(Text("HostId")),
    Integer("PartitionNumber", 1, 7),
    Silent(Choice("Tenancy", "default,dedicated,host")),
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
    Objects("BlockDeviceMappings", kBlockDevice),
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
    IdOf(IdKind::kKeyPair, Text("KeyName")),
    Silent(Json("LicenseSpecifications")),
    Silent(Json("MaintenanceOptions")),
    Object("MetadataOptions", kMetadataOptions),
    Silent(Object("Monitoring", kMonitoring)),
    Objects("NetworkInterfaces", kTemplateInterface),
    Object("Placement", kPlacement),
    Silent(Json("PrivateDnsNameOptions")),
    Silent(Text("RamDiskId")),
    IdOf(IdKind::kSecurityGroup, Texts("SecurityGroupIds")),
    Silent(Texts("SecurityGroups")),
    Objects("TagSpecifications", kTagSpecification),
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
    Fixed(Objects("BlockDeviceMappings", kBlockDevice)),
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
    Fixed(IdOf(IdKind::kKeyPair, Text("KeyName"))),
    Fixed(Object("LaunchTemplate", kTemplateReference)),
    Silent(Json("LicenseSpecifications")),
    Object("MetadataOptions", kMetadataOptions),
    Silent(Flag("Monitoring")),
    Fixed(Objects("NetworkInterfaces", kInstanceInterface)),
    Fixed(IdOf(IdKind::kPlacementGroup, Text("PlacementGroupName"))),
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

constexpr PropertySpec kVolume[] = {
    Silent(Flag("AutoEnableIO")),
    Required(Choice("AvailabilityZone", kAvailabilityZones)),
    Flag("Encrypted"),
    Integer("Iops", 100, 256000),
    Silent(Text("KmsKeyId")),
    Silent(Flag("MultiAttachEnabled")),
    Fixed(Silent(Text("OutpostArn"))),
    Integer("Size", 1),
    NotOffered(Text("SnapshotId"), "there are no snapshots; without it the volume is empty"),
    NotOffered(Text("SourceVolumeId"), "without it the volume is empty"),
    Tags(),
    Integer("Throughput", 125, 2000),
    Silent(Integer("VolumeInitializationRate", 100, 300)),
    Default(Choice("VolumeType", "gp2,gp3,io1,io2,sc1,st1,standard"), "gp2"),
};
constexpr const char* kVolumeAttributes[] = {"VolumeId"};
constexpr PropertySpec kVolumeAttachment[] = {
    Fixed(Text("Device")),
    Fixed(Silent(Json("EbsCard"))),
    Fixed(Required(IdOf(IdKind::kInstance, Text("InstanceId")))),
    Fixed(Required(IdOf(IdKind::kVolume, Text("VolumeId")))),
};

constexpr PropertySpec kKeyPair[] = {
    Fixed(Silent(Choice("KeyFormat", "pem,ppk"))),
    Fixed(Required(Text("KeyName"))),
    Fixed(Silent(Choice("KeyType", "rsa,ed25519"))),
    Fixed(Text("PublicKeyMaterial")),
    Fixed(Tags()),
};
constexpr const char* kKeyPairAttributes[] = {"KeyFingerprint", "KeyPairId"};

constexpr PropertySpec kPlacementGroup[] = {
    Fixed(Text("GroupName")),
    Fixed(Integer("PartitionCount", 1, 7)),
    Fixed(Text("SpreadLevel")),
    Fixed(Default(Choice("Strategy", "cluster,spread,partition"), "cluster")),
    Fixed(Tags()),
};
constexpr const char* kPlacementGroupAttributes[] = {"GroupName"};

constexpr Schema kSchemas[] = {
    {"AWS::EC2::Instance", kInstance, kInstanceAttributes, "the instance's id (i-…)", CheckInstance, IdKind::kInstance},
    {"AWS::EC2::KeyPair", kKeyPair, kKeyPairAttributes, "the pair's name", CheckKeyPair, IdKind::kKeyPair},
    {"AWS::EC2::LaunchTemplate", kLaunchTemplate, kLaunchTemplateAttributes, "the template's id (lt-…)",
     CheckLaunchTemplate, IdKind::kLaunchTemplate},
    {"AWS::EC2::PlacementGroup", kPlacementGroup, kPlacementGroupAttributes, "the group's name", CheckPlacementGroup,
     IdKind::kPlacementGroup},
    {"AWS::EC2::Volume", kVolume, kVolumeAttributes, "the volume's id (vol-…)", CheckVolume, IdKind::kVolume},
    {"AWS::EC2::VolumeAttachment",
     kVolumeAttachment,
     {},
     "the volume's and the instance's id (vol-…|i-…)",
     CheckVolumeAttachment},
};

}  // namespace

absl::Span<const Schema> Ec2Schemas() { return kSchemas; }

}  // namespace nubo::stack::tables
