// The control plane over a store that fails.
#include "nubo/region/loop/region.h"

#include <boost/test/unit_test.hpp>

#include "nubo/base/id_source.h"
#include "nubo/process/simulated_driver.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/store/memory_store.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Fixture {
  Fixture()
      : region(
            {.control = {.paths = {"/nowhere"}, .log = [this](absl::string_view line) { logged.emplace_back(line); }},
             .make_driver =
                 [this](std::function<void(const process::Event&)> tell) {
                   return std::make_unique<process::SimulatedDriver>(clock, process::SimulatedDriver::Options(),
                                                                     std::move(tell));
                 }},
            store, clock, ids) {}

  absl::Status CreateStack(const std::string& name) {
    return region.Change([&](Context& context) {
      return region::CreateStack(context, {name, "Resources:\n  A:\n    Type: AWS::EC2::InternetGateway\n", "t", {}})
          .status();
    });
  }
  size_t Stacks() {
    size_t stacks = 0;
    region.Look([&](const Context& context) { stacks = context.model.stacks.size(); });
    return stacks;
  }

  std::vector<std::string> logged;
  store::MemoryStore store;
  testing::SimulatedClock clock;
  base::SequentialIdSource ids;
  Region region;
};

BOOST_FIXTURE_TEST_SUITE(region, Fixture)

BOOST_AUTO_TEST_CASE(what_cannot_be_stored_has_not_happened) {
  BOOST_REQUIRE(IsOk(CreateStack("one")));
  store.FailWith(absl::ResourceExhaustedError("database or disk is full"));
  BOOST_TEST(StatusIs(CreateStack("two"), absl::StatusCode::kResourceExhausted, "disk is full"));
  BOOST_TEST(Stacks() == 1u);
  store.FailWith(absl::OkStatus());
  BOOST_TEST(IsOk(CreateStack("two")));
  BOOST_TEST(Stacks() == 2u);
}

BOOST_AUTO_TEST_CASE(a_change_that_fails_leaves_nothing_behind) {
  BOOST_REQUIRE(IsOk(CreateStack("one")));
  const size_t before = store.changes();
  const absl::Status status = region.Change([](Context& context) {
    context.model.stacks.Update("one", [](v1::StackState& stack) { stack.set_status("CHANGED"); });
    context.model.stacks.Erase("one");
    context.model.stacks.Put("two", v1::StackState());
    context.Tell({}, "one", "type", "status", "message");
    context.model.transaction.Do([](process::Driver&) {});
    return absl::InternalError("half-way");
  });
  BOOST_TEST(StatusIs(status, absl::StatusCode::kInternal, "half-way"));
  region.Look([](const Context& context) {
    BOOST_REQUIRE(context.model.stacks.Find("one") != nullptr);
    BOOST_TEST(context.model.stacks.Find("one")->status() != "CHANGED");
    BOOST_TEST(context.model.stacks.Find("two") == nullptr);
    BOOST_TEST(context.model.transaction.effects().empty());
    BOOST_TEST(context.model.transaction.empty());
  });
  BOOST_TEST(region.events().WaitAfter(0, absl::ZeroDuration()).empty());
  BOOST_TEST(store.changes() == before);
}

BOOST_AUTO_TEST_CASE(a_message_is_cut_between_characters) {
  std::string message(Events::kMessageMax - 1, 'a');
  BOOST_REQUIRE(IsOk(region.Change([&](Context& context) {
    context.Tell({}, "one", "type", "status", message + "\xc3\xa4");
    context.Tell({}, "one", "type", "status", "\xff\xc3\xa4");
    return absl::OkStatus();
  })));
  const auto events = region.events().WaitAfter(0, absl::ZeroDuration());
  BOOST_REQUIRE(events.size() == 2u);
  BOOST_TEST(events[0].message() == message);
  BOOST_TEST(events[1].message() == "?\xc3\xa4");
}

