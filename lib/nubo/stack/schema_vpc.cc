// AWS::EC2: networks.
#include "nubo/stack/schema_tables.h"

#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

constexpr PropertySpec kVpc[] = {
    Fixed(Required(Cidr("CidrBlock"))),
    Silent(Default(Flag("EnableDnsHostnames"), "false")),
    Silent(Default(Flag("EnableDnsSupport"), "true")),
    Silent(Choice("InstanceTenancy", "default,dedicated,host")),
    Tags(),
};
constexpr const char* kVpcAttributes[] = {
    "CidrBlock", "CidrBlockAssociations", "DefaultNetworkAcl", "DefaultSecurityGroup", "Ipv6CidrBlocks", "VpcId"};

constexpr PropertySpec kDnsNameOptions[] = {
    Flag("EnableResourceNameDnsAAAARecord"),
    Flag("EnableResourceNameDnsARecord"),
    Choice("HostnameType", "ip-name,resource-name"),
};
constexpr PropertySpec kSubnet[] = {
    Silent(Flag("AssignIpv6AddressOnCreation")),
    Fixed(Choice("AvailabilityZone", kAvailabilityZones)),
    Fixed(Silent(Text("AvailabilityZoneId"))),
    Fixed(Required(Cidr("CidrBlock"))),
    Silent(Flag("EnableDns64")),
    Silent(Cidr("Ipv6CidrBlock")),
    Silent(Flag("Ipv6Native")),
    Default(Flag("MapPublicIpOnLaunch"), "false"),
    Silent(Object("PrivateDnsNameOptionsOnLaunch", kDnsNameOptions)),
    Tags(),
    Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId")))),
};
constexpr const char* kSubnetAttributes[] = {"AvailabilityZone",        "CidrBlock", "Ipv6CidrBlocks",
                                             "NetworkAclAssociationId", "SubnetId",  "VpcId"};

constexpr PropertySpec kElasticAddress[] = {
    Fixed(Silent(Text("Address"))),
    Fixed(Offered(Choice("Domain", "vpc,standard"), "vpc")),
    IdOf(IdKind::kInstance, Text("InstanceId")),
    Fixed(Silent(Text("IpamPoolId"))),
    Fixed(Silent(Text("NetworkBorderGroup"))),
    Fixed(Silent(Text("PublicIpv4Pool"))),
    Tags(),
    Fixed(Silent(Text("TransferAddress"))),
};
constexpr const char* kElasticAddressAttributes[] = {"AllocationId", "PublicIp"};

constexpr PropertySpec kInternetGateway[] = {Tags()};
constexpr const char* kInternetGatewayAttributes[] = {"InternetGatewayId"};

constexpr PropertySpec kGatewayAttachment[] = {
    IdOf(IdKind::kInternetGateway, Text("InternetGatewayId")),
    Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId")))),
    Silent(Text("VpnGatewayId")),
};
constexpr const char* kGatewayAttachmentAttributes[] = {"AttachmentType"};

constexpr PropertySpec kRouteTable[] = {Tags(), Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId"))))};
constexpr const char* kRouteTableAttributes[] = {"RouteTableId"};

constexpr PropertySpec kRoute[] = {
    Fixed(Cidr("DestinationCidrBlock")),
    Fixed(Silent(Cidr("DestinationIpv6CidrBlock"))),
    IdOf(IdKind::kInternetGateway, Text("GatewayId")),
    Silent(Text("InstanceId")),
    Silent(Text("NatGatewayId")),
    Silent(Text("NetworkInterfaceId")),
    Fixed(Required(IdOf(IdKind::kRouteTable, Text("RouteTableId")))),
    Silent(Text("VpcPeeringConnectionId")),
};
constexpr const char* kRouteAttributes[] = {"CidrBlock"};

constexpr PropertySpec kAssociation[] = {Required(IdOf(IdKind::kRouteTable, Text("RouteTableId"))),
                                         Fixed(Required(IdOf(IdKind::kSubnet, Text("SubnetId"))))};
constexpr const char* kAssociationAttributes[] = {"Id"};

constexpr PropertySpec kIngress[] = {
    Cidr("CidrIp"),
    Cidr("CidrIpv6"),
    Label(Text("Description")),
    Integer("FromPort", -1, 65535),
    Required(AnyCase(Text("IpProtocol"))),
    Silent(Text("SourcePrefixListId")),
    IdOf(IdKind::kSecurityGroup, Text("SourceSecurityGroupId")),
    Text("SourceSecurityGroupName"),
    Silent(Text("SourceSecurityGroupOwnerId")),
    Integer("ToPort", -1, 65535),
};
constexpr PropertySpec kEgress[] = {
    Cidr("CidrIp"),
    Cidr("CidrIpv6"),
    Label(Text("Description")),
    Silent(Text("DestinationPrefixListId")),
    IdOf(IdKind::kSecurityGroup, Text("DestinationSecurityGroupId")),
    Integer("FromPort", -1, 65535),
    Required(AnyCase(Text("IpProtocol"))),
    Integer("ToPort", -1, 65535),
};
constexpr PropertySpec kSecurityGroup[] = {
    Label(Fixed(Required(Text("GroupDescription")))),
    Fixed(Text("GroupName")),
    Objects("SecurityGroupEgress", kEgress),
    Objects("SecurityGroupIngress", kIngress),
    Tags(),
    Fixed(IdOf(IdKind::kVpc, Text("VpcId"))),
};
constexpr const char* kSecurityGroupAttributes[] = {"GroupId", "Id", "VpcId"};

constexpr Schema kSchemas[] = {
    {"AWS::EC2::EIP", kElasticAddress, kElasticAddressAttributes, "the address"},
    {"AWS::EC2::InternetGateway", kInternetGateway, kInternetGatewayAttributes, "the gateway's id (igw-…)", nullptr,
     IdKind::kInternetGateway},
    {"AWS::EC2::Route", kRoute, kRouteAttributes, "the route's id", CheckRoute},
    {"AWS::EC2::RouteTable", kRouteTable, kRouteTableAttributes, "the table's id (rtb-…)", nullptr,
     IdKind::kRouteTable},
    {"AWS::EC2::SecurityGroup", kSecurityGroup, kSecurityGroupAttributes, "the group's id (sg-…)", CheckSecurityGroup,
     IdKind::kSecurityGroup},
    {"AWS::EC2::Subnet", kSubnet, kSubnetAttributes, "the subnet's id (subnet-…)", CheckSubnetBlock, IdKind::kSubnet},
    {"AWS::EC2::SubnetRouteTableAssociation", kAssociation, kAssociationAttributes,
     "the association's id (rtbassoc-…)"},
    {"AWS::EC2::VPC", kVpc, kVpcAttributes, "the VPC's id (vpc-…)", CheckVpcBlock, IdKind::kVpc},
    {"AWS::EC2::VPCGatewayAttachment", kGatewayAttachment, kGatewayAttachmentAttributes, "the attachment's id"},
};

}  // namespace

absl::Span<const Schema> VpcSchemas() { return kSchemas; }

}  // namespace nubo::stack::tables
