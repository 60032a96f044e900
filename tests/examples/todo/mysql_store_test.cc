// The promises of Store, kept by MariaDB as by memory; and what happens when mariadbd dies.
#include "examples/todo/backend/mysql_store.h"

#include <atomic>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "examples/todo/backend/host_resolver.h"
#include "examples/todo/backend/memory_store.h"
#include "examples/todo/backend/mysql_schema.h"
#include "nubo/base/clock.h"
#include "nubo/testing/status_matchers.h"
#include "tests/examples/todo/temporary_mariadb.h"

namespace nubo::examples::todo {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr absl::Time kNever = absl::InfiniteFuture();
const absl::Time kNow = absl::FromUnixSeconds(1'893'456'000);

TemporaryMariadb& Server() {
  static TemporaryMariadb server;
  return server;
}

// A store, on a database of its own.
struct Mysql {
  explicit Mysql(MysqlPoolOptions options = {}, bool migrate = true)
      : Mysql(Server().NewDatabase(), options, migrate) {}
  Mysql(const MysqlAddress& address, MysqlPoolOptions options, bool migrate) {
    options.host = address.host;
    options.address = address;
    options.address.io_timeout = absl::Seconds(1);
    pool = std::make_unique<MysqlPool>(options, resolver, clock);
    mysql_store = std::make_unique<MysqlStore>(*pool, clock);
    if (migrate) BOOST_REQUIRE(IsOk(mysql_store->Migrate(kNever)));
  }
  Store& store() { return *mysql_store; }

  base::SystemClock clock;
  LiteralResolver resolver;
  std::unique_ptr<MysqlPool> pool;
  std::unique_ptr<MysqlStore> mysql_store;
};

struct Memory {
  Store& store() { return memory_store; }
  MemoryStore memory_store;
};

void CheckSame(const std::vector<std::string>& seen, const std::vector<std::string>& expected) {
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

using Stores = boost::mpl::list<Memory, Mysql>;

std::string Id(int n) { return absl::StrCat(absl::Hex(n, absl::kZeroPad8), std::string(24, '0')); }
std::string Hash(int n) { return absl::StrCat(absl::Hex(n, absl::kZeroPad8), std::string(56, '0')); }

User NewUser(int n, absl::string_view name) {
  return {.id = Id(n),
          .name = std::string(name),
          .name_key = std::string(name),
          .password_hash = "$argon2id$",
          .created = kNow};
}

Session NewSession(int n, const User& user, absl::Time created = kNow) {
  return {.token_hash = Hash(n), .user_id = user.id, .created = created, .expires = created + absl::Hours(1)};
}

Todo NewTodo(int n, absl::string_view title) {
  return {.id = Id(n), .title = std::string(title), .created = kNow + absl::Seconds(n)};
}

User Ada(Store& store) {
  const User ada = NewUser(1, "ada");
  BOOST_REQUIRE(IsOk(store.AddUser(ada, NewSession(1, ada), kNever)));
  return ada;
}

std::vector<std::string> Titles(Store& store, const User& user, const TodoCursor& after = {}, int count = 100) {
  const std::vector<Todo> todos = store.ListTodos(user.id, after, count, kNever).value();
  std::vector<std::string> titles;
  for (const Todo& todo : todos) titles.push_back(todo.title);
  return titles;
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_user_is_found_again, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  const User found = t.store().FindUser("ada", kNever).value();
  BOOST_TEST(found.id == ada.id);
  BOOST_TEST(found.password_hash == ada.password_hash);
  BOOST_TEST((found.created == kNow));
  BOOST_TEST(StatusIs(t.store().FindUser("bob", kNever), absl::StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_name_key_is_given_once_and_a_repeat_of_the_same_call_works, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  BOOST_TEST(IsOk(t.store().AddUser(ada, NewSession(1, ada), kNever)));
  const User other = NewUser(2, "ada");
  BOOST_TEST(StatusIs(t.store().AddUser(other, NewSession(2, other), kNever), absl::StatusCode::kAlreadyExists, "ada"));
  BOOST_TEST(StatusIs(t.store().FindSession(Hash(2), kNow, kNever), absl::StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(name_keys_of_other_scripts_stay_apart, T, Stores) {
  T t;
  const User accented = NewUser(1, "jos\xc3\xa9");
  const User plain = NewUser(2, "jose");
  BOOST_TEST(IsOk(t.store().AddUser(accented, NewSession(1, accented), kNever)));
  BOOST_TEST(IsOk(t.store().AddUser(plain, NewSession(2, plain), kNever)));
  BOOST_TEST(t.store().FindUser("jos\xc3\xa9", kNever).value().id == Id(1));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_session_is_found_until_it_expires_or_is_deleted, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  BOOST_TEST(t.store().FindSession(Hash(1), kNow, kNever).value() == ada.id);
  BOOST_TEST(StatusIs(t.store().FindSession(Hash(1), kNow + absl::Hours(1), kNever), absl::StatusCode::kNotFound));
  BOOST_TEST(IsOk(t.store().DeleteSession(Hash(1), kNever)));
  BOOST_TEST(IsOk(t.store().DeleteSession(Hash(1), kNever)));
  BOOST_TEST(StatusIs(t.store().FindSession(Hash(1), kNow, kNever), absl::StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_oldest_sessions_make_room, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  for (int n = 2; n <= 4; ++n) {
    const Session session = NewSession(n, ada, kNow + absl::Seconds(n));
    BOOST_TEST(IsOk(t.store().AddSession(session, 2, kNever)));
    BOOST_TEST(IsOk(t.store().AddSession(session, 2, kNever)));
  }
  BOOST_TEST(!t.store().FindSession(Hash(1), kNow, kNever).ok());
  BOOST_TEST(!t.store().FindSession(Hash(2), kNow, kNever).ok());
  BOOST_TEST(IsOk(t.store().FindSession(Hash(3), kNow, kNever)));
  BOOST_TEST(IsOk(t.store().FindSession(Hash(4), kNow, kNever)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_sweep_deletes_a_batch_of_expired_sessions, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  for (int n = 2; n <= 4; ++n) BOOST_TEST(IsOk(t.store().AddSession(NewSession(n, ada), 100, kNever)));
  BOOST_TEST(IsOk(t.store().AddSession(NewSession(5, ada, kNow + absl::Hours(2)), 100, kNever)));
  const absl::Time later = kNow + absl::Hours(1);
  BOOST_TEST(t.store().DeleteExpiredSessions(later, 3, kNever).value() == 3);
  BOOST_TEST(t.store().DeleteExpiredSessions(later, 3, kNever).value() == 1);
  BOOST_TEST(t.store().DeleteExpiredSessions(later, 3, kNever).value() == 0);
  BOOST_TEST(IsOk(t.store().FindSession(Hash(5), later, kNever)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(todos_come_in_order_and_in_pages, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  for (int n : {3, 1, 2}) BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(n, absl::StrCat(n)), 10, kNever)));
  // Two of the same moment are ordered by id.
  Todo twin = NewTodo(9, "2b");
  twin.created = NewTodo(2, "").created;
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, twin, 10, kNever)));
  CheckSame(Titles(t.store(), ada), std::vector<std::string>{"1", "2", "2b", "3"});
  const TodoCursor after{.created = NewTodo(2, "").created, .id = Id(2)};
  CheckSame(Titles(t.store(), ada, after, 1), std::vector<std::string>{"2b"});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_todo_is_added_once_whatever_the_repeats, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  BOOST_TEST(t.store().AddTodo(ada.id, NewTodo(1, "first"), 1, kNever).value().title == "first");
  BOOST_TEST(t.store().AddTodo(ada.id, NewTodo(1, "second"), 1, kNever).value().title == "first");
  BOOST_TEST(Titles(t.store(), ada).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_bound_counts_only_todos_that_are_there, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  for (int n : {1, 2}) BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(n, "t"), 2, kNever)));
  BOOST_TEST(StatusIs(t.store().AddTodo(ada.id, NewTodo(3, "t"), 2, kNever), absl::StatusCode::kFailedPrecondition));
  BOOST_TEST(IsOk(t.store().DeleteTodo(ada.id, Id(1), kNever)));
  BOOST_TEST(StatusIs(t.store().DeleteTodo(ada.id, Id(1), kNever), absl::StatusCode::kNotFound));
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(3, "t"), 2, kNever)));
  BOOST_TEST(StatusIs(t.store().AddTodo(ada.id, NewTodo(4, "t"), 2, kNever), absl::StatusCode::kFailedPrecondition));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_change_touches_only_what_it_names, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(1, "t"), 10, kNever)));
  BOOST_TEST(t.store().ChangeTodo(ada.id, Id(1), {.done = true}, kNever).value().done);
  const Todo renamed = t.store().ChangeTodo(ada.id, Id(1), {.title = "Grüße 🙂"}, kNever).value();
  BOOST_TEST(renamed.title == "Grüße 🙂");
  BOOST_TEST(renamed.done);
  BOOST_TEST(t.store().ChangeTodo(ada.id, Id(1), {}, kNever).value().done);
  BOOST_TEST(StatusIs(t.store().ChangeTodo(Id(2), Id(1), {.done = true}, kNever), absl::StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(text_is_never_sql_and_keeps_every_byte, T, Stores) {
  T t;
  const User ada = Ada(t.store());
  const std::string title = "Robert'); DROP TABLE todos;-- \\ \" % \n\t ";
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(1, title), 10, kNever)));
  std::string longest;
  for (int i = 0; i < 500; ++i) longest += "🙂";
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(2, longest), 10, kNever)));
  CheckSame(Titles(t.store(), ada), std::vector<std::string>{title, longest});
}

