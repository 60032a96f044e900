#include "nubo/ec2/mime.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace nubo::ec2 {
namespace {

constexpr absl::string_view kDefaultType = "text/plain";

// With its line break; what is left of `text` begins after it.
absl::string_view TakeLine(absl::string_view& text) {
  const size_t end = text.find('\n');
  const absl::string_view line = text.substr(0, end == absl::string_view::npos ? text.size() : end + 1);
  text.remove_prefix(line.size());
  return line;
}

absl::string_view WithoutBreak(absl::string_view line) {
  absl::ConsumeSuffix(&line, "\n");
  absl::ConsumeSuffix(&line, "\r");
  return line;
}

int LinesIn(absl::string_view text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

struct Header {
  // In lower case.
  std::string name;
  std::string value;
};

// "NAME:" of printable characters (RFC 5322 §2.2).
bool IsHeader(absl::string_view line) {
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos) return false;
  return std::all_of(line.begin(), line.begin() + colon, [](char c) { return c > ' ' && c < 0x7F; });
}

// Takes the headers, and the empty line after them if there is one, from `text`.
std::vector<Header> TakeHeaders(absl::string_view& text) {
  std::vector<Header> headers;
  while (!text.empty()) {
    absl::string_view rest = text;
    const absl::string_view line = WithoutBreak(TakeLine(rest));
    const bool folded = !line.empty() && (line[0] == ' ' || line[0] == '\t');
    if (line.empty()) {
      text = rest;
      break;
    }
    if (folded && !headers.empty()) {
      absl::StrAppend(&headers.back().value, " ", absl::StripAsciiWhitespace(line));
    } else if (IsHeader(line)) {
      const size_t colon = line.find(':');
      headers.push_back({absl::AsciiStrToLower(line.substr(0, colon)),
                         std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)))});
    } else {
      break;
    }
    text = rest;
  }
  return headers;
}

std::string ValueOf(const std::vector<Header>& headers, absl::string_view name) {
  for (const Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

// The parameter `name` of "value; name=one; other=\"two\"" (RFC 2045 §5.1); "": there is none.
std::string Parameter(absl::string_view value, absl::string_view name) {
  size_t at = value.find(';');
  while (at != absl::string_view::npos && at < value.size()) {
    value.remove_prefix(at + 1);
    const size_t equals = value.find_first_of("=;");
    if (equals == absl::string_view::npos) return "";
    if (value[equals] == ';') {
      at = equals;
      continue;
    }
    const bool wanted = absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(value.substr(0, equals)), name);
    value = absl::StripLeadingAsciiWhitespace(value.substr(equals + 1));
    std::string text;
    if (absl::ConsumePrefix(&value, "\"")) {
      size_t i = 0;
      for (; i < value.size() && value[i] != '"'; ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) ++i;
        text.push_back(value[i]);
      }
      value.remove_prefix(std::min(i, value.size()));
    } else {
      text = std::string(absl::StripTrailingAsciiWhitespace(value.substr(0, value.find(';'))));
    }
    if (wanted) return text;
    at = value.find(';');
  }
  return "";
}

std::string TypeOf(absl::string_view content_type) {
  const std::string type =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';'))));
  return std::count(type.begin(), type.end(), '/') == 1 ? type : std::string(kDefaultType);
}

class Reader {
 public:
  explicit Reader(absl::string_view whole) : whole_(whole) {}

  void ReadEntity(absl::string_view text, int depth) {
    if (parts_.size() >= kMimePartsMax) return;
    const int line = LineOf(text);
    if (depth > kMimeDepthMax) return Fail(line, absl::StrCat("parts nest more than ", kMimeDepthMax, " deep"));
    const std::vector<Header> headers = TakeHeaders(text);
    const std::string content_type = ValueOf(headers, "content-type");
    const std::string type = TypeOf(content_type);
    if (absl::StartsWith(type, "multipart/")) return ReadMultipart(text, content_type, line, depth);
    MimePart part;
    part.type = type;
    part.filename = Parameter(ValueOf(headers, "content-disposition"), "filename");
    if (part.filename.empty()) part.filename = Parameter(content_type, "name");
    part.merge_type = ValueOf(headers, "merge-type");
    if (part.merge_type.empty()) part.merge_type = ValueOf(headers, "x-merge-type");
    Decode(absl::AsciiStrToLower(ValueOf(headers, "content-transfer-encoding")), text, part);
    Add(std::move(part));
  }

