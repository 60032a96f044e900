// Which address a host name stands for, right now.
//
// The database's name is looked up again for every new connection: after a failover it names another address.
//
// Thread safety: a HostResolver is thread-safe.
#ifndef EXAMPLES_TODO_BACKEND_HOST_RESOLVER_H_
#define EXAMPLES_TODO_BACKEND_HOST_RESOLVER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"

namespace nubo::examples::todo {

class HostResolver {
 public:
  virtual ~HostResolver() = default;
  // UNAVAILABLE: there was no answer in time. NOT_FOUND: the name has no address.
  virtual absl::StatusOr<net::IpAddress> Resolve(absl::string_view host, absl::Duration timeout) = 0;
};

// Knows only addresses, for a database that is given by its address. INVALID_ARGUMENT: `host` is a name.
class LiteralResolver final : public HostResolver {
 public:
  absl::StatusOr<net::IpAddress> Resolve(absl::string_view host, absl::Duration) override {
    return net::IpAddress::Parse(host);
  }
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_HOST_RESOLVER_H_
