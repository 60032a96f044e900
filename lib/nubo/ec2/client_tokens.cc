#include "nubo/ec2/client_tokens.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {

absl::StatusOr<std::optional<std::string>> ClientTokens::Find(absl::string_view token, absl::string_view parameters,
                                                              absl::Time now) const {
  const bool ascii = std::all_of(token.begin(), token.end(),
                                 [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); });
  if (!ascii || token.size() > kTokenLengthMax) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("the client token is not 1 to ", kTokenLengthMax,
                                                " printable ASCII characters; it has ", token.size(), " bytes")),
        "InvalidParameterValue");
  }
  const auto it = entries_.find(token);
  if (it == entries_.end() || now - it->second.recorded >= options_.kept) return std::optional<std::string>();
  if (it->second.parameters != parameters) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat(
                                   "the client token \"", token, "\" came before, with other parameters; a request ",
                                   "that differs needs a token of its own")),
                               "IdempotentParameterMismatch");
  }
  return std::optional<std::string>(it->second.answer);
}

void ClientTokens::Record(absl::string_view token, absl::string_view parameters, absl::string_view answer,
                          absl::Time now) {
  if (token.empty() || options_.tokens_max == 0) return;
  DropOld(now);
  const auto [it, added] =
      entries_.try_emplace(std::string(token), Entry{std::string(parameters), std::string(answer), now});
  if (added) order_.push_back(it->first);
}

// Before a new one is put in: what is too old, and one more where there is no room.
void ClientTokens::DropOld(absl::Time now) {
  while (!order_.empty()) {
    const auto oldest = entries_.find(order_.front());
    if (now - oldest->second.recorded < options_.kept && entries_.size() < options_.tokens_max) return;
    entries_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace nubo::ec2
