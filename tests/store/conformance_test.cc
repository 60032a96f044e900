// The stores that are here keep the rules, and the suite finds those that do not.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "nubo/store/memory_store.h"
#include "nubo/store/sqlite_store.h"
#include "nubo/store/store.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/testing/store_conformance.h"

namespace nubo::store {
namespace {

using ::nubo::testing::CheckStore;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

BOOST_AUTO_TEST_SUITE(conformance)

BOOST_AUTO_TEST_CASE(a_store_in_memory_keeps_the_rules) {
  const std::vector<std::string> broken = CheckStore([] { return std::make_unique<MemoryStore>(); });
  BOOST_TEST(broken.empty(), absl::StrJoin(broken, "\n"));
}

BOOST_AUTO_TEST_CASE(a_store_in_a_file_keeps_the_rules) {
  char pattern[] = "/tmp/nubo-store-XXXXXX";
  const std::string directory = mkdtemp(pattern);
  int made = 0;
  const std::vector<std::string> broken = CheckStore([&]() -> std::unique_ptr<Store> {
    auto opened = SqliteStore::Open(directory + "/" + std::to_string(++made));
    BOOST_REQUIRE(IsOk(opened));
    return *std::move(opened);
  });
  std::filesystem::remove_all(directory);
  BOOST_TEST(broken.empty(), absl::StrJoin(broken, "\n"));
}

// A store that does one thing its own way.
class Wrong : public Store {
 public:
  absl::StatusOr<Entry> Get(absl::string_view key) override { return right_.Get(key); }
  absl::StatusOr<std::vector<Entry>> List(absl::string_view prefix) override { return right_.List(prefix); }
  absl::StatusOr<int64_t> Apply(const Batch& batch) override { return right_.Apply(batch); }

 protected:
  MemoryStore right_;
};

// Changes come one at a time.
class InPieces final : public Wrong {
  absl::StatusOr<int64_t> Apply(const Batch& batch) override {
    absl::StatusOr<int64_t> revision = 0;
    for (const auto& [key, value] : batch.changes()) {
      Batch one;
      if (value) {
        one.Put(key, *value);
      } else {
        one.Erase(key);
      }
      revision = right_.Apply(one);
    }
    for (const auto& [key, required] : batch.required()) {
      const auto entry = right_.Get(key);
      if ((entry.ok() ? entry->revision : 0) != required) return absl::AbortedError("too late");
    }
    return revision;
  }
};

class Backwards final : public Wrong {
  absl::StatusOr<std::vector<Entry>> List(absl::string_view prefix) override {
    auto entries = right_.List(prefix);
    if (entries.ok()) std::reverse(entries->begin(), entries->end());
    return entries;
  }
};

class Trusting final : public Wrong {
  absl::StatusOr<int64_t> Apply(const Batch& batch) override {
    Batch all;
    for (const auto& [key, value] : batch.changes()) {
      if (value) {
        all.Put(key, *value);
      } else {
        all.Erase(key);
      }
    }
    return right_.Apply(all);
  }
};

class OfNothing final : public Wrong {
  absl::StatusOr<Entry> Get(absl::string_view key) override { return Entry{std::string(key), "", 0}; }
};

class CutShort final : public Wrong {
  absl::StatusOr<Entry> Get(absl::string_view key) override {
    auto entry = right_.Get(key);
    if (entry.ok()) entry->value = entry->value.c_str();
    return entry;
  }
};

template <typename Kind>
std::string Broken() {
  return absl::StrJoin(CheckStore([] { return std::make_unique<Kind>(); }), "\n");
}

BOOST_AUTO_TEST_CASE(a_store_that_does_not_is_found) {
  const auto has = [](const std::string& text, const char* rule) { return text.find(rule) != std::string::npos; };
  BOOST_TEST(has(Broken<InPieces>(), "a batch that is refused changes nothing"));
  BOOST_TEST(has(Broken<InPieces>(), "all keys of a transaction have its revision"));
  BOOST_TEST(has(Broken<Backwards>(), "in the order of bytes"));
  BOOST_TEST(has(Broken<Trusting>(), "is ABORTED"));
  BOOST_TEST(has(Broken<OfNothing>(), "NOT_FOUND"));
  BOOST_TEST(has(Broken<CutShort>(), "any bytes"));
}

BOOST_AUTO_TEST_CASE(a_store_in_memory_fails_as_it_is_told) {
  MemoryStore store;
  Batch batch;
  batch.Put("a", "1");
  BOOST_REQUIRE(IsOk(store.Apply(batch)));
  store.FailWith(absl::ResourceExhaustedError("the disk is full"));
  BOOST_TEST(StatusIs(store.Apply(batch), absl::StatusCode::kResourceExhausted, "the disk is full"));
  store.FailWith(absl::OkStatus());
  BOOST_TEST(IsOk(store.Apply(batch)));
  BOOST_TEST(store.changes() == 2u);
  BOOST_TEST(StatusIs(store.Damage("b", "2"), absl::StatusCode::kNotFound, "\"b\""));
  BOOST_REQUIRE(IsOk(store.Damage("a", "2")));
  BOOST_TEST(store.Get("a")->damaged);
  BOOST_REQUIRE(IsOk(store.Apply(batch)));
  BOOST_TEST(!store.Get("a")->damaged);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::store
