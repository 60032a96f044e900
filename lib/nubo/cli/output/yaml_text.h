// What `nubo describe` prints for people: the answer as indented "Key: value" text, keys sorted, as YAML would have it.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_OUTPUT_YAML_TEXT_H_
#define NUBO_CLI_OUTPUT_YAML_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "nubo/cli/args/options.h"
#include "nubo/region/v1/region.pb.h"

namespace nubo::cli {

// How deep a value may nest; what is deeper is printed as "…".
constexpr int kYamlDepthMax = 32;

// A scalar as YAML: quoted where it would else be read as something other than this text.
std::string YamlScalar(absl::string_view text);

// The fields, each on a line of its own below `indent` spaces.
std::string YamlFields(const google::protobuf::Struct& fields, int indent);

// Any answer, with the names and fields that -o json prints. INTERNAL: the message holds what JSON cannot.
absl::StatusOr<std::string> Yaml(const google::protobuf::Message& message);

// As Yaml() for kYaml, else as Json(). Errors as theirs.
absl::StatusOr<std::string> Text(const google::protobuf::Message& message, Format format);

std::string DescribeText(const region::v1::DescribeResponse& answer);

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_YAML_TEXT_H_
