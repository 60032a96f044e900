// One nftables table as a value: its text, and the text that makes another of it.
//
// Linux filters packets by tables of chains and sets; `nft -f` takes text and applies it as one transaction. What
// filters are to hold is computed as an NftTable; what is sent to the kernel is the whole table once, and from then on
// only what differs. Rules, hooks, types, keys and values are nft's own words and are taken as they are.
//
// A transaction of a process without privilege is bounded (EMSGSIZE beyond wmem_max, some hundred rules). What is
// larger becomes several, in an order in which no state between them lets pass what neither table does, if chains with
// hooks have the policy "drop": text is to be sent as Transactions() cuts it.
//
// Invariants, the caller's to keep:
//   1. A rule names chains and sets of its own table only, and every one that it names is there.
//   2. Elements of a set with intervals do not overlap.
//   3. Names are identifiers of nft: letters, digits, '.', '-', '_', a letter first.
//
// Example:
//   NftTable table;
//   table.sets["web"] = {.type = "ipv4_addr", .elements = {{"10.0.1.5", ""}}};
//   table.chains["forward"] = {.hook = "type filter hook forward priority 0; policy drop;",
//                              .rules = {"ip daddr @web tcp dport 80 accept"}};
//   RenderWhole(table);          // replaces what stands under its name
//   RenderChange(before, table); // "" where nothing differs
//
// Thread safety: values and pure functions.
#ifndef NUBO_FABRICS_NFT_TABLE_H_
#define NUBO_FABRICS_NFT_TABLE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::fabrics {

struct NftChain {
  // "type filter hook forward priority 0; policy drop;"; "": a chain that rules of others jump to.
  std::string hook = {};
  // In their order.
  std::vector<std::string> rules = {};

  friend bool operator==(const NftChain& a, const NftChain& b) = default;
};

// A set, or a map from keys to values.
struct NftSet {
  // "ipv4_addr", "ifname . ipv4_addr"; of a map "ifname : mark", "ifname : verdict".
  std::string type = {};
  // "interval"; "": none.
  std::string flags = {};
  // A key as nft writes it, and its value; of a set "".
  std::map<std::string, std::string> elements = {};

  bool is_map() const { return type.find(" : ") != std::string::npos; }
  friend bool operator==(const NftSet& a, const NftSet& b) = default;
};

struct NftTable {
  // "inet"; "": there is no table.
  std::string family = {};
  std::string name = "nubo";
  std::map<std::string, NftChain> chains = {};
  std::map<std::string, NftSet> sets = {};

  friend bool operator==(const NftTable& a, const NftTable& b) = default;
};

// One command of a transaction.
struct NftCommand {
  enum class Kind {
    kAddTable,
    kDeleteTable,
    kAddSet,
    kDeleteSet,
    kAddElements,
    kDeleteElements,
    kAddChain,
    kFlushChain,
    kDeleteChain,
    kAddRules,
  };
  Kind kind;
  // Of the table, the set or the chain.
  std::string name;
  // kAddSet: without elements. kAddElements, kDeleteElements: only its elements.
  NftSet set = {};
  // kAddChain: its hook. kAddRules: its rules, to be appended.
  NftChain chain = {};

  friend bool operator==(const NftCommand& a, const NftCommand& b) = default;
};

// What makes `to` of `from`, in an order in which each command may stand: hooks first, sets and chains before the rules
// that name them, rules before the elements that lead to them, deletions last. Empty: nothing differs. Tables of
// different family or name: `from` is deleted, `to` made anew.
std::vector<NftCommand> Difference(const NftTable& from, const NftTable& to);

// The text of commands about `table`. Only its family and name are looked at.
std::string Render(const std::vector<NftCommand>& commands, const NftTable& table);

// Replaces whatever stands under the table's name. "": there is no table.
std::string RenderWhole(const NftTable& table);
// Makes `to` of `from`. "": nothing differs.
std::string RenderChange(const NftTable& from, const NftTable& to);

// The transactions of a text, each for `nft -f`, in their order; one, unless it is large.
std::vector<absl::string_view> Transactions(absl::string_view text);

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NFT_TABLE_H_
