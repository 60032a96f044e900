// AWS::Route53.
#include "nubo/stack/schema_tables.h"

#include "nubo/dns/wire/record.h"
#include "nubo/dns/wire/route53.h"

#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

// What takes the place of every routing policy.
constexpr char kSimple[] = "use simple routing";

constexpr PropertySpec kZoneConfig[] = {Label(Text("Comment"))};
constexpr PropertySpec kQueryLogging[] = {Required(Text("CloudWatchLogsLogGroupArn"))};
constexpr PropertySpec kZoneVpc[] = {Required(IdOf(IdKind::kVpc, Text("VPCId"))), Required(Text("VPCRegion"))};
constexpr PropertySpec kHostedZone[] = {
    Label(Object("HostedZoneConfig", kZoneConfig)),
    Tags("HostedZoneTags"),
    Fixed(Required(Text("Name"))),
    Silent(Object("QueryLoggingConfig", kQueryLogging)),
    Silent(Objects("VPCs", kZoneVpc)),
};
constexpr const char* kHostedZoneAttributes[] = {"Id", "NameServers"};

constexpr PropertySpec kAliasTarget[] = {
    Required(Text("DNSName")),
    Default(Flag("EvaluateTargetHealth"), "false"),
    Required(Text("HostedZoneId")),
};
constexpr PropertySpec kCidrRouting[] = {Required(Text("CollectionId")), Required(Text("LocationName"))};
constexpr PropertySpec kGeoLocation[] = {Text("ContinentCode"), Text("CountryCode"), Text("SubdivisionCode")};
constexpr PropertySpec kRecordSet[] = {
    Object("AliasTarget", kAliasTarget),
    NotOffered(Object("CidrRoutingConfig", kCidrRouting), kSimple),
    Label(Text("Comment")),
    NotOffered(Choice("Failover", "PRIMARY,SECONDARY"), kSimple),
    NotOffered(Object("GeoLocation", kGeoLocation), kSimple),
    NotOffered(Json("GeoProximityLocation"), kSimple),
    Silent(Text("HealthCheckId")),
    Fixed(IdOf(IdKind::kHostedZone, Text("HostedZoneId"))),
    Fixed(Text("HostedZoneName")),
    NotOffered(Flag("MultiValueAnswer"), kSimple),
    Fixed(Required(Text("Name"))),
    NotOffered(Text("Region"), kSimple),
    Texts("ResourceRecords"),
    Text("SetIdentifier"),
    Integer("TTL", 0, dns::kTtlSecondsMax),
    Required(Choice("Type", dns::route53::kTypes)),
    NotOffered(Integer("Weight", 0, 255), kSimple),
};

constexpr Schema kSchemas[] = {
    {"AWS::Route53::HostedZone", kHostedZone, kHostedZoneAttributes, "the zone's id (Z…)", CheckHostedZone,
     IdKind::kHostedZone},
    {"AWS::Route53::RecordSet", kRecordSet, {}, "the record's name", CheckRecordSet},
};

}  // namespace

absl::Span<const Schema> Route53Schemas() { return kSchemas; }

}  // namespace nubo::stack::tables
