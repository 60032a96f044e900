#include "nubo/region/dns/describe.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/list_page.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/names.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

// The first parts of keys: the region's own zones are listed before those of stacks, and its own records behind them.
constexpr char kManagedZones[] = "0";
constexpr char kZones[] = "1";
constexpr char kRecords[] = "0";
constexpr char kManagedRecords[] = "1";

// Of the region's own there is no record.
struct ZoneEntry {
  std::string name;
  const v1::HostedZoneState* record = nullptr;

  std::string id() const { return record == nullptr ? "" : record->id(); }
  v1::Owner owner() const { return record == nullptr ? v1::Owner() : record->owner(); }
};

struct RecordEntry {
  std::string name;
  std::string type;
  const v1::RecordSetState* record = nullptr;

  std::string zone_id() const { return record == nullptr ? "" : record->zone_id(); }
  v1::Owner owner() const { return record == nullptr ? v1::Owner() : record->owner(); }
};

void ShowZone(const ZoneEntry& entry, int records, route53::v1::HostedZone* shown) {
  shown->set_id(entry.id());
  shown->set_name(entry.name);
  shown->set_resource_record_set_count(records);
  shown->set_managed(entry.record == nullptr);
  SetOwner(entry.owner(), shown);
}

void ShowRecord(const v1::RecordSetState& record, route53::v1::ResourceRecordSet* shown) {
  shown->set_hosted_zone_id(record.zone_id());
  shown->set_name(record.name());
  shown->set_type(record.type());
  if (record.alias_name().empty()) {
    shown->set_ttl(record.ttl());
    *shown->mutable_resource_records() = record.values();
  } else {
    shown->mutable_alias_target()->set_dns_name(record.alias_name());
    shown->mutable_alias_target()->set_hosted_zone_id(record.alias_zone_id());
    shown->mutable_alias_target()->set_evaluate_target_health(record.evaluate_target_health());
  }
  SetOwner(record.owner(), shown);
}

void ShowManagedRecord(const dns::v1::RecordSet& record, route53::v1::ResourceRecordSet* shown) {
  shown->set_name(record.name());
  shown->set_type(record.type());
  shown->set_ttl(static_cast<int>(record.ttl()));
  *shown->mutable_resource_records() = record.values();
}

// AWS's calls have no filters: these are called after what they answer, in EC2's spelling.
FilterFields<ZoneEntry> ZoneFilters() {
  return WithOwner<ZoneEntry>({
      {"hosted-zone-id", [](const ZoneEntry& zone) -> Words { return {zone.id()}; }},
      {"name", [](const ZoneEntry& zone) -> Words { return {zone.name}; }},
  });
}

FilterFields<RecordEntry> RecordFilters() {
  return WithOwner<RecordEntry>({
      {"hosted-zone-id", [](const RecordEntry& record) -> Words { return {record.zone_id()}; }},
      {"name", [](const RecordEntry& record) -> Words { return {record.name}; }},
      {"type", [](const RecordEntry& record) -> Words { return {record.type}; }},
  });
}

int CountRecords(const Context& context, const std::string& zone_id) {
  const auto& records = context.model.records;
  return static_cast<int>(std::count_if(records.begin(), records.end(),
                                        [&](const auto& entry) { return entry.second.zone_id() == zone_id; }));
}

std::string RecordKey(const dns::v1::RecordSet& record) { return PageKey(record.name(), record.type()); }

// The region's own zones, as they are served, by name; the records of each by theirs.
std::vector<dns::v1::Zone> ManagedZones(const Context& context) {
  std::vector<dns::v1::Zone> zones;
  dns::v1::Config config = DnsConfig(context);
  for (dns::v1::Zone& zone : *config.mutable_zones()) {
    if (!IsManagedZone(zone.name())) continue;
    std::sort(zone.mutable_records()->begin(), zone.mutable_records()->end(),
              [](const auto& one, const auto& other) { return RecordKey(one) < RecordKey(other); });
    zones.push_back(std::move(zone));
  }
  std::sort(zones.begin(), zones.end(), [](const auto& one, const auto& other) { return one.name() < other.name(); });
  return zones;
}

}  // namespace

absl::Status Describe(const Context& context, const route53::v1::ListHostedZonesRequest& request,
                      route53::v1::ListHostedZonesResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<ZoneEntry> page, ListPage<ZoneEntry>::Of(request, ZoneFilters()));
  if (!page.IsPast(kManagedZones)) {
    for (const dns::v1::Zone& zone : ManagedZones(context)) {
      const ZoneEntry entry = {zone.name()};
      if (page.Takes(PageKey(kManagedZones, zone.name()), entry)) {
        ShowZone(entry, zone.records_size(), response.add_zones());
      }
    }
  }
  for (const auto& [id, record] : context.model.zones) {
    if (page.full()) break;
    const ZoneEntry entry = {record.name(), &record};
    if (page.Takes(PageKey(kZones, id), entry)) ShowZone(entry, CountRecords(context, id), response.add_zones());
  }
  page.End(response);
  return absl::OkStatus();
}

absl::Status Describe(const Context& context, const route53::v1::ListResourceRecordSetsRequest& request,
                      route53::v1::ListResourceRecordSetsResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<RecordEntry> page, ListPage<RecordEntry>::Of(request, RecordFilters()));
  const std::string& asked = request.hosted_zone_id();
  if (!asked.empty()) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kHostedZone, asked));
  }
  for (const auto& [id, record] : context.model.records) {
    if (page.full()) break;
    if (!asked.empty() && record.zone_id() != asked) continue;
    const RecordEntry entry = {record.name(), record.type(), &record};
    if (page.Takes(PageKey(kRecords, id), entry)) ShowRecord(record, response.add_records());
  }
  if (asked.empty() && !page.full()) {
    for (const dns::v1::Zone& zone : ManagedZones(context)) {
      for (const dns::v1::RecordSet& record : zone.records()) {
        const RecordEntry entry = {record.name(), record.type()};
        const std::string key = PageKey(kManagedRecords, PageKey(zone.name(), RecordKey(record)));
        if (page.Takes(key, entry)) ShowManagedRecord(record, response.add_records());
      }
    }
  }
  page.End(response);
  return absl::OkStatus();
}

}  // namespace nubo::region
