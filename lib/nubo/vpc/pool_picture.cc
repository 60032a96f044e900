#include "nubo/vpc/pool_picture.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::vpc {
namespace {

using Kind = CidrPool::Kind;

std::string Count(absl::uint128 number) {
  if (absl::Uint128High64(number) == 0) return absl::StrCat(absl::Uint128Low64(number));
  return absl::StrFormat("%.3g", static_cast<double>(number));
}

std::string Addresses(const net::Prefix& block) {
  const int bits = block.first().bits() - block.length();
  return bits >= 64 ? absl::StrCat("2^", bits) : Count(block.size());
}

// How much of a block of that size so many addresses are, from 0 to 1.
double Share(absl::uint128 part, const net::Prefix& block) {
  const absl::uint128 size = block.size();
  return size == 0 ? static_cast<double>(part) / 3.402823669209385e38
                   : static_cast<double>(part) / static_cast<double>(size);
}

std::string Percent(double share) { return absl::StrFormat("%.3g%%", 100 * share); }

// "reserved, web, tier=front"; empty for a plain block.
std::string Words(const CidrPool::Block& block) {
  std::string words;
  const auto add = [&](absl::string_view word) { absl::StrAppend(&words, words.empty() ? "" : ", ", word); };
  if (block.kind == Kind::kFree) add("free");
  if (block.kind == Kind::kReserved) add("reserved");
  if (block.kind == Kind::kPool) add("pool");
  if (block.kind == Kind::kResting) {
    add(absl::StrCat("rests until ", absl::FormatTime(absl::RFC3339_sec, block.until, absl::UTCTimeZone())));
  }
  if (!block.details->owner.empty()) add(absl::Utf8SafeCHexEscape(block.details->owner));
  for (const auto& [key, value] : block.details->tags) add(absl::Utf8SafeCHexEscape(absl::StrCat(key, "=", value)));
  return words;
}

// A block of a pool, or what stands for several.
struct Part {
  CidrPool::Block block;
  // More than one: block is only the space they are in.
  size_t blocks = 1;
  absl::uint128 taken = 0;
};

// The blocks of a pool; those longer than `length` are taken together by the block of that length that they are in, if
// there is more than one there.
std::vector<Part> PartsOf(const CidrPool& pool, int length, bool free) {
  std::vector<Part> parts;
  std::optional<net::Prefix> group;
  pool.ForEach([&](const CidrPool::Block& block) {
    const absl::uint128 taken = block.kind == Kind::kFree ? absl::uint128(0) : block.prefix.size();
    if (group && group->Contains(block.prefix)) {
      Part& part = parts.back();
      ++part.blocks;
      part.taken += taken;
      part.block.prefix = *group;
      return true;
    }
    group.reset();
    if (block.prefix.length() > length) group = *net::Prefix::Make(block.prefix.first(), length);
    if (!free && !parts.empty() && parts.back().block.kind == Kind::kFree && parts.back().blocks == 1) parts.pop_back();
    parts.push_back({block, 1, taken});
    return true;
  });
  if (!free && !parts.empty() && parts.back().block.kind == Kind::kFree && parts.back().blocks == 1) parts.pop_back();
  return parts;
}

std::string Words(const Part& part) {
  if (part.blocks == 1) return Words(part.block);
  return absl::StrCat(part.blocks, " blocks, ", Percent(Share(part.taken, part.block.prefix)), " taken");
}

std::string Summary(const CidrPool& pool) {
  const CidrPool::Usage usage = pool.usage();
  std::string out = absl::StrCat(Addresses(pool.block()), " addresses, ", pool.allocated(),
                                 pool.allocated() == 1 ? " block" : " blocks", ", ",
                                 Percent(Share(usage.allocated, pool.block())), " allocated");
  if (usage.reserved != 0) absl::StrAppend(&out, ", ", Count(usage.reserved), " reserved");
  if (usage.resting != 0) absl::StrAppend(&out, ", ", Count(usage.resting), " rest");
  if (usage.largest_free) {
    absl::StrAppend(&out, ", largest free /", *usage.largest_free, ", fragmentation ",
                    absl::StrFormat("%.3g", usage.fragmentation));
  } else {
    out += ", nothing free";
  }
  return out;
}

class Tree {
 public:
  explicit Tree(const PoolTreeOptions& options) : options_(options) {}

  std::string Draw(const CidrPool& pool) {
    absl::StrAppend(&out_, pool.block().ToString(), "  ", Summary(pool), "\n");
    lines_ = 1;
    Append(pool, "");
    return std::move(out_);
  }

