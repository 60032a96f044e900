// What the examples of lib/nubo/lb_grpc use and do not show.
#ifndef TESTS_HEADERS_LB_GRPC_H_
#define TESTS_HEADERS_LB_GRPC_H_

#include "nubo/lb_grpc/channel_pool.h"
#include "nubo/lb_grpc/dns_endpoints.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const std::unique_ptr<lb_grpc::ChannelPool> pool;
extern const std::shared_ptr<grpc::Channel> channel;

// A source of the reader's own.
class FileEndpoints final : public lb_grpc::EndpointSource {
 public:
  explicit FileEndpoints(const std::string& path);
  absl::Status Start(OnChange on_change) override;
};
extern const net::SocketAddress server;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_LB_GRPC_H_
