// The records of what a network has beside VPCs and subnets: gateways, tables, groups, lists. Each is one PlainState:
// its type says what it is, its attributes and lists hold what it was made of, by AWS's names.
//
// Example:
//   v1::PlainState record;
//   record.set_vpc_id(vpc_id);
//   SetAttribute(record, "SubnetId", subnet_id);
//   const std::string id = PutPlain(context, owner, kNatGatewayType, "nat", std::move(record));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_PLAIN_RECORDS_H_
#define NUBO_REGION_NETWORK_PLAIN_RECORDS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"

namespace nubo::region {

inline constexpr char kAclAssociationType[] = "AWS::EC2::SubnetNetworkAclAssociation";
inline constexpr char kAddressType[] = "AWS::EC2::EIP";
inline constexpr char kAttachmentType[] = "AWS::EC2::VPCGatewayAttachment";
inline constexpr char kDhcpAssociationType[] = "AWS::EC2::VPCDHCPOptionsAssociation";
inline constexpr char kDhcpOptionsType[] = "AWS::EC2::DHCPOptions";
inline constexpr char kEgressOnlyGatewayType[] = "AWS::EC2::EgressOnlyInternetGateway";
inline constexpr char kEndpointType[] = "AWS::EC2::VPCEndpoint";
inline constexpr char kFlowLogType[] = "AWS::EC2::FlowLog";
inline constexpr char kInterfaceType[] = "AWS::EC2::NetworkInterface";
inline constexpr char kInternetGatewayType[] = "AWS::EC2::InternetGateway";
inline constexpr char kIpamAllocationType[] = "AWS::EC2::IPAMAllocation";
inline constexpr char kIpamPoolCidrType[] = "AWS::EC2::IPAMPoolCidr";
inline constexpr char kIpamPoolType[] = "AWS::EC2::IPAMPool";
inline constexpr char kIpamScopeType[] = "AWS::EC2::IPAMScope";
inline constexpr char kIpamType[] = "AWS::EC2::IPAM";
inline constexpr char kNatGatewayType[] = "AWS::EC2::NatGateway";
inline constexpr char kNetworkAclType[] = "AWS::EC2::NetworkAcl";
inline constexpr char kPeeringType[] = "AWS::EC2::VPCPeeringConnection";
inline constexpr char kPrefixListType[] = "AWS::EC2::PrefixList";
inline constexpr char kRouteTableType[] = "AWS::EC2::RouteTable";
inline constexpr char kRouteType[] = "AWS::EC2::Route";
inline constexpr char kSecurityGroupType[] = "AWS::EC2::SecurityGroup";
inline constexpr char kSubnetBlockType[] = "AWS::EC2::SubnetCidrBlock";
inline constexpr char kTableAssociationType[] = "AWS::EC2::SubnetRouteTableAssociation";
inline constexpr char kVpcBlockType[] = "AWS::EC2::VPCCidrBlock";

// "": it has none of that name.
std::string Attribute(const v1::PlainState& record, const std::string& name);
// "" takes it away.
void SetAttribute(v1::PlainState& record, const std::string& name, const std::string& value);
std::vector<std::string> ListOf(const v1::PlainState& record, const std::string& name);
// Nothing takes it away.
void SetList(v1::PlainState& record, const std::string& name, const std::vector<std::string>& words);

// nullptr: there is none of that id and type.
const v1::PlainState* FindPlain(const Model& model, absl::string_view id, absl::string_view type);
// The first, by ids, of that type that `is_it`; nullptr: there is none.
const v1::PlainState* FirstPlain(const Model& model, absl::string_view type,
                                 const std::function<bool(const v1::PlainState&)>& is_it);
// How many of that type `is_it`.
size_t CountPlain(const Model& model, absl::string_view type, const std::function<bool(const v1::PlainState&)>& is_it);
// Its new id: `prefix`, a dash and digits.
std::string PutPlain(Context& context, const v1::Owner& owner, absl::string_view type, absl::string_view prefix,
                     v1::PlainState record);

// As CheckId (resources/ids.h).
absl::Status CheckExists(const Context& context, stack::IdKind kind, const std::string& id);
// FAILED_PRECONDITION (DependencyViolation): "the WHAT 'ID' has dependencies and cannot be deleted: WHY".
absl::Status HasDependencies(absl::string_view what, absl::string_view id, absl::string_view why);
// 0.0.0.0/0 for what is no block.
net::Prefix BlockOf(const std::string& text);
// The digits of an id: "0123" of "vpc-0123".
absl::string_view DigitsOf(absl::string_view id);

// The row of a type whose records are plain ones, but for create, update and remove. `attributes`: those for
// Fn::GetAtt; a function of the record and of its region. What is shown is the record.
using PlainAttributes = std::function<stack::Attributes(const Context&, const v1::PlainState&)>;
ResourceType& AddPlainType(ResourceTypes& types, const std::string& name, PlainAttributes attributes);
// The attribute `name` that is the record's own id.
PlainAttributes OwnId(const std::string& name);
// A record of this type is a part of another resource, of type `other` and with the id that `of` gives: what
// Fn::GetAtt gives of that one changes with it.
void IsPartOf(ResourceType& type, const std::string& other, std::function<std::string(const v1::PlainState&)> of);
// The ids of a type whose records are plain ones.
void AddPlainId(ResourceTypes& types, stack::IdKind kind, const std::string& prefix, const std::string& what,
                const std::string& code, const std::string& type);
// What a record says, as JSON: "subnetId" for the attribute SubnetId.
void ShowPlain(const v1::PlainState& record, google::protobuf::Struct* shown);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_PLAIN_RECORDS_H_
