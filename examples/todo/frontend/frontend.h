// The todo list's frontend: the page, the JSON API, and a health check, behind http::Server.
//
// Every answer names its instance in X-Instance-Id and carries the headers that keep a browser from running or framing
// what it should not.
//
// Example:
//   Frontend frontend(backend, files, {.instance_id = "i-0123456789abcdef0"});
//   http::Server server(loop, frontend, {});
//
// Thread safety: belongs to its loop's thread.
#ifndef EXAMPLES_TODO_FRONTEND_FRONTEND_H_
#define EXAMPLES_TODO_FRONTEND_FRONTEND_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "examples/todo/frontend/api_request.h"
#include "examples/todo/frontend/backend_client.h"
#include "nubo/http/message.h"
#include "nubo/http/server.h"
#include "nubo/http/static_files.h"
#include "nubo/net/loop.h"

namespace nubo::examples::todo {

struct FrontendOptions {
  std::string instance_id = "local";
  size_t body_bytes_max = 64 << 10;
  // API calls under way at once; one more is answered 503.
  int calls_max = 8'192;
  // How many proxies of ours a request has come through. Each has noted in X-Forwarded-For where it had it from; what
  // stands before those, the client has written itself.
  int proxies = 1;
};

class Frontend final : public http::Handler {
 public:
  // `backend` and `files` outlive it.
  Frontend(BackendClient& backend, const http::StaticFiles& files, FrontendOptions options)
      : backend_(backend), files_(files), options_(std::move(options)) {}

  net::Task<void> Handle(http::Exchange& exchange) override;

 private:
  net::Task<http::Response> Answer(http::Exchange& exchange);
  net::Task<http::Response> AnswerApi(http::Exchange& exchange);
  // Sends the request to the backend and renders what it says.
  template <typename Message>
  net::Task<http::Response> Forward(Caller caller, Message message);

  BackendClient& backend_;
  const http::StaticFiles& files_;
  const FrontendOptions options_;
  int calls_ = 0;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_FRONTEND_FRONTEND_H_
