#include "nubo/http/h1_parser.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/http/syntax.h"

namespace nubo::http {
namespace {

constexpr char kCrLfText[] = "\r\n";
constexpr absl::string_view kCrLf = kCrLfText;
// 15 digits stay far below 2^64.
constexpr size_t kChunkDigitsMax = 15;
// What a chunk's line takes without extensions, and some more.
constexpr uint64_t kChunkLineBytes = 16;
// Empty lines before a request line that are read over (RFC 9112 §2.2): some clients end a body with one too many.
constexpr int kEmptyLinesMax = 8;

void SkipBlanks(absl::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

// Takes a quoted-string (RFC 9110 §5.6.4) or a token off the front of `text`.
bool TakeExtensionValue(absl::string_view& text) {
  if (!absl::StartsWith(text, "\"")) {
    const size_t size = std::min(text.find_first_of("; \t"), text.size());
    const bool token = IsToken(text.substr(0, size));
    text.remove_prefix(size);
    return token;
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// RFC 9112 §7.1.1: *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ). The extensions themselves mean
// nothing here, but a line that another parser could end elsewhere is refused.
bool AreChunkExtensions(absl::string_view text) {
  while (!text.empty()) {
    SkipBlanks(text);
    if (!absl::ConsumePrefix(&text, ";")) return false;
    SkipBlanks(text);
    const size_t size = std::min(text.find_first_of("=; \t"), text.size());
    if (!IsToken(text.substr(0, size))) return false;
    text.remove_prefix(size);
    absl::string_view value = text;
    SkipBlanks(value);
    if (!absl::ConsumePrefix(&value, "=")) continue;
    SkipBlanks(value);
    if (!TakeExtensionValue(value)) return false;
    text = value;
  }
  return true;
}

}  // namespace

H1Parser::Step H1Parser::Fail(int status, absl::string_view message) {
  state_ = State::kError;
  error_status_ = status;
  error_ = absl::InvalidArgumentError(message);
  keep_alive_ = false;
  return {Event::kError, 0, ""};
}

void H1Parser::Reset() {
  state_ = State::kHead;
  framing_ = Framing::kNone;
  scanned_ = line_start_ = section_lines_ = 0;
  empty_lines_ = 0;
  remaining_ = chunk_overhead_ = 0;
  head_request_ = false;
  keep_alive_ = true;
  absolute_form_ = false;
  request_ = RequestHead();
  response_ = ResponseHead();
  trailers_.clear();
}

H1Parser::Step H1Parser::Next(absl::string_view input) {
  switch (state_) {
    case State::kHead:
      return NextHead(input);
    case State::kBody:
    case State::kChunkData:
    case State::kChunkEnd:
      return NextBody(input);
    case State::kChunkLine:
      return NextChunkLine(input);
    case State::kTrailers:
      return NextTrailers(input);
    case State::kDone:
      return {Event::kEnd, 0, ""};
    case State::kError:
      break;
  }
  return {Event::kError, 0, ""};
}

bool H1Parser::AtEof(bool input_empty) {
  if (state_ == State::kBody && framing_ == Framing::kUntilClose) {
    state_ = State::kDone;
    return true;
  }
  return state_ == State::kDone || (state_ == State::kHead && input_empty);
}

size_t H1Parser::FindSectionEnd(absl::string_view input) {
  while (true) {
    const size_t lf = input.find('\n', scanned_);
    const absl::string_view line =
        input.substr(line_start_, (lf == absl::string_view::npos ? input.size() : lf) - line_start_);
    if (line.size() > limits_.line_bytes_max) {
      Fail(section_lines_ == 0 && kind_ == Kind::kRequest && state_ == State::kHead ? 414 : 431,
           absl::StrCat("a line of the head is longer than ", limits_.line_bytes_max, " bytes"));
      return 0;
    }
    if (std::min(lf, input.size()) > limits_.head_bytes_max) {
      Fail(431, absl::StrCat("the head is longer than ", limits_.head_bytes_max, " bytes"));
      return 0;
    }
    if (lf == absl::string_view::npos) {
      scanned_ = input.size();
      return 0;
    }
    if (line.empty() || line.back() != '\r') {
      Fail(400, "a line ends in LF without CR");
      return 0;
    }
    scanned_ = lf + 1;
    if (line.size() == 1) {
      const size_t end = lf + 1;
      scanned_ = line_start_ = section_lines_ = 0;
      return end;
    }
    line_start_ = lf + 1;
    // The start line is not a field.
    if (++section_lines_ > limits_.fields_max + (state_ == State::kHead ? 1 : 0)) {
      Fail(431, absl::StrCat("more than ", limits_.fields_max, " header fields"));
      return 0;
    }
  }
}

size_t H1Parser::SkipEmptyLines(absl::string_view input) {
  size_t skipped = 0;
  if (kind_ != Kind::kRequest || section_lines_ > 0) return 0;
  while (empty_lines_ < kEmptyLinesMax && absl::StartsWith(input.substr(skipped), kCrLf)) {
    skipped += kCrLf.size();
    ++empty_lines_;
  }
  if (skipped > 0) scanned_ = 0;
  return skipped;
}

H1Parser::Step H1Parser::NextHead(absl::string_view input) {
  const size_t skipped = SkipEmptyLines(input);
  input.remove_prefix(skipped);
  const size_t end = FindSectionEnd(input);
  if (state_ == State::kError) return {Event::kError, 0, ""};
  if (end == 0) return {Event::kNeedMore, skipped, ""};
  const absl::string_view section = input.substr(0, end - kCrLf.size());
  const size_t first = section.find(kCrLf);
  if (first == absl::string_view::npos) {
    return Fail(kind_ == Kind::kRequest ? 400 : 502, "the message begins with an empty line");
  }
  const absl::string_view start_line = section.substr(0, first);
  const absl::string_view lines = section.substr(first + kCrLf.size());
  const bool request = kind_ == Kind::kRequest;
  if (!(request ? ParseRequestLine(start_line) : ParseStatusLine(start_line))) return {Event::kError, 0, ""};
  if (!ParseFields(lines, request ? request_.headers : response_.headers)) return {Event::kError, 0, ""};
  if (request && !TakeHost()) return {Event::kError, 0, ""};
  if (!DecideFraming()) return {Event::kError, 0, ""};
  return {Event::kHead, skipped + end, ""};
}

bool H1Parser::ParseRequestLine(absl::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == absl::string_view::npos || first == last || line.find(' ', first + 1) != last) {
    Fail(400, absl::StrCat("the request line ", Quote(line), " is not METHOD TARGET VERSION, one space between"));
    return false;
  }
  const absl::string_view method = line.substr(0, first);
  const absl::string_view target = line.substr(first + 1, last - first - 1);
  const absl::string_view version = line.substr(last + 1);
  if (!IsToken(method) || method.size() > kMethodBytesMax) {
    Fail(400, absl::StrCat("the method ", Quote(method), " is not a token"));
    return false;
  }
  if (version == "HTTP/1.1") {
    request_.version = Version::kHttp11;
  } else if (version == "HTTP/1.0") {
    request_.version = Version::kHttp10;
  } else {
    const bool other = version.size() == 8 && absl::StartsWith(version, "HTTP/") && absl::ascii_isdigit(version[5]);
    Fail(other ? 505 : 400, absl::StrCat("the version ", Quote(version), " is neither HTTP/1.1 nor HTTP/1.0"));
    return false;
  }
  if (method == "CONNECT") {
    Fail(501, "CONNECT is not offered");
    return false;
  }
  if (!IsTarget(target)) {
    Fail(400, absl::StrCat("the request target ", Quote(target), " has characters that no URI has"));
    return false;
  }
  request_.method = std::string(method);
  if (target.front() == '/' || (target == "*" && method == "OPTIONS")) {
    request_.path = std::string(target);
    return true;
  }
  // Absolute form (RFC 9112 §3.2.2).
  for (const absl::string_view scheme : {"http", "https"}) {
    const std::string prefix = absl::StrCat(scheme, "://");
    if (!absl::StartsWithIgnoreCase(target, prefix)) continue;
    const absl::string_view rest = target.substr(prefix.size());
    const size_t slash = rest.find_first_of("/?");
    const absl::string_view authority = rest.substr(0, slash);
    if (!IsAuthority(authority)) break;
    absolute_form_ = true;
    request_.authority = std::string(authority);
    const absl::string_view path = slash == absl::string_view::npos ? "" : rest.substr(slash);
    request_.path = absl::StartsWith(path, "/") ? std::string(path) : absl::StrCat("/", path);
    // RFC 9112 §3.2.4: what a proxy makes of "OPTIONS * ".
    if (path.empty() && method == "OPTIONS") request_.path = "*";
    return true;
  }
  Fail(400, absl::StrCat("the request target ", Quote(target), " is neither a path nor an http URI"));
  return false;
}

bool H1Parser::ParseStatusLine(absl::string_view line) {
  // HTTP/1.x SP 3DIGIT SP [ reason ]; the second space is often left out when there is no reason.
  const bool shaped = line.size() >= 12 &&
                      (absl::StartsWith(line, "HTTP/1.1 ") || absl::StartsWith(line, "HTTP/1.0 ")) &&
                      IsDigits(line.substr(9, 3)) && (line.size() == 12 || line[12] == ' ') && IsFieldValue(line);
  if (!shaped || line[9] == '0') {
    Fail(502, absl::StrCat("the status line ", Quote(line), " is not one of HTTP/1.1"));
    return false;
  }
  response_.version = line[7] == '1' ? Version::kHttp11 : Version::kHttp10;
  if (!absl::SimpleAtoi(line.substr(9, 3), &response_.status)) return false;
  return true;
}

bool H1Parser::ParseFields(absl::string_view lines, Headers& headers) {
  while (!lines.empty()) {
    const size_t end = lines.find(kCrLf);
    const absl::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + kCrLf.size());
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos || !IsToken(line.substr(0, colon))) {
      // A folded line, and space before the colon, end here too: neither is a token.
      Fail(400, absl::StrCat("the header line ", Quote(line), " does not begin with a field name and a colon"));
      return false;
    }
    absl::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    if (!IsFieldValue(value)) {
      Fail(400, absl::StrCat("the value of ", Quote(line.substr(0, colon)), " holds a control character"));
      return false;
    }
    headers.Add(line.substr(0, colon), value);
  }
  return true;
}

bool H1Parser::TakeHost() {
  const std::vector<absl::string_view> hosts = request_.headers.GetAll("host");
  if (hosts.size() > 1 || (hosts.empty() && request_.version == Version::kHttp11)) {
    Fail(400, absl::StrCat("a request has one Host field, not ", hosts.size()));
    return false;
  }
  if (hosts.empty()) return true;
  if (!IsAuthority(hosts[0])) {
    Fail(400, absl::StrCat("Host ", Quote(hosts[0]), " is not a host and port"));
    return false;
  }
  // RFC 9112 §3.2.2: the target's own authority counts, and Host is passed over.
  if (!absolute_form_) request_.authority = std::string(hosts[0]);
  request_.headers.Remove("host");
  return true;
}

bool H1Parser::DecideFraming() {
  const bool request = kind_ == Kind::kRequest;
  const Headers& headers = request ? request_.headers : response_.headers;
  const Version version = request ? request_.version : response_.version;
  const int fault = request ? 400 : 502;
  const std::vector<absl::string_view> codings = headers.GetAll("transfer-encoding");
  const std::vector<absl::string_view> lengths = headers.GetAll("content-length");
  keep_alive_ = version == Version::kHttp11 ? !headers.HasToken("connection", "close")
                                            : headers.HasToken("connection", "keep-alive");
  if (!codings.empty()) {
    if (version == Version::kHttp10) return Fail(fault, "Transfer-Encoding in HTTP/1.0"), false;
    if (!lengths.empty()) return Fail(fault, "both Transfer-Encoding and Content-Length"), false;
    if (codings.size() != 1 || !absl::EqualsIgnoreCase(codings[0], "chunked")) {
      const bool known_shape = codings.size() == 1 && IsToken(codings[0]);
      return Fail(request && known_shape ? 501 : fault,
                  absl::StrCat("Transfer-Encoding ", Quote(codings[0]), " is not exactly chunked")),
             false;
    }
  }
  uint64_t length = 0;
  if (!lengths.empty()) {
    const std::optional<uint64_t> parsed = ParseContentLength(lengths[0]);
    if (lengths.size() != 1 || !parsed) {
      return Fail(fault, absl::StrCat("Content-Length ", Quote(lengths[0]), " is not one number of at most 18 digits")),
             false;
    }
    length = *parsed;
  }
  const bool bodiless =
      !request && (head_request_ || response_.status < 200 || response_.status == 204 || response_.status == 304);
  if (bodiless) {
    framing_ = Framing::kNone;
  } else if (!codings.empty()) {
    framing_ = Framing::kChunked;
  } else if (!lengths.empty()) {
    framing_ = length > 0 ? Framing::kLength : Framing::kNone;
  } else {
    framing_ = request ? Framing::kNone : Framing::kUntilClose;
  }
  if (framing_ == Framing::kUntilClose) keep_alive_ = false;
  remaining_ = length;
  switch (framing_) {
    case Framing::kNone:
      state_ = State::kDone;
      break;
    case Framing::kChunked:
      state_ = State::kChunkLine;
      break;
    default:
      state_ = State::kBody;
  }
  return true;
}

H1Parser::Step H1Parser::NextBody(absl::string_view input) {
  if (state_ == State::kChunkEnd) {
    if (input.size() < kCrLf.size()) {
      return input.empty() || input[0] == '\r' ? Step{} : Fail(400, "a chunk is longer than its size says");
    }
    if (!absl::StartsWith(input, kCrLf)) return Fail(400, "a chunk is longer than its size says");
    state_ = State::kChunkLine;
    Step step = NextChunkLine(input.substr(kCrLf.size()));
    step.consumed += kCrLf.size();
    return step;
  }
  if (input.empty()) return {};
  if (framing_ == Framing::kUntilClose) return {Event::kBody, input.size(), input};
  const absl::string_view piece = input.substr(0, std::min<uint64_t>(remaining_, input.size()));
  remaining_ -= piece.size();
  if (remaining_ == 0) state_ = state_ == State::kBody ? State::kDone : State::kChunkEnd;
  return {Event::kBody, piece.size(), piece};
}

H1Parser::Step H1Parser::NextChunkLine(absl::string_view input) {
  const size_t lf = input.find('\n');
  if (std::min(lf, input.size()) > limits_.chunk_line_bytes_max) {
    return Fail(400, absl::StrCat("a chunk's line is longer than ", limits_.chunk_line_bytes_max, " bytes"));
  }
  if (lf == absl::string_view::npos) return {};
  if (lf == 0 || input[lf - 1] != '\r') return Fail(400, "a chunk's line ends in LF without CR");
  if (!ParseChunkLine(input.substr(0, lf - 1))) return {Event::kError, 0, ""};
  // Bodies of tiny chunks in long lines would cost far more than they carry.
  chunk_overhead_ += lf + 1;
  const uint64_t allowed = kChunkLineBytes + 2 * remaining_;
  chunk_overhead_ -= std::min(chunk_overhead_, allowed);
  if (chunk_overhead_ > limits_.chunk_overhead_bytes_max) return Fail(400, "the chunks have too long extensions");
  state_ = remaining_ == 0 ? State::kTrailers : State::kChunkData;
  Step step = Next(input.substr(lf + 1));
  step.consumed += lf + 1;
  return step;
}

bool H1Parser::ParseChunkLine(absl::string_view line) {
  const auto is_digit = [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); };
  const absl::string_view size = line.substr(0, std::find_if_not(line.begin(), line.end(), is_digit) - line.begin());
  if (size.empty() || size.size() > kChunkDigitsMax || !IsFieldValue(line) ||
      !AreChunkExtensions(line.substr(size.size()))) {
    Fail(400,
         absl::StrCat("the chunk's line ", Quote(line), " is not a hexadecimal size, and perhaps \";name=value\""));
    return false;
  }
  remaining_ = 0;
  for (const char c : size) {
    const int lower = absl::ascii_tolower(static_cast<unsigned char>(c));
    remaining_ = remaining_ * 16 + (lower <= '9' ? lower - '0' : lower - 'a' + 10);
  }
  return true;
}