BOOST_AUTO_TEST_SUITE(RealServer)

BOOST_AUTO_TEST_CASE(a_store_is_ready_only_once_it_is_migrated) {
  Mysql t({}, /*migrate=*/false);
  BOOST_TEST(StatusIs(t.store().Check(kNever), absl::StatusCode::kFailedPrecondition, "version 0"));
  BOOST_TEST(IsOk(t.mysql_store->Migrate(kNever)));
  BOOST_TEST(IsOk(t.mysql_store->Migrate(kNever)));
  BOOST_TEST(IsOk(t.store().Check(kNever)));
}

BOOST_AUTO_TEST_CASE(eight_backends_that_migrate_at_once_all_succeed) {
  const MysqlAddress address = Server().NewDatabase();
  std::atomic<int> succeeded = 0;
  std::vector<std::thread> backends;
  for (int i = 0; i < 8; ++i) {
    backends.emplace_back([&] {
      Mysql t(address, {}, /*migrate=*/false);
      if (t.mysql_store->Migrate(kNever).ok()) ++succeeded;
    });
  }
  for (std::thread& backend : backends) backend.join();
  BOOST_TEST(succeeded == 8);
  auto connection = MysqlConnection::Open(address).value();
  BOOST_TEST(connection->Execute("SELECT COUNT(*) FROM schema_migrations").value().Integer(0, 0) == SchemaVersion());
}

