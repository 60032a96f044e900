#include "nubo/ec2/instance_types.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr size_t kNearestMax = 5;
// Further away it is another word.
constexpr size_t kDistanceMax = 3;
constexpr int kVcpusMax = 10000;
constexpr int kInterfacesMax = 1000;
constexpr int64_t kMibPerGib = 1024;
constexpr int64_t kMemoryMibMax = int64_t{1} << 30;
constexpr size_t kFractionDigitsMax = 6;
constexpr size_t kShownMax = 40;

constexpr absl::string_view kAwsText = R"(# AWS's types. Sizes: vCPUs, memory, network interfaces, addresses of each.

family t2 x86_64 current
  nano          1     0.5GiB   2   2
  micro         1       1GiB   2   2
  small         1       2GiB   3   4
  medium        2       4GiB   3   6
  large         2       8GiB   3  12
  xlarge        4      16GiB   3  15
  2xlarge       8      32GiB   3  15

family t3 x86_64 current
  nano          2     0.5GiB   2   2
  micro         2       1GiB   2   2
  small         2       2GiB   3   4
  medium        2       4GiB   3   6
  large         2       8GiB   3  12
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15

family t3a x86_64 current
  nano          2     0.5GiB   2   2
  micro         2       1GiB   2   2
  small         2       2GiB   2   4
  medium        2       4GiB   3   6
  large         2       8GiB   3  12
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15

family t4g arm64 current
  nano          2     0.5GiB   2   2
  micro         2       1GiB   2   2
  small         2       2GiB   3   4
  medium        2       4GiB   3   6
  large         2       8GiB   3  12
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15

family m4 x86_64 previous
  large         2       8GiB   2  10
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15
  4xlarge      16      64GiB   8  30
  10xlarge     40     160GiB   8  30
  16xlarge     64     256GiB   8  30

family m5 x86_64 current
  large         2       8GiB   3  10
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15
  4xlarge      16      64GiB   8  30
  8xlarge      32     128GiB   8  30
  12xlarge     48     192GiB   8  30
  16xlarge     64     256GiB  15  50
  24xlarge     96     384GiB  15  50
  metal        96     384GiB  15  50

family m5a x86_64 current
  large         2       8GiB   3  10
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15
  4xlarge      16      64GiB   8  30
  8xlarge      32     128GiB   8  30
  12xlarge     48     192GiB   8  30
  16xlarge     64     256GiB  15  50
  24xlarge     96     384GiB  15  50

family m6i x86_64 current
  large         2       8GiB   3  10
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15
  4xlarge      16      64GiB   8  30
  8xlarge      32     128GiB   8  30
  12xlarge     48     192GiB   8  30
  16xlarge     64     256GiB  15  50
  24xlarge     96     384GiB  15  50
  32xlarge    128     512GiB  15  50
  metal       128     512GiB  15  50

family m6g arm64 current
  medium        1       4GiB   2   4
  large         2       8GiB   3  10
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15
  4xlarge      16      64GiB   8  30
  8xlarge      32     128GiB   8  30
  12xlarge     48     192GiB   8  30
  16xlarge     64     256GiB  15  50
  metal        64     256GiB  15  50

family m7i x86_64 current
  large         2       8GiB   3  10
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15
  4xlarge      16      64GiB   8  30
  8xlarge      32     128GiB   8  30
  12xlarge     48     192GiB   8  30
  16xlarge     64     256GiB  15  50
  24xlarge     96     384GiB  15  50
  48xlarge    192     768GiB  15  50
  metal-24xl   96     384GiB  15  50
  metal-48xl  192     768GiB  15  50

family m7g arm64 current
  medium        1       4GiB   2   4
  large         2       8GiB   3  10
  xlarge        4      16GiB   4  15
  2xlarge       8      32GiB   4  15
  4xlarge      16      64GiB   8  30
  8xlarge      32     128GiB   8  30
  12xlarge     48     192GiB   8  30
  16xlarge     64     256GiB  15  50
  metal        64     256GiB  15  50

family c4 x86_64 previous
  large         2    3.75GiB   3  10
  xlarge        4     7.5GiB   4  15
  2xlarge       8      15GiB   4  15
  4xlarge      16      30GiB   8  30
  8xlarge      36      60GiB   8  30

family c5 x86_64 current
  large         2       4GiB   3  10
  xlarge        4       8GiB   4  15
  2xlarge       8      16GiB   4  15
  4xlarge      16      32GiB   8  30
  9xlarge      36      72GiB   8  30
  12xlarge     48      96GiB   8  30
  18xlarge     72     144GiB  15  50
  24xlarge     96     192GiB  15  50
  metal        96     192GiB  15  50

