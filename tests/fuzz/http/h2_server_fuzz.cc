// An HTTP/2 server survives any frames: whatever a client sends, its connection ends when the client does, every
// handler returns, and nothing that is no proper request is handled.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "nubo/http/server.h"
#include "nubo/http/syntax.h"
#include "nubo/net/loop.h"
#include "nubo/testing/memory_transport.h"

namespace {

using nubo::http::Exchange;

void Require(bool condition) {
  if (!condition) std::abort();
}

class Echo final : public nubo::http::Handler {
 public:
  nubo::net::Task<void> Handle(Exchange& exchange) override {
    Require(nubo::http::CheckRequestHead(exchange.head()).ok());
    nubo::http::ResponseHead head;
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    while (true) {
      const auto piece = co_await exchange.ReadBody();
      if (!piece.ok()) co_return;
      if (!piece->has_value()) break;
      Require(!(*piece)->empty());
      (void)co_await exchange.SendBody(**piece);
    }
    nubo::http::Headers trailers = exchange.trailers();
    (void)co_await exchange.Finish(std::move(trailers));
  }
};

nubo::net::Task<void> Drain(nubo::net::Stream& stream) {
  char buffer[4096];
  while (true) {
    const auto got = co_await stream.Read(absl::MakeSpan(buffer));
    if (!got.ok() || *got == 0) co_return;
  }
}

nubo::net::Task<void> Talk(nubo::net::Loop& loop, nubo::http::Server& server, std::string bytes) {
  auto [near, far] = nubo::testing::MemoryStreamPair(loop);
  loop.Spawn(server.ServeStream(std::move(far)));
  (void)co_await near->Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  (void)co_await near->Write(bytes);
  near->ShutdownWrite();
  co_await Drain(*near);
  co_await server.Drain(absl::InfiniteFuture());
  Require(server.connections() == 0);
  loop.Stop();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  nubo::net::Loop loop;
  Echo handler;
  nubo::http::Server server(loop, handler, {});
  loop.Spawn(Talk(loop, server, std::move(bytes)));
  loop.Run();
  return 0;
}
