// What an H1Parser makes of some bytes, as one text: the same however the bytes are cut.
#ifndef NUBO_TESTS_HTTP_TRANSCRIPT_H_
#define NUBO_TESTS_HTTP_TRANSCRIPT_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/http/h1_parser.h"

namespace nubo::http {

inline std::string Describe(const Headers& headers) {
  std::string text;
  for (const Field& field : headers) absl::StrAppend(&text, " ", field.name, "=", field.value, ";");
  return text;
}

inline std::string DescribeHead(H1Parser& parser, H1Parser::Kind kind) {
  if (kind == H1Parser::Kind::kResponse) {
    return absl::StrCat(parser.response().status, Describe(parser.response().headers),
                        parser.keep_alive() ? "" : " close");
  }
  const RequestHead& head = parser.request();
  return absl::StrCat(head.method, " ", head.path, " @", head.authority, head.version == Version::kHttp10 ? " 1.0" : "",
                      Describe(head.headers), parser.keep_alive() ? "" : " close");
}

// Feeds `bytes` cut into pieces of `fragment` bytes (0: whole), message after message, then the end of the stream.
// A message reads "HEAD | body | END trailers\n"; an error ends the text with its status.
inline std::string Transcribe(H1Parser::Kind kind, absl::string_view bytes, size_t fragment, bool head_request = false,
                              const Limits& limits = {}) {
  H1Parser parser(kind, limits);
  parser.set_head_request(head_request);
  std::string text, body, buffer;
  bool waiting = true;
  while (true) {
    if (waiting) {
      if (bytes.empty()) break;
      const absl::string_view piece = bytes.substr(0, fragment == 0 ? bytes.size() : fragment);
      buffer.append(piece.data(), piece.size());
      bytes.remove_prefix(piece.size());
      waiting = false;
    }
    const H1Parser::Step step = parser.Next(buffer);
    body.append(step.body.data(), step.body.size());
    buffer.erase(0, step.consumed);
    switch (step.event) {
      case H1Parser::Event::kNeedMore:
        waiting = true;
        break;
      case H1Parser::Event::kHead:
        absl::StrAppend(&text, DescribeHead(parser, kind), " | ");
        break;
      case H1Parser::Event::kBody:
        break;
      case H1Parser::Event::kEnd:
        absl::StrAppend(&text, body, " | END", Describe(parser.trailers()), "\n");
        body.clear();
        parser.Reset();
        parser.set_head_request(head_request);
        waiting = buffer.empty();
        break;
      case H1Parser::Event::kError:
        return absl::StrCat(text, body, " ERROR ", parser.error_status());
    }
  }
  const bool ended = parser.AtEof(buffer.empty());
  if (!body.empty() || !ended) absl::StrAppend(&text, body, ended ? " | EOF" : " CUT");
  return text;
}

}  // namespace nubo::http

#endif  // NUBO_TESTS_HTTP_TRANSCRIPT_H_
