// todo-backend: the todo list's gRPC server.
//
// Listens at once and answers NOT_SERVING until its database is reachable and migrated. SIGTERM or SIGINT: NOT_SERVING,
// calls in flight end, exit 0.
#include <cstdio>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "examples/todo/backend/backend_server.h"
#include "examples/todo/backend/dns_host_resolver.h"
#include "examples/todo/backend/mysql_pool.h"
#include "examples/todo/backend/mysql_store.h"
#include "examples/todo/backend/password_hasher.h"
#include "examples/todo/backend/todo_core.h"
#include "examples/todo/process.h"
#include "examples/todo/program_options.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

constexpr char kPasswordVariable[] = "DB_PASSWORD";

struct Options {
  std::string address = "127.0.0.1";
  int port = 50051;
  std::string db_host = "127.0.0.1";
  int db_port = 3306;
  std::string db_user = "todo";
  std::string db_name = "todo";
  std::string db_password_file;
  int db_connections = 16;
  std::string dns;
  double session_hours = 24;
  int workers = 32;
};

void DefineOptions(ProgramOptions& program, Options& options) {
  program.Text("--address", &options.address, "IP address to listen on",
               {.variable = "NUBO_ADDRESS", .shows_default = true});
  program.Number("--port", &options.port, 0, 65535, "port to listen on; 0 takes a free one");
  program.Text("--db-host", &options.db_host, "the database's name or address",
               {.variable = "DB_HOST", .shows_default = true});
  program.Number("--db-port", &options.db_port, 1, 65535, "the database's port", "DB_PORT");
  program.Text("--db-user", &options.db_user, "the database's user", {.variable = "DB_USER", .shows_default = true});
  program.Text("--db-name", &options.db_name, "the database's name on its server",
               {.variable = "DB_NAME", .shows_default = true});
  program.Text("--db-password-file", &options.db_password_file,
               "file that holds the database user's password; without it, the variable DB_PASSWORD");
  program.Number("--db-connections", &options.db_connections, 1, 1000, "most connections to the database");
  program.Text("--dns", &options.dns, "ADDRESS:PORT of the DNS server that knows the database's name",
               {.variable = "NUBO_DNS"});
  program.Number("--session-hours", &options.session_hours, 0.01, 8760.0, "how long a sign-in lasts");
  program.Number("--workers", &options.workers, 1, 1024, "threads that work calls off");
}

// From a file or the environment: an argument would be readable by every user of the machine.
absl::StatusOr<std::string> ReadPassword(const std::string& file) {
  if (file.empty()) {
    const char* password = std::getenv(kPasswordVariable);
    return std::string(password == nullptr ? "" : password);
  }
  std::ifstream in(file);
  std::stringstream text;
  if (!in || !(text << in.rdbuf())) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read the database's password from \"", file, "\""));
  }
  return std::string(absl::StripTrailingAsciiWhitespace(text.str()));
}

void Log(absl::string_view line) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  std::fprintf(stderr, "todo-backend: %.*s\n", static_cast<int>(line.size()), line.data());
}

MysqlPoolOptions PoolOptions(const Options& options, const std::string& password) {
  return {.host = options.db_host,
          .address = {.port = static_cast<uint16_t>(options.db_port),
                      .user = options.db_user,
                      .password = password,
                      .database = options.db_name},
          .connections_max = options.db_connections};
}

// A connection apart from the calls' own, that notices at once when the database goes away.
MysqlPoolOptions ProbeOptions(MysqlPoolOptions options) {
  options.connections_max = 1;
  options.reconnect_patience = absl::ZeroDuration();
  return options;
}

absl::Status Serve(const Options& options, const StopSignal& stop) {
  NUBO_ASSIGN_OR_RETURN(const std::string password, ReadPassword(options.db_password_file));
  NUBO_ASSIGN_OR_RETURN(const std::unique_ptr<HostResolver> resolver, MakeHostResolver(options.dns));
  base::SystemClock clock;
  base::RandomIdSource ids;
  Argon2idHasher hasher(PasswordLimits::Interactive());
  const MysqlPoolOptions pool_options = PoolOptions(options, password);
  MysqlPool pool(pool_options, *resolver, clock);
  MysqlStore store(pool, clock);
  MysqlPool probe_pool(ProbeOptions(pool_options), *resolver, clock);
  MysqlStore probe_store(probe_pool, clock);
  const TodoLimits limits{.session_lifetime = absl::Hours(options.session_hours)};
  NUBO_ASSIGN_OR_RETURN(const std::unique_ptr<TodoCore> core, TodoCore::Create(store, hasher, clock, ids, limits));

  const auto ready = [&](absl::Time deadline) {
    const absl::Status checked = probe_store.Check(deadline);
    return absl::IsFailedPrecondition(checked) ? probe_store.Migrate(deadline) : checked;
  };
  BackendOptions server_options{.listen_address = absl::StrCat(options.address, ":", options.port)};
  server_options.calls.threads = options.workers;
  NUBO_ASSIGN_OR_RETURN(const std::unique_ptr<BackendServer> server,
                        BackendServer::Start(server_options, *core, ready, clock, Log));
  Log(absl::StrCat("listening on ", options.address, ":", server->port()));
  stop.Wait();
  Log("asked to stop: finishing calls in flight");
  server->Shutdown();
  return absl::OkStatus();
}

}  // namespace
}  // namespace nubo::examples::todo

int main(int argc, char** argv) {
  using namespace nubo::examples::todo;
  const StopSignal stop;
  ProgramOptions program("The todo list's backend: accounts and todos over gRPC, kept in MySQL.");
  Options options;
  DefineOptions(program, options);
  if (const std::optional<int> exit_code = program.Parse(argc, argv)) return *exit_code;
  if (const absl::Status served = Serve(options, stop); !served.ok()) {
    Log(served.ToString());
    return 1;
  }
  return 0;
}
