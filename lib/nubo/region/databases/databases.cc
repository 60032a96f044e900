#include "nubo/region/databases/databases.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/state/digest.h"
#include "nubo/region/state/view.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

constexpr char kType[] = "AWS::RDS::DBInstance";

// Makes the data directory whole or not at all (nothing is lost by writing it carelessly first), then becomes the
// server.
//
// Of the accounts that an installer makes only mariadb.sys stays, which is locked: whatever a later version adds goes
// as well. A directory without the mark was made when only some of them went; there every account goes that takes no
// password, and the database is not served before that is done.
constexpr char kScript[] = R"sh(#!/bin/sh
set -eu
data="$NUBO_DATA/mysql"
mark="$data/nubo-accounts"
if [ ! -d "$data" ]; then
  rm -rf "$NUBO_DATA/new"
  mariadb-install-db --no-defaults --datadir="$NUBO_DATA/new" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve --cross-bootstrap --tmpdir="$PWD" --extra-file="$PWD/no-accounts.sql" \
    --innodb-flush-log-at-trx-commit=0 --sync-frm=0 --innodb-doublewrite=0 --innodb-buffer-pool-size=32M \
    >install.log 2>&1 || { cat install.log; exit 1; }
  : >"$NUBO_DATA/new/nubo-accounts"
  sync -f "$NUBO_DATA/new"
  mv "$NUBO_DATA/new" "$data"
fi
if [ ! -e "$mark" ]; then
  mariadbd --no-defaults --bootstrap --datadir="$data" --tmpdir="$PWD" --skip-name-resolve <open-accounts.sql \
    >accounts.log 2>&1 || { cat accounts.log; exit 1; }
  sync -f "$data"
  : >"$mark"
fi
exec mariadbd --no-defaults --datadir="$data" --bind-address="$NUBO_ADDRESS" --port="$NUBO_PORT" \
  --tmpdir="$PWD" --socket="$PWD/sock" --pid-file="$PWD/mysqld.pid" --init-file="$PWD/init.sql" --skip-name-resolve \
  --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci --max-connections=500 \
  --innodb-buffer-pool-size=128M --innodb-log-file-size=48M --performance-schema=OFF --skip-log-bin
)sh";

// What a new data directory is left with: nobody who could log in.
constexpr char kNoAccounts[] =
    "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';\n"
    "DELETE FROM mysql.db WHERE User <> 'mariadb.sys';\n"
    "DELETE FROM mysql.proxies_priv WHERE User <> 'mariadb.sys';\n";

// From one that has been used: whoever could log in without a password. A role cannot log in.
constexpr char kOpenAccounts[] =
    "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys' AND "
    "COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') IN ('', 'invalid') AND "
    "NOT JSON_CONTAINS_PATH(Priv, 'one', '$.is_role');\n"
    "DELETE FROM mysql.proxies_priv WHERE User <> 'mariadb.sys' AND "
    "NOT EXISTS (SELECT * FROM mysql.global_priv WHERE global_priv.User = proxies_priv.User AND "
    "global_priv.Host = proxies_priv.Host);\n";

// A string literal of SQL.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "''"}}), "'");
}

// What RDS gives the master user of MariaDB: neither SUPER nor SHUTDOWN, nor FILE, which reads the server's files.
constexpr char kMasterPrivileges[] =
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, "
    "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER";

// Run at every start, by the server itself: the one user, its password, its database.
std::string InitSql(const v1::DatabaseState& database, const v1::SecretState& secret) {
  const std::string user = absl::StrCat(Quoted(secret.username()), "@'%'");
  std::string sql = absl::StrCat(
      "CREATE USER IF NOT EXISTS ", user, ";\nALTER USER ", user, " IDENTIFIED BY ", Quoted(secret.password()), ";\n",
      // A former version gave more.
      "REVOKE ALL ON *.* FROM ", user, ";\nGRANT ", kMasterPrivileges, " ON *.* TO ", user, " WITH GRANT OPTION;\n");
  if (!database.database_name().empty()) {
    absl::StrAppend(&sql, "CREATE DATABASE IF NOT EXISTS `",
                    absl::StrReplaceAll(database.database_name(), {{"`", "``"}}), "` CHARACTER SET utf8mb4;\n");
  }
  return sql;
}

constexpr char kServicePrefix[] = "db-";

const v1::DatabaseState* FindByService(const Context& context, absl::string_view service_id) {
  return absl::ConsumePrefix(&service_id, kServicePrefix) ? View(context.model).DatabaseWithDigest(service_id)
                                                          : nullptr;
}

class DatabaseKind final : public ServiceKind {
 public:
  absl::string_view name() const override { return "database"; }
  bool is_configured() const override { return false; }

  void AddWanted(const Context& context, std::map<std::string, v1::Owner>& wanted) const override {
    for (const auto& [id, database] : context.model.databases) {
      if (!database.deleting()) wanted[DatabaseServiceId(id)] = database.owner();
    }
  }

