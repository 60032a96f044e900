#include "nubo/proxy/forwarding.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/distributions.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nubo::proxy {
namespace {

// AWS's "7 KB".
constexpr size_t kTracedHeadMax = 7 << 10;

size_t FieldsSize(const http::Headers& headers) {
  size_t size = 2;
  for (const http::Field& field : headers) size += field.name.size() + field.value.size() + 4;
  return size;
}

// gRPC's Percent-Encoding of Status-Message.
std::string PercentEncode(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 0x20 && c <= 0x7e && c != '%') {
      out += c;
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// AWS's rule: letters, digits and hyphens.
void DropInvalid(http::Headers& headers) {
  std::vector<std::string> names;
  for (const http::Field& field : headers) {
    const bool valid = std::all_of(field.name.begin(), field.name.end(),
                                   [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
    if (!valid) names.emplace_back(field.name);
  }
  for (const std::string& name : names) headers.Remove(name);
}

void SetForwardedFor(const ForwardedBy& by, http::Headers& headers) {
  if (by.headers.forwarded_for == ForwardedForMode::kPreserve) return;
  if (by.headers.forwarded_for == ForwardedForMode::kRemove) {
    headers.Remove("x-forwarded-for");
    return;
  }
  std::vector<absl::string_view> hops = headers.GetAll("x-forwarded-for");
  const std::string peer = by.headers.client_port ? by.peer.ToString() : by.peer.ip.ToString();
  hops.push_back(peer);
  const std::string forwarded_for = absl::StrJoin(hops, ", ");
  headers.Set("x-forwarded-for", forwarded_for);
}

}  // namespace

http::RequestHead ForwardedRequest(const http::RequestHead& head, const ForwardedBy& by) {
  http::RequestHead out = head;
  http::RemoveHopByHop(out.headers);
  out.headers.Remove("expect");
  if (by.headers.drop_invalid) DropInvalid(out.headers);
  SetForwardedFor(by, out.headers);
  out.headers.Set("x-forwarded-proto", by.protocol);
  out.headers.Set("x-forwarded-port", absl::StrCat(by.port));
  // A head that is long already does not grow by a long trace: it gets a new one, as AWS has it.
  const std::string came(HeadSize(head) > kTracedHeadMax ? "" : head.headers.Get("x-amzn-trace-id").value_or(""));
  out.headers.Set("x-amzn-trace-id", UpdatedTraceId(came, by.trace_id));
  return out;
}

std::string UpdatedTraceId(absl::string_view came, absl::string_view trace_id) {
  std::vector<absl::string_view> kept;
  bool traced = false;
  for (absl::string_view field : absl::StrSplit(came, ';')) {
    field = absl::StripAsciiWhitespace(field);
    const bool self = absl::StartsWith(field, "Self=");
    traced |= self || absl::StartsWith(field, "Root=");
    if (!self && !field.empty()) kept.push_back(field);
  }
  const std::string own = absl::StrCat(traced ? "Self=" : "Root=", trace_id);
  kept.insert(kept.begin(), own);
  return absl::StrJoin(kept, ";");
}

http::ResponseHead ForwardedResponse(http::ResponseHead head) {
  http::RemoveHopByHop(head.headers);
  return head;
}

std::string NewTraceId(absl::Time now, absl::BitGenRef rng) {
  return absl::StrFormat("1-%08x-%016x%08x", absl::ToUnixSeconds(now) & 0xffffffff, absl::Uniform<uint64_t>(rng),
                         absl::Uniform<uint32_t>(rng));
}

bool AnnouncesBody(const http::RequestHead& head) {
  if (head.headers.Has("transfer-encoding")) return true;
  const auto length = head.headers.Get("content-length");
  return length.has_value() && *length != "0";
}

bool AnnouncesNoBody(const http::RequestHead& head) {
  if (AnnouncesBody(head)) return false;
  return head.version != http::Version::kHttp2 || head.headers.Has("content-length");
}

bool IsGrpc(const http::RequestHead& head) {
  const auto type = head.headers.Get("content-type");
  return head.version == http::Version::kHttp2 && type.has_value() &&
         absl::StartsWithIgnoreCase(*type, "application/grpc");
}

http::ResponseHead GrpcUnavailable(absl::string_view message) {
  http::ResponseHead head;
  head.headers = {
      {"content-type", "application/grpc"}, {"grpc-status", "14"}, {"grpc-message", PercentEncode(message)}};
  return head;
}

size_t HeadSize(const http::RequestHead& head) {
  return head.method.size() + head.path.size() + 12 + head.authority.size() + 8 + FieldsSize(head.headers);
}

size_t HeadSize(const http::ResponseHead& head) {
  return 15 + http::ReasonPhrase(head.status).size() + FieldsSize(head.headers);
}

}  // namespace nubo::proxy
