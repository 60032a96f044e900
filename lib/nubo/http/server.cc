#include "nubo/http/server.h"

#include <algorithm>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/http/byte_budget.h"
#include "nubo/http/h1_server.h"
#include "nubo/http/h2_server.h"

namespace nubo::http {
namespace {

constexpr int kEvictedShare = 256;
constexpr absl::Duration kSearchPause = absl::Milliseconds(10);

// RFC 9113 §3.4. No HTTP/1.1 request begins with it: its method does not exist.
constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Reads until it is clear whether `received` begins with the preface. False if the stream has ended before.
net::Task<bool> ReadPreface(net::Stream& stream, std::string& received) {
  while (received.size() < kPreface.size() && absl::StartsWith(kPreface, received)) {
    char block[1024];
    const absl::StatusOr<size_t> got = co_await stream.Read(absl::MakeSpan(block));
    if (!got.ok() || *got == 0) co_return false;
    received.append(block, *got);
  }
  co_return true;
}

}  // namespace

net::Task<absl::StatusOr<std::string>> ReadWholeBody(Exchange& exchange, size_t bytes_max) {
  std::string body;
  while (true) {
    NUBO_CO_ASSIGN_OR_RETURN(const std::optional<std::string> piece, co_await exchange.ReadBody());
    if (!piece) co_return body;
    if (body.size() + piece->size() > bytes_max) {
      co_return absl::ResourceExhaustedError(absl::StrCat("the body is longer than ", bytes_max, " bytes"));
    }
    body += *piece;
  }
}

struct Server::State {
  State(net::Loop& loop, Handler& handler, ServerOptions options)
      : loop(loop),
        handler(handler),
        options(std::make_shared<const ServerOptions>(std::move(options))),
        changed(loop) {}

  void CloseListeners() const {
    for (const auto& each : listeners) {
      if (const auto listener = each.lock()) listener->Close();
    }
  }

  // One connection, while it lives.
  struct Connection {
    std::function<void()> drain;
    std::function<void()> close;
    // Since when it is the client alone that keeps it waiting; in the future if it is not.
    std::function<absl::Time()> waiting_since;
    bool evicted = false;
  };

  // Those that were closed for others end by themselves, soon.
  int Living() const { return static_cast<int>(connections.size()) - evicted; }
  // False if there is none that may be closed for another.
  bool MakeRoom();

