#include "nubo/cli/output/json.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace nubo::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using OrderedJson = nlohmann::ordered_json;

// By name, at every depth: for what has no order of its own.
OrderedJson Sorted(const OrderedJson& value) { return OrderedJson::parse(nlohmann::json::parse(value.dump()).dump()); }

// Fields are printed in the order of their numbers; the entries of maps and of a Struct in none, another with every
// run.
void SortMaps(const Descriptor& type, OrderedJson& value) {
  if (type.full_name() == "google.protobuf.Struct") {
    value = Sorted(value);
    return;
  }
  if (!value.is_object()) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto found = value.find(field.json_name());
    if (found == value.end()) continue;
    if (field.is_map()) {
      *found = Sorted(*found);
    } else if (field.message_type() != nullptr && field.is_repeated()) {
      for (OrderedJson& item : *found) SortMaps(*field.message_type(), item);
    } else if (field.message_type() != nullptr) {
      SortMaps(*field.message_type(), *found);
    }
  }
}

absl::StatusOr<std::string> Print(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) {
    return absl::InternalError(absl::StrCat("the region's answer cannot be printed as JSON: ", status.ToString()));
  }
  OrderedJson json = OrderedJson::parse(text, nullptr, /*allow_exceptions=*/false);
  SortMaps(*message.GetDescriptor(), json);
  constexpr int kIndent = 1;
  return json.dump(indented ? kIndent : -1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace

absl::StatusOr<std::string> Json(const google::protobuf::Message& message) { return Print(message, true); }

absl::StatusOr<std::string> JsonLine(const google::protobuf::Message& message) { return Print(message, false); }

}  // namespace nubo::cli
