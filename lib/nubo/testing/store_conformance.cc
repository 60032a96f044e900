#include "nubo/testing/store_conformance.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace nubo::testing {
namespace {

using store::Batch;
using store::Entry;
using store::Store;

class Suite {
 public:
  explicit Suite(const MakeStore& make) : make_(make) {}

  std::vector<std::string> Run() {
    EmptyAtFirst();
    KeepsWhatWasPut();
    ListsByPrefixInOrder();
    RevisionsGrow();
    LastChangeWins();
    RefusedAsAWhole();
    RequirementsHold();
    BatchesAreSeenWhole();
    NoChangeIsLost();
    AgreesWithAMap();
    return std::move(broken_);
  }

 private:
  // `rule`, unless it holds.
  void Rule(bool holds, absl::string_view rule) {
    if (!holds && (broken_.empty() || broken_.back() != rule)) broken_.emplace_back(rule);
  }
  static Batch Put(absl::string_view key, std::string value) {
    Batch batch;
    batch.Put(key, std::move(value));
    return batch;
  }
  static std::string ValueOf(Store& store, absl::string_view key) {
    const absl::StatusOr<Entry> entry = store.Get(key);
    return entry.ok() ? entry->value : absl::StrCat("<", entry.status().ToString(), ">");
  }
  static bool Has(Store& store, absl::string_view key) { return !absl::IsNotFound(store.Get(key).status()); }

  void EmptyAtFirst() {
    const auto store = make_();
    const auto all = store->List("");
    Rule(all.ok() && all->empty(), "a new store is empty");
    Rule(absl::IsNotFound(store->Get("a").status()), "Get of a key that is not there is NOT_FOUND");
    Batch erase;
    erase.Erase("a");
    Rule(store->Apply(erase).ok(), "erasing a key that is not there changes nothing and is no error");
  }

  void KeepsWhatWasPut() {
    const auto store = make_();
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    Batch batch;
    batch.Put("bytes", bytes);
    batch.Put("empty", "");
    batch.Put("large", std::string(1 << 20, 'v'));
    Rule(store->Apply(batch).ok(), "values of a mebibyte are taken");
    Rule(ValueOf(*store, "bytes") == bytes, "a value may hold any bytes");
    Rule(Has(*store, "empty") && ValueOf(*store, "empty").empty(), "an empty value is a value");
    Rule(ValueOf(*store, "large").size() == 1 << 20, "a value comes back whole");
    const auto entry = store->Get("bytes");
    Rule(entry.ok() && entry->key == "bytes" && !entry->damaged, "an entry names its key, and is not damaged");
  }

  void ListsByPrefixInOrder() {
    const auto store = make_();
    Batch batch;
    for (const char* key : {"b/2", "a/10", "a/2", "a", "a/", "ab", "b/1", "a0"}) batch.Put(key, key);
    Rule(store->Apply(batch).ok(), "a batch of several keys is taken");
    const auto keys = [&](absl::string_view prefix) {
      std::string text;
      const auto entries = store->List(prefix);
      if (!entries.ok()) return entries.status().ToString();
      for (const Entry& entry : *entries) absl::StrAppend(&text, entry.key, entry.key == entry.value ? " " : "! ");
      return text;
    };
    Rule(keys("a/") == "a/ a/10 a/2 ", "List gives what begins with the prefix, in the order of bytes");
    Rule(keys("") == "a a/ a/10 a/2 a0 ab b/1 b/2 ", "List of the empty prefix gives everything");
    Rule(keys("c").empty(), "List of a prefix that no key has gives nothing, and is no error");
  }

  void RevisionsGrow() {
    const auto store = make_();
    const auto first = store->Apply(Put("a", "1"));
    Batch two;
    two.Put("b", "1");
    two.Put("c", "1");
    const auto second = store->Apply(two);
    const bool applied = first.ok() && second.ok();
    Rule(applied && *first > 0 && *second > *first, "each transaction has a greater revision than those before");
    const auto a = store->Get("a"), b = store->Get("b"), c = store->Get("c");
    Rule(applied && a.ok() && a->revision == *first, "a key keeps the revision of the transaction that put it");
    Rule(applied && b.ok() && c.ok() && b->revision == *second && c->revision == *second,
         "all keys of a transaction have its revision");
    const auto listed = store->List("b");
    Rule(applied && listed.ok() && listed->size() == 1 && (*listed)[0].revision == *second,
         "List gives the revisions that Get gives");
  }

  void LastChangeWins() {
    const auto store = make_();
    Batch batch;
    batch.Put("a", "1");
    batch.Erase("a");
    batch.Erase("b");
    batch.Put("b", "2");
    Rule(store->Apply(batch).ok() && !Has(*store, "a") && ValueOf(*store, "b") == "2",
         "of several changes of one key in a batch the last wins");
    Batch erase;
    erase.Erase("b");
    Rule(store->Apply(erase).ok() && !Has(*store, "b"), "an erased key is gone");
  }

