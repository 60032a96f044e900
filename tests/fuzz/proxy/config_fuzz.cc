// Any bytes on the control socket: a configuration that is accepted must be one that can be served.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "nubo/proxy/config.h"
#include "nubo/proxy/route_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  nubo::proxy::v1::Configuration proto;
  if (!proto.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto config = nubo::proxy::FromProto(proto);
  if (!config.ok()) {
    if (config.status().message().empty()) std::abort();
    return 0;
  }
  std::set<std::string> ids;
  for (const auto& listener : config->listeners) {
    if (listener.id.empty() || !ids.insert(listener.id).second || listener.addresses.empty()) std::abort();
    const nubo::proxy::RouteTable routes(listener);
    const nubo::http::Headers headers = {{"x-a", "b"}};
    const nubo::proxy::RouteRequest request = {
        .host = "app.example", .path = "/todo", .query = "a=b&c", .method = "GET", .headers = &headers};
    if (routes.Find(request).action == nullptr) std::abort();
  }
  for (const auto& group : config->target_groups) {
    if (!nubo::lb::CheckSettings(group.health_check.settings).ok()) std::abort();
  }
  return 0;
}
