// Answers questions from a zone, with a routing policy of its own: no sockets, just values.
#include <iostream>
#include <memory>
#include <random>
#include <utility>

#include "nubo/base/status.h"
#include "nubo/dns/zone/routing_policy.h"
#include "nubo/dns/zone/text.h"
#include "nubo/dns/zone/zone_set.h"

namespace dns = nubo::dns;

// [extend]
// Everybody but one client gets the first healthy set; that one gets the last, which is the new version.
class Canary final : public dns::RoutingPolicy {
 public:
  explicit Canary(nubo::net::IpAddress tester) : tester_(tester) {}

  const dns::RecordSet& Choose(absl::Span<const dns::RecordSet> sets,
                               const dns::RoutingContext& context) const override {
    if (context.client == tester_) return sets.back();
    for (const dns::RecordSet& set : sets) {
      if (dns::IsHealthy(set, context.health)) return set;
    }
    return sets.front();
  }

 private:
  const nubo::net::IpAddress tester_;
};
// [/extend]

// [use]
dns::RecordSet Address(const char* identifier, const char* address) {
  dns::RecordSet set;
  set.ttl_seconds = 60;
  set.records = {dns::AddressRdata(*nubo::net::IpAddress::Parse(address))};
  set.set_identifier = identifier;
  return set;
}

absl::StatusOr<std::shared_ptr<const dns::Zone>> MakeZone() {
  const dns::Name apex = *dns::Name::Parse("shop.example");
  dns::RecordSet soa;
  soa.ttl_seconds = 900;
  soa.records = {*dns::ParseRdata(dns::RecordType::kSoa, "ns.shop.example admin.shop.example 1 7200 900 1209600 60")};
  dns::ZoneBuilder builder(apex);
  NUBO_RETURN_IF_ERROR(builder.Add(apex, soa));
  NUBO_RETURN_IF_ERROR(builder.Add(*dns::Name::Parse("www.shop.example"), Address("today", "127.0.0.10")));
  NUBO_RETURN_IF_ERROR(builder.Add(*dns::Name::Parse("www.shop.example"), Address("tomorrow", "127.0.0.20")));
  return std::move(builder).Build();
}

void Ask(const dns::ZoneSet& zones, const char* name, const char* client) {
  std::mt19937_64 rng(1);
  const dns::Question question{*dns::Name::Parse(name), dns::RecordType::kA};
  const dns::RoutingContext context{.rng = rng, .client = *nubo::net::IpAddress::Parse(client)};
  const dns::Answer answer = zones.Lookup(question, context);
  std::cout << name << " for " << client << ":";
  for (const dns::AnswerSet& set : answer.answers) {
    for (const dns::Rdata& record : set.set->records) std::cout << " " << dns::ToText(record);
  }
  if (answer.rcode == dns::Rcode::kNxDomain) std::cout << " no such name";
  std::cout << "\n";
}

int main() {
  absl::StatusOr<std::shared_ptr<const dns::Zone>> zone = MakeZone();
  if (!zone.ok()) return 1;
  dns::ZoneSetBuilder builder;
  if (absl::Status status = builder.Add(*zone); !status.ok()) return 1;
  builder.SetRoutingPolicy(std::make_shared<Canary>(*nubo::net::IpAddress::Parse("127.0.0.99")));
  const std::shared_ptr<const dns::ZoneSet> zones = std::move(builder).Build();
  Ask(*zones, "www.shop.example", "127.0.0.1");
  Ask(*zones, "www.shop.example", "127.0.0.99");
  Ask(*zones, "mail.shop.example", "127.0.0.1");
}
// [/use]
