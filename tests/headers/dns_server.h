// What the examples of lib/nubo/dns_server use and do not show.
#ifndef TESTS_HEADERS_DNS_SERVER_H_
#define TESTS_HEADERS_DNS_SERVER_H_

#include "nubo/dns/zone/routing_policy.h"
#include "nubo/dns_server/server.h"
#include "nubo/net/loop.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const uint64_t seed;
extern const std::shared_ptr<const dns::ZoneSet> zones;
extern const std::shared_ptr<const dns::HealthView> health;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_DNS_SERVER_H_
