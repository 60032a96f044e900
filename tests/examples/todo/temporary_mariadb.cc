#include "tests/examples/todo/temporary_mariadb.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nubo::examples::todo {
namespace {

constexpr char kServer[] = "/usr/sbin/mariadbd";
constexpr char kInstaller[] = "/usr/bin/mariadb-install-db";
constexpr std::chrono::seconds kStartMax(60);

// A port that was free a moment ago.
uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("there is no free port");
  return ntohs(address.sin_port);
}

// With stdout and stderr in `log`.
pid_t Spawn(std::vector<std::string> arguments, const std::string& log) {
  if (geteuid() == 0) arguments.push_back("--user=root");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) {
    // A test that is killed takes its server along.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  return pid;
}

}  // namespace

TemporaryMariadb::TemporaryMariadb() : port_(FreePort()) {
  // Not below TEST_TMPDIR: the path of a unix socket has at most 107 bytes.
  char directory[] = "/tmp/todo-mariadb-XXXXXX";
  if (mkdtemp(directory) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  directory_ = directory;
  // A mariadbd that starts deletes the temporary tables it finds, also those of others that live in the same directory.
  std::filesystem::create_directory(directory_ + "/tmp");
  const pid_t installer = Spawn({kInstaller, "--no-defaults", absl::StrCat("--datadir=", directory_, "/data"),
                                 "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                                 absl::StrCat("--tmpdir=", directory_, "/tmp")},
                                directory_ + "/log");
  int status = 0;
  waitpid(installer, &status, 0);
  if (status != 0) throw std::runtime_error(absl::StrCat("mariadb-install-db failed; see ", directory_, "/log"));
  Start();
}

TemporaryMariadb::~TemporaryMariadb() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TemporaryMariadb::StartSoon() {
  pid_ = Spawn({kServer, "--no-defaults", absl::StrCat("--datadir=", directory_, "/data"),
                absl::StrCat("--socket=", directory_, "/socket"), absl::StrCat("--port=", port_),
                absl::StrCat("--tmpdir=", directory_, "/tmp"), "--bind-address=127.0.0.1", "--skip-name-resolve",
                "--innodb-buffer-pool-size=16M"},
               directory_ + "/log");
}

void TemporaryMariadb::Start() {
  StartSoon();
  const auto give_up = std::chrono::steady_clock::now() + kStartMax;
  while (!MysqlConnection::Open(Root()).ok()) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("mariadbd did not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void TemporaryMariadb::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void TemporaryMariadb::Freeze() {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}

void TemporaryMariadb::Thaw() { kill(pid_, SIGCONT); }

MysqlAddress TemporaryMariadb::Root() const { return {.host = "127.0.0.1", .port = port_, .user = "root"}; }

MysqlAddress TemporaryMariadb::NewDatabase() {
  MysqlAddress address = Root();
  address.database = absl::StrCat("todo", ++databases_);
  auto connection = MysqlConnection::Open(Root());
  if (!connection.ok()) throw std::runtime_error(connection.status().ToString());
  if (const auto made = (*connection)->Execute("CREATE DATABASE " + address.database); !made.ok()) {
    throw std::runtime_error(made.status().ToString());
  }
  return address;
}

}  // namespace nubo::examples::todo
