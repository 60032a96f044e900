// What the socket types share: errors as statuses, addresses as endpoints, deadlines. Not for users.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_NET_SOCKET_H_
#define NUBO_NET_SOCKET_H_

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::net {

inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

// `what` names the operation and its address: "connect to 127.0.0.1:80".
absl::Status ErrorStatus(const boost::system::error_code& error, absl::string_view what);

// Accepting fails at once, and again, while descriptors or memory are short. A pause keeps the loop free for those
// that close.
inline constexpr absl::Duration kAcceptPause = absl::Milliseconds(20);
bool IsShortage(const boost::system::error_code& error);

boost::asio::ip::address ToAsio(const IpAddress& ip);
IpAddress FromAsio(const boost::asio::ip::address& address);

template <typename Protocol>
typename Protocol::endpoint ToEndpoint(const SocketAddress& address) {
  return {ToAsio(address.ip), address.port};
}

template <typename Endpoint>
SocketAddress FromEndpoint(const Endpoint& endpoint) {
  return {FromAsio(endpoint.address()), endpoint.port()};
}

// Calls `expire` once the deadline has passed. Moving the deadline on costs no timer operation: the timer looks
// again when it fires.
class Deadline {
 public:
  Deadline(Loop& loop, std::function<void()> expire);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void Set(absl::Time deadline);
  bool Passed() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace nubo::net

#endif  // NUBO_NET_SOCKET_H_
