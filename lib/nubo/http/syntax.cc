#include "nubo/http/syntax.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nubo::http {
namespace {

using Table = std::array<bool, 256>;

constexpr Table MakeTable(const char* extra, const char* more = "") {
  Table table = {};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (; *extra != '\0'; ++extra) table[static_cast<unsigned char>(*extra)] = true;
  for (; *more != '\0'; ++more) table[static_cast<unsigned char>(*more)] = true;
  return table;
}

// What a URI is made of beside letters and digits (RFC 3986 §2.2, §2.3), without "#", which is never sent.
constexpr char kUri[] = "-._~%!$&'()*+,;=:@/?[]";

constexpr Table kToken = MakeTable("!#$%&'*+-.^_`|~");
constexpr Table kPath = MakeTable(kUri, "|^");
constexpr Table kQuery = MakeTable(kUri, "|^`{}\\");
constexpr Table kHost = MakeTable("-._~%!$&'()*+,;=");

bool AllIn(const Table& table, absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [&table](char c) { return table[static_cast<unsigned char>(c)]; });
}

bool IsIpLiteral(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.';
  });
}

}  // namespace

bool IsToken(absl::string_view text) { return !text.empty() && AllIn(kToken, text); }

bool IsFieldValue(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool IsTarget(absl::string_view text) {
  if (text.empty()) return false;
  const size_t query = std::min(text.find('?'), text.size());
  return AllIn(kPath, text.substr(0, query)) && AllIn(kQuery, text.substr(query));
}

bool IsAuthority(absl::string_view text) {
  absl::string_view host = text;
  absl::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find(']');
    if (close == absl::string_view::npos) return false;
    if (!IsIpLiteral(text.substr(1, close - 1))) return false;
    host = text.substr(0, close + 1);
    rest = text.substr(close + 1);
  } else {
    host = text.substr(0, text.find(':'));
    if (host.empty() || !AllIn(kHost, host)) return false;
    rest = text.substr(host.size());
  }
  constexpr size_t kPortDigitsMax = 5;
  if (rest.empty()) return true;
  const absl::string_view port = rest.substr(1);
  return rest.front() == ':' && port.size() <= kPortDigitsMax && (port.empty() || IsDigits(port));
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<uint64_t> ParseContentLength(absl::string_view text) {
  constexpr size_t kDigitsMax = 18;
  uint64_t length = 0;
  if (!IsDigits(text) || text.size() > kDigitsMax || !absl::SimpleAtoi(text, &length)) return std::nullopt;
  return length;
}

bool MayBeSent(const Headers& headers) {
  return std::all_of(headers.begin(), headers.end(),
                     [](const Field& field) { return IsToken(field.name) && IsFieldValue(field.value); });
}

namespace {

absl::Status CheckFields(const Headers& headers) {
  for (const Field& field : headers) {
    if (IsToken(field.name) && IsFieldValue(field.value)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the field ", Quote(field.name), ": ", Quote(field.value), " holds what no header may"));
  }
  const std::vector<absl::string_view> lengths = headers.GetAll("content-length");
  if (lengths.size() > 1 || (lengths.size() == 1 && !ParseContentLength(lengths[0]))) {
    return absl::InvalidArgumentError(absl::StrCat("Content-Length ", Quote(lengths[0]), " is not one plain number"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRequestHead(const RequestHead& head) {
  if (!IsToken(head.method) || head.method.size() > kMethodBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("the method ", Quote(head.method), " is not a token"));
  }
  const bool star = head.path == "*" && head.method == "OPTIONS";
  if (!IsTarget(head.path) || (head.path.front() != '/' && !star)) {
    return absl::InvalidArgumentError(absl::StrCat("the path ", Quote(head.path), " is not \"/\" and URI characters"));
  }
  if (!head.authority.empty() && !IsAuthority(head.authority)) {
    return absl::InvalidArgumentError(absl::StrCat("the authority ", Quote(head.authority), " is not a host and port"));
  }
  return CheckFields(head.headers);
}

absl::Status CheckResponseHead(const ResponseHead& head) {
  if (head.status < 200 || head.status > 999) {
    return absl::InvalidArgumentError(absl::StrCat("a response ends with a final status, not ", head.status));
  }
  return CheckFields(head.headers);
}

absl::Status CheckInterimHead(const ResponseHead& head) {
  if (head.status < 102 || head.status > 199) {
    return absl::InvalidArgumentError(
        absl::StrCat("an interim response has a status of 102 to 199, not ", head.status));
  }
  return CheckFields(head.headers);
}

std::string Quote(absl::string_view text) {
  constexpr size_t kShown = 40;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kShown)) {
    quoted.push_back(absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?');
  }
  return quoted + (text.size() > kShown ? "…\"" : "\"");
}

}  // namespace nubo::http
