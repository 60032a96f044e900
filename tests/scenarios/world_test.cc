#include "tests/scenarios/world.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::scenarios {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

// say WORD... shows each word, in their order and with the reason; hum shows nothing, and time that passes itself.
class Parrot final : public World {
 public:
  explicit Parrot(bool has_time = true) : has_time_(has_time) {}
  bool has_time() const override { return has_time_; }
  bool Declares(absl::string_view word) const override { return word == "parrot"; }
  absl::Status Declare(const Statement& statement) override { return WordReader(statement.head, 1).End(); }
  absl::Status Do(const Line& step, absl::Duration now) override {
    WordReader words(step);
    const std::string reason = words.TakeReason().value_or("");
    if (!words.more()) return seen_.push_back({absl::FormatDuration(now)}), absl::OkStatus();
    if (words.Take("hum")) return words.End();
    if (!words.Take("say")) return words.Unknown("say or hum");
    for (int order = 0; words.more(); ++order) {
      NUBO_ASSIGN_OR_RETURN(std::string word, words.Text("a word"));
      seen_.push_back({std::move(word), reason, order});
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Canonical(const Line& expected) const override {
    if (expected.words.size() != 1) return expected.Error("a parrot says one word at a time");
    return expected.words[0].text;
  }
  absl::StatusOr<std::vector<Seen>> See(absl::Span<const Line>) override { return std::exchange(seen_, {}); }

 private:
  const bool has_time_;
  std::vector<Seen> seen_;
};

absl::Status Run(absl::string_view text) {
  Parrot parrot;
  return RunScenario(absl::StrCat("# Source: this test\n", text), "s.txt", parrot);
}

boost::test_tools::assertion_result Refuses(absl::string_view text, absl::string_view why) {
  return StatusIs(Run(text), absl::StatusCode::kInvalidArgument, why);
}
boost::test_tools::assertion_result Fails(absl::string_view text, absl::string_view why) {
  return StatusIs(Run(text), absl::StatusCode::kFailedPrecondition, why);
}

BOOST_AUTO_TEST_CASE(what_is_listed_and_seen_passes) {
  BOOST_TEST(IsOk(Run("parrot\nsay a b\n  a\n  b\nhum\n  nothing\nsay c because \"it is so\"\n  c because \"is\"\n")));
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_too_much_fails) {
  BOOST_TEST(Fails("say a\n  a\n  b\n", "s.txt:4: expected, and not seen: b\ns.txt:2: all that was seen:\n  a"));
  BOOST_TEST(Fails("say a b\n  a\n", "s.txt:2: seen, and not expected: b"));
  BOOST_TEST(Fails("say a\n  nothing\n", "s.txt:2: seen, and not expected: a"));
  BOOST_TEST(Fails("hum\n  a\n", "s.txt:3: expected, and not seen: a\ns.txt:2: nothing was seen"));
  // Each is seen as often as it is listed.
  BOOST_TEST(Fails("say a\n  a\n  a\n", "s.txt:4: expected, and not seen: a"));
  BOOST_TEST(Fails("say a a\n  a\n", "s.txt:2: seen, and not expected: a"));
}

BOOST_AUTO_TEST_CASE(order_and_reasons_count) {
  BOOST_TEST(Fails("say a b\n  b\n  a\n", "s.txt:4: seen, but before what is listed above it: a"));
  BOOST_TEST(Fails("say a because \"x\"\n  a because \"y\"\n", "s.txt:3: expected, and not seen: a because \"y\""));
  BOOST_TEST(Fails("say a\n  a because \"y\"\n", "s.txt:3: expected, and not seen: a because \"y\""));
  BOOST_TEST(IsOk(Run("say a because \"x\"\n  a\n")));
}

BOOST_AUTO_TEST_CASE(the_first_step_that_fails_ends_it) {
  const absl::Status status = Run("say a\n  b\nsay c\n  d\n");
  BOOST_TEST(StatusIs(status, absl::StatusCode::kFailedPrecondition, "s.txt:3: "));
  BOOST_TEST(!absl::StrContains(status.message(), "s.txt:5"));
}

BOOST_AUTO_TEST_CASE(steps_without_lines_are_seen_with_the_next_that_has_some) {
  BOOST_TEST(IsOk(Run("say a\nhum\nsay b\n  a\n  b\n")));
  BOOST_TEST(Fails("say a\nhum\n  nothing\n", "s.txt:3: seen, and not expected: a"));
}

BOOST_AUTO_TEST_CASE(time_passes_forward_and_only_where_there_is_any) {
  BOOST_TEST(IsOk(Run("at 5s: hum\n  nothing\nhum\n  nothing\nat 90s\n  1m30s\n")));
  BOOST_TEST(Refuses("at 5s: hum\n  nothing\nat 4s: hum\n  nothing\n", "s.txt:4: this step is earlier than the one"));
  Parrot timeless(/*has_time=*/false);
  BOOST_TEST(StatusIs(RunScenario("# Source: x\nat 5s: hum\n  nothing\n", "s.txt", timeless),
                      absl::StatusCode::kInvalidArgument, "s.txt:2: no time passes"));
}

BOOST_AUTO_TEST_CASE(files_that_check_nothing_or_too_little_are_refused) {
  BOOST_TEST(Refuses("parrot\n", "s.txt:2: the scenario checks nothing"));
  BOOST_TEST(Refuses("say a\n  a\nsay b\n", "s.txt:4: nothing is said of what is to be seen after this step"));
  BOOST_TEST(Refuses("say a\n  a\n  nothing\n", "s.txt:4: nothing stands alone"));
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_is_refused_before_anything_is_compared) {
  BOOST_TEST(Refuses("parrot grey\nhum\n  nothing\n", "s.txt:2: \"grey\" is not known here"));
  BOOST_TEST(Refuses("at 0s: parrot\nhum\n  nothing\n", "s.txt:2: what there is has no time"));
  BOOST_TEST(Refuses("hum\n  nothing\nparrot\n", "s.txt:4: what there is stands before the first step"));
  BOOST_TEST(Refuses("shout a\n  a\n", "s.txt:2: \"shout\" is not known here"));
  BOOST_TEST(Refuses("say a\n  x\n  a b\n", "s.txt:4: a parrot says one word at a time"));
  // Of nothing there is no reason: it is taken for a word.
  BOOST_TEST(Fails("hum\n  nothing because \"of it\"\n", "s.txt:3: expected, and not seen: nothing"));
}

BOOST_AUTO_TEST_CASE(every_file_of_a_folder_runs_in_a_world_of_its_own) {
  const char* tmp = std::getenv("TEST_TMPDIR");
  const std::filesystem::path folder = std::filesystem::path(tmp != nullptr ? tmp : "/tmp") / "scenarios_world_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "good.txt") << "# Source: x\nsay a\n  a\n";
  std::ofstream(folder / "bad.txt") << "# Source: x\nsay a\n  b\n";
  std::ofstream(folder / "not a scenario.md") << "b\n";
  const auto run = [&](size_t files_min) {
    return RunFolder(folder.string(), files_min, [] { return std::make_unique<Parrot>(); });
  };
  BOOST_REQUIRE(run(2).size() == 1u);
  BOOST_TEST(StatusIs(run(2)[0], absl::StatusCode::kFailedPrecondition, "bad.txt:3: expected, and not seen: b"));
  // A folder that was not brought along must not pass.
  BOOST_REQUIRE(run(3).size() == 2u);
  BOOST_TEST(StatusIs(run(3)[0], absl::StatusCode::kNotFound, "has 2 scenarios; expected at least 3"));
  std::filesystem::remove_all(folder);
  BOOST_TEST(run(1).size() == 1u);
}

}  // namespace
}  // namespace nubo::scenarios
