// The HTTP/1.1 parser reads the same from any bytes however they are cut, and what it takes for a request is written
// and read back as the same request.
//
// The input's first byte chooses the cut and whether requests or responses are read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "nubo/http/h1_parser.h"
#include "nubo/http/syntax.h"
#include "tests/http/transcript.h"

namespace {

using nubo::http::H1Parser;

void Require(bool condition) {
  if (!condition) std::abort();
}

// A request that was accepted is one: writing it down gives bytes that mean the same again.
void RoundTrip(absl::string_view bytes) {
  H1Parser parser(H1Parser::Kind::kRequest, {});
  if (parser.Next(bytes).event != H1Parser::Event::kHead) return;
  nubo::http::RequestHead head = parser.request();
  Require(nubo::http::IsToken(head.method) && nubo::http::IsTarget(head.path) && nubo::http::MayBeSent(head.headers));
  Require(head.authority.empty() || nubo::http::IsAuthority(head.authority));
  if (head.authority.empty()) return;
  nubo::http::RemoveHopByHop(head.headers);
  head.headers.Remove("content-length");
  const std::string written = nubo::http::SerializeRequestHead(head, /*chunked=*/false);
  H1Parser again(H1Parser::Kind::kRequest, {});
  const H1Parser::Step step = again.Next(written);
  Require(step.event == H1Parser::Event::kHead && step.consumed == written.size());
  Require(again.request().path == head.path && again.request().authority == head.authority);
  Require(nubo::http::Describe(again.request().headers) == nubo::http::Describe(head.headers));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto kind = (data[0] & 0x40) != 0 ? H1Parser::Kind::kResponse : H1Parser::Kind::kRequest;
  const bool head_request = (data[0] & 0x80) != 0;
  const size_t fragment = 1 + (data[0] & 0x1f);
  const std::string whole = nubo::http::Transcribe(kind, bytes, 0, head_request);
  Require(whole == nubo::http::Transcribe(kind, bytes, fragment, head_request));
  if (kind == H1Parser::Kind::kRequest) RoundTrip(bytes);
  return 0;
}
