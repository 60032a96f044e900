// Whatever arrives, the server's answer is well formed, fits, and is an answer.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/zone/responder.h"
#include "tests/dns/test_zones.h"

namespace {

using namespace nubo::dns;  // NOLINT: one file, one purpose

void Check(const ZoneSet& zones, absl::string_view query, Transport transport) {
  std::mt19937_64 rng(1);
  std::string response;
  QuerySummary summary;
  if (!Respond(zones, query, transport, {.rng = rng}, &response, &summary)) return;
  const auto message = Decode(response);
  if (!message.ok() || !message->response || message->id != DecodeHeader(query)->id) std::abort();
  if (transport == Transport::kUdp && response.size() > kEdnsUdpSize) std::abort();
  if (!Decode(query).ok() && response.size() != kHeaderSize) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* zones = new std::shared_ptr<const ZoneSet>(MakeZoneSet(
      {{"example.com",
        {"example.com SOA 900 ns. host. 1 2 3 4 60", "example.com NS 60 ns.example.com", "ns.example.com A 60 10.0.0.1",
         "*.example.com A 60 10.0.0.2", "www.example.com CNAME 60 a.example.com", "d.example.com DNAME 60 com.",
         "sub.example.com NS 60 ns.sub.example.com", "ns.sub.example.com AAAA 60 ::1"}}}));
  const absl::string_view query(reinterpret_cast<const char*>(data), size);
  Check(**zones, query, Transport::kUdp);
  Check(**zones, query, Transport::kTcp);
  return 0;
}
