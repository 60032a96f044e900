#include "nubo/fabrics/nft_table.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nubo::fabrics {
namespace {

using Kind = NftCommand::Kind;

// Carries commands out on a table as the kernel would, and refuses as it would: what is named must be there, what is
// deleted must be named by nothing, what is added must be new.
class Kernel {
 public:
  explicit Kernel(NftTable table = {}) : table_(std::move(table)) {}

  void Apply(const std::vector<NftCommand>& commands) {
    for (const NftCommand& command : commands) Apply(command);
  }
  const NftTable& table() const { return table_; }

 private:
  void Apply(const NftCommand& command) {
    const std::string& name = command.name;
    switch (command.kind) {
      case Kind::kAddTable:
        BOOST_TEST(table_.family.empty());
        table_ = {.family = name.substr(0, name.find(' ')), .name = name.substr(name.find(' ') + 1)};
        return;
      case Kind::kDeleteTable:
        BOOST_TEST(!table_.family.empty());
        table_ = {};
        return;
      case Kind::kAddSet:
        BOOST_TEST(command.set.elements.empty());
        BOOST_TEST(table_.sets.emplace(name, command.set).second);
        return;
      case Kind::kDeleteSet:
        BOOST_TEST(!IsNamed(absl::StrCat("@", name)), name);
        BOOST_TEST(table_.sets.erase(name) == 1U);
        return;
      case Kind::kAddElements:
        for (const auto& [key, value] : command.set.elements) {
          CheckNames(value);
          BOOST_TEST(table_.sets.at(name).elements.emplace(key, value).second, key);
        }
        return;
      case Kind::kDeleteElements:
        for (const auto& [key, value] : command.set.elements) {
          BOOST_TEST(table_.sets.at(name).elements.at(key) == value);
          table_.sets.at(name).elements.erase(key);
        }
        return;
      case Kind::kAddChain:
        BOOST_TEST(table_.chains.emplace(name, NftChain{.hook = command.chain.hook}).second);
        return;
      case Kind::kFlushChain:
        table_.chains.at(name).rules.clear();
        return;
      case Kind::kDeleteChain:
        BOOST_TEST(table_.chains.at(name).rules.empty());
        BOOST_TEST(!IsNamed(absl::StrCat("jump ", name)), name);
        BOOST_TEST(table_.chains.erase(name) == 1U);
        return;
      case Kind::kAddRules:
        for (const std::string& rule : command.chain.rules) {
          CheckNames(rule);
          table_.chains.at(name).rules.push_back(rule);
        }
        return;
    }
  }

  void CheckNames(const std::string& text) const {
    static const std::regex kName("(@|jump )([a-z0-9.-]+)");
    for (std::sregex_iterator it(text.begin(), text.end(), kName), end; it != end; ++it) {
      const bool is_set = (*it)[1] == "@";
      BOOST_TEST((is_set ? table_.sets.contains((*it)[2]) : table_.chains.contains((*it)[2])), text);
    }
  }

  bool IsNamed(const std::string& reference) const {
    const auto names = [&](const std::string& text) { return absl::EndsWith(text, reference); };
    for (const auto& [name, chain] : table_.chains) {
      if (std::any_of(chain.rules.begin(), chain.rules.end(), names)) return true;
    }
    for (const auto& [name, set] : table_.sets) {
      for (const auto& [key, value] : set.elements) {
        if (names(value)) return true;
      }
    }
    return false;
  }

