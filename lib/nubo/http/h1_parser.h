// HTTP/1.1 framing (RFC 9112), strict and incremental, without I/O.
//
// A message that two parsers could read differently is refused: Transfer-Encoding that is not exactly "chunked", with
// Content-Length, or in HTTP/1.0; Content-Length that is repeated, a list, or not plain digits; folded lines, bare CR
// or LF, space before a colon, control characters; chunk extensions that are none; a missing, repeated or odd Host.
// Nothing of that is passed on: an absolute-form target's authority takes the place of Host (RFC 9112 §3.2.2).
//
// Example:
//   H1Parser parser(H1Parser::Kind::kRequest, {});
//   while (true) {
//     H1Parser::Step step = parser.Next(buffer);
//     // use step.event and step.body, then drop step.consumed bytes from the buffer
//   }
//
// Grammar (RFC 9112 §2.1):
//   HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]
//
// Thread safety: thread-compatible.
#ifndef NUBO_HTTP_H1_PARSER_H_
#define NUBO_HTTP_H1_PARSER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/http/message.h"

namespace nubo::http {

struct Limits {
  // As an Application Load Balancer has them: a line with its CR, and the whole head.
  size_t line_bytes_max = 16 << 10;
  size_t head_bytes_max = 64 << 10;
  size_t fields_max = 200;
  // Interim responses before a final one; real servers send one or two.
  int interims_max = 64;
  // A chunk's line, size and extensions.
  size_t chunk_line_bytes_max = 256;
  // All lines of a body's chunks together, beyond 16 bytes a chunk and two for every byte they carry.
  size_t chunk_overhead_bytes_max = 16 << 10;
};

class H1Parser {
 public:
  enum class Kind { kRequest, kResponse };
  enum class Event {
    // Nothing more can be said without more bytes.
    kNeedMore,
    // request() or response() is there.
    kHead,
    // `body` is the next piece.
    kBody,
    // The message is complete, and trailers() are there. Next() begins with another one after Reset().
    kEnd,
    // error() says why; the connection is of no more use.
    kError,
  };
  struct Step {
    Event event = Event::kNeedMore;
    // How many bytes of the input are done with.
    size_t consumed = 0;
    // Within the input.
    absl::string_view body;
  };

  H1Parser(Kind kind, const Limits& limits) : kind_(kind), limits_(limits) {}

  // `input` begins where the last step's consumed bytes ended; what was not consumed comes again with more behind it.
  Step Next(absl::string_view input);
  // The stream has ended: true if that ends the message properly (a response without a length), or none has begun.
  bool AtEof(bool input_empty);
  // Ready for the next message of the connection.
  void Reset();
  // Of the next response: it answers a HEAD request, and has no body whatever its fields say.
  void set_head_request(bool head_request) { head_request_ = head_request; }

  const RequestHead& request() const { return request_; }
  RequestHead& request() { return request_; }
  const ResponseHead& response() const { return response_; }
  ResponseHead& response() { return response_; }
  const Headers& trailers() const { return trailers_; }
  // The connection may carry another message after this one.
  bool keep_alive() const { return keep_alive_; }
  // A body follows the head.
  bool has_body() const { return framing_ != Framing::kNone; }

  const absl::Status& error() const { return error_; }
  // The status that answers a request which could not be parsed: 400, 414, 431, 501 or 505.
  int error_status() const { return error_status_; }

 private:
  enum class State { kHead, kBody, kChunkLine, kChunkData, kChunkEnd, kTrailers, kDone, kError };
  enum class Framing { kNone, kLength, kChunked, kUntilClose };

  Step Fail(int status, absl::string_view message);
  // The size of the head or trailer section at the start of `input`, its empty line included; 0: not complete yet.
  // Fails on bare CR or LF and past the limits.
  size_t FindSectionEnd(absl::string_view input);
  // How many bytes of empty lines a request begins with.
  size_t SkipEmptyLines(absl::string_view input);
  Step NextHead(absl::string_view input);
  Step NextBody(absl::string_view input);
  Step NextChunkLine(absl::string_view input);
  // Sets `remaining_` to the size that a chunk's line begins with.
  bool ParseChunkLine(absl::string_view line);
  Step NextTrailers(absl::string_view input);
  bool ParseFields(absl::string_view lines, Headers& headers);
  bool ParseRequestLine(absl::string_view line);
  bool ParseStatusLine(absl::string_view line);
  bool TakeHost();
  bool DecideFraming();

  const Kind kind_;
  const Limits limits_;
  State state_ = State::kHead;
  Framing framing_ = Framing::kNone;
  // Of the section being read: bytes known to hold no end, and where its current line starts.
  size_t scanned_ = 0;
  size_t line_start_ = 0;
  size_t section_lines_ = 0;
  int empty_lines_ = 0;
  uint64_t remaining_ = 0;
  uint64_t chunk_overhead_ = 0;
  bool head_request_ = false;
  bool keep_alive_ = true;
  bool absolute_form_ = false;
  RequestHead request_;
  ResponseHead response_;
  Headers trailers_;
  absl::Status error_;
  int error_status_ = 400;
};

// What a head is on the wire, its empty line included. `chunked` adds Transfer-Encoding; framing fields among the
// head's own headers must have been removed.
std::string SerializeRequestHead(const RequestHead& head, bool chunked);
std::string SerializeResponseHead(const ResponseHead& head, bool chunked, bool close);

}  // namespace nubo::http

#endif  // NUBO_HTTP_H1_PARSER_H_
