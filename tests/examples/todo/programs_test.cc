// Both programs as processes, before a real mariadbd: starting, serving, dying, stopping.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/fetch.h"
#include "nubo/net/loop.h"
#include "tests/examples/todo/temporary_mariadb.h"

namespace nubo::examples::todo {
namespace {

constexpr char kBackend[] = "examples/todo/backend/todo-backend";
constexpr char kFrontend[] = "examples/todo/frontend/todo-frontend";
constexpr std::chrono::seconds kPatience(60);

struct TemporaryDirectory {
  TemporaryDirectory() {
    char name[] = "/tmp/todo-programs-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(path + "/" + name) << text; }
  std::string path;
};

// One of the programs, with its output in a file.
class Program {
 public:
  Program(const TemporaryDirectory& directory, std::vector<std::string> arguments,
          std::map<std::string, std::string> environment = {})
      : log_(absl::StrCat(directory.path, "/log", ++count_)) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::vector<std::string> settings;
    for (const auto& [name, value] : environment) settings.push_back(absl::StrCat(name, "=", value));
    std::vector<char*> envp;
    for (std::string& setting : settings) envp.push_back(setting.data());
    envp.push_back(nullptr);
    pid_ = fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const int fd = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(fd, STDOUT_FILENO);
      dup2(fd, STDERR_FILENO);
      execve(argv[0], argv.data(), envp.data());
      _exit(127);
    }
  }
  ~Program() {
    if (pid_ > 0) End(SIGKILL);
  }

