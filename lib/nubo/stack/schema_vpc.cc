// AWS::EC2: networks.
#include "nubo/stack/schema_tables.h"

#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

constexpr PropertySpec kVpc[] = {
    Fixed(Cidr("CidrBlock")),
    Default(Flag("EnableDnsHostnames"), "false"),
    Default(Flag("EnableDnsSupport"), "true"),
    Silent(Choice("InstanceTenancy", "default,dedicated,host")),
    Fixed(IdOf(IdKind::kIpamPool, Text("Ipv4IpamPoolId"))),
    Fixed(Integer("Ipv4NetmaskLength", 16, 28)),
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
    Default(Flag("AssignIpv6AddressOnCreation"), "false"),
    Fixed(Choice("AvailabilityZone", kAvailabilityZones)),
    Fixed(Silent(Text("AvailabilityZoneId"))),
    Fixed(Required(Cidr("CidrBlock"))),
    Silent(Flag("EnableDns64")),
    Fixed(Cidr("Ipv6CidrBlock")),
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

constexpr PropertySpec kAddressAssociation[] = {
    Fixed(IdOf(IdKind::kAllocation, Text("AllocationId"))),
    Fixed(Text("EIP")),
    Fixed(IdOf(IdKind::kInstance, Text("InstanceId"))),
    Fixed(IdOf(IdKind::kNetworkInterface, Text("NetworkInterfaceId"))),
    Fixed(Text("PrivateIpAddress")),
};
constexpr const char* kIdAttribute[] = {"Id"};

constexpr PropertySpec kNatGateway[] = {
    Fixed(IdOf(IdKind::kAllocation, Text("AllocationId"))),
    Fixed(Default(Choice("ConnectivityType", "public,private"), "public")),
    Silent(Integer("MaxDrainDurationSeconds", 1, 4000)),
    Fixed(Text("PrivateIpAddress")),
    Silent(Texts("SecondaryAllocationIds")),
    Silent(Integer("SecondaryPrivateIpAddressCount", 1, 31)),
    Silent(Texts("SecondaryPrivateIpAddresses")),
    Fixed(Required(IdOf(IdKind::kSubnet, Text("SubnetId")))),
    Tags(),
};
constexpr const char* kNatGatewayAttributes[] = {"NatGatewayId"};

constexpr PropertySpec kNetworkAcl[] = {Tags(), Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId"))))};
constexpr PropertySpec kIcmp[] = {Integer("Code", -1, 255), Integer("Type", -1, 255)};
constexpr PropertySpec kPortRange[] = {Integer("From", 0, 65535), Integer("To", 0, 65535)};
constexpr PropertySpec kNetworkAclEntry[] = {
    Cidr("CidrBlock"),
    Fixed(Default(Flag("Egress"), "false")),
    Object("Icmp", kIcmp),
    Cidr("Ipv6CidrBlock"),
    Fixed(Required(IdOf(IdKind::kNetworkAcl, Text("NetworkAclId")))),
    Object("PortRange", kPortRange),
    Required(Integer("Protocol", -1, 255)),
    Required(Choice("RuleAction", "allow,deny")),
    Fixed(Required(Integer("RuleNumber", 1, 32766))),
};
constexpr PropertySpec kAclAssociation[] = {
    Fixed(Required(IdOf(IdKind::kNetworkAcl, Text("NetworkAclId")))),
    Fixed(Required(IdOf(IdKind::kSubnet, Text("SubnetId")))),
};
constexpr const char* kAclAssociationAttributes[] = {"AssociationId"};

constexpr PropertySpec kInterfaceAddress[] = {Required(Flag("Primary")), Required(Text("PrivateIpAddress"))};
constexpr PropertySpec kInterfaceIpv6[] = {Required(Text("Ipv6Address"))};
constexpr PropertySpec kInterface[] = {
    Silent(Json("ConnectionTrackingSpecification")),
    Label(Text("Description")),
    Silent(Flag("EnablePrimaryIpv6")),
    IdOf(IdKind::kSecurityGroup, Texts("GroupSet")),
    Fixed(Silent(Text("InterfaceType"))),
    Silent(Integer("Ipv4PrefixCount", 0)),
    Silent(Json("Ipv4Prefixes")),
    Fixed(Integer("Ipv6AddressCount", 0)),
    Fixed(Objects("Ipv6Addresses", kInterfaceIpv6)),
    Silent(Integer("Ipv6PrefixCount", 0)),
    Silent(Json("Ipv6Prefixes")),
    Fixed(Text("PrivateIpAddress")),
    Fixed(Objects("PrivateIpAddresses", kInterfaceAddress)),
    Integer("SecondaryPrivateIpAddressCount", 0),
    Default(Flag("SourceDestCheck"), "true"),
    Fixed(Required(IdOf(IdKind::kSubnet, Text("SubnetId")))),
    Tags(),
};
constexpr const char* kInterfaceAttributes[] = {"Id", "PrimaryIpv6Address", "PrimaryPrivateIpAddress",
                                                "SecondaryPrivateIpAddresses", "VpcId"};
constexpr PropertySpec kInterfaceAttachment[] = {
    Silent(Default(Flag("DeleteOnTermination"), "true")),
    Fixed(Required(Text("DeviceIndex"))),
    Silent(Json("EnaSrdSpecification")),
    Fixed(Required(IdOf(IdKind::kInstance, Text("InstanceId")))),
    Fixed(Required(IdOf(IdKind::kNetworkInterface, Text("NetworkInterfaceId")))),
};
constexpr const char* kInterfaceAttachmentAttributes[] = {"AttachmentId"};

constexpr char kNoIpam[] = "give the block itself";
constexpr PropertySpec kVpcBlock[] = {
    Fixed(Flag("AmazonProvidedIpv6CidrBlock")),
    Fixed(Cidr("CidrBlock")),
    Fixed(NotOffered(Text("Ipv4IpamPoolId"), kNoIpam)),
    Fixed(NotOffered(Integer("Ipv4NetmaskLength"), kNoIpam)),
    Fixed(NotOffered(Cidr("Ipv6CidrBlock"), "use AmazonProvidedIpv6CidrBlock")),
    Fixed(NotOffered(Text("Ipv6IpamPoolId"), "use AmazonProvidedIpv6CidrBlock")),
    Fixed(NotOffered(Integer("Ipv6NetmaskLength"), "use AmazonProvidedIpv6CidrBlock")),
    Fixed(NotOffered(Text("Ipv6Pool"), "use AmazonProvidedIpv6CidrBlock")),
    Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId")))),
};
constexpr PropertySpec kSubnetBlock[] = {
    Fixed(Required(Cidr("Ipv6CidrBlock"))),
    Fixed(NotOffered(Text("Ipv6IpamPoolId"), kNoIpam)),
    Fixed(NotOffered(Integer("Ipv6NetmaskLength"), kNoIpam)),
    Fixed(Required(IdOf(IdKind::kSubnet, Text("SubnetId")))),
};

constexpr PropertySpec kPrefixListEntry[] = {Required(Cidr("Cidr")), Label(Text("Description"))};
constexpr PropertySpec kPrefixList[] = {
    Fixed(Required(Choice("AddressFamily", "IPv4,IPv6"))),
    Objects("Entries", kPrefixListEntry),
    Required(Integer("MaxEntries", 1, 1000)),
    Required(Text("PrefixListName")),
    Tags(),
};
constexpr const char* kPrefixListAttributes[] = {"Arn", "OwnerId", "PrefixListId", "Version"};

constexpr PropertySpec kEgressOnlyGateway[] = {Tags(), Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId"))))};

constexpr PropertySpec kPeering[] = {
    Fixed(Text("PeerOwnerId")),
    Fixed(Text("PeerRegion")),
    Fixed(Silent(Text("PeerRoleArn"))),
    Fixed(Required(IdOf(IdKind::kVpc, Text("PeerVpcId")))),
    Tags(),
    Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId")))),
};

constexpr PropertySpec kEndpoint[] = {
    Silent(Json("DnsOptions")),
    Silent(Text("IpAddressType")),
    Silent(Json("PolicyDocument")),
    Flag("PrivateDnsEnabled"),
    NotOffered(Text("ResourceConfigurationArn"), "name a service"),
    IdOf(IdKind::kRouteTable, Texts("RouteTableIds")),
    IdOf(IdKind::kSecurityGroup, Texts("SecurityGroupIds")),
    Fixed(Required(Text("ServiceName"))),
    NotOffered(Text("ServiceNetworkArn"), "name a service"),
    Fixed(Silent(Text("ServiceRegion"))),
    IdOf(IdKind::kSubnet, Texts("SubnetIds")),
    Tags(),
    Fixed(Offered(Choice("VpcEndpointType", "Gateway,GatewayLoadBalancer,Interface,Resource,ServiceNetwork"),
                  "Gateway,Interface")),
    Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId")))),
};
constexpr const char* kEndpointAttributes[] = {"CreationTimestamp", "DnsEntries", "Id", "NetworkInterfaceIds"};

constexpr PropertySpec kDhcpOptions[] = {
    Fixed(Text("DomainName")),
    Fixed(Texts("DomainNameServers")),
    Fixed(Silent(Integer("Ipv6AddressPreferredLeaseTime"))),
    Fixed(Texts("NetbiosNameServers")),
    Fixed(Choice("NetbiosNodeType", "1,2,4,8")),
    Fixed(Texts("NtpServers")),
    Tags(),
};
constexpr const char* kDhcpOptionsAttributes[] = {"DhcpOptionsId"};
constexpr PropertySpec kDhcpAssociation[] = {
    Fixed(Required(IdOf(IdKind::kDhcpOptions, Text("DhcpOptionsId")))),
    Fixed(Required(IdOf(IdKind::kVpc, Text("VpcId")))),
};

constexpr PropertySpec kFlowLog[] = {
    Fixed(Silent(Text("DeliverCrossAccountRole"))),
    Fixed(Silent(Text("DeliverLogsPermissionArn"))),
    Fixed(Silent(Json("DestinationOptions"))),
    Fixed(Text("LogDestination")),
    Fixed(Choice("LogDestinationType", "cloud-watch-logs,s3,kinesis-data-firehose")),
    Fixed(Text("LogFormat")),
    Fixed(Text("LogGroupName")),
    Fixed(Integer("MaxAggregationInterval", 60, 600)),
    Fixed(Required(Text("ResourceId"))),
    Fixed(
        Required(Offered(Choice("ResourceType", "NetworkInterface,Subnet,TransitGateway,TransitGatewayAttachment,VPC"),
                         "NetworkInterface,Subnet,VPC"))),
    Tags(),
    Fixed(Choice("TrafficType", "ACCEPT,ALL,REJECT")),
};

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
    NotOffered(Text("CarrierGatewayId"), "route to an internet gateway"),
    Fixed(Cidr("DestinationCidrBlock")),
    Fixed(Cidr("DestinationIpv6CidrBlock")),
    Fixed(IdOf(IdKind::kPrefixList, Text("DestinationPrefixListId"))),
    IdOf(IdKind::kEgressOnlyGateway, Text("EgressOnlyInternetGatewayId")),
    IdOf(IdKind::kInternetGateway, Text("GatewayId")),
    IdOf(IdKind::kInstance, Text("InstanceId")),
    NotOffered(Text("LocalGatewayId"), "route to an internet gateway"),
    IdOf(IdKind::kNatGateway, Text("NatGatewayId")),
    IdOf(IdKind::kNetworkInterface, Text("NetworkInterfaceId")),
    Fixed(Required(IdOf(IdKind::kRouteTable, Text("RouteTableId")))),
    NotOffered(Text("TransitGatewayId"), "peer the VPCs"),
    IdOf(IdKind::kVpcEndpoint, Text("VpcEndpointId")),
    IdOf(IdKind::kPeeringConnection, Text("VpcPeeringConnectionId")),
};
constexpr const char* kRouteAttributes[] = {"CidrBlock"};

constexpr PropertySpec kAssociation[] = {Required(IdOf(IdKind::kRouteTable, Text("RouteTableId"))),
                                         Fixed(Required(IdOf(IdKind::kSubnet, Text("SubnetId"))))};

constexpr PropertySpec kIngress[] = {
    Cidr("CidrIp"),
    Cidr("CidrIpv6"),
    Label(Text("Description")),
    Integer("FromPort", -1, 65535),
    Required(AnyCase(Text("IpProtocol"))),
    IdOf(IdKind::kPrefixList, Text("SourcePrefixListId")),
    IdOf(IdKind::kSecurityGroup, Text("SourceSecurityGroupId")),
    Text("SourceSecurityGroupName"),
    Silent(Text("SourceSecurityGroupOwnerId")),
    Integer("ToPort", -1, 65535),
};
constexpr PropertySpec kEgress[] = {
    Cidr("CidrIp"),
    Cidr("CidrIpv6"),
    Label(Text("Description")),
    IdOf(IdKind::kPrefixList, Text("DestinationPrefixListId")),
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

// As kIngress and kEgress, with the group; but for their description a change makes a new rule.
constexpr PropertySpec kGroupIngress[] = {
    Fixed(Cidr("CidrIp")),
    Fixed(Cidr("CidrIpv6")),
    Label(Text("Description")),
    Fixed(Integer("FromPort", -1, 65535)),
    Fixed(IdOf(IdKind::kSecurityGroup, Text("GroupId"))),
    Fixed(NotOffered(Text("GroupName"), "use GroupId; there is no default VPC here")),
    Fixed(Required(AnyCase(Text("IpProtocol")))),
    Fixed(IdOf(IdKind::kPrefixList, Text("SourcePrefixListId"))),
    Fixed(IdOf(IdKind::kSecurityGroup, Text("SourceSecurityGroupId"))),
    Fixed(Text("SourceSecurityGroupName")),
    Fixed(Silent(Text("SourceSecurityGroupOwnerId"))),
    Fixed(Integer("ToPort", -1, 65535)),
};
constexpr PropertySpec kGroupEgress[] = {
    Fixed(Cidr("CidrIp")),
    Fixed(Cidr("CidrIpv6")),
    Label(Text("Description")),
    Fixed(IdOf(IdKind::kPrefixList, Text("DestinationPrefixListId"))),
    Fixed(IdOf(IdKind::kSecurityGroup, Text("DestinationSecurityGroupId"))),
    Fixed(Integer("FromPort", -1, 65535)),
    Fixed(Required(IdOf(IdKind::kSecurityGroup, Text("GroupId")))),
    Fixed(Required(AnyCase(Text("IpProtocol")))),
    Fixed(Integer("ToPort", -1, 65535)),
};

constexpr Schema kSchemas[] = {
    {"AWS::EC2::DHCPOptions", kDhcpOptions, kDhcpOptionsAttributes, "the options' id (dopt-…)", CheckDhcpOptions,
     IdKind::kDhcpOptions},
    {"AWS::EC2::EIP", kElasticAddress, kElasticAddressAttributes, "the address"},
    {"AWS::EC2::EIPAssociation", kAddressAssociation, kIdAttribute, "the association's id (eipassoc-…)",
     CheckAddressAssociation},
    {"AWS::EC2::EgressOnlyInternetGateway", kEgressOnlyGateway, kIdAttribute, "the gateway's id (eigw-…)", nullptr,
     IdKind::kEgressOnlyGateway},
    {"AWS::EC2::FlowLog", kFlowLog, kIdAttribute, "the log's id (fl-…)", CheckFlowLog},
    {"AWS::EC2::InternetGateway", kInternetGateway, kInternetGatewayAttributes, "the gateway's id (igw-…)", nullptr,
     IdKind::kInternetGateway},
    // The route to the internet that it needs is there once the VPC's gateway is attached.
    {"AWS::EC2::NatGateway", kNatGateway, kNatGatewayAttributes, "the gateway's id (nat-…)", CheckNatGateway,
     IdKind::kNatGateway, "AWS::EC2::VPCGatewayAttachment"},
    {"AWS::EC2::NetworkAcl", kNetworkAcl, kIdAttribute, "the ACL's id (acl-…)", nullptr, IdKind::kNetworkAcl},
    {"AWS::EC2::NetworkAclEntry", kNetworkAclEntry, kIdAttribute, "the entry's id", CheckNetworkAclEntry},
    {"AWS::EC2::NetworkInterface", kInterface, kInterfaceAttributes, "the interface's id (eni-…)", CheckInterface,
     IdKind::kNetworkInterface},
    {"AWS::EC2::NetworkInterfaceAttachment", kInterfaceAttachment, kInterfaceAttachmentAttributes,
     "the attachment's id (eni-attach-…)"},
    {"AWS::EC2::PrefixList", kPrefixList, kPrefixListAttributes, "the list's id (pl-…)", CheckPrefixList,
     IdKind::kPrefixList},
    {"AWS::EC2::Route", kRoute, kRouteAttributes, "the route's id", CheckRoute},
    {"AWS::EC2::RouteTable", kRouteTable, kRouteTableAttributes, "the table's id (rtb-…)", nullptr,
     IdKind::kRouteTable},
    {"AWS::EC2::SecurityGroup", kSecurityGroup, kSecurityGroupAttributes, "the group's id (sg-…)", CheckSecurityGroup,
     IdKind::kSecurityGroup},
    {"AWS::EC2::SecurityGroupEgress", kGroupEgress, kIdAttribute, "the rule's id (sgr-…)", CheckSecurityGroupEgress},
    {"AWS::EC2::SecurityGroupIngress", kGroupIngress, kIdAttribute, "the rule's id (sgr-…)", CheckSecurityGroupIngress},
    {"AWS::EC2::Subnet", kSubnet, kSubnetAttributes, "the subnet's id (subnet-…)", CheckSubnetBlock, IdKind::kSubnet},
    {"AWS::EC2::SubnetCidrBlock", kSubnetBlock, kIdAttribute, "the association's id (subnet-cidr-assoc-…)",
     CheckSubnetIpv6Block},
    {"AWS::EC2::SubnetNetworkAclAssociation", kAclAssociation, kAclAssociationAttributes,
     "the association's id (aclassoc-…)"},
    {"AWS::EC2::SubnetRouteTableAssociation", kAssociation, kIdAttribute, "the association's id (rtbassoc-…)"},
    {"AWS::EC2::VPC", kVpc, kVpcAttributes, "the VPC's id (vpc-…)", CheckVpcBlock, IdKind::kVpc,
     "AWS::EC2::IPAMPoolCidr"},
    {"AWS::EC2::VPCCidrBlock", kVpcBlock, kIdAttribute, "the association's id (vpc-cidr-assoc-…)", CheckVpcCidrBlock},
    {"AWS::EC2::VPCDHCPOptionsAssociation", kDhcpAssociation, kIdAttribute, "the association's id (dopt-…|vpc-…)"},
    {"AWS::EC2::VPCEndpoint", kEndpoint, kEndpointAttributes, "the endpoint's id (vpce-…)", CheckEndpoint,
     IdKind::kVpcEndpoint},
    {"AWS::EC2::VPCGatewayAttachment", kGatewayAttachment, kGatewayAttachmentAttributes, "the attachment's id"},
    {"AWS::EC2::VPCPeeringConnection", kPeering, kIdAttribute, "the connection's id (pcx-…)", nullptr,
     IdKind::kPeeringConnection},
};

}  // namespace

absl::Span<const Schema> VpcSchemas() { return kSchemas; }

}  // namespace nubo::stack::tables
