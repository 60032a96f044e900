// What a control plane finds that was killed between writing down what it means to do and doing it.
#include "nubo/region/loop/recovery.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/id_source.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/region/compute/images.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/operations.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/loop/catalog.h"
#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/supervisor/services.h"
#include "nubo/store/sqlite_store.h"
#include "nubo/testing/simulated_clock.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

constexpr int kPending = 0;
constexpr int kRunning = 16;
constexpr int kShuttingDown = 32;
constexpr int kTerminated = 48;
constexpr int kStopping = 64;
constexpr int kStopped = 80;

std::string TempDirectory() {
  char pattern[] = "/tmp/nubo-recovery-XXXXXX";
  return mkdtemp(pattern);
}

// A state directory, and a driver that can start nothing: what it is asked to launch it tells of as ended.
struct Fixture {
  Fixture() : context(Paths{TempDirectory()}, clock, ids, fabric, types, kinds, templates) {
    for (const std::string& path : {context.paths.Run(), context.paths.Logs(), context.paths.Instance(""),
                                    context.paths.Service(""), context.paths.Images()}) {
      fs::create_directories(path);
    }
    v1::ImageState image;
    image.set_id("ami-1");
    image.set_name("web");
    image.set_directory(context.paths.Images() + "/ami-1");
    fs::create_directories(image.directory());
    context.model.images.Put("ami-1", image);
  }
  ~Fixture() { fs::remove_all(context.paths.state); }

  void AddInstance(const std::string& id, int state, int pid) {
    v1::InstanceState record;
    record.set_id(id);
    record.set_image_id("ami-1");
    record.set_user_data("#!/bin/sh\n");
    record.set_state_code(state);
    record.set_pid(pid);
    context.model.instances.Put(id, record);
  }
  void AddService(const std::string& id, bool launched, int pid) {
    v1::ServiceState record;
    record.set_id(id);
    record.set_kind("proxy");
    record.set_launched(launched);
    record.set_pid(pid);
    context.model.services.Put(id, record);
  }
  void Touch(const std::string& path) { std::ofstream(context.paths.state + path) << "x"; }
  bool Exists(const std::string& path) { return fs::exists(context.paths.state + path); }

  std::set<std::string> RecoverIds() {
    const std::vector<std::string> adopt = Recover(context, damage, ShimsIn(context.paths));
    return {adopt.begin(), adopt.end()};
  }

  // Does what is to be done; the ids that were launched.
  std::set<std::string> RunEffects() {
    std::set<std::string> launched;
    const auto hear = [&](const process::Event& event) {
      if (event.end.kind == process::End::Kind::kNotStarted) launched.insert(event.id);
    };
    context.on_process_event = hear;
    auto driver = std::make_unique<drivers::ProcessDriver>(
        drivers::ProcessDriver::Options{.shim_path = "/nowhere/nubo-shim", .run_dir = context.paths.Run()}, hear);
    for (const auto& effect : context.model.transaction.TakeEffects()) effect(*driver);
    // Its last event has come once it is gone.
    driver.reset();
    return launched;
  }

  testing::SimulatedClock clock;
  base::SequentialIdSource ids;
  fabrics::LoopbackFabric fabric{{}};
  const ResourceTypes types = AllResourceTypes();
  const ServiceKinds kinds = AllServiceKinds();
  PreparedTemplates templates;
  Context context;
  Damage damage;
};

BOOST_FIXTURE_TEST_SUITE(recovery, Fixture)

BOOST_AUTO_TEST_CASE(what_was_recorded_and_never_started_is_started) {
  AddInstance("i-1", kPending, 0);
  BOOST_TEST(RecoverIds().empty());
  BOOST_TEST(RunEffects() == std::set<std::string>{"i-1"});
}

BOOST_AUTO_TEST_CASE(what_has_a_shim_is_adopted_and_not_started_twice) {
  AddInstance("i-1", kPending, 0);
  AddInstance("i-2", kRunning, 4711);
  Touch("/run/i-1.sock");
  BOOST_TEST((RecoverIds() == std::set<std::string>{"i-1", "i-2"}));
  BOOST_TEST(RunEffects().empty());
}

