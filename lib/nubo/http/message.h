// Heads of requests and responses, in one shape for HTTP/1.1 and HTTP/2.
//
// Thread safety: values and pure functions.
#ifndef NUBO_HTTP_MESSAGE_H_
#define NUBO_HTTP_MESSAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nubo/http/headers.h"

namespace nubo::http {

enum class Version { kHttp10, kHttp11, kHttp2 };

struct RequestHead {
  std::string method = "GET";
  // "http" or "https".
  std::string scheme = "http";
  // Host and perhaps port; from Host or :authority. Not among `headers`.
  std::string authority;
  // Path and query, beginning with "/", or "*".
  std::string path = "/";
  Headers headers;
  Version version = Version::kHttp11;
};

struct ResponseHead {
  int status = 200;
  Headers headers;
  Version version = Version::kHttp11;
};

struct Response {
  ResponseHead head;
  std::string body;
  Headers trailers;
};

// The reason phrase of RFC 9110 §15 ("Not Found"); "Unknown" of a status it does not know.
absl::string_view ReasonPhrase(int status);

// GET, HEAD, OPTIONS, TRACE, PUT and DELETE: doing it twice is doing it once (RFC 9110 §9.2.2).
bool IsIdempotent(absl::string_view method);

// Fields that speak of one connection only and are never passed on (RFC 9110 §7.6.1): Connection and what it names,
// Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade, and TE unless it is "trailers".
void RemoveHopByHop(Headers& headers);

// Whether `name` may stand in trailers: not framing, routing, authentication or content fields (RFC 9110 §6.5.1).
bool AllowedInTrailers(absl::string_view name);

}  // namespace nubo::http

#endif  // NUBO_HTTP_MESSAGE_H_
