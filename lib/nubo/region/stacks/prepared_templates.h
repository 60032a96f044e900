// The templates of stacks as they were read last: to read one takes longer than all else that a pass of the control
// loop, or a list of stacks, does with it.
//
// What is kept is found by everything that reading it depends on, word by word: the stack's name and id, and the text,
// the name and the parameters of its template. So it is never that of another stack, or of another time, whatever
// becomes of the record: nobody has to say that it has changed.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const auto prepared, context.templates->Of(record));
//   Use(prepared->parsed, prepared->bindings);
//
// Thread safety: thread-compatible; the region's lock guards it. What it returns is immutable.
#ifndef NUBO_REGION_STACKS_PREPARED_TEMPLATES_H_
#define NUBO_REGION_STACKS_PREPARED_TEMPLATES_H_

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <tuple>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/region/stacks/stack_records.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

// Of text that is kept, names and parameters included: 200 stacks with templates of 40 kB. Read, a template takes up to
// ten times as much.
inline constexpr size_t kPreparedBytesMax = 8 << 20;

class PreparedTemplates {
 public:
  explicit PreparedTemplates(size_t bytes_max = kPreparedBytesMax) : bytes_max_(bytes_max) {}
  PreparedTemplates(const PreparedTemplates&) = delete;
  PreparedTemplates& operator=(const PreparedTemplates&) = delete;

  // As Prepare(). What is wrong with a template is kept like a template.
  absl::StatusOr<std::shared_ptr<const Prepared>> Of(const v1::StackState& record);
  // What an update that is under way goes back to if it fails.
  absl::StatusOr<std::shared_ptr<const Prepared>> FormerOf(const v1::StackState& record);

  // How many are kept, and of how much text.
  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  // All that Prepare() reads, what tells stacks apart first. It points into the record that it is of.
  struct Input {
    absl::string_view stack_id;
    absl::string_view stack_name;
    absl::string_view template_name;
    std::map<absl::string_view, absl::string_view> parameters;
    absl::string_view body;

    auto Tied() const { return std::tie(stack_id, stack_name, template_name, parameters, body); }
    friend bool operator<(const Input& a, const Input& b) { return a.Tied() < b.Tied(); }
  };
  struct Entry {
    // Nothing but what Prepare() reads.
    v1::StackState record;
    size_t bytes = 0;
    absl::StatusOr<std::shared_ptr<const Prepared>> prepared;
  };

  static Input InputOf(const v1::StackState& record);
  static Input FormerInputOf(const v1::StackState& record);
  static v1::StackState RecordOf(const Input& input);
  static size_t BytesOf(const Input& input);
  absl::StatusOr<std::shared_ptr<const Prepared>> Get(const Input& input);
  void DropLast();

  const size_t bytes_max_;
  size_t bytes_ = 0;
  // The one that was asked for last is the first.
  std::list<Entry> entries_;
  // Each points into its entry's record.
  std::map<Input, std::list<Entry>::iterator> by_input_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_PREPARED_TEMPLATES_H_
