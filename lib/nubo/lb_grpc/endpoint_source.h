// Where a pool's endpoints come from, when they change while it runs: DNS, a registry, a file.
//
// Example:
//   class FileEndpoints final : public EndpointSource { ... };
//   absl::Status status = pool->Watch(std::make_unique<FileEndpoints>("/etc/backends"));
//
// Thread safety: Start is called once; on_change may be called from any thread, one call at a time.
#ifndef NUBO_LB_GRPC_ENDPOINT_SOURCE_H_
#define NUBO_LB_GRPC_ENDPOINT_SOURCE_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "nubo/lb/target.h"

namespace nubo::lb_grpc {

class EndpointSource {
 public:
  // The whole set, every time.
  using OnChange = std::function<void(const std::vector<lb::TargetSpec>& endpoints)>;

  // `on_change` is not running when this returns, and is not called again.
  virtual ~EndpointSource() = default;
  // Calls `on_change` once the endpoints are known and whenever they have changed. Errors are the source's own.
  virtual absl::Status Start(OnChange on_change) = 0;
};

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_ENDPOINT_SOURCE_H_
