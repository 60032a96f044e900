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

bool MatchesEscaped(absl::string_view pattern, absl::string_view text) {
  return MatchesPattern(pattern, text, PatternCase::kInsensitive, PatternEscape::kBackslash);
}

bool HeaderMatches(const HeaderCondition& condition, const http::Headers* headers) {
  if (headers == nullptr) return false;
  const std::vector<absl::string_view> values = headers->GetAll(condition.name);
  return std::any_of(values.begin(), values.end(), [&](absl::string_view value) {
    return std::any_of(condition.patterns.begin(), condition.patterns.end(),
                       [&](const std::string& pattern) { return MatchesEscaped(pattern, value); });
  });
}

bool ParameterMatches(const QueryCondition& condition, absl::string_view parameter) {
  const size_t equals = std::min(parameter.find('='), parameter.size());
  const absl::string_view key = parameter.substr(0, equals);
  const absl::string_view value = equals == parameter.size() ? absl::string_view() : parameter.substr(equals + 1);
  return std::any_of(condition.begin(), condition.end(), [&](const QueryPattern& pattern) {
    return (pattern.key.empty() || MatchesEscaped(pattern.key, key)) && MatchesEscaped(pattern.value, value);
  });
}

bool QueryMatches(const QueryCondition& condition, absl::string_view query) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    if (ParameterMatches(condition, query.substr(0, end))) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

bool SourceMatches(const std::vector<net::Prefix>& sources, const net::IpAddress& source) {
  return sources.empty() ||
         std::any_of(sources.begin(), sources.end(), [&](const net::Prefix& block) { return block.Contains(source); });
}

// Every condition that the rule has holds.
bool Matches(const RuleConfig& rule, const RouteRequest& request) {
  const bool named = AnyMatches(rule.host_patterns, request.host, PatternCase::kInsensitive) &&
                     AnyMatches(rule.path_patterns, request.path, PatternCase::kSensitive);
  const bool called =
      rule.methods.empty() || std::find(rule.methods.begin(), rule.methods.end(), request.method) != rule.methods.end();
  return named && called && SourceMatches(rule.sources, request.source) &&
         std::all_of(rule.headers.begin(), rule.headers.end(),
                     [&](const HeaderCondition& header) { return HeaderMatches(header, request.headers); }) &&
         std::all_of(rule.queries.begin(), rule.queries.end(),
                     [&](const QueryCondition& query) { return QueryMatches(query, request.query); });
}

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

RouteTable::Match RouteTable::Find(RouteRequest request) const {
  request.host = WithoutRootDot(request.host);
  for (const RuleConfig& rule : rules_) {
    if (Matches(rule, request)) return {&rule.action, rule.priority};
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
