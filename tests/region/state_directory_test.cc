// What a region takes for its directory, and who gets it.
#include "nubo/region/state/state_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Fixture {
  Fixture() {
    char pattern[] = "/tmp/nubo-state-XXXXXX";
    state = mkdtemp(pattern);
  }
  ~Fixture() { fs::remove_all(state); }
  void Put(const std::string& path) {
    fs::create_directories(fs::path(state + path).parent_path());
    std::ofstream(state + path) << "x";
  }
  bool Exists(const std::string& path) { return fs::exists(state + path); }

  std::string state;
};

BOOST_FIXTURE_TEST_SUITE(state_directory, Fixture)

BOOST_AUTO_TEST_CASE(one_that_is_missing_or_empty_or_was_taken_down_is_taken) {
  BOOST_TEST(IsOk(CheckStateDirectory(state + "/new/one")));
  BOOST_TEST(IsOk(CheckStateDirectory(state)));
  Put("/data/todo/Database/mysql/ibdata1");
  Put("/log/nubo.log");
  fs::create_directories(state + "/run");
  BOOST_TEST(IsOk(CheckStateDirectory(state)));
}

BOOST_AUTO_TEST_CASE(one_that_holds_something_else_is_refused_by_name) {
  for (const char* path : {"/.bashrc", "/bin/tool", "/images/holiday.jpg", "/log/access.log", "/run/other.pid"}) {
    Put(path);
    BOOST_TEST(StatusIs(CheckStateDirectory(state), absl::StatusCode::kFailedPrecondition,
                        fs::path(path).relative_path().begin()->string()));
    BOOST_TEST(StatusIs(LockStateDirectory(state, absl::ZeroDuration()).status(), absl::StatusCode::kFailedPrecondition,
                        "holds something else"));
    BOOST_TEST(Exists(path));
    fs::remove_all(state);
    fs::create_directories(state);
  }
}

BOOST_AUTO_TEST_CASE(one_that_has_lost_its_lock_is_known_by_its_store) {
  for (const char* path : {"/bin/nubo-1", "/images/ami-1/bin/web", "/log/i-1.log", "/run/dns.sock"}) Put(path);
  Put("/state.db");
  BOOST_TEST(StatusIs(CheckStateDirectory(state), absl::StatusCode::kFailedPrecondition, "holds something else"));
  std::ofstream(state + "/state.db") << "SQLite format 3";
  BOOST_TEST(IsOk(CheckStateDirectory(state)));
  const auto lock = LockStateDirectory(state, absl::ZeroDuration());
  BOOST_REQUIRE(IsOk(lock));
  close(*lock);
  fs::remove_all(state + "/run");
  Put("/thesis.tex");
  BOOST_TEST(StatusIs(CheckStateDirectory(state), absl::StatusCode::kFailedPrecondition, "holds something else"));
}

BOOST_AUTO_TEST_CASE(what_is_no_directory_or_another_users_is_refused) {
  Put("/file");
  BOOST_TEST(StatusIs(CheckStateDirectory(state + "/file"), absl::StatusCode::kFailedPrecondition, "not a directory"));
  fs::create_directories(state + "/theirs");
  // Only root can give one away, and not in every sandbox.
  (void)!chown((state + "/theirs").c_str(), 4711, 4711);
  for (const std::string& path : {state + "/theirs", std::string("/proc"), std::string("/")}) {
    struct stat info = {};
    if (stat(path.c_str(), &info) != 0 || info.st_uid == geteuid()) continue;
    BOOST_TEST(StatusIs(CheckStateDirectory(path), absl::StatusCode::kPermissionDenied, "belongs to another user"));
  }
}

BOOST_AUTO_TEST_CASE(a_regions_own_may_hold_anything) {
  Put("/run/lock");
  Put("/state.db");
  Put("/state.db.damaged");
  BOOST_TEST(IsOk(CheckStateDirectory(state)));
}

BOOST_AUTO_TEST_CASE(one_region_a_directory) {
  const absl::StatusOr<int> first = LockStateDirectory(state, absl::ZeroDuration());
  BOOST_REQUIRE(IsOk(first.status()));
  BOOST_TEST(StatusIs(LockStateDirectory(state, absl::ZeroDuration()).status(), absl::StatusCode::kAlreadyExists,
                      absl::StrCat("a region is running in ", state)));
  close(*first);
  const absl::StatusOr<int> second = LockStateDirectory(state, absl::ZeroDuration());
  BOOST_TEST(IsOk(second.status()));
  close(second.value_or(-1));
}

BOOST_AUTO_TEST_CASE(who_waits_for_one_that_is_removed_gets_a_lock_that_others_see) {
  const absl::StatusOr<int> former = LockStateDirectory(state, absl::ZeroDuration());
  BOOST_REQUIRE(IsOk(former.status()));
  Put("/bin/nubo-1");
  Put("/run/dns.sock");
  absl::StatusOr<int> successor = absl::UnknownError("");
  std::thread waiting([&] { successor = LockStateDirectory(state, absl::Seconds(30)); });
  BOOST_TEST(IsOk(RemoveStateDirectory(state)));
  close(*former);
  waiting.join();
  BOOST_REQUIRE(IsOk(successor.status()));
  BOOST_TEST(Exists("/run/lock"));
  BOOST_TEST(!Exists("/bin"));
  BOOST_TEST(StatusIs(LockStateDirectory(state, absl::ZeroDuration()).status(), absl::StatusCode::kAlreadyExists));
  close(*successor);
}

BOOST_AUTO_TEST_CASE(data_stays_when_the_rest_is_removed) {
  for (const char* path : {"/run/lock", "/run/dns.sock", "/bin/nubo-1", "/state.db", "/data/todo/Database/ibdata1"}) {
    Put(path);
  }
  fs::create_directories(state + "/data/empty");
  BOOST_TEST(IsOk(RemoveStateDirectory(state)));
  BOOST_TEST(Exists("/data/todo/Database/ibdata1"));
  for (const char* gone : {"/run", "/bin", "/state.db", "/data/empty"}) BOOST_TEST(!Exists(gone), gone);
  BOOST_TEST(IsOk(CheckStateDirectory(state)));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_removed_stays_in_the_trash_and_keeps_nobody_out) {
  if (getuid() != 0) return;
  // Of root's an ordinary user can remove nothing.
  for (const char* path : {"/run/lock", "/nubo-trash/i-1.0/theirs/file"}) Put(path);
  for (const char* path : {"", "/run", "/run/lock", "/nubo-trash", "/nubo-trash/i-1.0"}) {
    BOOST_REQUIRE(chown((state + path).c_str(), 65534, 65534) == 0);
  }
  BOOST_REQUIRE(seteuid(65534) == 0);
  const absl::Status removed = RemoveStateDirectory(state);
  const absl::Status taken = CheckStateDirectory(state);
  BOOST_REQUIRE(seteuid(0) == 0);
  // A directory of another user's cannot even be moved; what is in it is not looked at.
  BOOST_TEST(StatusIs(removed, absl::StatusCode::kInternal, "\"theirs\": Permission denied"));
  BOOST_TEST(IsOk(taken));
  BOOST_TEST(!Exists("/run"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