H1Parser::Step H1Parser::NextTrailers(absl::string_view input) {
  const size_t end = FindSectionEnd(input);
  if (state_ == State::kError) return {Event::kError, 0, ""};
  if (end == 0) return {};
  if (!ParseFields(input.substr(0, end - kCrLf.size()), trailers_)) return {Event::kError, 0, ""};
  state_ = State::kDone;
  return {Event::kEnd, end, ""};
}

namespace {

void AppendFields(const Headers& headers, std::string& out) {
  for (const Field& field : headers) absl::StrAppend(&out, field.name, ": ", field.value, kCrLf);
}

}  // namespace

std::string SerializeRequestHead(const RequestHead& head, bool chunked) {
  std::string out = absl::StrCat(head.method, " ", head.path, " HTTP/1.1\r\nhost: ", head.authority, kCrLf);
  AppendFields(head.headers, out);
  if (chunked) absl::StrAppend(&out, "transfer-encoding: chunked\r\n");
  out += kCrLfText;
  return out;
}

std::string SerializeResponseHead(const ResponseHead& head, bool chunked, bool close) {
  std::string out = absl::StrCat("HTTP/1.1 ", head.status, " ", ReasonPhrase(head.status), kCrLf);
  AppendFields(head.headers, out);
  if (chunked) absl::StrAppend(&out, "transfer-encoding: chunked\r\n");
  if (close) absl::StrAppend(&out, "connection: close\r\n");
  out += kCrLfText;
  return out;
}

}  // namespace nubo::http
