// Hosted zones and record sets.
#include "nubo/region/dns/resource_types.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/dns/operations.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

ResourceRecordSet ReadRecordSet(const Value& properties) {
  ResourceRecordSet set;
  set.name = properties.Get("Name").text();
  set.type = properties.Get("Type").text();
  set.ttl = properties.Get("TTL").AsInteger();
  set.resource_records = properties.Get("ResourceRecords").ItemTexts();
  const Value& alias = properties.Get("AliasTarget");
  if (alias.is_null()) return set;
  set.alias_target = AliasTarget{.hosted_zone_id = alias.Get("HostedZoneId").text(),
                                 .dns_name = alias.Get("DNSName").text(),
                                 .evaluate_target_health = alias.Get("EvaluateTargetHealth").AsBool().value_or(false)};
  return set;
}

absl::StatusOr<std::string> CreateRecord(Context& context, const v1::Owner& owner, const Value& properties) {
  std::string zone_id = properties.Get("HostedZoneId").text();
  if (zone_id.empty()) {
    NUBO_ASSIGN_OR_RETURN(zone_id, FindHostedZone(context.model, properties.Get("HostedZoneName").text()));
  }
  const RecordSetChange change{ChangeAction::kCreate, ReadRecordSet(properties)};
  NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                        ChangeResourceRecordSets(context, owner, {zone_id, {change}}));
  return ids.front();
}

absl::Status UpdateRecord(Context& context, const std::string& id, const Value& properties) {
  const v1::RecordSetState* record = context.model.records.Find(id);
  if (record == nullptr) return absl::NotFoundError(absl::StrCat("there is no record set ", id));
  const RecordSetChange change{ChangeAction::kUpsert, ReadRecordSet(properties), id};
  return ChangeResourceRecordSets(context, record->owner(), {record->zone_id(), {change}}).status();
}

// INSYNC once the DNS server serves it; failed if that refuses the zone, or this record of it.
absl::StatusOr<Progress> InSync(const Context& context, const v1::HostedZoneState& zone,
                                const v1::RecordSetState* record, stack::Attributes attributes) {
  const dns::v1::Status& status = context.dns_status;
  if (context.dns_sent.revision() == 0 || status.applied_revision() < context.dns_sent.revision()) {
    return Progress::InProgress();
  }
  for (const dns::v1::Refused& refused : status.refused()) {
    if (refused.zone() != zone.name()) continue;
    const bool whole = refused.name().empty() && refused.type().empty();
    const bool same = record != nullptr && refused.name() == record->name() && refused.type() == record->type();
    if (whole || same) return Progress::Failed(refused.why());
  }
  return Progress::Complete(std::move(attributes));
}

}  // namespace

void AddDnsTypes(ResourceTypes& types) {
  ResourceType& zone = types.Add("AWS::Route53::HostedZone");
  zone.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateHostedZone(context, OwnerOf(resource), {.name = properties.Get("Name").text()});
  };
  zone.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::HostedZoneState* found = context.model.zones.Find(id);
    if (found == nullptr) return absl::NotFoundError(absl::StrCat("there is no hosted zone ", id));
    return InSync(context, *found, nullptr,
                  {{"Id", Value::String(id)}, {"NameServers", Value::Strings({"ns1.nubo.internal"})}});
  };
  zone.update = NothingToChange;
  zone.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    return DeleteHostedZone(context, {id});
  };
  ResourceType& record = types.Add("AWS::Route53::RecordSet");
  record.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateRecord(context, OwnerOf(resource), properties);
  };
  record.update = [](Context& context, const stack::ResourceContext&, const std::string& id, const Value& properties) {
    return UpdateRecord(context, id, properties);
  };
  record.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::RecordSetState* found = context.model.records.Find(id);
    if (found == nullptr) return absl::NotFoundError(absl::StrCat("there is no record set ", id));
    const v1::HostedZoneState* zone = context.model.zones.Find(found->zone_id());
    if (zone == nullptr) return absl::NotFoundError(absl::StrCat("there is no hosted zone ", found->zone_id()));
    return InSync(context, *zone, found, {});
  };
  record.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    return DeleteRecordSet(context, id);
  };
  zone.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckHostedZoneName(model, owner, properties.Get("Name").text());
  };
  zone.disown = [](Model& model, const std::string& id) { Disown(model.zones, id); };
  record.disown = [](Model& model, const std::string& id) { Disown(model.records, id); };
  types.AddId({stack::IdKind::kHostedZone, "", "hosted zone", "NoSuchHostedZone",
               [](const Model& model, const std::string& id) { return model.zones.Find(id) != nullptr; }});
}

}  // namespace nubo::region
