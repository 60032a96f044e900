// The HostResolver that asks a DNS server.
//
// Example:
//   auto resolver = *MakeHostResolver("127.0.0.1:10053");
//   net::IpAddress database = *resolver->Resolve("todo.0a1b2c.us-east-1.rds.amazonaws.com", absl::Seconds(2));
#ifndef EXAMPLES_TODO_BACKEND_DNS_HOST_RESOLVER_H_
#define EXAMPLES_TODO_BACKEND_DNS_HOST_RESOLVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "examples/todo/backend/host_resolver.h"

namespace nubo::examples::todo {

// `dns_server` is "ADDRESS:PORT"; empty: only addresses can be resolved. INVALID_ARGUMENT: it is neither.
absl::StatusOr<std::unique_ptr<HostResolver>> MakeHostResolver(absl::string_view dns_server);

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_DNS_HOST_RESOLVER_H_