BOOST_AUTO_TEST_CASE(a_migration_that_died_half_way_is_completed) {
  auto connection = MysqlConnection::Open(Server().NewDatabase()).value();
  BOOST_TEST(IsOk(MigrateSchema(*connection, kNow)));
  BOOST_TEST(IsOk(connection->Execute("DELETE FROM schema_migrations WHERE version > 1")));
  BOOST_TEST(IsOk(MigrateSchema(*connection, kNow)));
  BOOST_TEST(IsOk(CheckSchema(*connection)));
}

BOOST_AUTO_TEST_CASE(threads_that_add_and_delete_at_once_keep_the_count) {
  Mysql t;
  const User ada = Ada(t.store());
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int worker = 0; worker < 8; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < 20; ++i) {
        const int n = worker * 100 + i;
        if (!t.store().AddTodo(ada.id, NewTodo(n, "t"), 10'000, kNever).ok()) ++failures;
        if (i % 2 == 0 && !t.store().DeleteTodo(ada.id, Id(n), kNever).ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(failures == 0);
  BOOST_TEST(Titles(t.store(), ada).size() == 80u);
  // The bound is the truth: exactly one more fits.
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(5000, "t"), 81, kNever)));
  BOOST_TEST(
      StatusIs(t.store().AddTodo(ada.id, NewTodo(5001, "t"), 81, kNever), absl::StatusCode::kFailedPrecondition));
}

BOOST_AUTO_TEST_CASE(the_pool_opens_no_more_than_its_bound) {
  Mysql t({.connections_max = 3, .waiters_max = 100});
  std::vector<std::thread> threads;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      (void)t.pool->Run(kNever, [&](MysqlConnection& connection) {
        int now_running = ++running;
        int seen = most;
        while (seen < now_running && !most.compare_exchange_weak(seen, now_running)) {
        }
        const absl::Status status = connection.Execute("SELECT SLEEP(0.01)").status();
        --running;
        return status;
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(most <= 3);
  BOOST_TEST(t.pool->open_connections() <= 3);
}

BOOST_AUTO_TEST_CASE(waiting_for_a_connection_is_bounded_in_time_and_in_number) {
  Mysql t({.connections_max = 1, .waiters_max = 0, .acquire_timeout = absl::Milliseconds(20)});
  Mysql patient({.connections_max = 1, .waiters_max = 1, .acquire_timeout = absl::Milliseconds(20)});
  const auto nothing = [](MysqlConnection&) { return absl::OkStatus(); };
  BOOST_TEST(IsOk(t.pool->Run(kNever, [&](MysqlConnection&) {
    BOOST_TEST(StatusIs(t.pool->Run(kNever, nothing), absl::StatusCode::kResourceExhausted, "wait for the database"));
    return absl::OkStatus();
  })));
  BOOST_TEST(IsOk(patient.pool->Run(kNever, [&](MysqlConnection&) {
    BOOST_TEST(StatusIs(patient.pool->Run(kNever, nothing), absl::StatusCode::kUnavailable, "none of the 1"));
    const absl::Time soon = patient.clock.Now() + absl::Milliseconds(5);
    BOOST_TEST(StatusIs(patient.pool->Run(soon, nothing), absl::StatusCode::kDeadlineExceeded));
    return absl::OkStatus();
  })));
}

BOOST_AUTO_TEST_CASE(a_killed_connection_costs_no_call) {
  Mysql t;
  const User ada = Ada(t.store());
  MysqlResult id;
  BOOST_TEST(IsOk(t.pool->Run(kNever, [&](MysqlConnection& connection) {
    id = connection.Execute("SELECT CONNECTION_ID()").value();
    return absl::OkStatus();
  })));
  Mysql killer;
  BOOST_TEST(IsOk(killer.pool->Run(
      kNever, [&](MysqlConnection& connection) { return connection.Execute("KILL ?", {id.Integer(0, 0)}).status(); })));
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(1, "t"), 10, kNever)));
  BOOST_TEST(Titles(t.store(), ada).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_restart_after_kill_9_costs_no_call_and_loses_no_row) {
  Mysql t({.reconnect_patience = absl::Seconds(30)});
  const User ada = Ada(t.store());
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(1, "before"), 10, kNever)));
  Server().Kill();
  Server().StartSoon();
  // Still starting: the call waits for it.
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(2, "after"), 10, kNever)));
  CheckSame(Titles(t.store(), ada), std::vector<std::string>{"before", "after"});
}