family c6i x86_64 current
  large         2       4GiB   3  10
  xlarge        4       8GiB   4  15
  2xlarge       8      16GiB   4  15
  4xlarge      16      32GiB   8  30
  8xlarge      32      64GiB   8  30
  12xlarge     48      96GiB   8  30
  16xlarge     64     128GiB  15  50
  24xlarge     96     192GiB  15  50
  32xlarge    128     256GiB  15  50
  metal       128     256GiB  15  50

family c6g arm64 current
  medium        1       2GiB   2   4
  large         2       4GiB   3  10
  xlarge        4       8GiB   4  15
  2xlarge       8      16GiB   4  15
  4xlarge      16      32GiB   8  30
  8xlarge      32      64GiB   8  30
  12xlarge     48      96GiB   8  30
  16xlarge     64     128GiB  15  50
  metal        64     128GiB  15  50

family c7g arm64 current
  medium        1       2GiB   2   4
  large         2       4GiB   3  10
  xlarge        4       8GiB   4  15
  2xlarge       8      16GiB   4  15
  4xlarge      16      32GiB   8  30
  8xlarge      32      64GiB   8  30
  12xlarge     48      96GiB   8  30
  16xlarge     64     128GiB  15  50
  metal        64     128GiB  15  50

family r4 x86_64 previous
  large         2   15.25GiB   3  10
  xlarge        4    30.5GiB   4  15
  2xlarge       8      61GiB   4  15
  4xlarge      16     122GiB   8  30
  8xlarge      32     244GiB   8  30
  16xlarge     64     488GiB  15  50

family r5 x86_64 current
  large         2      16GiB   3  10
  xlarge        4      32GiB   4  15
  2xlarge       8      64GiB   4  15
  4xlarge      16     128GiB   8  30
  8xlarge      32     256GiB   8  30
  12xlarge     48     384GiB   8  30
  16xlarge     64     512GiB  15  50
  24xlarge     96     768GiB  15  50
  metal        96     768GiB  15  50

family r6i x86_64 current
  large         2      16GiB   3  10
  xlarge        4      32GiB   4  15
  2xlarge       8      64GiB   4  15
  4xlarge      16     128GiB   8  30
  8xlarge      32     256GiB   8  30
  12xlarge     48     384GiB   8  30
  16xlarge     64     512GiB  15  50
  24xlarge     96     768GiB  15  50
  32xlarge    128    1024GiB  15  50
  metal       128    1024GiB  15  50

family r6g arm64 current
  medium        1       8GiB   2   4
  large         2      16GiB   3  10
  xlarge        4      32GiB   4  15
  2xlarge       8      64GiB   4  15
  4xlarge      16     128GiB   8  30
  8xlarge      32     256GiB   8  30
  12xlarge     48     384GiB   8  30
  16xlarge     64     512GiB  15  50
  metal        64     512GiB  15  50
)";

struct Word {
  absl::string_view text;
  // From 1.
  size_t column = 0;
};

// The words of a line, up to a comment.
std::vector<Word> WordsOf(absl::string_view line) {
  std::vector<Word> words;
  for (size_t i = 0; i < line.size() && line[i] != '#';) {
    if (absl::ascii_isspace(static_cast<unsigned char>(line[i]))) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < line.size() && line[end] != '#' && !absl::ascii_isspace(static_cast<unsigned char>(line[end]))) ++end;
    words.push_back({line.substr(i, end - i), i + 1});
    i = end;
  }
  return words;
}

bool IsName(absl::string_view text) {
  return text.size() <= InstanceTypes::kNameBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
         });
}

// Digits alone, unlike SimpleAtoi.
std::optional<int64_t> ParseCount(absl::string_view text, int64_t max) {
  int64_t value = 0;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits || !absl::SimpleAtoi(text, &value) || value < 1 || value > max) return std::nullopt;
  return value;
}

// In MiB. A fraction of a GiB must come to whole ones.
std::optional<int64_t> ParseMemory(absl::string_view text) {
  if (absl::ConsumeSuffix(&text, "MiB")) return ParseCount(text, kMemoryMibMax);
  if (!absl::ConsumeSuffix(&text, "GiB")) return std::nullopt;
  const size_t point = std::min(text.find('.'), text.size());
  const absl::string_view whole = text.substr(0, point);
  absl::string_view fraction = text.substr(point);
  int64_t mib = 0;
  if (whole != "0") {
    const std::optional<int64_t> gib = ParseCount(whole, kMemoryMibMax / kMibPerGib);
    if (!gib.has_value()) return std::nullopt;
    mib = *gib * kMibPerGib;
  }
  if (absl::ConsumePrefix(&fraction, ".")) {
    if (fraction.empty() || fraction.size() > kFractionDigitsMax) return std::nullopt;
    int64_t scale = 1;
    int64_t part = 0;
    for (const char c : fraction) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
      part = part * 10 + (c - '0');
      scale *= 10;
    }
    if (part * kMibPerGib % scale != 0) return std::nullopt;
    mib += part * kMibPerGib / scale;
  }
  if (mib < 1 || mib > kMemoryMibMax) return std::nullopt;
  return mib;
}

