// Protobuf messages as JSON: lowerCamelCase names, every primitive and repeated field printed, even when it is empty.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_OUTPUT_JSON_H_
#define NUBO_CLI_OUTPUT_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace nubo::cli {

// Indented, ended by a newline. INTERNAL: the message holds what JSON cannot.
absl::StatusOr<std::string> Json(const google::protobuf::Message& message);

// The same on one line, ended by a newline: for streams of messages.
absl::StatusOr<std::string> JsonLine(const google::protobuf::Message& message);

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_JSON_H_
