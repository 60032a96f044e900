#include "nubo/vpc/pool_text.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"

namespace nubo::vpc {
namespace {

constexpr absl::string_view kMagic = "nubo-pool";
constexpr absl::string_view kVersion = "1";

void AppendString(absl::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void AppendDetails(const CidrPool::Details& details, std::string& out) {
  if (!details.owner.empty()) {
    out += " owner ";
    AppendString(details.owner, out);
  }
  for (const auto& [key, value] : details.tags) {
    out += " tag ";
    AppendString(key, out);
    out += ' ';
    AppendString(value, out);
  }
}

void AppendEntries(const CidrPool& pool, size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  pool.ForEach([&](const CidrPool::Block& block) {
    if (block.kind == CidrPool::Kind::kFree) return true;
    out += margin;
    if (block.kind == CidrPool::Kind::kPool) out += "pool ";
    if (block.kind == CidrPool::Kind::kReserved) out += "reserved ";
    if (block.kind == CidrPool::Kind::kResting) out += "resting ";
    out += block.prefix.ToString();
    if (block.kind == CidrPool::Kind::kResting) {
      absl::StrAppend(&out, " until ", absl::FormatTime(absl::RFC3339_full, block.until, absl::UTCTimeZone()));
    }
    if (block.kind == CidrPool::Kind::kPool && block.pool->options().rest > absl::ZeroDuration()) {
      absl::StrAppend(&out, " rest ", absl::FormatDuration(block.pool->options().rest));
    }
    AppendDetails(*block.details, out);
    if (block.pool != nullptr) {
      out += " {\n";
      AppendEntries(*block.pool, indent + 2, out);
      absl::StrAppend(&out, margin, "}");
    }
    out += '\n';
    return true;
  });
}

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<CidrPool> Parse() {
    NUBO_RETURN_IF_ERROR(Expect(kMagic));
    const absl::string_view version = Peek();
    if (version != kVersion) {
      return Bad(absl::StrCat("this reads version ", kVersion, ", and the text is of \"", version.substr(0, 16), "\""));
    }
    Take();
    NUBO_RETURN_IF_ERROR(Expect("pool"));
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, TakeBlock());
    NUBO_ASSIGN_OR_RETURN(const CidrPool::Options options, TakeOptions());
    CidrPool pool(block, options);
    NUBO_RETURN_IF_ERROR(ParseEntries(pool));
    if (!Peek().empty()) return Bad(absl::StrCat("nothing comes after the pool, but here is \"", Shown(), "\""));
    return pool;
  }

 private:
  // From "{" to "}". What a reservation has is given by the pool that has the reservation.
  absl::Status ParseEntries(CidrPool& pool) {
    NUBO_RETURN_IF_ERROR(Expect("{"));
    while (Peek() != "}") {
      if (Peek().empty()) return Bad("a \"}\" is missing");
      NUBO_RETURN_IF_ERROR(ParseEntry(pool));
    }
    Take();
    return absl::OkStatus();
  }

  absl::Status ParseEntry(CidrPool& pool) {
    const absl::string_view word = Peek();
    const bool is_pool = word == "pool", reserved = word == "reserved", resting = word == "resting";
    if (is_pool || reserved || resting) Take();
    Peek();
    const size_t at = at_;
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, TakeBlock());
    if (reserved_ && !reserved_->Contains(block)) return BadAt(at, NotWithin(block, *reserved_));
    if (reserved_ && (reserved || resting)) return BadAt(at, "a reservation has allocated blocks and pools only");
    if (resting) {
      NUBO_RETURN_IF_ERROR(Expect("until"));
      NUBO_ASSIGN_OR_RETURN(const absl::Time until, TakeTime());
      return At(at, pool.Rest(block, until));
    }
    CidrPool* nested = nullptr;
    if (is_pool) {
      NUBO_ASSIGN_OR_RETURN(const CidrPool::Options options, TakeOptions());
      absl::StatusOr<CidrPool*> made = pool.AllocatePoolExact(block, options);
      if (!made.ok()) return At(at, made.status());
      nested = *made;
    } else {
      NUBO_RETURN_IF_ERROR(At(at, reserved ? pool.Reserve(block) : pool.AllocateExact(block)));
    }
    NUBO_ASSIGN_OR_RETURN(CidrPool::Details details, TakeDetails());
    if (!details.empty()) NUBO_RETURN_IF_ERROR(At(at, pool.SetDetails(block, std::move(details))));
    if (!is_pool && !reserved) return absl::OkStatus();
    const std::optional<net::Prefix> outer = std::exchange(reserved_, reserved ? std::optional(block) : std::nullopt);
    const absl::Status parsed = ParseEntries(is_pool ? *nested : pool);
    reserved_ = outer;
    return parsed;
  }

  absl::StatusOr<CidrPool::Options> TakeOptions() {
    CidrPool::Options options;
    if (Peek() != "rest") return options;
    Take();
    const absl::string_view text = Peek();
    if (!absl::ParseDuration(text, &options.rest) || options.rest <= absl::ZeroDuration()) {
      return Bad(absl::StrCat("\"", Shown(), "\" is not a duration such as 5m"));
    }
    Take();
    return options;
  }

