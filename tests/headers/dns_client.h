// What the examples of lib/nubo/dns_client use and do not show.
#ifndef TESTS_HEADERS_DNS_CLIENT_H_
#define TESTS_HEADERS_DNS_CLIENT_H_

#include "nubo/dns/zone/text.h"
#include "nubo/dns_client/client.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern net::Loop& loop;
extern const net::SocketAddress address;
extern const net::SocketAddress server;
extern net::Stream& stream;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_DNS_CLIENT_H_
