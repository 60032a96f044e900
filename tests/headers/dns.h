// What the examples of lib/nubo/dns use and do not show.
#ifndef TESTS_HEADERS_DNS_H_
#define TESTS_HEADERS_DNS_H_

#include "absl/container/flat_hash_map.h"
#include "nubo/dns/resolver/resolver_cache.h"
#include "nubo/dns/resolver/stub_resolver.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/wire/route53.h"
#include "nubo/dns/wire/wire.h"
#include "nubo/dns/zone/responder.h"
#include "nubo/dns/zone/routing_policy.h"
#include "nubo/dns/zone/text.h"
#include "nubo/dns/zone/zone.h"
#include "nubo/dns/zone/zone_set.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const std::string packet;
extern const std::string received;
extern const dns::Question question;
extern const dns::Name name;
extern const dns::Name apex;
extern const std::vector<dns::route53::RecordKey> others;
extern const dns::Rdata rdata;
extern const dns::Rdata soa;
extern const dns::Rdata address;
extern const dns::Message message;
extern const dns::Resolution resolution;
extern const std::shared_ptr<const dns::Zone> zone;
extern const dns::ZoneSet& zones;
extern const std::vector<dns::RecordSet> sets;
extern const dns::HealthView& health;
extern dns::Header header;
extern absl::flat_hash_map<std::string, int> table;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_DNS_H_
