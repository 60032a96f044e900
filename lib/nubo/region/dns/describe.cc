#include "nubo/region/dns/describe.h"

#include "nubo/region/dns/dns_config.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/names.h"

namespace nubo::region {

void Describe(const Context& context, route53::v1::ListHostedZonesResponse& out) {
  const dns::v1::Config config = DnsConfig(context);
  for (const dns::v1::Zone& zone : config.zones()) {
    route53::v1::HostedZone* shown = out.add_zones();
    shown->set_name(zone.name());
    // Those that ListResourceRecordSets knows, which has them from the same configuration.
    shown->set_resource_record_set_count(zone.records_size());
    shown->set_managed(true);
    for (const auto& [id, record] : context.model.zones) {
      if (record.name() != zone.name()) continue;
      shown->set_id(id);
      shown->set_managed(false);
      SetOwner(record.owner(), shown);
    }
  }
}

void Describe(const Context& context, route53::v1::ListResourceRecordSetsResponse& out) {
  for (const auto& [id, record] : context.model.records) {
    route53::v1::ResourceRecordSet* shown = out.add_records();
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
  // The region's own zones, as they are served.
  const dns::v1::Config config = DnsConfig(context);
  for (const dns::v1::Zone& zone : config.zones()) {
    if (!IsManagedZone(zone.name())) continue;
    for (const dns::v1::RecordSet& record : zone.records()) {
      route53::v1::ResourceRecordSet* shown = out.add_records();
      shown->set_name(record.name());
      shown->set_type(record.type());
      shown->set_ttl(static_cast<int>(record.ttl()));
      *shown->mutable_resource_records() = record.values();
    }
  }
}

}  // namespace nubo::region