  process::Spec Spec(const Context& context, const std::string& id) const override { return DatabaseSpec(context, id); }

  void OnStarting(Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    if (database == nullptr || !database->restart_wanted()) return;
    context.model.databases.Update(database->id(),
                                   [](v1::DatabaseState& changed) { changed.set_restart_wanted(false); });
  }

  bool HasToRestart(const Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    return database != nullptr && database->restart_wanted();
  }

  void OnDied(Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    if (database == nullptr) return;
    const bool was_up = database->status() == "available";
    context.model.databases.Update(database->id(), [&](v1::DatabaseState& changed) {
      changed.set_restarts(changed.restarts() + 1);
      if (was_up) changed.set_status("rebooting");
    });
    context.Tell(database->owner(), database->id(), kType, database->status(),
                 absl::StrCat("the database ", context.model.services.Find(id)->last_exit()));
  }

  // Its data go first where they are to go; the record is what a successor knows of them.
  bool OnStopped(Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    if (database == nullptr) return true;
    const std::string data = absl::StrCat(context.paths.state, "/", database->data_directory());
    std::error_code ignored;
    if (database->delete_data() && std::filesystem::exists(data, ignored)) {
      const auto remove = [&context, id, data](process::Driver&) {
        context.Discard(data);
        context.on_remains_gone(id);
      };
      context.model.transaction.Do({Effect::Kind::kEnd, "", remove});
      return false;
    }
    OnRemainsGone(context, id);
    return true;
  }

  // Its record goes, and what belongs to it: its address and its secret.
  void OnRemainsGone(Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    if (database == nullptr) return;
    ReleaseAddress(context, database->subnet_id(), database->private_ip());
    context.model.secrets.Erase(database->secret_arn());
    context.model.databases.Erase(std::string(database->id()));
  }

  std::optional<ServiceProbe> AwaitsReady(const Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    if (database == nullptr || database->status() == "available") return std::nullopt;
    return ProbeOf(context, *database);
  }

  void OnReady(Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    if (database == nullptr || database->deleting() || database->restart_wanted()) return;
    if (database->status() == "available") return;
    context.model.databases.Update(database->id(), [](v1::DatabaseState& changed) { changed.set_status("available"); });
    context.Tell(database->owner(), database->id(), kType, "available", "");
  }

  // One that is being made does not listen yet, and its status says so.
  std::optional<ServiceProbe> Probe(const Context& context, const std::string& id) const override {
    const v1::DatabaseState* database = FindByService(context, id);
    if (database == nullptr || database->status() != "available") return std::nullopt;
    return ProbeOf(context, *database);
  }

 private:
  static std::optional<ServiceProbe> ProbeOf(const Context& context, const v1::DatabaseState& database) {
    ServiceProbe probe{.how = ServiceProbe::How::kGreeting, .what = "database", .name = database.id()};
    probe.watched = false;
    if (context.has_networks()) {
      // Nobody outside of its network reaches its address.
      probe.socket_path = absl::StrCat(context.paths.Service(DatabaseServiceId(database.id())), "/sock");
      return probe;
    }
    const auto ip = net::IpAddress::Parse(database.loopback_ip());
    if (!ip.ok()) return std::nullopt;
    probe.address = {*ip, static_cast<uint16_t>(database.port())};
    return probe;
  }
};

}  // namespace

process::Spec DatabaseSpec(const Context& context, const std::string& service_id) {
  process::Spec spec;
  spec.id = service_id;
  spec.directory = context.paths.Service(service_id);
  const v1::DatabaseState* database = FindByService(context, service_id);
  const v1::SecretState* secret = database == nullptr ? nullptr : context.model.secrets.Find(database->secret_arn());
  if (secret == nullptr) return spec;
  const std::string data = absl::StrCat(context.paths.state, "/", database->data_directory());
  spec.script = kScript;
  spec.environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
                      {"LANG", "C.UTF-8"},
                      {"HOME", spec.directory},
                      {"NUBO_ADDRESS", FoundAt(context, database->private_ip(), database->loopback_ip())},
                      {"NUBO_PORT", absl::StrCat(database->port())},
                      {"NUBO_DATA", data}};
  spec.private_files = {{"init.sql", InitSql(*database, *secret)},
                        {"no-accounts.sql", kNoAccounts},
                        {"open-accounts.sql", kOpenAccounts}};
  spec.writable_dirs = {data};
  spec.hidden_dirs = {context.paths.state};
  spec.log_path = context.paths.Log(service_id);
  spec.keep_running = true;
  spec.network = NetworkNamed(context, service_id);
  return spec;
}

std::unique_ptr<const ServiceKind> MakeDatabaseKind() { return std::make_unique<DatabaseKind>(); }

}  // namespace nubo::region
