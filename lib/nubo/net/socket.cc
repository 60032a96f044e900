#include "nubo/net/socket.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include "absl/strings/str_cat.h"

namespace nubo::net {
namespace asio = boost::asio;

absl::Status ErrorStatus(const boost::system::error_code& error, absl::string_view what) {
  if (!error) return absl::OkStatus();
  const std::string message = absl::StrCat(what, ": ", error.message());
  switch (error.value()) {
    case ECANCELED:
    case EBADF:
      return absl::CancelledError(absl::StrCat(what, ": closed"));
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
      return absl::AbortedError(message);
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOENT:
    case EADDRNOTAVAIL:
    case EAGAIN:
      return absl::UnavailableError(message);
    case ETIMEDOUT:
      return absl::DeadlineExceededError(message);
    case EADDRINUSE:
      return absl::AlreadyExistsError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnknownError(message);
  }
}

bool IsShortage(const boost::system::error_code& error) {
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS || error.value() == ENOMEM;
}

asio::ip::address ToAsio(const IpAddress& ip) {
  if (ip.is_v4()) return asio::ip::address_v4(ip.v4());
  const std::string bytes = ip.ToBytes();
  asio::ip::address_v6::bytes_type raw;
  std::copy(bytes.begin(), bytes.end(), raw.begin());
  return asio::ip::address_v6(raw);
}

IpAddress FromAsio(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::V4(address.to_v4().to_uint());
  const auto raw = address.to_v6().to_bytes();
  return *IpAddress::FromBytes(absl::string_view(reinterpret_cast<const char*>(raw.data()), raw.size()));
}

struct Deadline::State : std::enable_shared_from_this<Deadline::State> {
  State(Loop& loop, std::function<void()> expire) : loop(loop), timer(loop.context()), expire(std::move(expire)) {}

  void Arm() {
    fires = deadline;
    timer.expires_after(absl::ToChronoNanoseconds(std::max(deadline - loop.Now(), absl::ZeroDuration())));
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->closed) return;
      self->fires = absl::InfiniteFuture();
      if (self->deadline == absl::InfiniteFuture()) return;
      if (self->loop.Now() < self->deadline) return self->Arm();
      self->expire();
    });
  }

  Loop& loop;
  asio::steady_timer timer;
  std::function<void()> expire;
  absl::Time deadline = absl::InfiniteFuture();
  // When the timer fires; InfiniteFuture while it is not armed.
  absl::Time fires = absl::InfiniteFuture();
  bool closed = false;
};

Deadline::Deadline(Loop& loop, std::function<void()> expire)
    : state_(std::make_shared<State>(loop, std::move(expire))) {}

Deadline::~Deadline() {
  state_->closed = true;
  state_->timer.cancel();
}

void Deadline::Set(absl::Time deadline) {
  state_->deadline = deadline;
  if (deadline < state_->fires) state_->Arm();
}

bool Deadline::Passed() const {
  return state_->deadline != absl::InfiniteFuture() && state_->loop.Now() >= state_->deadline;
}

}  // namespace nubo::net