  NftTable table_;
};

NftTable Small() {
  NftTable table{.family = "inet"};
  table.sets["web"] = {.type = "ipv4_addr", .elements = {{"10.0.1.5", ""}, {"10.0.1.6", ""}}};
  table.sets["gates"] = {.type = "ifname : verdict", .elements = {{"\"e1\"", "jump web-in"}}};
  table.chains["web-in"].rules = {"ip saddr @web accept", "drop"};
  table.chains["forward"] = {.hook = "type filter hook forward priority 0; policy drop;",
                             .rules = {"oifname vmap @gates"}};
  return table;
}

BOOST_AUTO_TEST_CASE(a_whole_table_replaces_what_stands_under_its_name) {
  BOOST_TEST(RenderWhole(Small()) ==
             "add table inet nubo\n"
             "delete table inet nubo\n"
             "add table inet nubo\n"
             "add chain inet nubo forward { type filter hook forward priority 0; policy drop; }\n"
             "add map inet nubo gates { type ifname : verdict; }\n"
             "add set inet nubo web { type ipv4_addr; }\n"
             "add chain inet nubo web-in\n"
             "add rule inet nubo web-in ip saddr @web accept\n"
             "add rule inet nubo web-in drop\n"
             "add rule inet nubo forward oifname vmap @gates\n"
             "add element inet nubo gates { \"e1\" : jump web-in }\n"
             "add element inet nubo web { 10.0.1.5, 10.0.1.6 }\n");
}

BOOST_AUTO_TEST_CASE(no_table_has_no_text) {
  BOOST_TEST(RenderWhole({}) == "");
  BOOST_TEST(RenderChange({}, {}) == "");
}

BOOST_AUTO_TEST_CASE(equal_tables_have_no_difference) { BOOST_TEST(RenderChange(Small(), Small()) == ""); }

BOOST_AUTO_TEST_CASE(an_element_is_added_and_deleted_by_itself) {
  NftTable to = Small();
  to.sets["web"].elements.erase("10.0.1.5");
  to.sets["web"].elements["10.0.1.7"];
  BOOST_TEST(RenderChange(Small(), to) ==
             "delete element inet nubo web { 10.0.1.5 }\n"
             "add element inet nubo web { 10.0.1.7 }\n");
}

BOOST_AUTO_TEST_CASE(a_rule_at_the_end_is_added_by_itself) {
  NftTable to = Small();
  to.chains["web-in"].rules.push_back("counter");
  BOOST_TEST(RenderChange(Small(), to) == "add rule inet nubo web-in counter\n");
}

BOOST_AUTO_TEST_CASE(a_rule_in_between_makes_its_chain_anew_and_no_other) {
  NftTable to = Small();
  to.chains["web-in"].rules.insert(to.chains["web-in"].rules.begin(), "tcp dport 22 drop");
  BOOST_TEST(RenderChange(Small(), to) ==
             "flush chain inet nubo web-in\n"
             "add rule inet nubo web-in tcp dport 22 drop\n"
             "add rule inet nubo web-in ip saddr @web accept\n"
             "add rule inet nubo web-in drop\n");
}

BOOST_AUTO_TEST_CASE(a_value_of_a_map_is_exchanged) {
  NftTable to = Small();
  to.chains["other"].rules = {"drop"};
  to.sets["gates"].elements["\"e1\""] = "jump other";
  BOOST_TEST(RenderChange(Small(), to) ==
             "add chain inet nubo other\n"
             "add rule inet nubo other drop\n"
             "delete element inet nubo gates { \"e1\" : jump web-in }\n"
             "add element inet nubo gates { \"e1\" : jump other }\n");
}

BOOST_AUTO_TEST_CASE(what_names_a_chain_goes_before_it) {
  NftTable to = Small();
  to.chains.erase("web-in");
  to.sets.erase("gates");
  to.sets.erase("web");
  to.chains["forward"].rules = {"accept"};
  BOOST_TEST(RenderChange(Small(), to) ==
             "flush chain inet nubo forward\n"
             "add rule inet nubo forward accept\n"
             "flush chain inet nubo web-in\n"
             "delete map inet nubo gates\n"
             "delete set inet nubo web\n"
             "delete chain inet nubo web-in\n");
}

BOOST_AUTO_TEST_CASE(what_the_kernel_cannot_alter_makes_the_table_anew) {
  NftTable hook = Small(), type = Small(), none;
  hook.chains["forward"].hook = "type filter hook forward priority 1; policy drop;";
  type.sets["web"].flags = "interval";
  for (const NftTable& to : {hook, type}) {
    Kernel kernel(Small());
    const std::vector<NftCommand> commands = Difference(Small(), to);
    BOOST_TEST((commands.front().kind == Kind::kDeleteTable));
    kernel.Apply(commands);
    BOOST_TEST((kernel.table() == to));
  }
  BOOST_TEST(RenderChange(Small(), none).empty() == false);
  BOOST_TEST((Difference(Small(), none) == std::vector<NftCommand>{{Kind::kDeleteTable, "inet nubo"}}));
}

BOOST_AUTO_TEST_CASE(what_is_large_is_sent_in_parts_that_fit) {
  NftTable table = Small();
  for (int i = 0; i < 1000; ++i) {
    table.chains[absl::StrCat("c", i)].rules = {absl::StrCat("tcp dport ", i, " accept"), "drop"};
    table.sets["web"].elements[absl::StrCat("10.1.", i / 250, ".", i % 250)];
  }
  table.chains["long"].rules.assign(2000, "ip saddr @web accept");
  const std::string text = RenderWhole(table);
  const std::vector<absl::string_view> parts = Transactions(text);
  BOOST_TEST(parts.size() > 4U);
  size_t lines = 0;
  for (const absl::string_view part : parts) {
    BOOST_TEST(part.size() <= 24U * 1024);
    lines += static_cast<size_t>(std::count(part.begin(), part.end(), '\n'));
  }
  BOOST_TEST(lines + parts.size() - 1 == static_cast<size_t>(std::count(text.begin(), text.end(), '\n')));
  // Until all is there, the hook's policy holds alone.
  BOOST_TEST(absl::StrContains(parts.front(), "hook forward"));
  BOOST_TEST(!absl::StrContains(parts.front(), "add rule inet nubo forward"));
}

BOOST_AUTO_TEST_CASE(a_chain_that_is_emptied_is_filled_in_one_transaction) {
  NftTable from = Small(), to = Small();
  for (int i = 0; i < 300; ++i) {
    const std::string name = absl::StrCat("c", i);
    from.chains[name].rules.assign(10, "tcp dport 1 accept");
    to.chains[name].rules.assign(10, "tcp dport 2 accept");
  }
  const std::string text = RenderChange(from, to);
  BOOST_TEST(Transactions(text).size() > 1U);
  for (const absl::string_view part : Transactions(text)) {
    BOOST_TEST(absl::StartsWith(part, "flush chain"));
    BOOST_TEST(absl::EndsWith(part, "tcp dport 2 accept\n"));
  }
}

BOOST_AUTO_TEST_CASE(what_is_small_is_one_transaction) {
  const std::string text = RenderWhole(Small());
  BOOST_TEST(Transactions(text).size() == 1U);
  BOOST_TEST(Transactions("").empty());
}

// Tables of a few sets and chains that name each other, chains only such as come after them.
NftTable Random(std::mt19937& random) {
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  NftTable table{.family = "inet"};
  for (int i = 0; i < 4; ++i) {
    if (draw(4) == 0) continue;
    NftSet& set = table.sets[absl::StrCat("s", i)];
    set.type = "ipv4_addr";
    for (int k = draw(4); k > 0; --k) set.elements[absl::StrCat("10.0.0.", draw(6))];
  }
  for (int i = 0; i < 5; ++i) {
    if (draw(4) != 0) table.chains[absl::StrCat("c", i)];
  }
  for (auto& [name, chain] : table.chains) {
    for (int k = draw(5); k > 0; --k) {
      const auto set = table.sets.find(absl::StrCat("s", draw(4)));
      const auto other = table.chains.find(absl::StrCat("c", draw(5)));
      if (set != table.sets.end() && draw(2) == 0) {
        chain.rules.push_back(absl::StrCat("accept ip saddr @", set->first));
      } else if (other != table.chains.end() && other->first > name) {
        chain.rules.push_back(absl::StrCat("jump ", other->first));
      } else {
        chain.rules.push_back(absl::StrCat("tcp dport ", draw(3)));
      }
    }
  }
  NftSet& gates = table.sets["gates"];
  gates.type = "ifname : verdict";
  for (const auto& [name, chain] : table.chains) {
    if (draw(2) == 0) gates.elements[absl::StrCat("\"e", draw(4), "\"")] = absl::StrCat("jump ", name);
  }
  return table;
}

BOOST_AUTO_TEST_CASE(a_difference_makes_the_one_of_the_other) {
  std::mt19937 random(7);
  Kernel kernel;
  for (int i = 0; i < 2000; ++i) {
    const NftTable to = Random(random);
    const std::vector<NftCommand> commands = Difference(kernel.table(), to);
    kernel.Apply(commands);
    BOOST_REQUIRE((kernel.table() == to));
    BOOST_REQUIRE(Difference(kernel.table(), to).empty());
  }
}

}  // namespace
}  // namespace nubo::fabrics
