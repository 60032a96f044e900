#include "nubo/control/server.h"

#include <deque>
#include <optional>
#include <utility>

#include "nubo/base/file_saver.h"
#include "nubo/base/files.h"
#include "nubo/base/status.h"
#include "nubo/net/frames.h"
#include "nubo/net/stream.h"

namespace nubo::control {
namespace {

// Answers to configurations that wait to be written; beyond, the oldest are dropped, as the newest says all.
constexpr size_t kAnswersMax = 16;
constexpr absl::Duration kAcceptPause = absl::Milliseconds(100);

}  // namespace

class Server::State : public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, Handler& handler, ServerOptions options)
      : loop_(loop), handler_(handler), options_(std::move(options)) {
    if (!options_.snapshot_path.empty()) snapshot_ = std::make_unique<base::FileSaver>(options_.snapshot_path, 0600);
  }

  void ApplySnapshot();
  absl::Status Listen(const std::string& path);
  void Changed();
  const Outcome& refused() const { return refused_; }
  void Close();

 private:
  struct Client;
  // Each keeps the state alive while it runs.
  static net::Task<void> AcceptAll(std::shared_ptr<State> self);
  static net::Task<void> ReadAll(std::shared_ptr<State> self, std::shared_ptr<Client> client);
  static net::Task<void> WriteAll(std::shared_ptr<State> self, std::shared_ptr<Client> client);
  void Receive(Client& client, const std::string& frame);

  net::Loop& loop_;
  // Not touched once closed_.
  Handler& handler_;
  const ServerOptions options_;
  std::unique_ptr<base::FileSaver> snapshot_;
  std::unique_ptr<net::Listener> listener_;
  std::shared_ptr<Client> client_;
  bool closed_ = false;
  // Told until one is taken, for a status that is overtaken by the next one may never be read.
  Outcome refused_;
};

struct Server::State::Client {
  Client(net::Loop& loop, std::unique_ptr<net::Stream> s) : stream(std::move(s)), wake(loop) {}
  void Close() {
    closed = true;
    stream->Close();
    wake.Notify();
  }
  const std::unique_ptr<net::Stream> stream;
  net::Event wake;
  std::deque<std::string> answers;
  bool changed = true;
  bool closed = false;
};

absl::Status Server::State::Listen(const std::string& path) {
  NUBO_ASSIGN_OR_RETURN(listener_, net::ListenUnix(loop_, path));
  loop_.Spawn(AcceptAll(shared_from_this()));
  return absl::OkStatus();
}

void Server::State::ApplySnapshot() {
  if (options_.snapshot_path.empty()) return;
  const absl::StatusOr<std::string> frame = base::ReadFile(options_.snapshot_path, net::kFrameBytesMax);
  if (frame.ok()) (void)handler_.Apply(*frame);
}

void Server::State::Changed() {
  if (client_ == nullptr) return;
  client_->changed = true;
  client_->wake.Notify();
}

void Server::State::Close() {
  closed_ = true;
  if (listener_ != nullptr) listener_->Close();
  if (client_ != nullptr) client_->Close();
}

net::Task<void> Server::State::AcceptAll(std::shared_ptr<State> self) {
  for (;;) {
    absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await self->listener_->Accept();
    // One that came in just before is not let in any more.
    if (self->closed_ || absl::IsCancelled(stream.status())) co_return;
    if (!stream.ok()) {
      co_await self->loop_.SleepFor(kAcceptPause);
      continue;
    }
    if (self->client_ != nullptr) self->client_->Close();
    self->client_ = std::make_shared<Client>(self->loop_, *std::move(stream));
    self->loop_.Spawn(ReadAll(self, self->client_));
    self->loop_.Spawn(WriteAll(self, self->client_));
  }
}

net::Task<void> Server::State::ReadAll(std::shared_ptr<State> self, std::shared_ptr<Client> client) {
  while (!client->closed) {
    const absl::StatusOr<std::string> frame = co_await net::ReadFrame(*client->stream);
    // A frame that is too long or cut short leaves no place to go on from.
    if (!frame.ok() || client->closed) break;
    self->Receive(*client, *frame);
  }
  client->Close();
  if (self->client_ == client) self->client_ = nullptr;
}

void Server::State::Receive(Client& client, const std::string& frame) {
  Outcome outcome = handler_.Apply(frame);
  // Without a file only a successor's first moments are the poorer.
  if (outcome.status.ok() && snapshot_ != nullptr) (void)snapshot_->Save(frame);
  refused_ = outcome.status.ok() ? Outcome() : std::move(outcome);
  client.answers.push_back(handler_.Describe(refused_));
  if (client.answers.size() > kAnswersMax) client.answers.pop_front();
  client.wake.Notify();
}

net::Task<void> Server::State::WriteAll(std::shared_ptr<State> self, std::shared_ptr<Client> client) {
  std::optional<std::string> last;
  while (!client->closed) {
    if (client->answers.empty() && !client->changed) {
      const bool woken = co_await client->wake.WaitUntil(self->loop_.Now() + self->options_.refresh_interval);
      if (woken || client->closed) continue;
    }
    std::string message;
    if (!client->answers.empty()) {
      message = std::move(client->answers.front());
      client->answers.pop_front();
    } else {
      client->changed = false;
      message = self->handler_.Describe(self->refused_);
      if (message == last) continue;
    }
    // The deadline covers reads too, and those wait as long as they like, so it stands only while writing. ReadAll
    // ends with it if the client does not take what it is told.
    client->stream->SetDeadline(self->loop_.Now() + kWriteTimeout);
    const absl::Status written = co_await net::WriteFrame(*client->stream, message);
    if (!written.ok()) break;
    client->stream->SetDeadline(absl::InfiniteFuture());
    last = std::move(message);
  }
  client->Close();
}

Server::Server(net::Loop& loop, Handler& handler, ServerOptions options)
    : state_(std::make_shared<State>(loop, handler, std::move(options))) {}
Server::~Server() { Close(); }

void Server::ApplySnapshot() { state_->ApplySnapshot(); }

absl::Status Server::Listen(const std::string& path) { return state_->Listen(path); }

void Server::Changed() { state_->Changed(); }

const Outcome& Server::refused() const { return state_->refused(); }

void Server::Close() { state_->Close(); }

}  // namespace nubo::control