  std::vector<MimePart> Take() && { return std::move(parts_); }

 private:
  int LineOf(absl::string_view text) const {
    return 1 + LinesIn(whole_.substr(0, static_cast<size_t>(text.data() - whole_.data())));
  }

  void Add(MimePart part) {
    if (parts_.size() + 1 == kMimePartsMax) {
      part = {};
      part.problem = absl::StrCat("there are more than ", kMimePartsMax - 1, " parts");
    }
    parts_.push_back(std::move(part));
  }

  void Fail(int line, std::string problem) {
    MimePart part;
    part.problem = std::move(problem);
    part.problem_line = line;
    Add(std::move(part));
  }

  void Decode(absl::string_view encoding, absl::string_view text, MimePart& part) const {
    if (encoding == "base64") {
      if (absl::Base64Unescape(text, &part.body)) return;
      part.problem = "its transfer encoding says base64, and its content is none";
      part.problem_line = LineOf(text);
    } else if (encoding == "quoted-printable") {
      part.body = DecodeQuotedPrintable(text);
    } else if (encoding == "x-uuencode" || encoding == "uuencode" || encoding == "uue" || encoding == "x-uue") {
      part.problem = "the transfer encoding uuencode is not read; use base64";
      part.problem_line = LineOf(text);
    } else {
      part.body = std::string(text);
      part.line = LineOf(text);
    }
  }

  void ReadMultipart(absl::string_view text, absl::string_view content_type, int line, int depth) {
    const std::string boundary = Parameter(content_type, "boundary");
    if (boundary.empty()) return Fail(line, "a multipart has no boundary");
    const std::string delimiter = absl::StrCat("--", boundary);
    const char* begin = nullptr;
    absl::string_view rest = text;
    while (!rest.empty()) {
      const absl::string_view at = rest;
      absl::string_view after = absl::StripTrailingAsciiWhitespace(TakeLine(rest));
      if (!absl::ConsumePrefix(&after, delimiter)) continue;
      const bool last = absl::ConsumePrefix(&after, "--");
      if (!absl::StripAsciiWhitespace(after).empty()) continue;
      // The line break before it is its own (RFC 2046 §5.1.1).
      if (begin != nullptr) ReadEntity(Between(begin, at.data()), depth + 1);
      if (last && begin != nullptr) return;
      begin = rest.data();
    }
    if (begin == nullptr)
      return Fail(line, absl::StrCat("no line is its multipart's boundary --", boundary.substr(0, 70)));
    // As cloud-init does: the end is missing, and the last part is all there is.
    if (const char* end = text.data() + text.size(); begin < end) {
      ReadEntity(absl::string_view(begin, static_cast<size_t>(end - begin)), depth + 1);
    }
  }

  static absl::string_view Between(const char* begin, const char* end) {
    return begin < end ? WithoutBreak({begin, static_cast<size_t>(end - begin)}) : absl::string_view(begin, 0);
  }

  const absl::string_view whole_;
  std::vector<MimePart> parts_;
};

int HexDigit(char c) {
  if (absl::ascii_isdigit(static_cast<unsigned char>(c))) return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string DecodeQuotedPrintable(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const absl::string_view whole = TakeLine(text);
    absl::string_view line = WithoutBreak(whole);
    const absl::string_view line_break = whole.substr(line.size());
    // Blanks at the end were added on the way.
    if (!line_break.empty()) line = absl::StripTrailingAsciiWhitespace(line);
    const bool soft = absl::ConsumeSuffix(&line, "=");
    for (size_t i = 0; i < line.size(); ++i) {
      const bool escape =
          line[i] == '=' && i + 2 < line.size() && HexDigit(line[i + 1]) >= 0 && HexDigit(line[i + 2]) >= 0;
      out.push_back(escape ? static_cast<char>(HexDigit(line[i + 1]) * 16 + HexDigit(line[i + 2])) : line[i]);
      if (escape) i += 2;
    }
    if (!soft) absl::StrAppend(&out, line_break);
  }
  return out;
}

std::vector<MimePart> ReadMime(absl::string_view text) {
  Reader reader(text);
  reader.ReadEntity(text, 0);
  return std::move(reader).Take();
}

}  // namespace nubo::ec2
