// Prefix lists: blocks under one name, for routes and rules of security groups. (EC2 API reference,
// CreateManagedPrefixList.)
//
// AWS's own lists (com.amazonaws.us-east-1.s3, …) are there by their ids, and empty: the region has none of those
// services' addresses.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id, CreateManagedPrefixList(context, {}, {.name = "offices", .max_entries =
//   2,
//       .entries = {{"192.0.2.0/24", ""}}}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_PREFIX_LISTS_H_
#define NUBO_REGION_NETWORK_PREFIX_LISTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

// AWS's bound on the entries of one list.
inline constexpr int kPrefixListEntriesMax = 1000;

// The id of AWS's own list of that service, such as "s3"; "": AWS has none.
std::string AwsPrefixList(absl::string_view service);

struct PrefixListEntry {
  std::string cidr;
  std::string description = {};
};
struct PrefixListRequest {
  std::string name;
  // "IPv4" or "IPv6".
  std::string address_family = "IPv4";
  int max_entries = 0;
  std::vector<PrefixListEntry> entries = {};
};
// Its id. INVALID_ARGUMENT (InvalidParameterValue): a name that begins with com.amazonaws, more entries than it may
// have or two alike, or one that is no block of its family.
absl::StatusOr<std::string> CreateManagedPrefixList(Context& context, const v1::Owner& owner,
                                                    const PrefixListRequest& request);
// All of it, but for its family. NOT_FOUND (InvalidPrefixListID.NotFound); else as CreateManagedPrefixList().
absl::Status ModifyManagedPrefixList(Context& context, const std::string& prefix_list_id,
                                     const PrefixListRequest& request);
// FAILED_PRECONDITION (DependencyViolation): a route or a rule names it. Without effect on one that is not there.
absl::Status DeleteManagedPrefixList(Context& context, const std::string& prefix_list_id);

// Nothing for a list that is not there.
std::vector<net::Prefix> PrefixesOf(const Model& model, const std::string& prefix_list_id);
// How many entries it may have; 1 for AWS's own.
size_t PrefixListSizeMax(const Model& model, const std::string& prefix_list_id);

// AWS::EC2::PrefixList.
void AddPrefixListTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_PREFIX_LISTS_H_
