// Texts that clients, targets and templates write: patterns, authorities, redirects, health answers, log fields.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "nubo/proxy/access_log.h"
#include "nubo/proxy/grpc_health.h"
#include "nubo/proxy/pattern.h"
#include "nubo/proxy/route_table.h"

namespace nubo::proxy {
namespace {

void Check(absl::string_view pattern, absl::string_view text) {
  // What matches with case matches without; and everything matches a star.
  const bool exact = MatchesPattern(pattern, text, PatternCase::kSensitive);
  if (exact && !MatchesPattern(pattern, text, PatternCase::kInsensitive)) std::abort();
  if (!MatchesPattern("*", text, PatternCase::kSensitive)) std::abort();
  if (HostWithoutPort(text).size() > text.size()) std::abort();
  (void)ParseGrpcHealthResponse(text);
  RedirectAction redirect;
  redirect.path = std::string(pattern);
  RedirectContext context;
  context.host = HostWithoutPort(text);
  context.path = text;
  (void)RedirectLocation(redirect, context);
  AccessLogEntry entry;
  entry.user_agent = std::string(text);
  entry.request_line = std::string(pattern);
  const std::string line = FormatAccessLogLine(entry);
  if (std::count(line.begin(), line.end(), '\n') != 1 || line.back() != '\n') std::abort();
}

}  // namespace
}  // namespace nubo::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\n'), size);
  nubo::proxy::Check(input.substr(0, end), input.substr(std::min(end + 1, size)));
  return 0;
}
