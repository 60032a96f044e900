#include "nubo/proxy/sticky_session.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/lb/stickiness.h"

namespace nubo::proxy {
namespace {

constexpr absl::string_view kGroupCookieName = "AWSALBTG";
constexpr absl::string_view kCorsSuffix = "CORS";
// AWS splits a long value over several; ours has one size.
constexpr absl::string_view kAppCookieSuffix = "-0";

// The value of the cookie of that name (RFC 6265 §5.4); HTTP/2 may spread them over several fields.
std::optional<absl::string_view> CookieOf(const http::Headers& request, absl::string_view name) {
  for (const absl::string_view field : request.GetAll("cookie")) {
    for (const absl::string_view pair : absl::StrSplit(field, ';')) {
      const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
      if (absl::StripAsciiWhitespace(parts.first) == name) return absl::StripAsciiWhitespace(parts.second);
    }
  }
  return std::nullopt;
}

// What of either of the pair of cookies was made with the key and is still good.
std::optional<uint64_t> TagOf(const lb::StickinessKey& key, const http::Headers& request, absl::string_view name,
                              absl::Time now) {
  for (const std::string& cookie : {std::string(name), absl::StrCat(name, kCorsSuffix)}) {
    const std::optional<absl::string_view> value = CookieOf(request, cookie);
    if (!value.has_value()) continue;
    if (const auto tag = lb::StickinessCookie(key).Decode(*value, now)) return tag;
  }
  return std::nullopt;
}

std::string CookieText(absl::string_view name, absl::string_view value, absl::Time expires) {
  return absl::StrCat(name, "=", value,
                      "; Expires=", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", expires, absl::UTCTimeZone()),
                      "; Path=/");
}

std::vector<std::string> CookiePair(const lb::StickinessKey& key, absl::string_view name, absl::string_view id,
                                    absl::Time expires) {
  const std::string value = lb::StickinessCookie(key).Encode(id, expires);
  return {CookieText(name, value, expires),
          absl::StrCat(CookieText(absl::StrCat(name, kCorsSuffix), value, expires), "; SameSite=None")};
}

// Whether the application sets its cookie with this response.
bool SetsCookie(const http::Headers& response, absl::string_view name) {
  for (const absl::string_view field : response.GetAll("set-cookie")) {
    if (absl::StripAsciiWhitespace(field.substr(0, field.find('='))) == name) return true;
  }
  return false;
}

}  // namespace

std::optional<uint64_t> WantedTarget(const TargetGroupConfig& group, const http::Headers& request, absl::Time now) {
  switch (group.stickiness.type) {
    case lb::StickinessType::kLbCookie:
      return TagOf(group.stickiness_key, request, lb::kLbCookieName, now);
    case lb::StickinessType::kAppCookie:
      // Without the application's own cookie its session is over.
      if (!CookieOf(request, group.stickiness.app_cookie_name).has_value()) return std::nullopt;
      return TagOf(group.stickiness_key, request, absl::StrCat(lb::kAppCookieName, kAppCookieSuffix), now);
    case lb::StickinessType::kSourceIp:
    case lb::StickinessType::kNone:
      break;
  }
  return std::nullopt;
}

void AddTargetCookies(const TargetGroupConfig& group, absl::string_view target_id, absl::Time now,
                      http::Headers& response) {
  const absl::Time expires = now + group.stickiness.duration;
  if (group.stickiness.type == lb::StickinessType::kLbCookie) {
    for (const std::string& cookie : CookiePair(group.stickiness_key, lb::kLbCookieName, target_id, expires)) {
      response.Add("set-cookie", cookie);
    }
  }
  if (group.stickiness.type != lb::StickinessType::kAppCookie) return;
  if (!SetsCookie(response, group.stickiness.app_cookie_name)) return;
  const std::string value = lb::StickinessCookie(group.stickiness_key).Encode(target_id, expires);
  response.Add("set-cookie", CookieText(absl::StrCat(lb::kAppCookieName, kAppCookieSuffix), value, expires));
}

const ForwardAction::Part* WantedGroup(const ForwardAction& action, const http::Headers& request, absl::Time now) {
  if (action.stickiness == absl::ZeroDuration()) return nullptr;
  const std::optional<uint64_t> tag = TagOf(action.stickiness_key, request, kGroupCookieName, now);
  if (!tag.has_value()) return nullptr;
  const lb::StickinessCookie cookie(action.stickiness_key);
  for (const ForwardAction::Part& part : action.parts) {
    if (part.weight > 0 && cookie.TagOf(part.target_group_id) == *tag) return &part;
  }
  return nullptr;
}

std::vector<std::string> GroupCookies(const ForwardAction& action, absl::string_view target_group_id, absl::Time now) {
  if (action.stickiness == absl::ZeroDuration()) return {};
  return CookiePair(action.stickiness_key, kGroupCookieName, target_group_id, now + action.stickiness);
}

}  // namespace nubo::proxy
