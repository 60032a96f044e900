// todo-frontend: serves the todo list's page and JSON API, and calls the backend behind its load balancer.
//
// SIGTERM or SIGINT: takes no more connections, lets requests under way finish, exit 0.
#include <boost/asio/awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "examples/todo/frontend/backend_client.h"
#include "examples/todo/frontend/frontend.h"
#include "examples/todo/process.h"
#include "examples/todo/program_options.h"
#include "nubo/base/status.h"
#include "nubo/dns_client/client.h"
#include "nubo/http/server.h"
#include "nubo/http/static_files.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::examples::todo {
namespace {

constexpr absl::Duration kDrainMax = absl::Seconds(15);

struct Options {
  std::string address = "127.0.0.1";
  int port = 8080;
  std::string backend;
  std::string dns;
  std::string image = ".";
  std::string web;
  std::string instance_id = "local";
  int proxies = 1;
};

struct HostPort {
  std::string host;
  uint16_t port = 0;
};

void DefineOptions(ProgramOptions& program, Options& options) {
  program.Text("--address", &options.address, "IP address to listen on",
               {.variable = "NUBO_ADDRESS", .shows_default = true});
  program.Number("--port", &options.port, 0, 65535, "port to listen on; 0 takes a free one");
  program.Text("--backend", &options.backend, "NAME:PORT of the backend's load balancer",
               {.variable = "BACKEND", .required = true});
  program.Text("--dns", &options.dns, "ADDRESS:PORT of the DNS server that knows the backend's name",
               {.variable = "NUBO_DNS"});
  program.Text("--image", &options.image, "directory whose web/ holds the page", {.variable = "NUBO_IMAGE"});
  program.Text("--web", &options.web, "directory of the page, instead of the image's web/");
  program.Number("--proxies", &options.proxies, 0, 10, "proxies before this one that X-Forwarded-For is believed of");
  program.Text("--instance-id", &options.instance_id, "what X-Instance-Id says",
               {.variable = "NUBO_INSTANCE_ID", .shows_default = true});
}

void Log(absl::string_view line) {
  std::fprintf(stderr, "todo-frontend: %.*s\n", static_cast<int>(line.size()), line.data());
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  uint32_t port = 0;
  if (parts.first.empty() || !absl::SimpleAtoi(parts.second, &port) || port == 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("the backend is \"", text, "\"; it must be NAME:PORT"));
  }
  return HostPort{.host = std::string(parts.first), .port = static_cast<uint16_t>(port)};
}

// Keeps the backend's addresses as its name says them.
absl::StatusOr<std::unique_ptr<dns_client::Watcher>> WatchBackend(dns_client::Client& dns, const HostPort& target,
                                                                  BackendClient& backend) {
  return dns.Watch(target.host, {}, [&backend, target](const std::vector<net::IpAddress>& ips) {
    std::vector<net::SocketAddress> addresses;
    for (const net::IpAddress& ip : ips) addresses.push_back({.ip = ip, .port = target.port});
    Log(absl::StrCat("the backend ", target.host, " is at ", addresses.size(), " addresses"));
    backend.SetAddresses(std::move(addresses));
  });
}

// The server outlives the loop's run.
net::Task<void> DrainAndStop(net::Loop& loop, http::Server& server) {
  co_await server.Drain(loop.Now() + kDrainMax);
  loop.Stop();
}

absl::Status Serve(const Options& options, const StopSignal& stop) {
  NUBO_ASSIGN_OR_RETURN(const HostPort target, ParseHostPort(options.backend));
  NUBO_ASSIGN_OR_RETURN(const net::IpAddress address, net::IpAddress::Parse(options.address));
  const std::string web = options.web.empty() ? absl::StrCat(options.image, "/web") : options.web;
  NUBO_ASSIGN_OR_RETURN(const http::StaticFiles files, http::StaticFiles::Load(web, {}));
  dns::StubResolverOptions resolver;
  if (!options.dns.empty()) {
    NUBO_ASSIGN_OR_RETURN(const net::SocketAddress server, net::SocketAddress::Parse(options.dns));
    resolver.servers.push_back(server);
  }

  net::Loop loop;
  absl::BitGen rng;
  BackendClient backend(loop, {.authority = options.backend}, rng);
  dns_client::Client dns(loop, rng, resolver);
  NUBO_ASSIGN_OR_RETURN(const std::unique_ptr<dns_client::Watcher> watcher, WatchBackend(dns, target, backend));
  Frontend frontend(backend, files, {.instance_id = options.instance_id, .proxies = options.proxies});
  http::Server server(loop, frontend, {});
  const net::SocketAddress listen{.ip = address, .port = static_cast<uint16_t>(options.port)};
  NUBO_ASSIGN_OR_RETURN(std::unique_ptr<net::Listener> listener, net::ListenTcp(loop, listen));
  Log(absl::StrCat("listening on ", listener->local().ToString()));
  loop.Spawn(server.Serve(std::move(listener)));
  // What it uses outlives it, and the loop's run.
  std::thread stopper([&] {
    stop.Wait();
    loop.Post([&] {
      Log("asked to stop: finishing requests under way");
      loop.Spawn(DrainAndStop(loop, server));
    });
  });
  loop.Run();
  stopper.join();
  return absl::OkStatus();
}

}  // namespace
}  // namespace nubo::examples::todo

int main(int argc, char** argv) {
  using namespace nubo::examples::todo;
  const StopSignal stop;
  ProgramOptions program("The todo list's frontend: its page and JSON API, in front of the backend.");
  Options options;
  DefineOptions(program, options);
  if (const std::optional<int> exit_code = program.Parse(argc, argv)) return *exit_code;
  if (const absl::Status served = Serve(options, stop); !served.ok()) {
    Log(served.ToString());
    return 1;
  }
  return 0;
}