  absl::StatusOr<CidrPool::Details> TakeDetails() {
    CidrPool::Details details;
    if (Peek() == "owner") {
      Take();
      const size_t at = at_;
      NUBO_ASSIGN_OR_RETURN(details.owner, TakeString());
      if (details.owner.empty()) return BadAt(at, "an owner has a name");
    }
    while (Peek() == "tag") {
      Take();
      NUBO_ASSIGN_OR_RETURN(std::string key, TakeString());
      const size_t at = at_;
      NUBO_ASSIGN_OR_RETURN(std::string value, TakeString());
      if (!details.tags.try_emplace(std::move(key), std::move(value)).second) {
        return BadAt(at, "the block has this tag already");
      }
    }
    return details;
  }

  absl::StatusOr<net::Prefix> TakeBlock() {
    const absl::string_view word = Peek();
    const absl::StatusOr<net::Prefix> block = net::Prefix::Parse(word);
    if (!block.ok()) return Bad(absl::StrCat("\"", Shown(), "\" is not a CIDR block such as 10.0.0.0/16"));
    if (net::IpAddress::Parse(word.substr(0, word.find('/'))).value() != block->first()) {
      return Bad(absl::StrCat("\"", Shown(), "\" has host bits; its block is ", block->ToString()));
    }
    Take();
    return *block;
  }

  absl::StatusOr<absl::Time> TakeTime() {
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, Peek(), &time, &error)) {
      return Bad(absl::StrCat("\"", Shown(), "\" is not a time such as 2026-01-02T03:04:05+00:00"));
    }
    Take();
    return time;
  }

  absl::StatusOr<std::string> TakeString() {
    if (Peek().empty() || text_[at_] != '"') return Bad(absl::StrCat("\"", Shown(), "\" is not a string in quotes"));
    std::string value;
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '"') {
        at_ = i + 1;
        return value;
      }
      if (c == '\n') break;
      if (c != '\\') {
        value += c;
        continue;
      }
      const char escaped = i + 1 < text_.size() ? text_[i + 1] : '\0';
      const int high = i + 2 < text_.size() ? HexDigit(text_[i + 2]) : -1;
      const int low = i + 3 < text_.size() ? HexDigit(text_[i + 3]) : -1;
      if (escaped == 'x' && high >= 0 && low >= 0) {
        value += static_cast<char>(16 * high + low);
        i += 3;
        continue;
      }
      constexpr absl::string_view kNames = "\"\\nrt", kMeant = "\"\\\n\r\t";
      const size_t name = kNames.find(escaped);
      if (name == absl::string_view::npos) return BadAt(i, "there is no such escape");
      value += kMeant[name];
      ++i;
    }
    return Bad("this string does not end on its line");
  }

  absl::Status Expect(absl::string_view word) {
    if (Peek() != word) return Bad(absl::StrCat("\"", word, "\" is expected here, not \"", Shown(), "\""));
    Take();
    return absl::OkStatus();
  }

  // The next word, which begins at at_ afterwards; empty at the end.
  absl::string_view Peek() {
    while (at_ < text_.size() && (IsSpace(text_[at_]) || text_[at_] == '#')) {
      if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        ++at_;
      }
    }
    size_t end = at_;
    while (end < text_.size() && !IsSpace(text_[end]) && text_[end] != '#') ++end;
    return text_.substr(at_, end - at_);
  }
  void Take() { at_ += Peek().size(); }
  absl::string_view Shown() {
    constexpr size_t kShownMax = 40;
    return Peek().substr(0, kShownMax);
  }

  absl::Status BadAt(size_t at, absl::string_view message) const {
    size_t line = 1, begin = 0;
    for (size_t i = 0; i < at; ++i) {
      if (text_[i] != '\n') continue;
      ++line;
      begin = i + 1;
    }
    return absl::InvalidArgumentError(absl::StrCat(line, ":", at - begin + 1, ": ", message));
  }
  absl::Status Bad(absl::string_view message) const { return BadAt(at_, message); }
  absl::Status At(size_t at, const absl::Status& status) const {
    return status.ok() ? status : BadAt(at, status.message());
  }
  static std::string NotWithin(const net::Prefix& block, const net::Prefix& outer) {
    return absl::StrCat(block.ToString(), " is not within ", outer.ToString());
  }

  absl::string_view text_;
  size_t at_ = 0;
  // The reservation that entries are in, if it is one.
  std::optional<net::Prefix> reserved_;
};

}  // namespace

std::string PrintPool(const CidrPool& pool) {
  std::string out = absl::StrCat(kMagic, " ", kVersion, "\npool ", pool.block().ToString());
  if (pool.options().rest > absl::ZeroDuration()) {
    absl::StrAppend(&out, " rest ", absl::FormatDuration(pool.options().rest));
  }
  out += " {\n";
  AppendEntries(pool, 2, out);
  out += "}\n";
  return out;
}

absl::StatusOr<CidrPool> ParsePool(absl::string_view text) { return Parser(text).Parse(); }

}  // namespace nubo::vpc
