#include "nubo/region/store.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "nubo/testing/status_matchers.h"

namespace nubo::region {
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

BOOST_AUTO_TEST_CASE(a_batch_whose_requirement_fails_changes_nothing) {
  auto opened = SqliteStore::Open(path);
  Batch first;
  first.Put("k", "1");
  BOOST_REQUIRE(IsOk((*opened)->Apply(first)));
  Batch second;
  second.Put("k", "2");
  second.Put("other", "2");
  second.RequireRevision("k", 7);
  BOOST_TEST(StatusIs((*opened)->Apply(second), absl::StatusCode::kAborted, "has revision 1, not 7"));
  BOOST_TEST((*opened)->Get("k")->value == "1");
  BOOST_TEST(StatusIs((*opened)->Get("other"), absl::StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE(erases_and_tells_watchers) {
  auto opened = SqliteStore::Open(path);
  int64_t seen = 0;
  (*opened)->Watch([&](int64_t revision, const Batch&) { seen = revision; });
  Batch put;
  put.Put("k", "1");
  BOOST_REQUIRE(IsOk((*opened)->Apply(put)));
  Batch erase;
  erase.Erase("k");
  BOOST_REQUIRE(IsOk((*opened)->Apply(erase)));
  BOOST_TEST(seen == 2);
  BOOST_TEST(StatusIs((*opened)->Get("k"), absl::StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_store_is_refused) {
  std::ofstream(path) << std::string(4096, 'x');
  BOOST_TEST(StatusIs(SqliteStore::Open(path), absl::StatusCode::kFailedPrecondition, path));
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_named) {
  BOOST_TEST(StatusIs(SqliteStore::Open(dir + "/none/state.db"), absl::StatusCode::kUnavailable, "none/state.db"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