 private:
  void Append(const CidrPool& pool, const std::string& margin) {
    const int all = pool.block().first().bits();
    std::vector<Part> parts = PartsOf(pool, all, options_.free);
    // The longest length of which there are no more than that many.
    if (parts.size() > static_cast<size_t>(std::max(options_.blocks_max, 1))) {
      int length = pool.block().length();
      while (length < all && (int64_t{2} << (length - pool.block().length())) <= options_.blocks_max) ++length;
      parts = PartsOf(pool, length, options_.free);
    }
    size_t width = 0;
    for (const Part& part : parts) width = std::max(width, part.block.prefix.ToString().size());
    for (const Part& part : parts) {
      if (lines_ + 1 >= options_.lines_max) {
        if (lines_ < options_.lines_max) absl::StrAppend(&out_, margin, "└── …\n");
        lines_ = options_.lines_max;
        return;
      }
      const bool last = &part == &parts.back();
      const std::string block = part.block.prefix.ToString(), words = Words(part);
      absl::StrAppend(&out_, margin, last ? "└── " : "├── ", block);
      if (!words.empty()) absl::StrAppend(&out_, std::string(width - block.size() + 2, ' '), words);
      out_ += '\n';
      ++lines_;
      if (part.blocks == 1 && part.block.pool != nullptr) Append(*part.block.pool, margin + (last ? "    " : "│   "));
    }
  }

  const PoolTreeOptions options_;
  std::string out_;
  int lines_ = 0;
};

// Text as XML may have it: escaped, and with U+FFFD for what is not UTF-8 or not a character of XML.
std::string XmlText(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t size = lead < 0x80                   ? 1
                        : lead >= 0xc2 && lead < 0xe0 ? 2
                        : lead >= 0xe0 && lead < 0xf0 ? 3
                        : lead >= 0xf0 && lead < 0xf5 ? 4
                                                      : 0;
    bool good = size > 0 && i + size <= text.size() && (lead >= 0x20 || lead == '\n' || lead == '\t');
    uint32_t point = size == 1 ? lead : lead & (0x7fu >> size);
    for (size_t k = 1; good && k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      good = (next & 0xc0) == 0x80;
      point = point << 6 | (next & 0x3fu);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    good = good && point >= kLeast[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) &&
           point != 0xfffe && point != 0xffff;
    if (!good) {
      out += "\xef\xbf\xbd";
      ++i;
      continue;
    }
    if (lead == '&') {
      out += "&amp;";
    } else if (lead == '<') {
      out += "&lt;";
    } else if (lead == '>') {
      out += "&gt;";
    } else if (lead == '"') {
      out += "&quot;";
    } else {
      absl::StrAppend(&out, text.substr(i, size));
    }
    i += size;
  }
  return out;
}

constexpr int kRowBits = 4;
// Of a row; what is smaller is taken together.
constexpr int kCellBits = 8;
constexpr double kMargin = 16, kDigitWidth = 8, kTop = 56, kWidth = 1024, kRowHeight = 28, kRowGap = 4;

class Picture {
 public:
  explicit Picture(const CidrPool& pool)
      : pool_(pool), row_bits_(std::min(kRowBits, pool.block().first().bits() - pool.block().length())) {}

  std::string Draw() {
    const int rows = 1 << row_bits_;
    for (int row = 0; row < rows; ++row) {
      left_ = std::max(left_, 2 * kMargin + kDigitWidth * static_cast<double>(RowName(row).size()));
    }
    const double height = kTop + rows * (kRowHeight + kRowGap) + 44;
    const std::string name = pool_.block().ToString();
    absl::StrAppendFormat(&out_,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" role=\"img\" "
                          "font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<title>%s</title>\n",
                          left_ + kWidth + 24, height, name);
    out_ += R"(<style>
svg { --page: #ffffff; --ink: #1b1f24; --free: #e7ebf0; --taken: #2f6fb2; --pool: #b9d3ee; --held: #d9a441; --rest: #9aa3ad }
@media (prefers-color-scheme: dark) {
  svg { --page: #14181d; --ink: #e6e9ed; --free: #2a3038; --taken: #5b9bdd; --pool: #28486a; --held: #a87c28; --rest: #667080 }
}
text { fill: var(--ink) }
rect { stroke: var(--page); stroke-width: 1 }
.page { fill: var(--page); stroke: none }
.f { fill: var(--free) } .a { fill: var(--taken) } .p { fill: var(--pool) } .r { fill: var(--held) } .w { fill: var(--rest) }
</style>
)";
    absl::StrAppendFormat(&out_, "<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n");
    absl::StrAppendFormat(&out_, "<text x=\"16\" y=\"24\" font-size=\"16\" font-weight=\"600\">%s</text>\n", name);
    absl::StrAppendFormat(&out_, "<text x=\"16\" y=\"44\">%s</text>\n", Summary(pool_));
    for (int row = 0; row < rows; ++row) AppendLabel(row);
    AppendPool(pool_, 0);
    AppendLegend(kTop + rows * (kRowHeight + kRowGap) + 12);
    out_ += "</svg>\n";
    return std::move(out_);
  }

 private:
  int Bits() const { return pool_.block().first().bits() - pool_.block().length(); }

  std::string RowName(int row) const {
    const absl::uint128 first =
        pool_.block().first().value() + (absl::uint128(static_cast<uint64_t>(row)) << (Bits() - row_bits_));
    const net::IpAddress address = pool_.block().is_v4()
                                       ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(first)))
                                       : net::IpAddress::V6(first);
    return net::Prefix::Make(address, pool_.block().length() + row_bits_)->ToString();
  }

