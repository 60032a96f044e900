#include "nubo/proxy/upstream_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/net/stream.h"

namespace nubo::proxy {

UpstreamPool::UpstreamPool(net::Loop& loop, net::SocketAddress address, http::Version version,
                           UpstreamPoolOptions options)
    : loop_(loop), address_(address), version_(version), options_(options), changed_(loop) {}

UpstreamPool::~UpstreamPool() {
  for (auto place = connections_.begin(); place != connections_.end();) place = Drop(place);
}

net::Task<absl::StatusOr<std::unique_ptr<http::ClientExchange>>> UpstreamPool::Open() {
  const std::shared_ptr<UpstreamPool> self = shared_from_this();
  const absl::Time deadline = loop_.Now() + options_.wait_timeout;
  while (!retired_) {
    if (std::unique_ptr<http::ClientExchange> exchange = OpenOnExisting()) co_return exchange;
    if (MayConnect()) {
      const absl::Status connected = co_await Connect(self);
      if (!connected.ok()) co_return connected;
      continue;
    }
    const uint64_t failures = failures_;
    ++waiting_;
    const bool woken = co_await changed_.WaitUntil(deadline);
    --waiting_;
    if (failures_ != failures) co_return last_failure_;
    if (!woken) {
      co_return absl::ResourceExhaustedError(absl::StrCat("all ", connections_max(), " connections to ",
                                                          address_.ToString(), " were busy for ",
                                                          absl::FormatDuration(options_.wait_timeout)));
    }
  }
  co_return absl::CancelledError(absl::StrCat("target ", address_.ToString(), " is no longer in use"));
}

bool UpstreamPool::MayConnect() const {
  if (connections() + connecting_ >= connections_max()) return false;
  return !multiplexed() || waiting_ >= connecting_ * options_.streams_max;
}

net::Task<absl::Status> UpstreamPool::Connect(std::shared_ptr<UpstreamPool> self) {
  ++connecting_;
  const absl::Time deadline = loop_.Now() + options_.connect_timeout;
  absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await net::ConnectTcp(loop_, address_, deadline);
  --connecting_;
  if (stream.ok() && !retired_) {
    http::ClientOptions options;
    options.streams_max = static_cast<uint32_t>(options_.streams_max);
    const auto place = connections_.insert(connections_.begin(), Connection{});
    place->http = http::StartClient(loop_, *std::move(stream), version_, options);
    place->last_used = loop_.Now();
    // The connection may be telling of its own end, so it is only moved here; Sweep and Open drop it. Taken back by
    // whoever drops it, and so before the pool or its place ends.
    place->http->OnChange([this, place] {
      if (!multiplexed() && place->http->Usable()) connections_.splice(connections_.begin(), connections_, place);
      changed_.Notify();
    });
  } else if (!stream.ok()) {
    ++failures_;
    last_failure_ = stream.status();
  }
  changed_.Notify();
  co_return stream.status();
}

std::unique_ptr<http::ClientExchange> UpstreamPool::OpenOnExisting() {
  return multiplexed() ? OpenLeastBusy() : OpenIdle();
}

std::unique_ptr<http::ClientExchange> UpstreamPool::OpenIdle() {
  for (auto place = connections_.begin(); place != connections_.end();) {
    if (place->http->Usable()) return Use(place);
    // Busy ones come after all idle ones; what is neither busy nor usable was closed by the target.
    if (place->http->open_exchanges() > 0) break;
    place = Drop(place);
  }
  return nullptr;
}

std::unique_ptr<http::ClientExchange> UpstreamPool::OpenLeastBusy() {
  auto best = connections_.end();
  for (auto place = connections_.begin(); place != connections_.end(); ++place) {
    if (!place->http->Usable()) continue;
    if (best == connections_.end() || place->http->open_exchanges() < best->http->open_exchanges()) best = place;
  }
  return best == connections_.end() ? nullptr : Use(best);
}

std::unique_ptr<http::ClientExchange> UpstreamPool::Use(Place place) {
  place->last_used = loop_.Now();
  if (!multiplexed()) connections_.splice(connections_.end(), connections_, place);
  return place->http->Open();
}

UpstreamPool::Place UpstreamPool::Drop(Place place) {
  place->http->OnChange(nullptr);
  if (place->http->open_exchanges() == 0) place->http->Close();
  return connections_.erase(place);
}

void UpstreamPool::Sweep(absl::Time now) {
  for (auto place = connections_.begin(); place != connections_.end();) {
    const bool idle = place->http->open_exchanges() == 0;
    const bool stale = idle && (retired_ || now - place->last_used > options_.idle_timeout || !place->http->Usable());
    if (stale || place->http->Finished()) {
      place = Drop(place);
      changed_.Notify();
    } else {
      ++place;
    }
  }
}

void UpstreamPool::Retire() {
  retired_ = true;
  Sweep(loop_.Now());
  changed_.Notify();
}

void UpstreamPool::Close() {
  retired_ = true;
  for (const Connection& connection : std::exchange(connections_, {})) {
    connection.http->OnChange(nullptr);
    connection.http->Close();
  }
  changed_.Notify();
}

}  // namespace nubo::proxy
