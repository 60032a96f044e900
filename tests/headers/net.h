// What the examples of lib/nubo/net use and do not show.
#ifndef TESTS_HEADERS_NET_H_
#define TESTS_HEADERS_NET_H_

#include "nubo/net/datagram.h"
#include "nubo/net/loop.h"
#include "nubo/net/mac_address.h"
#include "nubo/net/stream.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern net::Loop& loop;
extern const net::SocketAddress address;
extern const net::SocketAddress server;
extern const std::string query;
extern absl::Span<char> buffer;
net::Task<void> Serve(net::Loop& loop);

}  // namespace nubo::example

#endif  // TESTS_HEADERS_NET_H_
