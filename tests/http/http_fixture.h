// A server whose handler is a function, and clients on memory streams or real sockets, on one loop.
#ifndef NUBO_TESTS_HTTP_HTTP_FIXTURE_H_
#define NUBO_TESTS_HTTP_HTTP_FIXTURE_H_

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/http/client.h"
#include "nubo/http/server.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/testing/memory_transport.h"

namespace nubo::http {

class HttpFixture : public Handler {
 public:
  HttpFixture();
  ~HttpFixture() override;

  net::Task<void> Handle(Exchange& exchange) override;
  // Made with `options` when first needed.
  Server& server();
  // The client's end of a connection to the server.
  std::unique_ptr<net::Stream> Connect(const testing::MemoryStreamOptions& transport = {});
  std::shared_ptr<ClientConnection> ConnectClient(Version version, const testing::MemoryStreamOptions& transport = {});
  // Runs `task` to its end, closes the server, and gives up after a while.
  void Run(net::Task<void> task);

  // Echoes the request: method, path, authority and body; trailers come back.
  static net::Task<void> Describe(Exchange& exchange);
  // Sends every piece of the body back as it comes.
  static net::Task<void> Echo(Exchange& exchange);
  // Until the client has gone.
  net::Task<void> UntilGone(Exchange& exchange);

  net::Loop loop;
  std::function<net::Task<void>(Exchange&)> handle = &Describe;
  ServerOptions options;
  int handled = 0;

 private:
  net::Task<void> RunToEnd(net::Task<void> task);
  net::Task<void> Watch();

  std::unique_ptr<Server> server_;
};

// Sends `bytes`, and reads until the peer ends.
net::Task<std::string> Converse(net::Stream& stream, std::string bytes);
// Reads until `end` has come, or the end of the stream.
net::Task<std::string> ReadUntil(net::Stream& stream, std::string end);
// The whole body; a failure ends the test.
net::Task<std::string> ReadAll(ClientExchange& exchange);
// One request, one response: "STATUS body".
net::Task<std::string> Ask(ClientConnection& connection, std::string method, std::string path, std::string body = "");

}  // namespace nubo::http

#endif  // NUBO_TESTS_HTTP_HTTP_FIXTURE_H_