// Reads a table line by line.
class Reader {
 public:
  explicit Reader(std::map<std::string, InstanceType, std::less<>>& types) : types_(types) {}

  absl::Status Line(absl::string_view line) {
    ++line_;
    const std::vector<Word> words = WordsOf(line);
    if (words.empty()) return absl::OkStatus();
    return words[0].text == "family" ? Family(words, line) : Size(words, line);
  }

 private:
  absl::Status Wrong(size_t column, std::string what) const {
    return absl::InvalidArgumentError(absl::StrCat(line_, ":", column, ": ", what));
  }
  absl::Status Unlike(const Word& word, absl::string_view wanted) const {
    return Wrong(word.column, absl::StrCat("\"", word.text.substr(0, kShownMax), "\" is not ", wanted));
  }
  absl::Status Count(const std::vector<Word>& words, size_t wanted, absl::string_view line,
                     absl::string_view form) const {
    if (words.size() == wanted) return absl::OkStatus();
    const size_t column = words.size() > wanted ? words[wanted].column : line.size() + 1;
    return Wrong(column, absl::StrCat("expected ", form));
  }

  absl::Status Family(const std::vector<Word>& words, absl::string_view line) {
    NUBO_RETURN_IF_ERROR(Count(words, 4, line, "family NAME ARCHITECTURE GENERATION"));
    if (!IsName(words[1].text)) return Unlike(words[1], "a name of lower-case letters, digits and hyphens");
    family_ = InstanceType();
    family_.family = std::string(words[1].text);
    if (words[2].text != "x86_64" && words[2].text != "arm64") return Unlike(words[2], "x86_64 or arm64");
    family_.architecture = words[2].text == "arm64" ? Architecture::kArm64 : Architecture::kX86_64;
    if (words[3].text != "current" && words[3].text != "previous") return Unlike(words[3], "current or previous");
    family_.current_generation = words[3].text == "current";
    return absl::OkStatus();
  }

  absl::Status Size(const std::vector<Word>& words, absl::string_view line) {
    if (family_.family.empty()) return Wrong(words[0].column, "expected a family before its sizes");
    NUBO_RETURN_IF_ERROR(Count(words, 5, line, "NAME VCPUS MEMORY INTERFACES ADDRESSES"));
    if (!IsName(words[0].text)) return Unlike(words[0], "a name of lower-case letters, digits and hyphens");
    InstanceType type = family_;
    type.name = absl::StrCat(family_.family, ".", words[0].text);
    NUBO_RETURN_IF_ERROR(Number(words[1], kVcpusMax, type.vcpus));
    const std::optional<int64_t> memory = ParseMemory(words[2].text);
    if (!memory.has_value()) {
      return Unlike(words[2], absl::StrCat("an amount of memory like 512MiB or 3.75GiB, of whole MiB, at most ",
                                           kMemoryMibMax / kMibPerGib, "GiB"));
    }
    type.memory_mib = *memory;
    NUBO_RETURN_IF_ERROR(Number(words[3], kInterfacesMax, type.interfaces_max));
    NUBO_RETURN_IF_ERROR(Number(words[4], kInterfacesMax, type.addresses_max));
    if (types_.size() == InstanceTypes::kTypesMax) {
      return Wrong(words[0].column, absl::StrCat("there are more than ", InstanceTypes::kTypesMax, " types"));
    }
    const auto [it, added] = types_.try_emplace(type.name, type);
    return added ? absl::OkStatus() : Wrong(words[0].column, absl::StrCat(it->first, " is there already"));
  }

  absl::Status Number(const Word& word, int max, int& out) const {
    const std::optional<int64_t> value = ParseCount(word.text, max);
    if (!value.has_value()) return Unlike(word, absl::StrCat("a number from 1 to ", max));
    out = static_cast<int>(*value);
    return absl::OkStatus();
  }

  std::map<std::string, InstanceType, std::less<>>& types_;
  // What sizes take from the line of their family; no name before the first.
  InstanceType family_;
  size_t line_ = 0;
};

// How many characters are put in, left out or changed (Levenshtein).
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

