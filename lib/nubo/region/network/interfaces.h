// Network interfaces: addresses of a subnet that belong to nobody until they are attached, and move from one instance
// to another. (EC2 API reference, CreateNetworkInterface, AttachNetworkInterface.)
//
// Every instance has one of its own, which is no record: its id has the instance's digits.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id, CreateNetworkInterface(context, {}, {.subnet_id = subnet}));
//   NUBO_RETURN_IF_ERROR(AttachNetworkInterface(context, {.network_interface_id = id, .instance_id = "i-1",
//                                                         .device_index = 1}).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_INTERFACES_H_
#define NUBO_REGION_NETWORK_INTERFACES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

// AWS's default quotas.
inline constexpr size_t kGroupsOfInterfaceMax = 5;
inline constexpr size_t kAddressesOfInterfaceMax = 50;

// The interface that the instance, or whatever else has this id, has of its own.
std::string OwnInterfaceOf(const std::string& id);
// The instance of which it is the own interface, and which is there; "": none.
std::string InstanceOfInterface(const Model& model, const std::string& interface_id);
// What an interface on record is attached to and that is there: an instance, an endpoint; "": nothing.
std::string AttachedTo(const Model& model, const v1::PlainState& interface);
// Private IPv4 addresses, the primary one first.
std::vector<std::string> AddressesOf(const v1::PlainState& interface);
// Each exists, is of the VPC, and there are not too many. NOT_FOUND (InvalidGroup.NotFound). INVALID_ARGUMENT
// (InvalidParameterValue): of another VPC. RESOURCE_EXHAUSTED (SecurityGroupsPerInterfaceLimitExceeded).
absl::Status CheckGroupsOf(const Context& context, const std::string& vpc_id, const std::vector<std::string>& groups);

struct CreateNetworkInterfaceRequest {
  std::string subnet_id;
  std::string description = {};
  // "": the next free one.
  std::string private_ip_address = {};
  // These, and as many more.
  std::vector<std::string> secondary_private_ip_addresses = {};
  int secondary_private_ip_address_count = 0;
  std::vector<std::string> ipv6_addresses = {};
  int ipv6_address_count = 0;
  // None: the VPC's default group.
  std::vector<std::string> groups = {};
  bool source_dest_check = true;
};
// Its id. NOT_FOUND (InvalidSubnetID.NotFound); of groups as CheckGroupsOf(); of addresses as TakeAddress()
// (addresses.h); RESOURCE_EXHAUSTED (PrivateIpAddressLimitExceeded). INVALID_ARGUMENT (InvalidParameterValue): the
// subnet has no IPv6 block, or an IPv6 address is not in it. ALREADY_EXISTS (InvalidIPAddress.InUse).
absl::StatusOr<std::string> CreateNetworkInterface(Context& context, const v1::Owner& owner,
                                                   const CreateNetworkInterfaceRequest& request);

struct ModifyNetworkInterfaceRequest {
  std::string network_interface_id;
  // Absent: as it is.
  std::optional<std::string> description = {};
  std::optional<std::vector<std::string>> groups = {};
  std::optional<bool> source_dest_check = {};
};
// NOT_FOUND (InvalidNetworkInterfaceID.NotFound); of groups as CheckGroupsOf().
absl::Status ModifyNetworkInterfaceAttribute(Context& context, const ModifyNetworkInterfaceRequest& request);
// So many secondary addresses: the last that it has go, or as many come as lack. As CreateNetworkInterface().
absl::Status SetSecondaryAddresses(Context& context, const std::string& interface_id, int count);
// FAILED_PRECONDITION (InvalidNetworkInterface.InUse): it is attached. Without effect on one that is not there.
absl::Status DeleteNetworkInterface(Context& context, const std::string& interface_id);

struct AttachNetworkInterfaceRequest {
  std::string network_interface_id;
  std::string instance_id;
  // From 1; 0 is the instance's own.
  int device_index = 1;
  bool delete_on_termination = false;
};
// The attachment's id (eni-attach-…). NOT_FOUND (InvalidNetworkInterfaceID.NotFound, InvalidInstanceID.NotFound).
// FAILED_PRECONDITION: it is attached already (InvalidNetworkInterface.InUse), or the instance is leaving
// (IncorrectInstanceState). INVALID_ARGUMENT: the two are in different zones (InvalidParameterCombination), or the
// instance has an interface at that index (InvalidParameterValue).
absl::StatusOr<std::string> AttachNetworkInterface(Context& context, const AttachNetworkInterfaceRequest& request);
// Without effect on an attachment that is not there.
void DetachNetworkInterface(Context& context, const std::string& attachment_id);

// AWS::EC2::NetworkInterface and NetworkInterfaceAttachment.
void AddInterfaceTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_INTERFACES_H_
