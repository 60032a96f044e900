// todo-load: load on a todo API, and the proof that it kept what it acknowledged.
//
//   todo-load --address 127.0.0.1:8080 --host app.todo.localhost --clients 2000 --for 30s
//
// Prints a line of JSON when every client has had an answer ({"event": "running"}) and one at the end
// ({"event": "summary", "requests", "counts", "failures", "lost", ...}). Ends when the time is over, on SIGTERM, SIGINT
// or a line (or the end) of standard input. Exit status: 0 if it could run and check, whatever it found; 1 if not.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/load/load.h"

namespace {

using Json = nlohmann::json;

void Print(const Json& line) { std::cout << line.dump() << std::endl; }

// Calls `stop` on a signal or once standard input says something or ends.
void AwaitStop(int signals, const std::function<void()>& stop) {
  pollfd ready[] = {{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (::poll(ready, 2, -1) < 0) {
  }
  stop();
}

nubo::net::Task<void> StopAfter(nubo::net::Loop& loop, nubo::e2e::Load& load, absl::Duration time) {
  co_await loop.SleepFor(time);
  load.Stop();
}

nubo::net::Task<void> RunLoad(nubo::net::Loop& loop, nubo::e2e::Load& load, absl::Duration time, int& exit_status) {
  const absl::Status signed_up = co_await load.SignUp();
  if (!signed_up.ok()) {
    std::cerr << "todo-load: " << signed_up.message() << "\n";
    loop.Stop();
    co_return;
  }
  const absl::Time start = loop.Now();
  if (time < absl::InfiniteDuration()) loop.Spawn(StopAfter(loop, load, time));
  const std::function<void()> running = [] { Print({{"event", "running"}}); };
  co_await load.Run(running);
  const double seconds = absl::ToDoubleSeconds(loop.Now() - start);
  const absl::StatusOr<std::vector<std::string>> lost = co_await load.Verify();
  Json summary = load.tally().Summary();
  summary["event"] = "summary";
  summary["seconds"] = seconds;
  summary["requestsPerSecond"] = static_cast<double>(load.tally().finished()) / seconds;
  summary["todosWritten"] = load.todos_written();
  if (lost.ok()) {
    summary["lost"] = *lost;
    exit_status = 0;
  } else {
    std::cerr << "todo-load: cannot check what was written: " << lost.status().message() << "\n";
  }
  Print(summary);
  loop.Stop();
}

}  // namespace

int main(int argc, char** argv) {
  std::string address, duration;
  nubo::e2e::LoadOptions options;
  options.api.host = "app.todo.localhost";
  uint64_t seed = std::random_device()();
  CLI::App app("Load on a todo API, and the proof that it kept what it acknowledged");
  app.add_option("--address", address, "where the API listens, for example 127.0.0.1:8080")->required();
  app.add_option("--host", options.api.host, "the Host of every request");
  app.add_option("--clients", options.clients, "how many, each with one request in flight")
      ->check(CLI::Range(1, 20000));
  app.add_option("--users", options.users, "how many users they share")->check(CLI::Range(1, 1000));
  app.add_option("--for", duration, "how long, for example 30s; until told otherwise unless given");
  app.add_option("--seed", seed, "of the clients' choices");
  CLI11_PARSE(app, argc, argv);

  const auto parsed = nubo::net::SocketAddress::Parse(address);
  absl::Duration time = absl::InfiniteDuration();
  if (!parsed.ok() || (!duration.empty() && !absl::ParseDuration(duration, &time))) {
    std::cerr << "todo-load: " << (parsed.ok() ? "--for takes a time such as 30s" : parsed.status().message()) << "\n";
    return 2;
  }
  options.api.address = *parsed;
  options.user_prefix = absl::StrCat("load-", absl::Hex(std::random_device()()));

  ::signal(SIGPIPE, SIG_IGN);
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&stop_signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  const int signals = ::signalfd(-1, &stop_signals, SFD_CLOEXEC);

  nubo::net::Loop loop;
  nubo::e2e::Load load(loop, options, seed);
  int exit_status = 1;
  const std::function<void()> stop = [&] { loop.Post([&load] { load.Stop(); }); };
  std::thread(AwaitStop, signals, stop).detach();
  loop.Spawn(RunLoad(loop, load, time, exit_status));
  loop.Run();
  std::cout.flush();
  // The thread that waits for input may still wait.
  ::_exit(exit_status);
}
