// What AWS demands of the rules of a listener: of the values of their conditions, and of what their actions say.
//
// Each function looks at one value or a few, so that a template of which the others are not known yet is checked by the
// same ones as a request that is complete. All of them return INVALID_ARGUMENT with a sentence for people; which of
// AWS's codes goes with it, ValidationError or InvalidLoadBalancerAction, says whoever calls.
//
// Source: Elastic Load Balancing, "Listener rules for your Application Load Balancer"; the API reference's
// RuleCondition, Action, FixedResponseActionConfig and RedirectActionConfig.
//
// Example:
//   NUBO_RETURN_IF_ERROR(lb::CheckConditionValue("path-pattern", "/img/*"));
//   NUBO_RETURN_IF_ERROR(lb::CheckRedirect({.path = "/new/#{path}"}, /*protocol=*/"HTTP", /*port=*/"80"));
//
// Thread safety: pure functions.
#ifndef NUBO_LB_LISTENER_RULES_H_
#define NUBO_LB_LISTENER_RULES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::lb {

// --- conditions ---

// Comma-separated.
inline constexpr char kConditionFields[] =
    "host-header,http-header,http-request-method,path-pattern,query-string,source-ip";

struct RuleCondition {
  // One of these.
  std::string field;
  // Of http-header.
  std::string header_name;
  // Of a query string without its keys.
  std::vector<std::string> values;
};

// Whether a rule may have several conditions on `field`.
bool MayRepeat(absl::string_view field);
absl::Status CheckConditionValue(absl::string_view field, absl::string_view value);
// Of the field that a condition on http-header is about: a token (RFC 9110 §5.6.2) other than Host.
absl::Status CheckConditionHeader(absl::string_view name);
// Of one rule, and of all its conditions together.
absl::Status CheckConditionCount(size_t conditions);
absl::Status CheckValueCount(size_t values);
// A second condition on `field`, if that may not be.
absl::Status CheckRepeated(absl::string_view field);
absl::Status CheckHasValue(absl::string_view field, size_t values);
// All of the above.
absl::Status CheckConditions(const std::vector<RuleCondition>& conditions);

// --- actions ---

// What the API calls an enum, comma-separated.
inline constexpr char kFixedContentTypes[] = "text/plain,text/css,text/html,application/javascript,application/json";
inline constexpr char kRedirectProtocols[] = "HTTP,HTTPS,#{protocol}";
inline constexpr char kRedirectStatusCodes[] = "HTTP_301,HTTP_302";

// "200"; 2XX, 4XX or 5XX.
absl::Status CheckFixedStatus(absl::string_view status_code);
absl::Status CheckFixedBody(absl::string_view body);

// What is not given stays as in the request.
struct RedirectParts {
  std::optional<std::string> protocol, host, port, path, query;
};

// `part` is Host, Path or Query: its characters, size and placeholders.
absl::Status CheckRedirectText(absl::string_view part, absl::string_view text);
absl::Status CheckRedirectPath(absl::string_view path);
absl::Status CheckRedirectQuery(absl::string_view query);
absl::Status CheckRedirectPort(absl::string_view port);
// It must lead elsewhere. `protocol` and `port` are the listener's; "" of an action that only some requests come to.
absl::Status CheckRedirectLoop(const RedirectParts& parts, absl::string_view protocol, absl::string_view port);
// All of the above.
absl::Status CheckRedirect(const RedirectParts& parts, absl::string_view protocol, absl::string_view port);

}  // namespace nubo::lb

#endif  // NUBO_LB_LISTENER_RULES_H_