// The clock was ten years ahead when they were written, and is right now.
BOOST_AUTO_TEST_CASE(what_a_clock_ahead_has_written_is_not_waited_for) {
  const int64_t later = ToMicros(clock.Now() + absl::Hours(24 * 3650));
  AddInstance("i-1", kRunning, 4711);
  AddInstance("i-2", kTerminated, 0);
  AddService("lb-1", false, 0);
  context.model.instances.Update("i-1", [&](v1::InstanceState& instance) {
    instance.set_launch_time(later);
    instance.set_drain_until(later + 300);
  });
  context.model.instances.Update("i-2", [&](v1::InstanceState& instance) { instance.set_terminated_time(later); });
  context.model.services.Update("lb-1", [&](v1::ServiceState& service) { service.set_retry_at(later); });
  RecoverIds();
  BOOST_TEST(context.model.instances.Find("i-1")->drain_until() == ToMicros(clock.Now()));
  BOOST_TEST(context.model.services.Find("lb-1")->retry_at() == 0);
  clock.Advance(absl::Minutes(61));
  TickInstances(context);
  BOOST_TEST(context.model.instances.Find("i-1")->terminate_sent());
  BOOST_TEST(context.model.instances.Find("i-2") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_instance_whose_image_is_gone_ends_and_says_why) {
  AddInstance("i-1", kPending, 0);
  context.model.images.Erase("ami-1");
  BOOST_TEST(RecoverIds().empty());
  const v1::InstanceState& record = *context.model.instances.Find("i-1");
  BOOST_TEST(IsTerminated(record));
  BOOST_TEST(absl::StrContains(record.reason_message(), "its image ami-1 is gone"));
}

BOOST_AUTO_TEST_CASE(what_a_lost_image_was_is_left_for_who_runs_it) {
  fs::create_directories(context.paths.Images() + "/ami-7/bin");
  damage.lost = {"images/ami-7"};
  RecoverIds();
  RunEffects();
  BOOST_TEST(Exists("/images/ami-7/bin"));
  damage.lost = {"events/7"};
  RecoverIds();
  RunEffects();
  BOOST_TEST(!Exists("/images/ami-7"));
}

BOOST_AUTO_TEST_CASE(of_images_only_the_copies_that_are_named_stay) {
  for (const char* name : {"ami-1-01", "ami-1-02", "ami-1-03.new"}) {
    fs::create_directories(absl::StrCat(context.paths.Images(), "/", name));
  }
  // The same directory, named in another way.
  const std::string directory = context.paths.state + "/./images/ami-1-02";
  context.model.images.Update("ami-1", [&](v1::ImageState& image) { image.set_directory(directory); });
  (void)RecoverIds();
  RunEffects();
  BOOST_TEST(Exists("/images/ami-1-02"));
  for (const char* name : {"ami-1", "ami-1-01", "ami-1-03.new"}) BOOST_TEST(!Exists(absl::StrCat("/images/", name)));
}

BOOST_AUTO_TEST_CASE(a_termination_that_was_never_heard_is_told_again) {
  AddInstance("i-1", kShuttingDown, 4711);
  context.model.instances.Update("i-1", [](v1::InstanceState& record) { record.set_terminate_sent(true); });
  BOOST_TEST(RecoverIds() == std::set<std::string>{"i-1"});
  (void)context.model.transaction.TakeEffects();
  BOOST_TEST(OnInstanceEvent(context, {.id = "i-1", .kind = process::Event::Kind::kRunning, .pid = 4711}));
  BOOST_TEST(context.model.transaction.effects().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stopped_instance_stays_stopped_and_keeps_its_directory) {
  AddInstance("i-1", kStopped, 0);
  fs::create_directories(context.paths.Instance("i-1"));
  BOOST_TEST(RecoverIds().empty());
  BOOST_TEST(RunEffects().empty());
  BOOST_TEST(context.model.instances.Find("i-1")->state_code() == kStopped);
  BOOST_TEST(Exists("/instances/i-1"));
}

BOOST_AUTO_TEST_CASE(a_stop_that_was_never_heard_is_told_again) {
  AddInstance("i-1", kStopping, 4711);
  BOOST_TEST(RecoverIds() == std::set<std::string>{"i-1"});
  (void)context.model.transaction.TakeEffects();
  BOOST_TEST(OnInstanceEvent(context, {.id = "i-1", .kind = process::Event::Kind::kRunning, .pid = 4711}));
  BOOST_TEST(context.model.transaction.effects().size() == 1u);
  BOOST_TEST(OnInstanceEvent(
      context, {.id = "i-1", .kind = process::Event::Kind::kExited, .end = process::End::Unknown("ended")}));
  BOOST_TEST(context.model.instances.Find("i-1")->state_code() == kStopped);
}

// Started at once, it would else be told that it has ended.
BOOST_AUTO_TEST_CASE(the_last_word_of_a_stopped_instance_is_heard_before_it_is_started) {
  AddInstance("i-1", kStopped, 0);
  Touch("/run/i-1.sock");
  BOOST_TEST(RecoverIds() == std::set<std::string>{"i-1"});
  BOOST_TEST(context.model.instances.Find("i-1")->state_code() == kStopping);
  BOOST_TEST(OnInstanceEvent(
      context, {.id = "i-1", .kind = process::Event::Kind::kExited, .end = process::End::Unknown("ended")}));
  BOOST_TEST(context.model.instances.Find("i-1")->state_code() == kStopped);
}

BOOST_AUTO_TEST_CASE(a_service_that_was_being_stopped_is_told_again) {
  AddService("lb-1", true, 4711);
  context.model.services.Update("lb-1", [](v1::ServiceState& record) { record.set_stopping(true); });
  BOOST_TEST(RecoverIds() == std::set<std::string>{"lb-1"});
  (void)context.model.transaction.TakeEffects();
  BOOST_TEST(OnServiceEvent(context, {.id = "lb-1", .kind = process::Event::Kind::kRunning, .pid = 4711}));
  BOOST_TEST(context.model.transaction.effects().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_service_that_never_started_is_not_waited_for) {
  AddService("lb-1", true, 0);
  AddService("lb-2", true, 4711);
  BOOST_TEST(RecoverIds() == std::set<std::string>{"lb-2"});
  BOOST_TEST(!context.model.services.Find("lb-1")->launched());
  BOOST_TEST(context.model.services.Find("lb-2")->launched());
}

BOOST_AUTO_TEST_CASE(a_shim_that_nobody_knows_is_ended_and_its_traces_go) {
  AddInstance("i-1", kTerminated, 0);
  for (const char* id : {"i-1", "i-9"}) {
    Touch(absl::StrCat("/run/", id, ".sock"));
    fs::create_directories(context.paths.Instance(id));
  }
  BOOST_TEST((RecoverIds() == std::set<std::string>{"i-1", "i-9"}));
  BOOST_TEST(RunEffects().empty());
  // As long as it may live its directory stays.
  BOOST_TEST(Exists("/instances/i-9"));
  for (const char* id : {"i-1", "i-9"}) {
    const process::Event exited{.id = id, .kind = process::Event::Kind::kExited, .end = process::End::Signaled(9)};
    BOOST_TEST(!OnInstanceEvent(context, exited));
    BOOST_TEST(!OnServiceEvent(context, exited));
    OnStrayEvent(context, exited);
  }
  RunEffects();
  BOOST_TEST(!Exists("/instances/i-1"));
  BOOST_TEST(!Exists("/instances/i-9"));
}

BOOST_AUTO_TEST_CASE(what_always_runs_is_no_stray_even_without_a_record) {
  Touch("/run/dns.sock");
  BOOST_TEST((RecoverIds() == std::set<std::string>{"dns"}));
  BOOST_REQUIRE(context.model.services.Find("dns") != nullptr);
  BOOST_TEST(context.model.services.Find("dns")->launched());
  TickServices(context);
  // The other one is started, this one is not started over it.
  BOOST_TEST(RunEffects() == std::set<std::string>{"edge"});
}

BOOST_AUTO_TEST_CASE(a_stray_that_runs_is_killed) {
  OnStrayEvent(context, {.id = "i-9", .kind = process::Event::Kind::kRunning, .pid = 4711});
  BOOST_TEST(context.model.transaction.effects().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_shims_left_that_are_gone_keeps_no_region_from_starting) {
  Touch("/run/i-1.sock");
  Touch("/run/lb-1.sock.exit");
  Touch("/run/nubo.sock");
  const drivers::ProcessDriver::Options options{.shim_path = "/nowhere/nubo-shim", .run_dir = context.paths.Run()};
  BOOST_TEST(EndStrays(context.paths, options, absl::Seconds(10)).ok());
  BOOST_TEST(!Exists("/run/i-1.sock"));
  BOOST_TEST(!Exists("/run/lb-1.sock.exit"));
  BOOST_TEST(Exists("/run/nubo.sock"));
}

BOOST_AUTO_TEST_CASE(programs_that_adopted_processes_start_again_from_stay) {
  fs::create_directories(context.paths.Programs());
  for (const char* name : {"nubo-1", "nubo-2", "nubo-3", "nubo-shim-3"}) Touch(absl::StrCat("/bin/", name));
  auto store = *store::SqliteStore::Open(":memory:");
  AddService("lb-1", true, 4711);
  context.model.services.Update(
      "lb-1", [&](v1::ServiceState& record) { record.set_program(context.paths.state + "/./bin/nubo-2"); });
  BOOST_REQUIRE(store->Apply(context.model.transaction.batch()).ok());
  const std::set<std::string> current = {context.paths.Programs() + "/nubo-3",
                                         context.paths.Programs() + "/nubo-shim-3"};
  RemoveOldPrograms(context.paths, *store, kinds, current);
  BOOST_TEST(!Exists("/bin/nubo-1"));
  for (const char* kept : {"/bin/nubo-2", "/bin/nubo-3", "/bin/nubo-shim-3"}) BOOST_TEST(Exists(kept), kept);
  // One of whom it is not known which it is may need any.
  Touch("/bin/nubo-1");
  AddService("dns", true, 4712);
  BOOST_REQUIRE(store->Apply(context.model.transaction.batch()).ok());
  RemoveOldPrograms(context.paths, *store, kinds, current);
  BOOST_TEST(Exists("/bin/nubo-1"));
}

BOOST_AUTO_TEST_CASE(a_service_whose_shim_cannot_start_it_gets_another_shim) {
  AddService("lb-1", true, 4711);
  const process::Event failed{.id = "lb-1",
                              .kind = process::Event::Kind::kRestarting,
                              .end = process::End::NotStarted("cannot run nubo-1: No such file or directory")};
  BOOST_TEST(OnServiceEvent(context, failed));
  // It may have been a moment's trouble.
  BOOST_TEST(context.model.transaction.effects().empty());
  BOOST_TEST(OnServiceEvent(context, failed));
  BOOST_TEST(context.model.transaction.effects().size() == 1u);
  BOOST_TEST(OnServiceEvent(context, {.id = "lb-1", .kind = process::Event::Kind::kExited, .end = failed.end}));
  BOOST_TEST(!context.model.services.Find("lb-1")->launched());
}

BOOST_AUTO_TEST_CASE(a_database_is_forgotten_only_after_its_data_are_removed) {
  const std::string service = DatabaseServiceId("shop");
  v1::DatabaseState database;
  database.set_id("shop");
  database.set_data_directory("data/shop/Database");
  database.set_deleting(true);
  database.set_delete_data(true);
  context.model.databases.Put("shop", database);
  AddService(service, true, 4711);
  context.model.services.Update(service, [](v1::ServiceState& record) {
    record.set_kind("database");
    record.set_stopping(true);
  });
  fs::create_directories(context.paths.state + "/data/shop/Database");
  const process::Event exited{.id = service, .kind = process::Event::Kind::kExited, .end = process::End::Exited(0)};
  BOOST_TEST(OnServiceEvent(context, exited));
  // Killed here, a successor finds the record, and does the same.
  BOOST_TEST(context.model.databases.Find("shop") != nullptr);
  BOOST_TEST(RecoverIds().count(service) == 1u);
  (void)context.model.transaction.TakeEffects();
  BOOST_TEST(OnServiceEvent(context, exited));
  for (const auto& effect : context.model.transaction.TakeEffects()) {
    context.on_remains_gone = [&](const std::string& id) { OnRemainsGone(context, id); };
    drivers::ProcessDriver driver({.shim_path = "/nowhere/nubo-shim", .run_dir = context.paths.Run()},
                                  [](const process::Event&) {});
    effect(driver);
  }
  BOOST_TEST(!Exists("/data/shop/Database"));
  BOOST_TEST(context.model.databases.Find("shop") == nullptr);
  BOOST_TEST(context.model.services.Find(service) == nullptr);
}

BOOST_AUTO_TEST_CASE(files_without_a_record_are_removed_and_others_stay) {
  AddInstance("i-1", kRunning, 4711);
  AddInstance("i-2", kTerminated, 0);
  AddService("dns", true, 4712);
  for (const char* path :
       {"/instances/i-1", "/instances/i-9", "/svc/dns", "/svc/lb-9", "/images/ami-9", "/images/ami-9.new"}) {
    fs::create_directories(context.paths.state + path);
  }
  for (const char* path : {"/log/i-1.log", "/log/i-1.log.1", "/log/i-2.log", "/log/i-9.log", "/log/lb-9.log.1",
                           "/log/dns.log", "/log/nubo.log", "/run/i-1.7.spec", "/run/lock", "/run/nubo.sock"}) {
    Touch(path);
  }
  RecoverIds();
  RunEffects();
  for (const char* path : {"/instances/i-1", "/svc/dns", "/images/ami-1", "/log/i-1.log", "/log/i-1.log.1",
                           "/log/i-2.log", "/log/dns.log", "/log/nubo.log", "/run/lock", "/run/nubo.sock"}) {
    BOOST_TEST(Exists(path), path);
  }
  for (const char* path : {"/instances/i-9", "/svc/lb-9", "/images/ami-9", "/images/ami-9.new", "/log/i-9.log",
                           "/log/lb-9.log.1", "/run/i-1.7.spec"}) {
    BOOST_TEST(!Exists(path), path);
  }
}

BOOST_AUTO_TEST_CASE(an_image_goes_with_the_last_that_needs_it) {
  AddInstance("i-1", kRunning, 4711);
  const ImageCopy copy = {.image_id = "ami-2", .directory = context.paths.Images() + "/ami-2"};
  BOOST_REQUIRE(RegisterImage(context, {.name = "web", .image_location = "/nowhere"}, copy).ok());
  BOOST_TEST(context.model.images.Find("ami-1")->name() == "");
  context.model.instances.Erase("i-1");
  ForgetUnusedImages(context);
  BOOST_TEST(context.model.images.Find("ami-1") == nullptr);
  BOOST_TEST(context.model.images.Find("ami-2") != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