// "medium", "2xlarge", "metal", "metal-24xl"
bool IsSize(absl::string_view size) {
  constexpr absl::string_view kWords[] = {"nano", "micro", "small", "medium", "large", "xlarge", "metal"};
  if (std::find(std::begin(kWords), std::end(kWords), size) != std::end(kWords)) return true;
  if (!absl::ConsumePrefix(&size, "metal-") ? !absl::ConsumeSuffix(&size, "xlarge") : !absl::ConsumeSuffix(&size, "xl"))
    return false;
  int times = 0;
  return !size.empty() && absl::ascii_isdigit(static_cast<unsigned char>(size[0])) && absl::SimpleAtoi(size, &times);
}

// FAMILY.SIZE, with a family as "m7a", "u-6tb1" or "mac2-m2".
bool IsSpelledAsAws(absl::string_view name) {
  const size_t dot = name.find('.');
  if (dot == name.npos || name.size() > InstanceTypes::kNameBytesMax || !IsSize(name.substr(dot + 1))) return false;
  const absl::string_view family = name.substr(0, dot);
  const auto is_digit = [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); };
  const auto is_lower = [](char c) { return absl::ascii_islower(static_cast<unsigned char>(c)); };
  return !family.empty() && is_lower(family[0]) && std::any_of(family.begin(), family.end(), is_digit) &&
         std::all_of(family.begin(), family.end(), [&](char c) { return is_digit(c) || is_lower(c) || c == '-'; });
}

absl::Status Invalid(absl::string_view message, absl::string_view code) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), code);
}

}  // namespace

absl::string_view ArchitectureName(Architecture architecture) {
  return architecture == Architecture::kArm64 ? "arm64" : "x86_64";
}

bool InstanceType::burstable() const {
  return family.size() > 1 && family[0] == 't' && absl::ascii_isdigit(static_cast<unsigned char>(family[1]));
}

bool InstanceType::bare_metal() const { return absl::StartsWith(name, absl::StrCat(family, ".metal")); }

absl::StatusOr<InstanceTypes> InstanceTypes::Parse(absl::string_view text) {
  InstanceTypes types;
  Reader reader(types.types_);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    NUBO_RETURN_IF_ERROR(reader.Line(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return types;
}

// Made once, and never destroyed: others may ask until the process ends. Its tests see that it can be read.
const InstanceTypes& InstanceTypes::Aws() {
  static const InstanceTypes* types = new InstanceTypes(Parse(kAwsText).value_or(InstanceTypes()));
  return *types;
}

absl::string_view InstanceTypes::AwsText() { return kAwsText; }

absl::StatusOr<const InstanceType*> InstanceTypes::Find(absl::string_view name) const {
  const auto it = types_.find(name);
  if (it != types_.end()) return &it->second;
  const std::vector<std::string> nearest = Nearest(name);
  return Invalid(
      absl::StrCat("Invalid value '", name.substr(0, kNameBytesMax), "' for InstanceType.",
                   nearest.empty() ? "" : " Near it: ", absl::StrJoin(nearest, ", "), nearest.empty() ? "" : "."),
      "InvalidParameterValue");
}

absl::Status InstanceTypes::Check(absl::string_view name) const {
  const absl::Status found = Find(name).status();
  if (found.ok() || !IsSpelledAsAws(name)) return found;
  const absl::string_view family = name.substr(0, name.find('.'));
  const bool known =
      std::any_of(types_.begin(), types_.end(), [&](const auto& entry) { return entry.second.family == family; });
  return known ? found : absl::OkStatus();
}

std::vector<std::string> InstanceTypes::Nearest(absl::string_view name) const {
  if (name.size() > 2 * kNameBytesMax) return {};
  const std::string lower = absl::AsciiStrToLower(name);
  std::vector<std::pair<size_t, absl::string_view>> found;
  for (const auto& [candidate, type] : types_) {
    const size_t distance = Distance(lower, candidate);
    if (distance <= kDistanceMax) found.push_back({distance, candidate});
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(found.size(), kNearestMax); ++i) names.emplace_back(found[i].second);
  return names;
}

absl::Status CheckInterfaceCount(const InstanceType& type, int interfaces) {
  if (interfaces <= type.interfaces_max) return absl::OkStatus();
  return Invalid(absl::StrCat("Interface count ", interfaces, " exceeds the limit for ", type.name, ", which is ",
                              type.interfaces_max),
                 "AttachmentLimitExceeded");
}

absl::Status CheckAddressCount(const InstanceType& type, int addresses) {
  if (addresses <= type.addresses_max) return absl::OkStatus();
  return Invalid(absl::StrCat("Number of private addresses ", addresses, " exceeds the limit for ", type.name,
                              ", which is ", type.addresses_max, " for each interface"),
                 "PrivateIpAddressLimitExceeded");
}

}  // namespace nubo::ec2
