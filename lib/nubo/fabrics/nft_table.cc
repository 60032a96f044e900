#include "nubo/fabrics/nft_table.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace nubo::fabrics {
namespace {

using Kind = NftCommand::Kind;

constexpr char kNextTransaction[] = "# next transaction\n";
// nft 1.0.6 and Linux 6.18 take 410 of the longest rules at once, which are 34 KiB of text.
constexpr size_t kTransactionTextMax = 24 * 1024;
constexpr size_t kElementsMax = 500;

std::string TableName(const NftTable& table) { return absl::StrCat(table.family, " ", table.name); }

// The kernel alters neither a set's type nor a chain's hook: where one differs, the table is made anew.
bool CanBecome(const NftTable& from, const NftTable& to) {
  if (from.family != to.family || from.name != to.name) return false;
  const bool sets = std::all_of(to.sets.begin(), to.sets.end(), [&](const auto& entry) {
    const auto it = from.sets.find(entry.first);
    return it == from.sets.end() || (it->second.type == entry.second.type && it->second.flags == entry.second.flags);
  });
  return sets && std::all_of(to.chains.begin(), to.chains.end(), [&](const auto& entry) {
           const auto it = from.chains.find(entry.first);
           return it == from.chains.end() || it->second.hook == entry.second.hook;
         });
}

NftSet WithElements(const NftSet& set, std::map<std::string, std::string> elements) {
  return {.type = set.type, .flags = set.flags, .elements = std::move(elements)};
}

// The elements of `a` that `b` has not, or has with another value.
std::map<std::string, std::string> Less(const NftSet& a, const NftSet& b) {
  std::map<std::string, std::string> less;
  for (const auto& [key, value] : a.elements) {
    const auto it = b.elements.find(key);
    if (it == b.elements.end() || it->second != value) less.emplace_hint(less.end(), key, value);
  }
  return less;
}

bool StartsWith(const std::vector<std::string>& rules, const std::vector<std::string>& start) {
  return rules.size() >= start.size() && std::equal(start.begin(), start.end(), rules.begin());
}

// The difference of two tables of one name, by the steps of its order.
class Differences {
 public:
  Differences(const NftTable& from, const NftTable& to) : from_(from), to_(to) {}

  std::vector<NftCommand> Take() {
    CompareSets();
    CompareChains();
    std::vector<NftCommand> all;
    for (std::vector<NftCommand>* step :
         {&hooks_, &additions_, &rules_, &hooked_rules_, &elements_, &flushes_, &set_deletions_, &chain_deletions_}) {
      std::move(step->begin(), step->end(), std::back_inserter(all));
    }
    return all;
  }

 private:
  void CompareSets() {
    static const NftSet kNone;
    for (const auto& [name, set] : to_.sets) {
      const auto it = from_.sets.find(name);
      const NftSet& before = it == from_.sets.end() ? kNone : it->second;
      if (it == from_.sets.end()) additions_.push_back({Kind::kAddSet, name, WithElements(set, {})});
      auto gone = Less(before, set), come = Less(set, before);
      if (!gone.empty()) elements_.push_back({Kind::kDeleteElements, name, WithElements(set, std::move(gone))});
      if (!come.empty()) elements_.push_back({Kind::kAddElements, name, WithElements(set, std::move(come))});
    }
    for (const auto& [name, set] : from_.sets) {
      if (!to_.sets.contains(name)) set_deletions_.push_back({Kind::kDeleteSet, name, WithElements(set, {})});
    }
  }

  void CompareChains() {
    for (const auto& [name, chain] : to_.chains) {
      const auto it = from_.chains.find(name);
      const bool hooked = !chain.hook.empty();
      if (it == from_.chains.end()) {
        (hooked ? hooks_ : additions_).push_back({Kind::kAddChain, name, {}, {.hook = chain.hook}});
      }
      CompareRules(name, it == from_.chains.end() ? NftChain() : it->second, chain, hooked ? hooked_rules_ : rules_);
    }
    for (const auto& [name, chain] : from_.chains) {
      if (to_.chains.contains(name)) continue;
      if (!chain.rules.empty()) flushes_.push_back({Kind::kFlushChain, name});
      chain_deletions_.push_back({Kind::kDeleteChain, name});
    }
  }

  static void CompareRules(const std::string& name, const NftChain& from, const NftChain& to,
                           std::vector<NftCommand>& commands) {
    size_t kept = 0;
    if (StartsWith(to.rules, from.rules)) {
      kept = from.rules.size();
    } else {
      commands.push_back({Kind::kFlushChain, name});
    }
    if (kept == to.rules.size()) return;
    NftCommand add{Kind::kAddRules, name};
    add.chain.rules.assign(to.rules.begin() + static_cast<std::ptrdiff_t>(kept), to.rules.end());
    commands.push_back(std::move(add));
  }

