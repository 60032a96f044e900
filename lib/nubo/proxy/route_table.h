// Which action a listener takes for a request: its rules by priority, its default action when none matches.
//
// Example:
//   RouteTable routes(listener_config);
//   const RouteTable::Match match = routes.Find("app.localhost", "/todo");
//   std::visit(..., *match.action);
//
// Thread safety: immutable.
#ifndef NUBO_PROXY_ROUTE_TABLE_H_
#define NUBO_PROXY_ROUTE_TABLE_H_

#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "nubo/proxy/config.h"

namespace nubo::proxy {

class RouteTable {
 public:
  struct Match {
    // Never null; lives as long as the table.
    const Action* action = nullptr;
    // 0 for the default action, as in AWS's access logs.
    int priority = 0;
  };

  explicit RouteTable(const ListenerConfig& listener);

  // `host` without its port, in any case, with or without the root's dot at its end; `path` without its query.
  Match Find(absl::string_view host, absl::string_view path) const;

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