  void RefusedAsAWhole() {
    const auto store = make_();
    (void)store->Apply(Put("a", "1"));
    Batch batch;
    batch.Put("a", "2");
    batch.Put("b", "2");
    batch.Erase("a");
    batch.RequireRevision("b", 7);
    Rule(absl::IsAborted(store->Apply(batch).status()), "a batch whose requirement does not hold is ABORTED");
    Rule(ValueOf(*store, "a") == "1" && !Has(*store, "b"), "a batch that is refused changes nothing");
  }

  void RequirementsHold() {
    const auto store = make_();
    Batch fresh = Put("a", "1");
    fresh.RequireRevision("a", 0);
    const auto first = store->Apply(fresh);
    Rule(first.ok(), "revision 0 is required of a key that is to be new");
    Rule(absl::IsAborted(store->Apply(fresh).status()), "revision 0 is refused for a key that is there");
    Batch next = Put("a", "2");
    next.RequireRevision("a", first.value_or(0));
    const auto second = store->Apply(next);
    Rule(second.ok(), "the revision that a key has may be required");
    Rule(absl::IsAborted(store->Apply(next).status()), "a revision that a key had is refused");
    Batch erase;
    erase.Erase("a");
    (void)store->Apply(erase);
    Rule(store->Apply(fresh).ok(), "an erased key is as one that never was");
    Batch other;
    other.RequireRevision("nothing", 0);
    other.Put("b", "1");
    Rule(store->Apply(other).ok(), "a requirement may name a key that the batch does not change");
  }

  // A reader sees all of a batch or nothing of it.
  void BatchesAreSeenWhole() {
    constexpr int kBatches = 25;
    const auto store = make_();
    std::atomic<bool> done = false, torn = false;
    std::thread reader([&] {
      while (!done) {
        const auto entries = store->List("pair/");
        if (!entries.ok()) continue;
        if (entries->size() == 1 || (entries->size() == 2 && (*entries)[0].value != (*entries)[1].value)) torn = true;
      }
    });
    for (int i = 0; i < kBatches; ++i) {
      Batch batch;
      batch.Put("pair/a", absl::StrCat(i));
      batch.Put("pair/b", absl::StrCat(i));
      (void)store->Apply(batch);
    }
    done = true;
    reader.join();
    Rule(!torn, "a reader sees all of a batch or nothing of it");
  }

  // Two who each add one to what they have read, with the revision they have read required.
  void NoChangeIsLost() {
    constexpr int kEach = 12;
    constexpr int kTriesMax = 10'000;
    const auto store = make_();
    (void)store->Apply(Put("count", "0"));
    const auto add = [&] {
      // Whoever is refused for ever has a fault that other rules name.
      for (int done = 0, tries = 0; done < kEach && tries < kTriesMax; ++tries) {
        const auto entry = store->Get("count");
        if (!entry.ok()) return;
        Batch batch = Put("count", absl::StrCat(std::atoi(entry->value.c_str()) + 1));
        batch.RequireRevision("count", entry->revision);
        const absl::Status applied = store->Apply(batch).status();
        if (applied.ok()) ++done;
        if (!applied.ok() && !absl::IsAborted(applied)) return;
      }
    };
    std::thread other(add);
    add();
    other.join();
    Rule(ValueOf(*store, "count") == absl::StrCat(2 * kEach), "of two who require the same revision one is refused");
  }

  void AgreesWithAMap() {
    constexpr int kSteps = 60;
    const auto store = make_();
    std::map<std::string, std::string> naive;
    std::mt19937 random(1);  // The same steps for every store.
    for (int step = 0; step < kSteps; ++step) {
      Batch batch;
      std::map<std::string, std::string> after = naive;
      for (uint32_t change = random() % 4; change < 4; ++change) {
        const std::string key = absl::StrCat("k", random() % 20);
        if (random() % 3 == 0) {
          batch.Erase(key);
          after.erase(key);
        } else {
          batch.Put(key, absl::StrCat(step));
          after[key] = absl::StrCat(step);
        }
      }
      const bool wanted = random() % 4 != 0;
      batch.RequireRevision("never", wanted ? 0 : 1);
      const absl::Status applied = store->Apply(batch).status();
      if (applied.ok()) naive = std::move(after);
      Rule(applied.ok() == wanted, "what may be applied is, and nothing else");
    }
    const auto entries = store->List("");
    std::map<std::string, std::string> kept;
    if (entries.ok()) {
      for (const Entry& entry : *entries) kept[entry.key] = entry.value;
    }
    Rule(kept == naive, "after many changes there is what a map would hold");
  }

  const MakeStore& make_;
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> CheckStore(const MakeStore& make) { return Suite(make).Run(); }

}  // namespace nubo::testing
