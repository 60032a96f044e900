#include "nubo/proxy/control_server.h"

#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/file_saver.h"
#include "nubo/base/files.h"
#include "nubo/base/status.h"
#include "nubo/net/frames.h"

namespace nubo::proxy {
namespace {

// Answers to configurations that wait to be written; beyond, the oldest are dropped, as the newest says all.
constexpr size_t kAnswersMax = 16;
constexpr absl::Duration kAcceptPause = absl::Milliseconds(100);

}  // namespace

class ControlServer::State : public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, ControlHandler& handler, std::string snapshot_path)
      : loop_(loop), handler_(handler), snapshot_path_(std::move(snapshot_path)) {
    if (!snapshot_path_.empty()) snapshot_ = std::make_unique<base::FileSaver>(snapshot_path_, 0600);
  }

  void ApplySnapshot();
  absl::Status Listen(const std::string& path);
  void Changed();
  void Close();

 private:
  struct Client;
  // Each keeps the state alive while it runs.
  static net::Task<void> AcceptAll(std::shared_ptr<State> self);
  static net::Task<void> ReadAll(std::shared_ptr<State> self, std::shared_ptr<Client> client);
  static net::Task<void> WriteAll(std::shared_ptr<State> self, std::shared_ptr<Client> client);
  void Receive(Client& client, const std::string& frame);
  v1::Status Describe();

  net::Loop& loop_;
  // Not touched once closed_.
  ControlHandler& handler_;
  const std::string snapshot_path_;
  std::unique_ptr<base::FileSaver> snapshot_;
  std::unique_ptr<net::Listener> listener_;
  std::shared_ptr<Client> client_;
  bool closed_ = false;
  // Why the last configuration was refused, if it was; told until one is taken, for a status that is overtaken by the
  // next one may never be read.
  std::string refusal_;
  uint64_t refused_revision_ = 0;
};

struct ControlServer::State::Client {
  Client(net::Loop& loop, std::unique_ptr<net::Stream> s) : stream(std::move(s)), wake(loop) {}
  void Close() {
    closed = true;
    stream->Close();
    wake.Notify();
  }
  const std::unique_ptr<net::Stream> stream;
  net::Event wake;
  std::deque<v1::Status> answers;
  bool changed = true;
  bool closed = false;
};

absl::Status ControlServer::State::Listen(const std::string& path) {
  NUBO_ASSIGN_OR_RETURN(listener_, net::ListenUnix(loop_, path));
  loop_.Spawn(AcceptAll(shared_from_this()));
  return absl::OkStatus();
}

void ControlServer::State::ApplySnapshot() {
  if (snapshot_path_.empty()) return;
  const absl::StatusOr<std::string> frame = base::ReadFile(snapshot_path_, net::kFrameBytesMax);
  v1::Configuration configuration;
  if (frame.ok() && configuration.ParseFromString(*frame)) (void)handler_.Apply(configuration);
}

void ControlServer::State::Changed() {
  if (client_ == nullptr) return;
  client_->changed = true;
  client_->wake.Notify();
}

void ControlServer::State::Close() {
  closed_ = true;
  if (listener_ != nullptr) listener_->Close();
  if (client_ != nullptr) client_->Close();
}

net::Task<void> ControlServer::State::AcceptAll(std::shared_ptr<State> self) {
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

net::Task<void> ControlServer::State::ReadAll(std::shared_ptr<State> self, std::shared_ptr<Client> client) {
  while (!client->closed) {
    const absl::StatusOr<std::string> frame = co_await net::ReadFrame(*client->stream);
    // A frame that is too long or cut short leaves no place to go on from.
    if (!frame.ok() || client->closed) break;
    self->Receive(*client, *frame);
  }
  client->Close();
  if (self->client_ == client) self->client_ = nullptr;
}

void ControlServer::State::Receive(Client& client, const std::string& frame) {
  v1::Configuration configuration;
  absl::Status status = absl::InvalidArgumentError(
      absl::StrCat("a message of ", frame.size(), " bytes is not a nubo.proxy.v1.Configuration"));
  if (configuration.ParseFromString(frame)) status = handler_.Apply(configuration);
  // Without a file only a successor's first moments are the poorer.
  if (status.ok() && snapshot_ != nullptr) (void)snapshot_->Save(frame);
  refusal_ = std::string(status.message());
  refused_revision_ = status.ok() ? 0 : configuration.revision();
  client.answers.push_back(Describe());
  if (client.answers.size() > kAnswersMax) client.answers.pop_front();
  client.wake.Notify();
}

v1::Status ControlServer::State::Describe() {
  v1::Status status = handler_.Describe();
  status.set_error(refusal_);
  status.set_refused_revision(refused_revision_);
  return status;
}

net::Task<void> ControlServer::State::WriteAll(std::shared_ptr<State> self, std::shared_ptr<Client> client) {
  std::optional<std::string> last;
  while (!client->closed) {
    if (client->answers.empty() && !client->changed) {
      const bool woken = co_await client->wake.WaitUntil(self->loop_.Now() + kRefreshInterval);
      if (woken || client->closed) continue;
    }
    std::string message;
    if (!client->answers.empty()) {
      message = client->answers.front().SerializeAsString();
      client->answers.pop_front();
    } else {
      client->changed = false;
      message = self->Describe().SerializeAsString();
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

ControlServer::ControlServer(net::Loop& loop, ControlHandler& handler, std::string snapshot_path)
    : state_(std::make_shared<State>(loop, handler, std::move(snapshot_path))) {}
ControlServer::~ControlServer() { Close(); }

void ControlServer::ApplySnapshot() { state_->ApplySnapshot(); }

absl::Status ControlServer::Listen(const std::string& path) { return state_->Listen(path); }

void ControlServer::Changed() { state_->Changed(); }

void ControlServer::Close() { state_->Close(); }

}  // namespace nubo::proxy
