// AWS::EC2: address management.
#include "nubo/stack/schema_tables.h"

#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

constexpr PropertySpec kOperatingRegion[] = {Required(Text("RegionName"))};
constexpr PropertySpec kOrganizationalUnit[] = {Required(Text("OrganizationsEntityPath"))};
constexpr PropertySpec kIpam[] = {
    Silent(Objects("DefaultResourceDiscoveryOrganizationalUnitExclusions", kOrganizationalUnit)),
    Label(Text("Description")),
    Silent(Flag("EnablePrivateGua")),
    Silent(Text("MeteredAccount")),
    Silent(Objects("OperatingRegions", kOperatingRegion)),
    Tags(),
    Silent(Choice("Tier", "free,advanced")),
};
constexpr const char* kIpamAttributes[] = {"Arn", "IpamId", "PrivateDefaultScopeId", "PublicDefaultScopeId",
                                           "ScopeCount"};

constexpr PropertySpec kScope[] = {
    Label(Text("Description")),
    Fixed(Required(IdOf(IdKind::kIpam, Text("IpamId")))),
    Tags(),
};
constexpr const char* kScopeAttributes[] = {"Arn", "IpamArn", "IpamScopeId", "IpamScopeType", "IsDefault", "PoolCount"};

constexpr PropertySpec kProvisionedCidr[] = {Required(Cidr("Cidr"))};
constexpr PropertySpec kPool[] = {
    Fixed(Required(Choice("AddressFamily", "ipv4,ipv6"))),
    Integer("AllocationDefaultNetmaskLength", 0, 128),
    Integer("AllocationMaxNetmaskLength", 0, 128),
    Integer("AllocationMinNetmaskLength", 0, 128),
    Silent(Objects("AllocationResourceTags", kPair)),
    Silent(Flag("AutoImport")),
    Fixed(Silent(Text("AwsService"))),
    Label(Text("Description")),
    Fixed(Required(IdOf(IdKind::kIpamScope, Text("IpamScopeId")))),
    Fixed(Silent(Text("Locale"))),
    Objects("ProvisionedCidrs", kProvisionedCidr),
    Fixed(Silent(Choice("PublicIpSource", "byoip,amazon"))),
    Fixed(Silent(Flag("PubliclyAdvertisable"))),
    Fixed(IdOf(IdKind::kIpamPool, Text("SourceIpamPoolId"))),
    Fixed(NotOffered(Json("SourceResource"), "give the pool blocks of its own")),
    Tags(),
};
constexpr const char* kPoolAttributes[] = {"Arn",           "IpamArn",   "IpamPoolId", "IpamScopeArn",
                                           "IpamScopeType", "PoolDepth", "State",      "StateMessage"};

constexpr PropertySpec kPoolCidr[] = {
    Fixed(Cidr("Cidr")),
    Fixed(Required(IdOf(IdKind::kIpamPool, Text("IpamPoolId")))),
    Fixed(Integer("NetmaskLength", 0, 128)),
};
constexpr const char* kPoolCidrAttributes[] = {"IpamPoolCidrId", "State"};

constexpr PropertySpec kAllocation[] = {
    Fixed(Cidr("Cidr")),
    Label(Fixed(Text("Description"))),
    Fixed(Required(IdOf(IdKind::kIpamPool, Text("IpamPoolId")))),
    Fixed(Integer("NetmaskLength", 0, 128)),
};
constexpr const char* kAllocationAttributes[] = {"IpamPoolAllocationId"};

constexpr Schema kSchemas[] = {
    {"AWS::EC2::IPAM", kIpam, kIpamAttributes, "the IPAM's id (ipam-…)", nullptr, IdKind::kIpam},
    {"AWS::EC2::IPAMAllocation", kAllocation, kAllocationAttributes,
     "the pool's id, the allocation's and its block (ipam-pool-…|ipam-pool-alloc-…|10.0.0.0/24)", nullptr,
     IdKind::kNone, "AWS::EC2::IPAMPoolCidr"},
    {"AWS::EC2::IPAMPool", kPool, kPoolAttributes, "the pool's id (ipam-pool-…)", nullptr, IdKind::kIpamPool},
    {"AWS::EC2::IPAMPoolCidr", kPoolCidr, kPoolCidrAttributes,
     "the pool's id and the block's (ipam-pool-…|ipam-pool-cidr-…)", CheckIpamPoolCidr},
    {"AWS::EC2::IPAMScope", kScope, kScopeAttributes, "the scope's id (ipam-scope-…)", nullptr, IdKind::kIpamScope},
};

}  // namespace

absl::Span<const Schema> IpamSchemas() { return kSchemas; }

}  // namespace nubo::stack::tables
