// Route 53's calls: the one way to change hosted zones and their record sets.
//
// What names, values and aliases may be, and what may stand beside what, are dns::route53's rules. Besides, what the
// name server would refuse to serve is refused here. A record set is served once the name server has acknowledged it.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string zone, CreateHostedZone(context, {}, {.name = "shop.test"}));
//   const ResourceRecordSet web{.name = "www.shop.test", .type = "A", .ttl = 60, .resource_records = {"10.0.0.1"}};
//   NUBO_RETURN_IF_ERROR(ChangeResourceRecordSets(context, {}, {zone, {{ChangeAction::kUpsert, web}}}).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_OPERATIONS_H_
#define NUBO_REGION_DNS_OPERATIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct CreateHostedZoneRequest {
  // As Route 53 writes names: with or without the closing dot, escapes in octal.
  std::string name;
};

// Returns the zone's id. Zones of one name, which AWS tells apart by their name servers, are not two here.
// INVALID_ARGUMENT (InvalidDomainName): no name. ALREADY_EXISTS (HostedZoneAlreadyExists): there is one, or it is one
// that the region keeps itself.
absl::StatusOr<std::string> CreateHostedZone(Context& context, const v1::Owner& owner,
                                             const CreateHostedZoneRequest& request);

// ALREADY_EXISTS (HostedZoneAlreadyExists): a zone that is not `owner`'s has the name. What is no name is nobody's.
absl::Status CheckHostedZoneName(const Model& model, const v1::Owner& owner, absl::string_view name);

// The id of the zone of that name. NOT_FOUND (NoSuchHostedZone): there is none.
absl::StatusOr<std::string> FindHostedZone(const Model& model, absl::string_view name);

struct DeleteHostedZoneRequest {
  std::string id;
};

// With the NS and SOA records of its apex.
// NOT_FOUND (NoSuchHostedZone). FAILED_PRECONDITION (HostedZoneNotEmpty): it has other record sets.
absl::Status DeleteHostedZone(Context& context, const DeleteHostedZoneRequest& request);

struct AliasTarget {
  // That of the record set itself, or kBalancerZoneId.
  std::string hosted_zone_id;
  std::string dns_name;
  bool evaluate_target_health = false;
};

struct ResourceRecordSet {
  std::string name;
  // One of dns::route53::kTypes.
  std::string type;
  // In seconds; absent with an alias.
  std::optional<int64_t> ttl = {};
  // Either values or an alias.
  std::vector<std::string> resource_records = {};
  std::optional<AliasTarget> alias_target = {};
};

enum class ChangeAction { kCreate, kDelete, kUpsert };

struct RecordSetChange {
  ChangeAction action = ChangeAction::kCreate;
  ResourceRecordSet resource_record_set;
  // Of kUpsert: which record set it is, whatever its type is by now; a stack knows its own so. "": the one of that name
  // and type.
  std::string record_id = {};
};

struct ChangeResourceRecordSetsRequest {
  std::string hosted_zone_id;
  // One after the other, and all or none.
  std::vector<RecordSetChange> changes;
};

// Returns the ids of the record sets that were created, changed or deleted, one for each change. What exists stays its
// owner's, whoever changes it, and keeps its id.
// NOT_FOUND (NoSuchHostedZone). INVALID_ARGUMENT (InvalidInput): no changes at all; not the shape of a record set.
// InvalidChangeBatch, and nothing has changed: NOT_FOUND, what is to be deleted is not there; ALREADY_EXISTS, what is
// to be created is; INVALID_ARGUMENT, what is to be deleted has other values, what is to be there is no name or no
// value, leads nowhere, cannot stand beside the others, cannot be served, or is too much for one batch.
absl::StatusOr<std::vector<std::string>> ChangeResourceRecordSets(Context& context, const v1::Owner& owner,
                                                                  const ChangeResourceRecordSetsRequest& request);

// One record set, by its id, as a stack knows its own. NOT_FOUND (InvalidChangeBatch): there is none.
absl::Status DeleteRecordSet(Context& context, const std::string& record_id);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_OPERATIONS_H_