  // The wait status after `signal`, or what it ended with by itself when `signal` is 0.
  int End(int signal) {
    if (signal != 0) kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

  std::string Log() const {
    std::ifstream in(log_);
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  }
  bool AwaitLog(const std::string& text) const {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (!absl::StrContains(Log(), text)) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  // "ADDRESS:PORT" as the program says where it listens.
  net::SocketAddress Address() const {
    constexpr absl::string_view kSays = "listening on ";
    BOOST_REQUIRE_MESSAGE(AwaitLog(std::string(kSays)) && AwaitLog("\n"), Log());
    const std::string log = Log();
    const size_t begin = log.find(std::string(kSays)) + kSays.size();
    return net::SocketAddress::Parse(log.substr(begin, log.find('\n', begin) - begin)).value();
  }
  pid_t pid() const { return pid_; }

 private:
  static inline int count_ = 0;
  const std::string log_;
  pid_t pid_ = -1;
};

TemporaryMariadb& Server() {
  static TemporaryMariadb server;
  return server;
}

struct Fixture {
  TemporaryDirectory directory;
  TemporaryMariadb& database = Server();
  MysqlAddress address = database.NewDatabase();
  net::Loop loop;
  std::thread runner{[this] { loop.Run(); }};

  ~Fixture() {
    loop.Stop();
    runner.join();
  }

  std::unique_ptr<Program> StartBackend(int port = 0) {
    return std::make_unique<Program>(
        directory,
        std::vector<std::string>{kBackend, "--port", absl::StrCat(port), "--db-port", absl::StrCat(address.port),
                                 "--db-user", address.user, "--db-name", address.database},
        std::map<std::string, std::string>{{"NUBO_ADDRESS", "127.0.0.1"}, {"DB_PASSWORD", ""}});
  }
  std::unique_ptr<Program> StartFrontend(const net::SocketAddress& backend) {
    std::filesystem::create_directories(directory.path + "/web");
    directory.Write("web/index.html", "<!doctype html>");
    return std::make_unique<Program>(
        directory, std::vector<std::string>{kFrontend, "--port", "0", "--backend", backend.ToString()},
        std::map<std::string, std::string>{
            {"NUBO_ADDRESS", "127.0.0.1"}, {"NUBO_IMAGE", directory.path}, {"NUBO_INSTANCE_ID", "i-1"}});
  }

  net::Task<void> FetchInto(net::SocketAddress to, http::RequestHead head, std::string body,
                            std::promise<absl::StatusOr<http::Response>>& out) {
    const http::FetchOptions options{.timeout = absl::Seconds(30)};
    out.set_value(co_await http::Fetch(loop, to, std::move(head), std::move(body), options));
  }
  http::Response Send(const net::SocketAddress& to, const std::string& method, const std::string& path,
                      const std::string& token, const std::string& body = "") {
    http::RequestHead head{.method = method, .authority = "app.todo.localhost", .path = path};
    head.headers = {{"content-type", "application/json"}, {"authorization", "Bearer " + token}};
    head.headers.Set("content-length", absl::StrCat(body.size()));
    std::promise<absl::StatusOr<http::Response>> promise;
    loop.Post([&] { loop.Spawn(FetchInto(to, std::move(head), body, promise)); });
    absl::StatusOr<http::Response> response = promise.get_future().get();
    BOOST_REQUIRE_MESSAGE(response.ok(), response.status().ToString());
    return *std::move(response);
  }
};

BOOST_FIXTURE_TEST_CASE(a_todo_survives_a_killed_backend_and_a_killed_database, Fixture) {
  auto backend = StartBackend();
  const net::SocketAddress backend_address = backend->Address();
  auto frontend = StartFrontend(backend_address);
  const net::SocketAddress web = frontend->Address();
  BOOST_REQUIRE(backend->AwaitLog("SERVING"));
  const http::Response up = Send(web, "POST", "/auth/signup", "", R"({"username":"ada","password":"correct horse"})");
  BOOST_REQUIRE(up.head.status == 201);
  const std::string token = nlohmann::json::parse(up.body)["token"];
  BOOST_TEST(Send(web, "POST", "/todo", token, R"({"title":"water the plants"})").head.status == 201);

  backend->End(SIGKILL);
  backend = StartBackend(backend_address.port);
  database.Kill();
  database.StartSoon();
  // Neither is back yet: the frontend waits for the backend, and the backend for the database.
  const http::Response list = Send(web, "GET", "/todo", token);
  BOOST_TEST(list.head.status == 200);
  BOOST_TEST(absl::StrContains(list.body, "water the plants"));
  BOOST_TEST(std::string(list.head.headers.Get("x-instance-id").value_or("")) == "i-1");

  BOOST_TEST(frontend->End(SIGTERM) == 0);
  BOOST_TEST(backend->End(SIGTERM) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_backend_waits_for_its_database, Fixture) {
  database.Kill();
  auto backend = StartBackend();
  BOOST_TEST(backend->AwaitLog("NOT_SERVING: UNAVAILABLE"));
  database.Start();
  BOOST_TEST(backend->AwaitLog("the database is reachable and migrated: SERVING"));
  BOOST_TEST(backend->End(SIGINT) == 0);
}

BOOST_FIXTURE_TEST_CASE(the_databases_password_comes_from_a_file_and_is_no_argument, Fixture) {
  auto root = MysqlConnection::Open(address).value();
  BOOST_REQUIRE(root->Execute("CREATE USER 'app'@'%' IDENTIFIED BY 'sesame'").ok());
  BOOST_REQUIRE(root->Execute(absl::StrCat("GRANT ALL ON ", address.database, ".* TO 'app'@'%'")).ok());
  directory.Write("password", "sesame\n");
  Program backend(directory, {kBackend, "--address", "127.0.0.1", "--port", "0", "--db-port",
                              absl::StrCat(address.port), "--db-user", "app", "--db-name", address.database,
                              "--db-password-file", directory.path + "/password"});
  BOOST_TEST(backend.AwaitLog("the database is reachable and migrated: SERVING"));
  std::ifstream in(absl::StrCat("/proc/", backend.pid(), "/cmdline"));
  const std::string command((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  BOOST_TEST(!absl::StrContains(command, "sesame"));
  BOOST_TEST(!absl::StrContains(backend.Log(), "sesame"));
}

BOOST_AUTO_TEST_CASE(what_cannot_start_says_why_and_fails) {
  const TemporaryDirectory directory;
  Program no_page(directory, {kFrontend, "--port", "0", "--backend", "127.0.0.1:1", "--web", directory.path});
  BOOST_TEST(WEXITSTATUS(no_page.End(0)) == 1);
  BOOST_TEST(absl::StrContains(no_page.Log(), "has no index.html"));
  Program no_port(directory, {kFrontend, "--port", "0", "--backend", "lb.example"});
  BOOST_TEST(WEXITSTATUS(no_port.End(0)) == 1);
  BOOST_TEST(absl::StrContains(no_port.Log(), "must be NAME:PORT"));
  Program no_password(directory, {kBackend, "--port", "0", "--db-password-file", directory.path + "/nowhere"});
  BOOST_TEST(WEXITSTATUS(no_password.End(0)) == 1);
  BOOST_TEST(absl::StrContains(no_password.Log(), "cannot read the database's password"));
}

}  // namespace
}  // namespace nubo::examples::todo
