// Builds a Value out of a reader's events, within bounds.
//
// After the first error every further event is ignored; status() tells it.
//
// Thread safety: thread-compatible.
#ifndef NUBO_STACK_TREE_BUILDER_H_
#define NUBO_STACK_TREE_BUILDER_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/read_options.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

class TreeBuilder {
 public:
  TreeBuilder(absl::string_view file, const ReadOptions& options) : file_(file), options_(options) {}

  // A key, an item or the root. `function` is the long form of a short-form tag, or "".
  void Scalar(Value value, absl::string_view function);
  void StartList(Location at, absl::string_view function) { Start(Value::List({}, at), function); }
  void StartObject(Location at, absl::string_view function) { Start(Value::Object({}, at), function); }
  void End();
  void Fail(Location at, absl::string_view message);

  bool failed() const { return !status_.ok(); }
  const absl::Status& status() const { return status_; }
  bool has_root() const { return has_root_; }
  Value TakeRoot() { return std::move(root_); }

 private:
  struct Frame {
    Value container;
    std::string function;
    // Of an object: whether `key` waits for its value.
    bool has_key = false;
    std::string key;
    Location key_location;
    std::set<std::string> keys;
  };

  void Start(Value container, absl::string_view function);
  bool Count(Location at);
  void SetKey(const Value& key);
  void Attach(Value value);

  const std::string file_;
  const ReadOptions options_;
  absl::Status status_;
  std::vector<Frame> frames_;
  size_t nodes_ = 0;
  bool has_root_ = false;
  Value root_;
};

}  // namespace nubo::stack

#endif  // NUBO_STACK_TREE_BUILDER_H_
