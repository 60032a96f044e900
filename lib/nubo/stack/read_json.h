// JSON events to a Value. Use reader.h, which checks the text first.
//
// Thread safety: pure function.
#ifndef NUBO_STACK_READ_JSON_H_
#define NUBO_STACK_READ_JSON_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/read_options.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

absl::StatusOr<Value> ReadJsonTree(absl::string_view text, absl::string_view file, const ReadOptions& options);

}  // namespace nubo::stack

#endif  // NUBO_STACK_READ_JSON_H_
