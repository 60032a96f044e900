// What the DNS server is told, made from the model.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_DNS_CONFIG_H_
#define NUBO_REGION_DNS_DNS_CONFIG_H_

#include <string>

#include "nubo/dns/v1/dns.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// Without a revision.
dns::v1::Config DnsConfig(const Context& context);
// Of the name server in a VPC's own network.
dns::v1::Config VpcDnsConfig(const Context& context, const std::string& vpc_id);

// A hosted zone of the model, with its record sets.
dns::v1::Zone ZoneConfig(const Context& context, const v1::HostedZoneState& zone);
// A record set as the name server is told it.
dns::v1::RecordSet RecordConfig(const v1::RecordSetState& record);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_DNS_CONFIG_H_
