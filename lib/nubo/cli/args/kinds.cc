#include "nubo/cli/args/kinds.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/cli/args/foreign_words.h"
#include "nubo/cli/args/suggest.h"

namespace nubo::cli {

const std::vector<std::string>& KindNames() {
  // In the order of Kind.
  static const auto& names = *new std::vector<std::string>{
      "stacks", "resources", "instances", "groups",  "load-balancers", "target-groups", "targets",
      "zones",  "records",   "vpcs",      "subnets", "databases",      "events",        "images"};
  return names;
}

absl::StatusOr<Kind> ParseKind(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (size_t i = 0; i < KindNames().size(); ++i) {
    const std::string& plural = KindNames()[i];
    if (lower == plural || absl::StrCat(lower, "s") == plural) return static_cast<Kind>(i);
  }
  const std::string foreign = ForeignKind(lower);
  const std::string meant =
      foreign.empty() ? DidYouMean(name, KindNames()) : absl::StrCat("; did you mean ", foreign, "?");
  return absl::InvalidArgumentError(
      absl::StrCat("there is no kind '", name, "'",
                   meant.empty() ? absl::StrCat("; kinds are ", absl::StrJoin(KindNames(), ", ")) : meant));
}

}  // namespace nubo::cli