BOOST_AUTO_TEST_CASE(kill_9_under_load_never_adds_twice_and_never_loses_an_answered_todo) {
  Mysql t({.reconnect_patience = absl::Seconds(30)});
  const User ada = Ada(t.store());
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  std::vector<int> added(4, 0);
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; !stop && i < 100'000; ++i) {
        if (t.store().AddTodo(ada.id, NewTodo(worker * 100'000 + i, "t"), 1'000'000, kNever).ok()) {
          ++added[worker];
          ++answered;
        }
      }
    });
  }
  const auto wait_for = [&](int more) {
    const int goal = answered + more;
    while (answered < goal) std::this_thread::yield();
  };
  wait_for(20);
  for (int kill = 0; kill < 2; ++kill) {
    Server().Kill();
    Server().Start();
    wait_for(20);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  int sum = 0;
  for (int count : added) sum += count;
  const int rows = static_cast<int>(Titles(t.store(), ada, {}, 1'000'000).size());
  // A call that failed for good may have added its todo; one that was answered has, and once.
  BOOST_TEST(rows >= sum);
  BOOST_TEST(rows <= sum + 8);
}

BOOST_AUTO_TEST_CASE(without_a_server_calls_fail_soon_and_work_again_once_it_is_back) {
  Mysql t({.reconnect_patience = absl::Milliseconds(100)});
  const User ada = Ada(t.store());
  Server().Kill();
  BOOST_TEST(StatusIs(t.store().Check(kNever), absl::StatusCode::kUnavailable, "database"));
  BOOST_TEST(StatusIs(t.store().AddTodo(ada.id, NewTodo(1, "t"), 10, kNever), absl::StatusCode::kUnavailable));
  Server().Start();
  BOOST_TEST(IsOk(t.store().Check(kNever)));
  BOOST_TEST(IsOk(t.store().AddTodo(ada.id, NewTodo(1, "t"), 10, kNever)));
}

BOOST_AUTO_TEST_CASE(a_frozen_server_is_given_up_after_the_io_timeout) {
  Mysql t({.reconnect_patience = absl::ZeroDuration()});
  Ada(t.store());
  Server().Freeze();
  BOOST_TEST(StatusIs(t.store().Check(kNever), absl::StatusCode::kUnavailable));
  Server().Thaw();
  BOOST_TEST(IsOk(t.store().Check(kNever)));
}

BOOST_AUTO_TEST_CASE(a_wrong_password_or_name_is_told_apart_from_a_dead_server) {
  MysqlAddress address = Server().NewDatabase();
  address.database = "nowhere";
  BOOST_TEST(StatusIs(MysqlConnection::Open(address), absl::StatusCode::kInternal, "nowhere"));
  address.port = 1;
  BOOST_TEST(StatusIs(MysqlConnection::Open(address), absl::StatusCode::kUnavailable, "127.0.0.1:1"));
}

BOOST_AUTO_TEST_CASE(a_database_whose_name_has_no_address_is_unavailable) {
  MysqlAddress address = Server().NewDatabase();
  address.host = "db.example";
  Mysql t(address, {.reconnect_patience = absl::ZeroDuration()}, /*migrate=*/false);
  BOOST_TEST(
      StatusIs(t.store().Check(kNever), absl::StatusCode::kUnavailable, "cannot find the database \"db.example\""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
