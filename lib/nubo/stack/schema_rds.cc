// AWS::RDS.
#include "nubo/stack/schema_tables.h"

#include "nubo/stack/rds_rules.h"

#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

constexpr PropertySpec kUserSecret[] = {Text("KmsKeyId"), Text("SecretArn")};
constexpr PropertySpec kNameValue[] = {Text("Name"), Text("Value")};

constexpr PropertySpec kDbInstance[] = {
    Silent(Integer("AllocatedStorage", 0)),
    Silent(Flag("AllowMajorVersionUpgrade")),
    Silent(Json("AssociatedRoles")),
    Silent(Flag("AutoMinorVersionUpgrade")),
    Fixed(Choice("AvailabilityZone", kAvailabilityZones)),
    Silent(Integer("BackupRetentionPeriod", 0, 35)),
    Silent(Text("CACertificateIdentifier")),
    Silent(Flag("CopyTagsToSnapshot")),
    Fixed(Silent(Text("DBClusterIdentifier"))),
    Silent(Text("DBInstanceClass")),
    Fixed(Text("DBInstanceIdentifier")),
    Fixed(Text("DBName")),
    Silent(Text("DBParameterGroupName")),
    Silent(Texts("DBSecurityGroups")),
    Fixed(Silent(Text("DBSnapshotIdentifier"))),
    Fixed(Silent(Text("DBSubnetGroupName"))),
    Silent(Flag("DedicatedLogVolume")),
    Silent(Flag("DeleteAutomatedBackups")),
    Flag("DeletionProtection"),
    Silent(Texts("EnableCloudwatchLogsExports")),
    Silent(Flag("EnableIAMDatabaseAuthentication")),
    Silent(Flag("EnablePerformanceInsights")),
    Fixed(Offered(AnyCase(Choice("Engine", rds::kEngines)), rds::kEnginesOffered)),
    Silent(Text("EngineVersion")),
    Silent(Integer("Iops", 0)),
    Fixed(Silent(Text("KmsKeyId"))),
    Silent(Text("LicenseModel")),
    Flag("ManageMasterUserPassword"),
    Text("MasterUserPassword"),
    Silent(Object("MasterUserSecret", kUserSecret)),
    Fixed(Text("MasterUsername")),
    Silent(Integer("MaxAllocatedStorage", 0)),
    Silent(Integer("MonitoringInterval", 0, 60)),
    Silent(Text("MonitoringRoleArn")),
    Silent(Flag("MultiAZ")),
    Silent(Text("NetworkType")),
    Silent(Text("OptionGroupName")),
    Silent(Text("PerformanceInsightsKMSKeyId")),
    Silent(Integer("PerformanceInsightsRetentionPeriod", 7)),
    Fixed(Default(Integer("Port", rds::kPortMin, rds::kPortMax), rds::kPortDefaultText)),
    Silent(Text("PreferredBackupWindow")),
    Silent(Text("PreferredMaintenanceWindow")),
    Silent(Objects("ProcessorFeatures", kNameValue)),
    Silent(Integer("PromotionTier", 0, 15)),
    Silent(Flag("PubliclyAccessible")),
    Fixed(Silent(Text("SourceDBInstanceIdentifier"))),
    Fixed(Silent(Flag("StorageEncrypted"))),
    Silent(Integer("StorageThroughput", 0)),
    Silent(Text("StorageType")),
    Tags(),
    Silent(Flag("UseLatestRestorableTime")),
    IdOf(IdKind::kSecurityGroup, Texts("VPCSecurityGroups")),
};
constexpr const char* kDbInstanceAttributes[] = {"DBInstanceArn",    "DbiResourceId",
                                                 "Endpoint.Address", "Endpoint.HostedZoneId",
                                                 "Endpoint.Port",    "MasterUserSecret.SecretArn"};

constexpr Schema kSchemas[] = {
    {.type = "AWS::RDS::DBInstance",
     .properties = kDbInstance,
     .attributes = kDbInstanceAttributes,
     .ref = "the instance's name",
     .check = CheckDbInstance,
     // It is put into one of them.
     .needs_type = "AWS::EC2::Subnet"},
};

}  // namespace

absl::Span<const Schema> RdsSchemas() { return kSchemas; }

}  // namespace nubo::stack::tables
