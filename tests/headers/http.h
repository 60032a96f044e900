// What the examples of lib/nubo/http use and do not show.
#ifndef TESTS_HEADERS_HTTP_H_
#define TESTS_HEADERS_HTTP_H_

#include "nubo/base/metrics.h"
#include "nubo/http/client.h"
#include "nubo/http/message.h"
#include "nubo/http/server.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern net::Loop& loop;
extern const net::SocketAddress address;
extern const net::SocketAddress server;
extern std::unique_ptr<net::Stream> stream;
extern std::unique_ptr<net::Listener> listener;
extern const http::RequestHead head;
extern std::string buffer;
extern http::Handler& hello;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_HTTP_H_
