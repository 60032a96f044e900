// Resolving names, and watching them, on an event loop.
//
// A Client drives dns::StubResolver over real sockets: a fresh UDP port per question, TCP where an answer was
// truncated. IP addresses stand for themselves; every other name, localhost included, is asked of the servers.
//
// Example:
//   dns_client::Client client(loop, rng, {.servers = {*net::SocketAddress::Parse("127.0.0.1:10053")}});
//   auto addresses =
//       co_await client.Resolve("backend.todo.internal", dns::RecordType::kA, loop.Now() + absl::Seconds(2));
//   auto watch = client.Watch("backend.todo.internal", {}, [](const std::vector<net::IpAddress>& endpoints) { … });
//
// Thread safety: belongs to its loop's thread. The loop and the generator outlive the client. A thread without a loop
// calls ResolveBlocking or Dig.
#ifndef NUBO_DNS_CLIENT_CLIENT_H_
#define NUBO_DNS_CLIENT_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/dns/resolver/stub_resolver.h"
#include "nubo/dns/wire/message.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::dns_client {

struct Addresses {
  // At least one, in the server's order.
  std::vector<net::IpAddress> addresses;
  // Until when they may be used.
  absl::Time expires;
};

struct WatchOptions {
  dns::RecordType type = dns::RecordType::kA;
  // However low the TTL, and after a failure, the name is not asked for more often than this.
  absl::Duration interval_min = absl::Seconds(1);
  // The name is gone (NXDOMAIN), or has no address any more: true keeps the last good set, as after a failure; false
  // reports the empty set.
  bool keep_when_missing = true;
  // Of one question.
  absl::Duration timeout = absl::Seconds(5);
};

// A name being watched. The watch ends when this is destroyed; its callback is not called after that.
class Watcher {
 public:
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // What the last question came to: OK while the set is fresh, UNAVAILABLE before the first answer.
  absl::Status status() const;

 private:
  friend class Client;
  struct State;
  explicit Watcher(std::shared_ptr<State> state);
  const std::shared_ptr<State> state_;
};

class Client {
 public:
  Client(net::Loop& loop, absl::BitGenRef rng, dns::StubResolverOptions options);
  // Pending questions end with CANCELLED.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The addresses of `name`; `type` is A or AAAA.
  // NOT_FOUND: no such name, or it has no such address. INVALID_ARGUMENT: not a name, or another type.
  // DEADLINE_EXCEEDED; and as dns::StubResolver::Done.
  net::Task<absl::StatusOr<Addresses>> Resolve(std::string name, dns::RecordType type, absl::Time deadline);

  // Any question. That there is no such name or data is an answer.
  net::Task<absl::StatusOr<dns::Resolution>> Ask(dns::Question question, absl::Time deadline);

  // Calls `on_change` with the sorted addresses of `name` once they are known and whenever they differ from the last
  // call, asking again when their time is up. An IP address is reported once.
  // INVALID_ARGUMENT: not a name, or another type than A and AAAA.
  absl::StatusOr<std::unique_ptr<Watcher>> Watch(absl::string_view name, WatchOptions options,
                                                 std::function<void(const std::vector<net::IpAddress>&)> on_change);

 private:
  friend class Watcher;
  class State;
  const std::shared_ptr<State> state_;
};

// Client::Resolve for a thread without a loop; nothing is remembered from call to call.
//
// Thread safety: thread-safe.
absl::StatusOr<Addresses> ResolveBlocking(const dns::StubResolverOptions& options, absl::string_view name,
                                          dns::RecordType type, absl::Duration timeout);

}  // namespace nubo::dns_client

#endif  // NUBO_DNS_CLIENT_CLIENT_H_
