#include "nubo/ec2/metadata_service.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nubo::ec2 {
namespace {

constexpr absl::string_view kServer = "EC2ws";
// More digits than the largest TTL has.
constexpr size_t kTtlDigitsMax = 10;

std::vector<absl::string_view> All(const MetadataRequest& request, absl::string_view name) {
  std::vector<absl::string_view> values;
  for (const auto& [each, value] : request.headers) {
    if (absl::EqualsIgnoreCase(each, name)) values.push_back(value);
  }
  return values;
}

// Nothing: there is none, there are several, or it is out of bounds.
std::optional<absl::Duration> AskedTtl(const MetadataRequest& request) {
  const std::vector<absl::string_view> values = All(request, kTokenTtlHeader);
  if (values.size() != 1) return std::nullopt;
  const absl::string_view text = absl::StripAsciiWhitespace(values[0]);
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
  int64_t seconds = 0;
  if (!digits || text.size() > kTtlDigitsMax || !absl::SimpleAtoi(text, &seconds)) return std::nullopt;
  const absl::Duration ttl = absl::Seconds(seconds);
  if (ttl < kTokenTtlMin || ttl > kTokenTtlMax) return std::nullopt;
  return ttl;
}

MetadataResponse Response(int status, absl::string_view content_type, std::string body) {
  return {.status = status,
          .headers = {{"content-type", std::string(content_type)}, {"server", std::string(kServer)}},
          .body = std::move(body)};
}

MetadataResponse NotAllowed(absl::string_view allowed) {
  MetadataResponse response = MetadataError(405);
  response.headers.emplace_back("allow", allowed);
  return response;
}

// In whole seconds, a part of one for a whole.
void TellTtl(absl::Duration ttl, MetadataResponse* response) {
  const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(ttl, absl::Seconds(1)));
  response->headers.emplace_back(kTokenTtlHeader, absl::StrCat(seconds));
}

MetadataResponse IssueToken(const MetadataRequest& request, const MetadataTree& tree, const MetadataTokens& tokens,
                            absl::Time now, absl::BitGenRef rng) {
  if (!All(request, "x-forwarded-for").empty()) return MetadataError(403);
  const std::optional<absl::Duration> ttl = AskedTtl(request);
  if (!ttl) return MetadataError(400);
  MetadataResponse response = Response(200, "text/plain", tokens.Issue(tree.instance().instance_id, *ttl, now, rng));
  response.hop_limit = std::clamp(tree.instance().options.hop_limit, kHopLimitMin, kHopLimitMax);
  TellTtl(*ttl, &response);
  return response;
}

MetadataResponse Get(const MetadataRequest& request, const MetadataTree& tree, const MetadataTokens& tokens,
                     absl::Time now) {
  const std::vector<absl::string_view> given = All(request, kTokenHeader);
  std::optional<absl::Duration> good_for;
  if (given.size() == 1) good_for = tokens.Check(given[0], tree.instance().instance_id, now);
  // One that is not good is no version 1 request, wherever those are taken.
  const bool refused = given.empty() ? tree.instance().options.tokens_required : !good_for.has_value();
  if (refused) return MetadataError(401);
  MetadataAnswer answer = tree.Answer(request.path);
  MetadataResponse response = Response(answer.status, answer.content_type, std::move(answer.body));
  if (good_for) TellTtl(*good_for, &response);
  return response;
}

}  // namespace

MetadataResponse MetadataError(int status) { return Response(status, "text/html", MetadataErrorPage(status)); }

MetadataResponse HandleMetadata(const MetadataRequest& request, const MetadataTree& tree, const MetadataTokens& tokens,
                                absl::Time now, absl::BitGenRef rng) {
  const MetadataOptions& options = tree.instance().options;
  if (!options.endpoint_enabled || (request.over_ipv6 && !options.ipv6_enabled)) return MetadataError(403);
  const std::optional<std::vector<std::string>> segments = SplitMetadataPath(request.path);
  const bool any_token_path = segments && segments->size() == 3 && (*segments)[1] == "api" && (*segments)[2] == "token";
  const bool token_path = any_token_path && segments->front() == "latest";
  if (request.method == "PUT" && token_path) return IssueToken(request, tree, tokens, now, rng);
  if (request.method == "PUT" && any_token_path) return MetadataError(403);
  if (token_path) return NotAllowed("PUT");
  if (request.method != "GET" && request.method != "HEAD") return NotAllowed("GET, HEAD");
  return Get(request, tree, tokens, now);
}

}  // namespace nubo::ec2
