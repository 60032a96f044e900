// What comes over a netlink socket: whatever it is, messages stay within their bytes, and what is made of them is
// whole.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "absl/strings/string_view.h"
#include "nubo/fabrics/netlink_message.h"

namespace {

using namespace nubo::fabrics;

void Check(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view rest(reinterpret_cast<const char*>(data), size);
  while (const std::optional<RawMessage> message = NextMessage(rest)) {
    if (const auto answer = ParseAnswer(*message)) Check(ToStatus(*answer, "x").ok() == (answer->error == 0));
    if (const auto link = ParseLink(message->payload)) Check(!link->name.empty() && link->index > 0);
    if (const auto address = ParseInterfaceAddress(message->payload)) {
      Check(address->value.length <= address->value.address.bits());
    }
    if (const auto route = ParseRoute(message->payload)) {
      const Route& value = route->value;
      const bool v4 = value.destination.is_v4();
      Check(!value.gateway.has_value() || value.gateway->is_v4() == v4);
      Check(!value.source_hint.has_value() || value.source_hint->is_v4() == v4);
    }
    if (const auto rule = ParseRoutingRule(message->payload)) {
      Check(!rule->from.has_value() || rule->from->is_v4() != rule->v6);
    }
  }
  return 0;
}