BOOST_AUTO_TEST_CASE(events_are_told_once_they_are_stored) {
  BOOST_REQUIRE(IsOk(CreateStack("one")));
  const auto before = region.events().WaitAfter(0, absl::ZeroDuration());
  const int32_t last = before.empty() ? 0 : before.back().id();
  const auto tell = [&](bool well) {
    return region.Change([&](Context& context) {
      context.Tell({}, "one", "type", "status", "message");
      BOOST_TEST(region.events().WaitAfter(last, absl::ZeroDuration()).empty());
      return well ? absl::OkStatus() : absl::InternalError("half-way");
    });
  };
  BOOST_TEST(!tell(false).ok());
  store.FailWith(absl::ResourceExhaustedError("database or disk is full"));
  BOOST_TEST(!tell(true).ok());
  // A follower waits: it is not woken for what was taken back.
  const absl::Time started = absl::Now();
  BOOST_TEST(region.events().WaitAfter(last, absl::Milliseconds(50)).empty());
  BOOST_TEST(absl::Now() - started >= absl::Milliseconds(50));
  store.FailWith(absl::OkStatus());
  BOOST_TEST(IsOk(tell(true)));
  const auto after = region.events().WaitAfter(last, absl::ZeroDuration());
  BOOST_REQUIRE(after.size() == 1u);
  BOOST_TEST(after[0].id() == last + 1);
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_written_is_told_once) {
  store.FailWith(absl::ResourceExhaustedError("database or disk is full"));
  BOOST_TEST(!CreateStack("one").ok());
  BOOST_TEST(!CreateStack("one").ok());
  BOOST_TEST(logged.size() == 1u);
  store.FailWith(absl::OkStatus());
  BOOST_TEST(IsOk(CreateStack("one")));
  BOOST_TEST(logged.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_ends_something_is_done_although_it_cannot_be_stored) {
  BOOST_REQUIRE(IsOk(CreateStack("one")));
  store.FailWith(absl::ResourceExhaustedError("database or disk is full"));
  BOOST_TEST(IsOk(region.End([](Context& context) {
    context.model.stacks.Erase("one");
    return absl::OkStatus();
  })));
  BOOST_TEST(Stacks() == 0u);
  const size_t before = store.changes();
  BOOST_TEST(StatusIs(CreateStack("two"), absl::StatusCode::kResourceExhausted, "disk is full"));
  store.FailWith(absl::OkStatus());
  BOOST_TEST(IsOk(CreateStack("two")));
  BOOST_TEST(store.changes() > before + 1);
  BOOST_TEST(Stacks() == 1u);
}

BOOST_AUTO_TEST_CASE(an_ending_that_fails_leaves_what_could_not_be_stored_before) {
  store.FailWith(absl::ResourceExhaustedError("database or disk is full"));
  BOOST_REQUIRE(IsOk(region.End([](Context& context) {
    context.model.stacks.Put("kept", v1::StackState());
    return absl::OkStatus();
  })));
  BOOST_TEST(StatusIs(region.End([](Context& context) {
    context.model.stacks.Put("other", v1::StackState());
    return absl::NotFoundError("no such thing");
  }),
                      absl::StatusCode::kNotFound, "no such thing"));
  BOOST_TEST(Stacks() == 1u);
  region.Look([](const Context& context) {
    BOOST_TEST(context.model.transaction.batch().changes().count("stacks/kept") == 1u);
    BOOST_TEST(context.model.transaction.batch().changes().count("stacks/other") == 0u);
  });
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_is_a_trouble_until_it_is_not) {
  store.FailWith(absl::ResourceExhaustedError("database or disk is full"));
  BOOST_TEST(!CreateStack("one").ok());
  region.Look([](const Context& context) { BOOST_TEST(context.troubles.count("store") == 1u); });
  store.FailWith(absl::OkStatus());
  BOOST_TEST(IsOk(CreateStack("one")));
  region.Look([](const Context& context) { BOOST_TEST(context.troubles.count("store") == 0u); });
}

BOOST_AUTO_TEST_CASE(a_region_that_ends_takes_no_more_stacks_and_one_with_stacks_does_not_end) {
  BOOST_REQUIRE(IsOk(CreateStack("one")));
  BOOST_TEST(StatusIs(region.BeginEnding(), absl::StatusCode::kFailedPrecondition, "there is a stack"));
  BOOST_TEST(IsOk(CreateStack("two")));
  BOOST_REQUIRE(IsOk(region.Change([](Context& context) {
    context.model.stacks.Erase("one");
    context.model.stacks.Erase("two");
    return absl::OkStatus();
  })));
  BOOST_TEST(IsOk(region.BeginEnding()));
  BOOST_TEST(StatusIs(CreateStack("three"), absl::StatusCode::kUnavailable, "is being taken down"));
  BOOST_TEST(Stacks() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