  net::Loop& loop;
  Handler& handler;
  // Those of the next connection; each keeps its own.
  std::shared_ptr<const ServerOptions> options;
  const std::shared_ptr<ByteBudget> budget = std::make_shared<ByteBudget>(options->queued_bytes_max);
  // Each belongs to the coroutine that accepts on it.
  std::list<std::weak_ptr<net::Listener>> listeners;
  std::list<Connection> connections;
  bool draining = false;
  // The server is: its handler may be, too.
  bool gone = false;
  int evicted = 0;
  // Looking through all of them in vain is not done for every client that is turned away.
  absl::Time next_search = absl::InfinitePast();
  net::Event changed;
};

bool Server::State::MakeRoom() {
  const absl::Time now = loop.Now();
  if (now < next_search || evicted > options->connections_max) return false;
  std::vector<std::pair<absl::Time, Connection*>> waiting;
  for (Connection& connection : connections) {
    if (connection.evicted) continue;
    const absl::Time since = connection.waiting_since();
    if (since <= now) waiting.emplace_back(since, &connection);
  }
  if (waiting.empty()) {
    next_search = now + kSearchPause;
    return false;
  }
  // Some more than one at a time, so that a flood of clients is not a flood of searches.
  const size_t share = std::max(1, options->connections_max / kEvictedShare);
  const size_t count = std::min(waiting.size(), share);
  std::nth_element(waiting.begin(), waiting.begin() + static_cast<ptrdiff_t>(count) - 1, waiting.end());
  for (size_t i = 0; i < count; ++i) {
    waiting[i].second->evicted = true;
    ++evicted;
    waiting[i].second->close();
  }
  return true;
}

Server::Server(net::Loop& loop, Handler& handler, ServerOptions options)
    : state_(std::make_shared<State>(loop, handler, std::move(options))) {}

Server::~Server() {
  // A connection that has been accepted just now is not served any more.
  state_->gone = true;
  state_->CloseListeners();
}

void Server::SetOptions(ServerOptions options) {
  state_->budget->SetMax(options.queued_bytes_max);
  state_->options = std::make_shared<const ServerOptions>(std::move(options));
}

size_t Server::queued_bytes() const { return state_->budget->used(); }

int Server::connections() const { return static_cast<int>(state_->connections.size()); }

void Server::CloseListener(const net::SocketAddress& local) {
  for (const auto& each : state_->listeners) {
    const auto listener = each.lock();
    if (listener != nullptr && listener->local() == local) listener->Close();
  }
}

// Coroutines that may outlive the Server hold its state, never the Server.
net::Task<void> Server::Serve(std::unique_ptr<net::Listener> listener) { return Accept(state_, std::move(listener)); }

net::Task<void> Server::ServeStream(std::unique_ptr<net::Stream> stream) { return ServeOne(state_, std::move(stream)); }

net::Task<void> Server::Accept(std::shared_ptr<State> state, std::shared_ptr<net::Listener> listener) {
  // Erased here alone; the state outlives it.
  const auto place = state->listeners.insert(state->listeners.end(), listener);
  while (!state->draining) {
    absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await listener->Accept();
    if (state->gone || absl::IsCancelled(stream.status())) break;
    if (!stream.ok()) continue;
    if (state->Living() >= state->options->connections_max && !state->MakeRoom()) continue;
    state->loop.Spawn(ServeOne(state, *std::move(stream)));
  }
  state->listeners.erase(place);
}

net::Task<void> Server::ServeOne(std::shared_ptr<State> state, std::unique_ptr<net::Stream> stream) {
  // Erased here alone; the state outlives it. So does the stream, or the connection that takes it over.
  const auto place = state->connections.insert(state->connections.end(), State::Connection{});
  net::Stream* const raw = stream.get();
  place->close = place->drain = [raw] { raw->Close(); };
  place->waiting_since = [since = state->loop.Now()] { return since; };
  std::string received;
  const std::shared_ptr<const ServerOptions> options = state->options;
  raw->SetDeadline(state->loop.Now() + options->idle_timeout);
  const bool open = co_await ReadPreface(*raw, received);
  raw->SetDeadline(absl::InfiniteFuture());
  if (open && absl::StartsWith(received, kPreface)) {
    const auto connection =
        std::make_shared<H2ServerConnection>(state->loop, std::move(stream), options, state->budget);
    place->drain = [connection] { connection->Drain(); };
    place->close = [connection] { connection->Close(); };
    place->waiting_since = [connection] { return connection->WaitingSince(); };
    if (state->draining) connection->Drain();
    co_await connection->Run(state->handler, std::move(received));
  } else if (open) {
    const auto connection =
        std::make_shared<H1ServerConnection>(state->loop, std::move(stream), options, state->budget, received);
    place->drain = [connection] { connection->Drain(); };
    place->close = [connection] { connection->Close(); };
    place->waiting_since = [connection] { return connection->WaitingSince(); };
    if (state->draining) connection->Drain();
    co_await connection->Run(state->handler);
  }
  if (place->evicted) --state->evicted;
  state->connections.erase(place);
  state->changed.Notify();
}

net::Task<void> Server::Drain(absl::Time deadline) {
  const std::shared_ptr<State> state = state_;
  state->draining = true;
  state->CloseListeners();
  for (const State::Connection& connection : state->connections) connection.drain();
  while (!state->connections.empty()) {
    if (!co_await state->changed.WaitUntil(deadline)) break;
  }
  for (const State::Connection& connection : state->connections) connection.close();
  while (!state->connections.empty()) co_await state->changed.Wait();
}

}  // namespace nubo::http
