// Which action a listener takes for a request: its rules by priority, its default action when none matches.
//
// Example:
//   RouteTable routes(listener_config);
//   const RouteTable::Match match = routes.Find({.host = "app.localhost", .path = "/todo"});
//   std::visit(..., *match.action);
//
// Thread safety: immutable.
#ifndef NUBO_PROXY_ROUTE_TABLE_H_
#define NUBO_PROXY_ROUTE_TABLE_H_

#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "nubo/http/headers.h"
#include "nubo/net/ip_address.h"
#include "nubo/proxy/config.h"

namespace nubo::proxy {

// What conditions look at. Views of a request that outlives the call.
struct RouteRequest {
  // Without its port, in any case.
  absl::string_view host;
  // Without the query.
  absl::string_view path;
  // Without the "?"; as the client wrote it, nothing decoded.
  absl::string_view query;
  absl::string_view method;
  // May be null: none.
  const http::Headers* headers = nullptr;
  // The client's own, whatever X-Forwarded-For says.
  net::IpAddress source;
};

class RouteTable {
 public:
  struct Match {
    // Never null; lives as long as the table.
    const Action* action = nullptr;
    // 0 for the default action, as in AWS's access logs.
    int priority = 0;
  };

  explicit RouteTable(const ListenerConfig& listener);

  // Its host with or without the root's dot at its end.
  Match Find(RouteRequest request) const;

 private:
  Action default_action_;
  std::vector<RuleConfig> rules_;
};

// Draws a group by weight. Null if every weight is 0.
const ForwardAction::Part* ChooseGroup(const ForwardAction& action, absl::BitGenRef rng);

// What of a request a redirect's #{…} stand for.
struct RedirectContext {
  absl::string_view protocol, host, port, path, query;
};

// The Location of a redirect: "https://app.example.com:443/path?query".
std::string RedirectLocation(const RedirectAction& action, const RedirectContext& request);

// "app.localhost" of "app.localhost:8080", "::1" of "[::1]:80".
absl::string_view HostWithoutPort(absl::string_view authority);
// "8080" of "app.localhost:8080"; empty if there is none.
absl::string_view PortOf(absl::string_view authority);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_ROUTE_TABLE_H_
