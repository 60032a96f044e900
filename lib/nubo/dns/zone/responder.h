// What an authoritative server says to a packet: bytes in, bytes out, no sockets.
//
// Nothing is said to what is not a query (fewer bytes than a header, or a response), so that two servers never
// talk to each other for ever. A query whose rest is malformed gets FORMERR and nothing else: no answer to
// garbage is longer than twelve bytes.
//
// Example:
//   std::string response;
//   QuerySummary summary;
//   if (Respond(zones, packet, Transport::kUdp, {.rng = rng}, &response, &summary)) Send(response);
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_ZONE_RESPONDER_H_
#define NUBO_DNS_ZONE_RESPONDER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/zone/zone_set.h"

namespace nubo::dns {

// What a query log tells of one exchange.
struct QuerySummary {
  // False: the question could not be read, and `question` says nothing.
  bool has_question = false;
  Question question;
  Rcode rcode = Rcode::kNoError;
  int answers = 0;
  bool truncated = false;
};

// Writes the response to `query` into *response, whose storage is reused. False: stay silent.
// Over UDP the response is at most 512 bytes, or what the query's EDNS allows up to kEdnsUdpSize; sets of
// records that do not fit are left out whole and TC is set.
bool Respond(const ZoneSet& zones, absl::string_view query, Transport transport, const RoutingContext& context,
             std::string* response, QuerySummary* summary);

}  // namespace nubo::dns

#endif  // NUBO_DNS_ZONE_RESPONDER_H_
