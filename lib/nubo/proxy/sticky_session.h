// Which target, or target group, a client's cookies ask for, and the cookies that keep it there.
//
//   AWSALB, AWSALBCORS        of type lb_cookie: made anew with every response, good for the duration from then on
//   AWSALBAPP-0               of type app_cookie: made when the application sets its own cookie, and honoured with it
//   AWSALBTG, AWSALBTGCORS    of a forward to several target groups
//
// The one whose name ends in CORS is for requests from other sites: SameSite=None.
//
// Source: Elastic Load Balancing, "Sticky sessions", "Target group stickiness".
//
// Example:
//   const std::optional<uint64_t> tag = WantedTarget(config, request_headers, now);
//   AddTargetCookies(config, "i-1", now, response_headers);
//
// Thread safety: pure functions.
#ifndef NUBO_PROXY_STICKY_SESSION_H_
#define NUBO_PROXY_STICKY_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/http/headers.h"
#include "nubo/proxy/config.h"

namespace nubo::proxy {

// The tag of the target (see lb::StickinessCookie) that the request is to go to again; nothing: any will do.
std::optional<uint64_t> WantedTarget(const TargetGroupConfig& group, const http::Headers& request, absl::Time now);
// Adds to the response of `target_id` what keeps the client there.
void AddTargetCookies(const TargetGroupConfig& group, absl::string_view target_id, absl::Time now,
                      http::Headers& response);

// The part of `action` that the request is to go to again; null: any will do. One whose weight is 0 takes nobody.
const ForwardAction::Part* WantedGroup(const ForwardAction& action, const http::Headers& request, absl::Time now);
// The values of Set-Cookie that keep the client with the group; none if the action is not sticky.
std::vector<std::string> GroupCookies(const ForwardAction& action, absl::string_view target_group_id, absl::Time now);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_STICKY_SESSION_H_
