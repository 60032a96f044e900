// What bounds a server (server.h), and what it tells its connections.
//
// Thread safety: a value.
#ifndef NUBO_HTTP_SERVER_OPTIONS_H_
#define NUBO_HTTP_SERVER_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "nubo/http/h1_parser.h"

namespace nubo::http {

struct ServerOptions {
  // How long the client of a request under way may keep it waiting before its connection may be closed for another's.
  static constexpr absl::Duration kStalledMin = absl::Seconds(5);

  Limits limits;
  // Also counts HTTP/2's. For further ones room is made by closing those whose clients have been silent for longest
  // while it was their turn: without a request under way, or amid one for at least kStalledMin. If there are none, the
  // further ones are closed.
  int connections_max = 20000;
  // HTTP/2: at once, each connection.
  uint32_t streams_max = 128;
  // A connection is told to go after so many requests.
  uint64_t requests_per_connection_max = 1'000'000;
  // What waits to be taken by all clients together, beyond a few KiB for each response.
  size_t queued_bytes_max = 64 << 20;
  absl::Duration head_timeout = absl::Seconds(30);
  absl::Duration idle_timeout = absl::Seconds(60);
  // How long one piece of a body may take to come or to go.
  absl::Duration body_timeout = absl::Seconds(60);
  // HTTP/2: streams the client may reset, a second, with ten seconds' worth as a burst (CVE-2023-44487).
  int resets_per_second_max = 100;
  // "http" or "https", for what HTTP/1.1 does not say.
  std::string scheme = "http";
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_SERVER_OPTIONS_H_
