#include "nubo/store/sqlite_store.h"

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "nubo/testing/status_matchers.h"

namespace {

// How often the disk was asked to have written for good.
std::atomic<int> syncs{0};

}  // namespace

// In place of the C library's, also for SQLite.
extern "C" int fsync(int fd) {
  ++syncs;
  return static_cast<int>(syscall(SYS_fsync, fd));
}
extern "C" int fdatasync(int fd) {
  ++syncs;
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

namespace nubo::store {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Fixture {
  Fixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nubo-store-XXXXXX").string();
    dir = mkdtemp(pattern.data());
    path = dir + "/state.db";
  }
  ~Fixture() { std::filesystem::remove_all(dir); }
  std::string dir, path;
};

BOOST_FIXTURE_TEST_SUITE(store, Fixture)

BOOST_AUTO_TEST_CASE(keeps_what_was_applied_over_a_reopening) {
  {
    auto opened = SqliteStore::Open(path);
    BOOST_REQUIRE(IsOk(opened));
    Batch batch;
    batch.Put("a/1", "one");
    batch.Put("a/2", std::string("nul\0byte", 8));
    batch.Put("b/1", "other");
    BOOST_TEST(*(*opened)->Apply(batch) == 1);
  }
  auto reopened = SqliteStore::Open(path);
  BOOST_REQUIRE(IsOk(reopened));
  const auto entries = (*reopened)->List("a/");
  BOOST_REQUIRE(IsOk(entries));
  BOOST_REQUIRE(entries->size() == 2u);
  BOOST_TEST((*entries)[1].value == std::string("nul\0byte", 8));
  BOOST_TEST((*entries)[1].revision == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_store_is_refused) {
  std::ofstream(path) << std::string(4096, 'x');
  BOOST_TEST(StatusIs(SqliteStore::Open(path), absl::StatusCode::kDataLoss, path));
  BOOST_TEST(StatusIs(SqliteStore::Check(path), absl::StatusCode::kDataLoss, path));
}

BOOST_AUTO_TEST_CASE(a_check_finds_nothing_wrong_and_leaves_nothing_behind) {
  const std::string odd = dir + "/a #50% store?.db";
  BOOST_TEST(IsOk(SqliteStore::Check(odd)));
  BOOST_TEST(!std::filesystem::exists(odd));
  {
    auto opened = SqliteStore::Open(odd);
    BOOST_REQUIRE(IsOk(opened));
    Batch batch;
    batch.Put("key", "value");
    BOOST_REQUIRE(IsOk((*opened)->Apply(batch)));
    // While it is used, too.
    BOOST_TEST(IsOk(SqliteStore::Check(odd)));
    BOOST_TEST((*opened)->Get("key")->value == "value");
  }
  BOOST_TEST(IsOk(SqliteStore::Check(odd)));
  const std::filesystem::directory_iterator files(dir), end;
  // It and its reserve.
  BOOST_TEST(std::distance(files, end) == 2);
}

// SQLite keeps the schema's version in the file's bytes 60 to 63, big-endian.
BOOST_AUTO_TEST_CASE(a_store_of_a_later_version_is_refused_and_left_alone) {
  BOOST_REQUIRE(IsOk(SqliteStore::Open(path).status()));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(60);
  file.write("\0\0\0\x63", 4);
  file.close();
  const auto before = std::filesystem::file_size(path);
  BOOST_TEST(StatusIs(SqliteStore::Open(path), absl::StatusCode::kFailedPrecondition, "has schema version 99"));
  BOOST_TEST(StatusIs(SqliteStore::Check(path), absl::StatusCode::kFailedPrecondition, "has schema version 99"));
  BOOST_TEST(std::filesystem::file_size(path) == before);
}

BOOST_AUTO_TEST_CASE(a_store_cut_short_is_refused) {
  {
    auto opened = SqliteStore::Open(path);
    BOOST_REQUIRE(IsOk(opened));
    Batch batch;
    for (int i = 0; i < 200; ++i) batch.Put("key" + std::to_string(i), std::string(500, 'v'));
    BOOST_REQUIRE(IsOk((*opened)->Apply(batch)));
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  BOOST_TEST(StatusIs(SqliteStore::Check(path), absl::StatusCode::kDataLoss, path));
  auto opened = SqliteStore::Open(path);
  // Refused at once, or as soon as what is missing is read: never an answer that is not what was stored.
  absl::Status status = opened.status();
  if (opened.ok()) status = (*opened)->List("").status();
  BOOST_TEST(!status.ok());
  BOOST_TEST(status.message().find(path) != absl::string_view::npos, std::string(status.message()));
}

BOOST_AUTO_TEST_CASE(what_is_applied_is_on_the_disk_when_apply_returns) {
  auto opened = SqliteStore::Open(path);
  BOOST_REQUIRE(IsOk(opened));
  for (int i = 0; i < 3; ++i) {
    const int before = syncs;
    Batch batch;
    batch.Put("k", std::to_string(i));
    BOOST_REQUIRE(IsOk((*opened)->Apply(batch)));
    BOOST_TEST(syncs > before);
  }
}

// Turns one bit of the value somewhere in the file, as a bad disk does.
void Flip(const std::string& path, const std::string& value) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t at = bytes.find(value);
  BOOST_REQUIRE(at != std::string::npos);
  file.clear();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(bytes[at] ^ 1));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_costs_its_record_alone) {
  {
    auto opened = SqliteStore::Open(path);
    BOOST_REQUIRE(IsOk(opened));
    Batch batch;
    for (const char* key : {"a", "b", "c"}) batch.Put(key, std::string("value of ") + key);
    BOOST_REQUIRE(IsOk((*opened)->Apply(batch)));
  }
  Flip(path, "value of b");
  auto opened = SqliteStore::Open(path);
  BOOST_REQUIRE(IsOk(opened));
  const auto entries = (*opened)->List("");
  BOOST_REQUIRE(IsOk(entries));
  BOOST_REQUIRE(entries->size() == 3u);
  for (const Entry& entry : *entries) BOOST_TEST(entry.damaged == (entry.key == "b"), entry.key);
  BOOST_TEST((*opened)->Get("b")->damaged);
  BOOST_TEST(!(*opened)->Get("a")->damaged);
}

BOOST_AUTO_TEST_CASE(a_store_of_the_first_version_is_taken_over) {
  sqlite3* db = nullptr;
  BOOST_REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  const char* sql =
      "CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE latest (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL);"
      "INSERT INTO latest VALUES (1, 7); INSERT INTO entries VALUES (CAST('a' AS BLOB), CAST('one' AS BLOB), 7);"
      "PRAGMA user_version=1;";
  BOOST_REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  auto opened = SqliteStore::Open(path);
  BOOST_REQUIRE(IsOk(opened));
  BOOST_TEST((*opened)->Get("a")->value == "one");
  BOOST_TEST(!(*opened)->Get("a")->damaged);
  Batch batch;
  batch.Put("a", "two");
  BOOST_TEST(*(*opened)->Apply(batch) == 8);
  BOOST_TEST((*opened)->Get("a")->value == "two");
}

BOOST_AUTO_TEST_CASE(it_holds_a_reserve_for_a_full_disk) {
  auto opened = SqliteStore::Open(path);
  BOOST_REQUIRE(IsOk(opened));
  BOOST_TEST(std::filesystem::file_size(path + ".reserve") == uint64_t{SqliteStore::kReserveBytes});
}

// What a full disk is like: no file may grow any more.
BOOST_AUTO_TEST_CASE(what_the_disk_has_no_room_for_is_not_half_written) {
  auto opened = SqliteStore::Open(path);
  BOOST_REQUIRE(IsOk(opened));
  Batch small;
  small.Put("small", "1");
  BOOST_REQUIRE(IsOk((*opened)->Apply(small)));
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight = {64 << 10, former.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  Batch large;
  large.Put("small", "2");
  for (int i = 0; i < 100; ++i) large.Put("large" + std::to_string(i), std::string(4096, 'v'));
  const absl::Status status = (*opened)->Apply(large).status();
  setrlimit(RLIMIT_FSIZE, &former);
  BOOST_TEST(!status.ok());
  BOOST_TEST(status.message().find(path) != absl::string_view::npos, std::string(status.message()));
  BOOST_TEST((*opened)->Get("small")->value == "1");
  BOOST_TEST(StatusIs((*opened)->Get("large0"), absl::StatusCode::kNotFound));
  // And with room again it goes on.
  BOOST_TEST(IsOk((*opened)->Apply(large)));
  BOOST_TEST((*opened)->Get("small")->value == "2");
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_named) {
  BOOST_TEST(StatusIs(SqliteStore::Open(dir + "/none/state.db"), absl::StatusCode::kUnavailable, "none/state.db"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::store
