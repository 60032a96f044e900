// What the server has acknowledged about todos, and whether it is still so.
//
// Of every todo the ledger knows the states it may be in: one after an acknowledged write, one more after a write whose
// outcome nobody knows. A todo that is in none of them has lost an acknowledged write.
//
// Example:
//   Ledger ledger;
//   ledger.Acknowledge("7f", TodoState{"water the plants", false});
//   for (const std::string& loss : ledger.Losses(listed)) std::cerr << loss << "\n";
//
// Thread safety: thread-compatible.
#ifndef TESTS_E2E_LOAD_LEDGER_H_
#define TESTS_E2E_LOAD_LEDGER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nubo::e2e {

struct TodoState {
  std::string title;
  bool done = false;
  friend bool operator==(const TodoState& a, const TodoState& b) { return a.title == b.title && a.done == b.done; }
};

// By id.
using Listing = std::map<std::string, TodoState>;

class Ledger {
 public:
  // nullopt: there is no such todo (any more).
  using State = std::optional<TodoState>;

  // The server said that todo `id` is in `state`.
  void Acknowledge(const std::string& id, State state);
  // The server was asked to bring it into `state`, and nobody knows whether it did.
  void Doubt(const std::string& id, State state);

  // One sentence for each todo that is in no state it may be in. `listed`: all that the server has.
  std::vector<std::string> Losses(const Listing& listed) const;

  size_t size() const { return states_.size(); }

 private:
  std::map<std::string, std::vector<State>> states_;
};

}  // namespace nubo::e2e

#endif  // TESTS_E2E_LOAD_LEDGER_H_
