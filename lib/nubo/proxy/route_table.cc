#include "nubo/proxy/route_table.h"

#include <algorithm>

#include "absl/random/distributions.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nubo/proxy/pattern.h"

namespace nubo::proxy {
namespace {

bool AnyMatches(const std::vector<std::string>& patterns, absl::string_view text, PatternCase sensitivity) {
  if (patterns.empty()) return true;
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesPattern(pattern, text, sensitivity); });
}

// "app.example." is the name "app.example", written as the whole of it (RFC 1034 §3.1).
absl::string_view WithoutRootDot(absl::string_view host) { return absl::StripSuffix(host, "."); }

// The pattern's placeholders filled in; an empty pattern means `kept`.
std::string Fill(absl::string_view pattern, absl::string_view kept, const RedirectContext& request) {
  if (pattern.empty()) return std::string(kept);
  return absl::StrReplaceAll(pattern, {{"#{protocol}", request.protocol},
                                       {"#{host}", request.host},
                                       {"#{port}", request.port},
                                       // AWS's pattern is "/#{path}", and its value has no leading slash.
                                       {"/#{path}", request.path},
                                       {"#{path}", request.path},
                                       {"#{query}", request.query}});
}

}  // namespace

RouteTable::RouteTable(const ListenerConfig& listener)
    : default_action_(listener.default_action), rules_(listener.rules) {
  for (RuleConfig& rule : rules_) {
    for (std::string& pattern : rule.host_patterns) pattern = std::string(WithoutRootDot(pattern));
  }
}

RouteTable::Match RouteTable::Find(absl::string_view host, absl::string_view path) const {
  host = WithoutRootDot(host);
  for (const RuleConfig& rule : rules_) {
    if (AnyMatches(rule.host_patterns, host, PatternCase::kInsensitive) &&
        AnyMatches(rule.path_patterns, path, PatternCase::kSensitive)) {
      return {&rule.action, rule.priority};
    }
  }
  return {&default_action_, 0};
}

const ForwardAction::Part* ChooseGroup(const ForwardAction& action, absl::BitGenRef rng) {
  int total = 0;
  for (const ForwardAction::Part& part : action.parts) total += part.weight;
  if (total == 0) return nullptr;
  int left = absl::Uniform<int>(rng, 0, total);
  for (const ForwardAction::Part& part : action.parts) {
    if (left < part.weight) return &part;
    left -= part.weight;
  }
  return nullptr;
}

std::string RedirectLocation(const RedirectAction& action, const RedirectContext& request) {
  const std::string protocol = Fill(action.protocol, request.protocol, request);
  const std::string host = Fill(action.host, request.host, request);
  const std::string port = Fill(action.port, request.port, request);
  const std::string path = Fill(action.path, request.path, request);
  const std::string query = Fill(action.query, request.query, request);
  std::string location = absl::StrCat(absl::AsciiStrToLower(protocol), "://",
                                      absl::StrContains(host, ':') ? absl::StrCat("[", host, "]") : host);
  if (!port.empty()) absl::StrAppend(&location, ":", port);
  absl::StrAppend(&location, path);
  if (!query.empty()) absl::StrAppend(&location, "?", query);
  return location;
}

absl::string_view HostWithoutPort(absl::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const size_t end = authority.find(']');
    return end == absl::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

absl::string_view PortOf(absl::string_view authority) {
  const size_t host_end = absl::StartsWith(authority, "[") ? authority.find(']') : 0;
  const size_t colon = authority.find(':', std::min(host_end, authority.size()));
  return colon == absl::string_view::npos ? "" : authority.substr(colon + 1);
}

}  // namespace nubo::proxy