  const NftTable& from_;
  const NftTable& to_;
  std::vector<NftCommand> hooks_, additions_, rules_, hooked_rules_, elements_, flushes_, set_deletions_,
      chain_deletions_;
};

// Of many elements, some a line: a transaction may end between them.
void AppendElements(const NftCommand& command, const std::string& table, std::string& text) {
  const absl::string_view verb = command.kind == Kind::kAddElements ? "add" : "delete";
  size_t count = 0;
  for (const auto& [key, value] : command.set.elements) {
    if (count % kElementsMax == 0) {
      absl::StrAppend(&text, count == 0 ? "" : " }\n", verb, " element ", table, " ", command.name, " { ", key);
    } else {
      absl::StrAppend(&text, ", ", key);
    }
    if (!value.empty()) absl::StrAppend(&text, " : ", value);
    ++count;
  }
  absl::StrAppend(&text, " }\n");
}

void AppendCommand(const NftCommand& command, const std::string& table, std::string& text) {
  const absl::string_view set = command.set.is_map() ? "map " : "set ";
  switch (command.kind) {
    case Kind::kAddTable:
      absl::StrAppend(&text, "add table ", command.name, "\n");
      return;
    case Kind::kDeleteTable:
      absl::StrAppend(&text, "delete table ", command.name, "\n");
      return;
    case Kind::kAddSet:
      absl::StrAppend(&text, "add ", set, table, " ", command.name, " { type ", command.set.type, "; ");
      if (!command.set.flags.empty()) absl::StrAppend(&text, "flags ", command.set.flags, "; ");
      absl::StrAppend(&text, "}\n");
      return;
    case Kind::kDeleteSet:
      absl::StrAppend(&text, "delete ", set, table, " ", command.name, "\n");
      return;
    case Kind::kAddElements:
    case Kind::kDeleteElements:
      AppendElements(command, table, text);
      return;
    case Kind::kAddChain:
      absl::StrAppend(&text, "add chain ", table, " ", command.name);
      if (!command.chain.hook.empty()) absl::StrAppend(&text, " { ", command.chain.hook, " }");
      absl::StrAppend(&text, "\n");
      return;
    case Kind::kFlushChain:
      absl::StrAppend(&text, "flush chain ", table, " ", command.name, "\n");
      return;
    case Kind::kDeleteChain:
      absl::StrAppend(&text, "delete chain ", table, " ", command.name, "\n");
      return;
    case Kind::kAddRules:
      for (const std::string& rule : command.chain.rules) {
        absl::StrAppend(&text, "add rule ", table, " ", command.name, " ", rule, "\n");
      }
      return;
  }
}

}  // namespace

std::vector<NftCommand> Difference(const NftTable& from, const NftTable& to) {
  const bool was = !from.family.empty(), is = !to.family.empty();
  if (was && is && CanBecome(from, to)) return Differences(from, to).Take();
  std::vector<NftCommand> commands;
  if (was) commands.push_back({Kind::kDeleteTable, TableName(from)});
  if (!is) return commands;
  commands.push_back({Kind::kAddTable, TableName(to)});
  std::vector<NftCommand> all = Differences({}, to).Take();
  std::move(all.begin(), all.end(), std::back_inserter(commands));
  return commands;
}

std::string Render(const std::vector<NftCommand>& commands, const NftTable& table) {
  const std::string name = TableName(table);
  std::string text, part;
  size_t begin = 0;
  const auto append = [&](absl::string_view piece) {
    if (text.size() > begin && text.size() - begin + piece.size() > kTransactionTextMax) {
      absl::StrAppend(&text, kNextTransaction);
      begin = text.size();
    }
    absl::StrAppend(&text, piece);
  };
  for (size_t i = 0; i < commands.size(); ++i) {
    part.clear();
    AppendCommand(commands[i], name, part);
    // A chain that is emptied is filled in the same transaction.
    if (commands[i].kind == Kind::kFlushChain && i + 1 < commands.size() && commands[i + 1].name == commands[i].name) {
      AppendCommand(commands[++i], name, part);
    }
    if (part.size() <= kTransactionTextMax) {
      append(part);
      continue;
    }
    for (const absl::string_view line : absl::StrSplit(part, '\n', absl::SkipEmpty())) append(absl::StrCat(line, "\n"));
  }
  return text;
}

std::vector<absl::string_view> Transactions(absl::string_view text) {
  if (text.empty()) return {};
  return absl::StrSplit(text, kNextTransaction);
}

std::string RenderWhole(const NftTable& table) {
  if (table.family.empty()) return "";
  // Deleting what is not there is an error; adding what is there is none.
  const std::string name = TableName(table);
  std::vector<NftCommand> commands = {{Kind::kAddTable, name}, {Kind::kDeleteTable, name}};
  std::vector<NftCommand> all = Difference({}, table);
  std::move(all.begin(), all.end(), std::back_inserter(commands));
  return Render(commands, table);
}

std::string RenderChange(const NftTable& from, const NftTable& to) { return Render(Difference(from, to), to); }

}  // namespace nubo::fabrics