  void AppendLabel(int row) {
    absl::StrAppendFormat(&out_, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%s</text>\n", left_ - 10,
                          kTop + row * (kRowHeight + kRowGap) + kRowHeight / 2 + 5, RowName(row));
  }

  void AppendPool(const CidrPool& pool, int depth) {
    for (const Part& part : PartsOf(pool, std::min(pool_.block().length() + row_bits_ + kCellBits, 128), true)) {
      AppendPart(part, depth);
      if (part.blocks == 1 && part.block.pool != nullptr) AppendPool(*part.block.pool, depth + 1);
    }
  }

  void AppendPart(const Part& part, int depth) {
    const net::Prefix& block = part.block.prefix;
    // What is free in a pool or a reservation shows as the pool or reservation.
    if (depth > 0 && part.blocks == 1 && part.block.kind == Kind::kFree) return;
    const int own = block.length() - pool_.block().length();
    const absl::uint128 offset = block.first().value() - pool_.block().first().value();
    const int below = Bits() - row_bits_;
    const int row = below >= 128 ? 0 : static_cast<int>(absl::Uint128Low64(offset >> below));
    const int rows = own >= row_bits_ ? 1 : 1 << (row_bits_ - own);
    const absl::uint128 in_row = below >= 128 ? offset : offset & ((absl::uint128(1) << below) - 1);
    const double x = left_ + kWidth * std::ldexp(static_cast<double>(in_row), -below);
    const double width = std::max(own <= row_bits_ ? kWidth : std::ldexp(kWidth, row_bits_ - own), 1.0);
    const double inset = std::min(4.0 * depth, 12.0);
    const double y = kTop + row * (kRowHeight + kRowGap) + inset;
    const double height = rows * (kRowHeight + kRowGap) - kRowGap - 2 * inset;
    if (part.blocks > 1) {
      absl::StrAppendFormat(&out_, "<g><title>%s</title>", XmlText(absl::StrCat(block.ToString(), ": ", Words(part))));
      absl::StrAppendFormat(&out_, "<rect class=\"f\" x=\"%.7g\" y=\"%g\" width=\"%.7g\" height=\"%g\"/>", x, y, width,
                            height);
      const double share = Share(part.taken, block);
      absl::StrAppendFormat(
          &out_, "<rect class=\"a\" x=\"%.7g\" y=\"%.5g\" width=\"%.7g\" height=\"%.5g\" stroke=\"none\"/></g>\n", x,
          y + height * (1 - share), width, height * share);
      return;
    }
    const char kClasses[] = {'f', 'a', 'r', 'p', 'w'};
    const std::string words = Words(part.block);
    absl::StrAppendFormat(
        &out_, "<rect class=\"%c\" x=\"%.7g\" y=\"%g\" width=\"%.7g\" height=\"%g\"><title>%s</title></rect>\n",
        kClasses[static_cast<int>(part.block.kind)], x, y, width, height,
        XmlText(absl::StrCat(block.ToString(), words.empty() ? "" : ": ", words)));
  }

  void AppendLegend(double y) {
    double x = left_;
    for (const auto& [kind, word] : {std::pair('f', "free"), std::pair('a', "allocated"), std::pair('p', "pool"),
                                     std::pair('r', "reserved"), std::pair('w', "rests")}) {
      absl::StrAppendFormat(&out_, "<rect class=\"%c\" x=\"%g\" y=\"%g\" width=\"14\" height=\"14\"/>", kind, x, y);
      absl::StrAppendFormat(&out_, "<text x=\"%g\" y=\"%g\">%s</text>\n", x + 20, y + 12, word);
      x += 110;
    }
  }

  const CidrPool& pool_;
  const int row_bits_;
  // Where rows begin, beside their names.
  double left_ = 0;
  std::string out_;
};

}  // namespace

std::string PoolTree(const CidrPool& pool, const PoolTreeOptions& options) { return Tree(options).Draw(pool); }

std::string PoolSvg(const CidrPool& pool) { return Picture(pool).Draw(); }

}  // namespace nubo::vpc
