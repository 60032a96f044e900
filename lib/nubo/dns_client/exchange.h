// One question to one server, and its whole reply: for tools that show what a server says.
//
// Example:
//   auto reply = dns_client::Dig(server, *dns::Name::Parse("example.com"), dns::RecordType::kA, /*use_tcp=*/false,
//                                absl::Seconds(5));
//   if (reply.ok()) std::cout << dns::DigText(*reply);
//
// Thread safety: Dig is thread-safe; Exchange belongs to its loop's thread.
#ifndef NUBO_DNS_CLIENT_EXCHANGE_H_
#define NUBO_DNS_CLIENT_EXCHANGE_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/dns/wire/message.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::dns_client {

// Sends `query` and waits for the reply with its id and question; once, without retries.
// DEADLINE_EXCEEDED: no reply. INVALID_ARGUMENT: a query or a reply over TCP that is malformed. DATA_LOSS,
// OUT_OF_RANGE: the connection ended instead. Else as nubo/net/stream.h.
net::Task<absl::StatusOr<dns::Message>> Exchange(net::Loop& loop, net::SocketAddress server, dns::Message query,
                                                 dns::Transport transport, absl::Time deadline);

// Asks with recursion desired and EDNS, over UDP three times at most; a truncated reply is asked for again over TCP.
// Blocks the calling thread.
absl::StatusOr<dns::Message> Dig(const net::SocketAddress& server, const dns::Name& name, dns::RecordType type,
                                 bool use_tcp, absl::Duration timeout);

}  // namespace nubo::dns_client

#endif  // NUBO_DNS_CLIENT_EXCHANGE_H_
