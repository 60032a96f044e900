#include "nubo/region/stacks/prepared_templates.h"

#include <utility>

namespace nubo::region {
namespace {

absl::StatusOr<std::shared_ptr<const Prepared>> Read(const v1::StackState& record) {
  absl::StatusOr<Prepared> prepared = Prepare(record);
  if (!prepared.ok()) return prepared.status();
  return std::make_shared<const Prepared>(*std::move(prepared));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Prepared>> PreparedTemplates::Of(const v1::StackState& record) {
  return Get(InputOf(record));
}

absl::StatusOr<std::shared_ptr<const Prepared>> PreparedTemplates::FormerOf(const v1::StackState& record) {
  return Get(FormerInputOf(record));
}

PreparedTemplates::Input PreparedTemplates::InputOf(const v1::StackState& record) {
  return {record.stack_id(),
          record.stack_name(),
          record.template_name(),
          {record.parameters().begin(), record.parameters().end()},
          record.template_body()};
}

PreparedTemplates::Input PreparedTemplates::FormerInputOf(const v1::StackState& record) {
  return {record.stack_id(),
          record.stack_name(),
          record.former_template_name(),
          {record.former_parameters().begin(), record.former_parameters().end()},
          record.former_template_body()};
}

v1::StackState PreparedTemplates::RecordOf(const Input& input) {
  v1::StackState record;
  record.set_stack_id(std::string(input.stack_id));
  record.set_stack_name(std::string(input.stack_name));
  record.set_template_name(std::string(input.template_name));
  for (const auto& [name, value] : input.parameters) {
    (*record.mutable_parameters())[std::string(name)] = std::string(value);
  }
  record.set_template_body(std::string(input.body));
  return record;
}

size_t PreparedTemplates::BytesOf(const Input& input) {
  size_t bytes = input.stack_id.size() + input.stack_name.size() + input.template_name.size() + input.body.size();
  for (const auto& [name, value] : input.parameters) bytes += name.size() + value.size();
  return bytes;
}

absl::StatusOr<std::shared_ptr<const Prepared>> PreparedTemplates::Get(const Input& input) {
  const auto found = by_input_.find(input);
  if (found != by_input_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->prepared;
  }
  const size_t bytes = BytesOf(input);
  v1::StackState record = RecordOf(input);
  if (bytes > bytes_max_) return Read(record);
  while (bytes_ + bytes > bytes_max_) DropLast();
  Entry& entry = entries_.emplace_front();
  entry.record = std::move(record);
  entry.bytes = bytes;
  entry.prepared = Read(entry.record);
  by_input_.emplace(InputOf(entry.record), entries_.begin());
  bytes_ += bytes;
  return entry.prepared;
}

void PreparedTemplates::DropLast() {
  const Entry& last = entries_.back();
  bytes_ -= last.bytes;
  by_input_.erase(InputOf(last.record));
  entries_.pop_back();
}

}  // namespace nubo::region
