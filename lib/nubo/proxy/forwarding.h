// The heads that a load balancer passes on: what it adds, what it takes away.
//
// Example:
//   http::RequestHead to_target = ForwardedRequest(exchange.head(), {.peer = exchange.peer(), ...});
//
// Thread safety: pure functions.
#ifndef NUBO_PROXY_FORWARDING_H_
#define NUBO_PROXY_FORWARDING_H_

#include <string>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/http/message.h"
#include "nubo/net/ip_address.h"
#include "nubo/proxy/config.h"

namespace nubo::proxy {

struct ForwardedBy {
  net::SocketAddress peer;
  // "http" or "https", and the port the client connected to.
  std::string protocol = "http";
  int port = 80;
  HeaderConfig headers;
  // "1-67891233-abcdef012345678912345678"; see NewTraceId.
  std::string trace_id;
};

// The request as the target gets it: without hop-by-hop fields and Expect (the body follows at once, whoever asked to
// wait), with X-Forwarded-For extended by the peer (unless its mode says otherwise), X-Forwarded-Proto and
// X-Forwarded-Port set, and a trace id. Host stays.
http::RequestHead ForwardedRequest(const http::RequestHead& head, const ForwardedBy& by);

// X-Amzn-Trace-Id as the target gets it, of what came (empty: nothing did) and this hop's own id: a trace that has a
// Root gets its Self in front, in place of a former one; else a Root begins it. Other fields stay.
std::string UpdatedTraceId(absl::string_view came, absl::string_view trace_id);

// The response as the client gets it: without hop-by-hop fields.
http::ResponseHead ForwardedResponse(http::ResponseHead head);

// "1-67891233-abcdef012345678912345678": the time and 96 random bits.
std::string NewTraceId(absl::Time now, absl::BitGenRef rng);

// Whether a head, by its fields alone, announces a body. Of HTTP/2 only a Content-Length can tell.
bool AnnouncesBody(const http::RequestHead& head);
bool AnnouncesNoBody(const http::RequestHead& head);

// An HTTP/2 request with a content type of application/grpc.
bool IsGrpc(const http::RequestHead& head);

// An error in gRPC's own words, to be sent as a head without a body: status 14 (UNAVAILABLE).
http::ResponseHead GrpcUnavailable(absl::string_view message);

// How many bytes a head takes in HTTP/1.1, for the access log.
size_t HeadSize(const http::RequestHead& head);
size_t HeadSize(const http::ResponseHead& head);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_FORWARDING_H_
