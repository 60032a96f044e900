// One keep-alive connection to the todo API.
//
// It repeats nothing: a request that fails has failed. Only a connection found closed before a request is written on it
// is opened anew, as any client does.
//
// Thread safety: belongs to its loop's thread.
#ifndef TESTS_E2E_LOAD_API_CONNECTION_H_
#define TESTS_E2E_LOAD_API_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "nubo/http/client.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "tests/e2e/load/tally.h"

namespace nubo::e2e {

struct ApiAddress {
  net::SocketAddress address;
  // The Host of every request.
  std::string host;
  // For one request, connecting included.
  absl::Duration timeout = absl::Seconds(60);
};

struct ApiCall {
  std::string method = "GET";
  std::string path = "/todo";
  // Empty: not signed in.
  std::string token;
  // JSON; empty: none.
  std::string body;
};

class ApiConnection {
 public:
  ApiConnection(net::Loop& loop, const ApiAddress& api) : loop_(loop), api_(api) {}

  net::Task<Outcome> Send(ApiCall call);

  // How often a new connection was needed after the first.
  int reopened() const { return opened_ > 0 ? opened_ - 1 : 0; }

 private:
  net::Task<absl::Status> EnsureOpen(absl::Time deadline);
  net::Task<absl::Status> Exchange(ApiCall call, absl::Time deadline, Outcome* outcome);

  net::Loop& loop_;
  const ApiAddress api_;
  std::shared_ptr<http::ClientConnection> connection_;
  int opened_ = 0;
};

}  // namespace nubo::e2e

#endif  // TESTS_E2E_LOAD_API_CONNECTION_H_
