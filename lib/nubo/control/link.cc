#include "nubo/control/link.h"

#include <algorithm>
#include <utility>

#include "nubo/net/frames.h"

namespace nubo::control {
namespace {

// A process that has just been started listens within milliseconds.
constexpr absl::Duration kRetryMin = absl::Milliseconds(2);
constexpr absl::Duration kRetryMax = absl::Milliseconds(200);
constexpr absl::Duration kConnectTimeout = absl::Seconds(2);

}  // namespace

Link::Link(net::Loop& loop, std::string path, std::function<void(std::string)> on_status)
    : loop_(loop), path_(std::move(path)), on_status_(std::move(on_status)), changed_(loop) {}

void Link::Start() {
  loop_.Post([self = shared_from_this()] { self->loop_.Spawn(Run(self)); });
}

void Link::SetConfig(std::string config) {
  loop_.Post([self = shared_from_this(), config = std::move(config)]() mutable {
    self->config_ = std::move(config);
    self->unsent_ = true;
    self->changed_.Notify();
  });
}

void Link::Stop() {
  loop_.Post([self = shared_from_this()] {
    self->stopped_ = true;
    if (self->stream_ != nullptr) self->stream_->Close();
    self->changed_.Notify();
  });
}

net::Task<void> Link::Run(std::shared_ptr<Link> self) {
  absl::Duration retry = kRetryMin;
  while (!self->stopped_) {
    auto stream = co_await net::ConnectUnix(self->loop_, self->path_, self->loop_.Now() + kConnectTimeout);
    if (!stream.ok()) {
      co_await self->changed_.WaitUntil(self->loop_.Now() + retry);
      retry = std::min(kRetryMax, retry * 2);
      continue;
    }
    self->stream_ = *std::move(stream);
    const std::shared_ptr<net::Stream> connected = self->stream_;
    self->unsent_ = !self->config_.empty();
    self->loop_.Spawn(Send(self, connected));
    while (!self->stopped_) {
      auto message = co_await net::ReadFrame(*connected);
      if (!message.ok()) break;
      retry = kRetryMin;
      self->on_status_(*std::move(message));
    }
    connected->Close();
    self->stream_ = nullptr;
    self->changed_.Notify();
    // One that takes connections and says nothing is not asked without pause.
    if (!self->stopped_) co_await self->loop_.SleepFor(retry);
    retry = std::min(kRetryMax, retry * 2);
  }
}

net::Task<void> Link::Send(std::shared_ptr<Link> self, std::shared_ptr<net::Stream> stream) {
  while (!self->stopped_ && self->stream_ == stream) {
    if (!self->unsent_) {
      co_await self->changed_.Wait();
      continue;
    }
    self->unsent_ = false;
    const std::string config = self->config_;
    const absl::Status written = co_await net::WriteFrame(*stream, config);
    if (!written.ok()) co_return;
  }
}

}  // namespace nubo::control
