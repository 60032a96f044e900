#include "tests/e2e/load/ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nubo::e2e {
namespace {

std::string Text(const Ledger::State& state) {
  if (!state) return "gone";
  return absl::StrCat("\"", state->title, "\"", state->done ? ", done" : ", open");
}

}  // namespace

void Ledger::Acknowledge(const std::string& id, State state) { states_[id] = {std::move(state)}; }

void Ledger::Doubt(const std::string& id, State state) { states_[id].push_back(std::move(state)); }

std::vector<std::string> Ledger::Losses(const Listing& listed) const {
  std::vector<std::string> losses;
  for (const auto& [id, possible] : states_) {
    const auto it = listed.find(id);
    const State found = it == listed.end() ? State() : State(it->second);
    if (std::find(possible.begin(), possible.end(), found) != possible.end()) continue;
    const std::string right = absl::StrJoin(
        possible, " or ", [](std::string* out, const State& state) { absl::StrAppend(out, Text(state)); });
    losses.push_back(absl::StrCat("todo ", id, " is ", Text(found), "; it was acknowledged as ", right));
  }
  return losses;
}

}  // namespace nubo::e2e
