// The verbs that ask the region, or have it change one thing.
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/cli/args/kinds.h"
#include "nubo/cli/client/event_feed.h"
#include "tests/cli/runner.h"

namespace nubo::cli {
namespace {

using State = FakeRegion::State;

BOOST_AUTO_TEST_CASE(says_what_to_do_when_no_region_is_running) {
  Runner run;
  for (const char* line : {"get instances", "describe i-1", "events", "events -f", "logs i-1", "terminate i-1"}) {
    BOOST_TEST(run(line) == 1, line);
    BOOST_TEST(run.err() ==
               absl::StrCat("nubo: no region is running in ", run.region.state_dir(), "; start one with: nubo up\n"));
    BOOST_TEST(run.out() == "");
  }
}

BOOST_AUTO_TEST_CASE(a_socket_that_nobody_listens_on_is_no_region) {
  Runner run;
  run.region.Start();
  const std::string path = SocketPath(run.region.state_dir());
  const std::string aside = path + ".aside";
  std::filesystem::rename(path, aside);
  run.region.Stop();
  BOOST_TEST(run("get stacks") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "no region is running"), run.err());
}

BOOST_AUTO_TEST_CASE(lists_every_kind_as_a_table_and_as_json) {
  Runner run;
  run.region.Start();
  for (const std::string& kind : KindNames()) {
    BOOST_TEST(run("get " + kind) == 0, kind);
    BOOST_TEST(absl::StrContains(run.out(), "  "), run.out());
    BOOST_TEST(run.out().back() == '\n');
    BOOST_TEST(run("get -o json " + kind) == 0, kind);
    BOOST_TEST(absl::StrContains(run.out(), "[]"), run.out());
    BOOST_TEST(run.err() == "");
  }
  BOOST_TEST(run("get load-balancers -o json") == 0);
  BOOST_TEST(run.out() == "{\n \"loadBalancers\": []\n}\n");
}

BOOST_AUTO_TEST_CASE(lists_instances) {
  Runner run;
  run.region.Edit([](State& state) {
    auto* instance = state.instances.add_instances();
    instance->set_instance_id("i-1");
    instance->set_state("terminated");
    instance->set_private_ip_address("10.0.1.5");
    instance->set_loopback_address("127.44.1.5");
    instance->mutable_state_reason()->set_code("Client.UserInitiatedShutdown");
    instance->mutable_state_reason()->set_message("Client.UserInitiatedShutdown: asked for");
  });
  run.region.Start();
  BOOST_TEST(run("get instances") == 0);
  BOOST_TEST(absl::StartsWith(run.out(), "INSTANCE-ID  STATE       HEALTH  PRIVATE-IP  ADDRESS "), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "i-1          terminated  -       10.0.1.5    127.44.1.5 "), run.out());
  BOOST_TEST(absl::EndsWith(run.out(), "Client.UserInitiatedShutdown: asked for\n"), run.out());
}

BOOST_AUTO_TEST_CASE(status_tells_of_an_instance_that_nobody_replaces) {
  Runner run;
  run.region.Edit([](State& state) {
    for (const char* id : {"i-1", "i-2", "i-3"}) {
      auto* resource = state.resources.add_resources();
      resource->set_stack_name("steps");
      resource->set_logical_id(id[2] == '1' ? "A" : id[2] == '2' ? "B" : "Former");
      resource->set_physical_id(id);
      resource->set_type("AWS::EC2::Instance");
      resource->set_status(id[2] == '3' ? "DELETE_COMPLETE" : "CREATE_COMPLETE");
      auto* instance = state.instances.add_instances();
      instance->set_instance_id(id);
      instance->set_state(id[2] == '1' ? "running" : "terminated");
      instance->mutable_state_reason()->set_message("was killed by signal 9");
    }
  });
  run.region.Start();
  BOOST_TEST(run("status") == 1);
  BOOST_TEST(absl::StrContains(run.out(), "ok       instance steps/A  running\n"), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "BAD      instance steps/B  terminated: was killed by signal 9\n"),
             run.out());
  BOOST_TEST(!absl::StrContains(run.out(), "Former"), run.out());
}

BOOST_AUTO_TEST_CASE(lists_stacks_with_what_they_wait_for) {
  Runner run;
  run.region.Edit([](State& state) {
    state.MakeStack("todo", "CREATE_COMPLETE", false);
    state.Stack("todo")->add_waiting_for("i-1 is initial");
  });
  run.region.Start();
  BOOST_TEST(run("get stacks") == 0);
  BOOST_TEST(run.out() ==
             "NAME  STATUS           READY  CREATED  URL  WAITS-FOR\n"
             "todo  CREATE_COMPLETE  no     -        -    i-1 is initial\n");
}

BOOST_AUTO_TEST_CASE(describes_one_thing) {
  Runner run;
  run.region.Edit([](State& state) {
    state.description.set_id("db-1");
    state.description.set_type("AWS::RDS::DBInstance");
    state.description.set_status("available");
    state.description.add_not_enforced("MultiAZ");
    (*state.description.mutable_properties()->mutable_fields())["Engine"].set_string_value("mysql");
  });
  run.region.Start();
  BOOST_TEST(run("describe db-1") == 0);
  BOOST_TEST(run.out() ==
             "Id: db-1\nType: AWS::RDS::DBInstance\nStatus: available\nEnforced: false\nNotEnforced:\n"
             "  - MultiAZ\nProperties:\n  Engine: mysql\n");
  BOOST_TEST(run("describe db-1 -o json") == 0);
  BOOST_TEST(absl::StrContains(run.out(), "\"enforced\": false"), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "\"Engine\": \"mysql\""), run.out());
}

BOOST_AUTO_TEST_CASE(passes_on_the_regions_error_with_its_code) {
  Runner run;
  run.region.Start();
  BOOST_TEST(run("describe nothing") == 1);
  BOOST_TEST(run.err() == "nubo: ResourceNotFound: there is nothing called nothing\n");
  BOOST_TEST(run("terminate i-1 i-unknown") == 1);
  BOOST_TEST(run.err() == "nubo: InvalidInstanceID.NotFound: there is no instance i-unknown\n");
  BOOST_TEST(run.out() == "");
}

BOOST_AUTO_TEST_CASE(get_leaves_out_what_was_not_asked_for) {
  Runner run;
  run.region.Start();
  run.region.Edit([](FakeRegion::State& state) {
    for (const auto& [id, stack] : {std::pair("i-1", "todo"), std::pair("i-2", "shop"), std::pair("i-3", "todo")}) {
      auto* instance = state.instances.add_instances();
      instance->set_instance_id(id);
      instance->set_stack_name(stack);
      instance->set_logical_id("Web");
    }
    state.targets.add_targets()->set_target_id("i-1");
  });
  const auto rows = [&](const std::string& line) {
    BOOST_TEST(run("get " + line + " -o json") == 0, run.err());
    std::string ids;
    for (const char* id : {"i-1", "i-2", "i-3"}) ids += absl::StrContains(run.out(), id) ? id : "";
    return ids;
  };
  BOOST_TEST(rows("instances") == "i-1i-2i-3");
  BOOST_TEST(rows("instances i-2") == "i-2");
  BOOST_TEST(rows("instances --stack todo") == "i-1i-3");
  BOOST_TEST(rows("instances shop/Web") == "i-2");
  BOOST_TEST(rows("instances --stack nothing") == "");
  BOOST_TEST(run("get instances i-9") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "none of the instances is called i-9"), run.err());
  BOOST_TEST(run("get targets --stack todo") == 2);
  BOOST_TEST(absl::StrContains(run.err(), "targets are not known by their stack"), run.err());
}

BOOST_AUTO_TEST_CASE(get_leaves_the_choice_to_the_region) {
  Runner run;
  run.region.Start();
  run.region.Edit([](FakeRegion::State& state) {
    for (const auto& [id, what] :
         {std::pair("i-1", "running"), std::pair("i-2", "stopped"), std::pair("i-3", "pending")}) {
      auto* instance = state.instances.add_instances();
      instance->set_instance_id(id);
      instance->set_state(what);
      instance->set_vpc_id("vpc-*");
    }
  });
  const auto shown = [&](const std::string& line) {
    BOOST_TEST(run(line) == 0, run.err());
    std::string ids;
    for (const char* id : {"i-1", "i-2", "i-3"}) ids += absl::StrContains(run.out(), id) ? id : "";
    return ids;
  };
  BOOST_TEST(shown("get instances vpc-* --filter instance-state-name=running,pending") == "i-1i-3");
  const auto asked = run.region.Read<std::vector<region::v1::Filter>>([](State& s) { return s.filters; });
  BOOST_REQUIRE_EQUAL(asked.size(), 2u);
  // What is called so, be it a wildcard or not.
  BOOST_TEST(asked[0].name() == "nubo:any");
  BOOST_TEST(asked[0].values(0) == "vpc-\\*");
  BOOST_TEST(asked[1].name() == "instance-state-name");
  BOOST_TEST(asked[1].values_size() == 2);
  BOOST_TEST(shown("get instances --filter instance-state-name=stopped") == "i-2");
  BOOST_TEST(run("get instances --filter colour=red") == 2);
  BOOST_TEST(absl::StrContains(run.err(), "InvalidParameterValue: The filter 'colour' is invalid"), run.err());
}

BOOST_AUTO_TEST_CASE(lists_are_read_to_their_end) {
  Runner run;
  run.region.Edit([](FakeRegion::State& state) {
    state.page_max = 2;
    for (int i = 1; i <= 5; ++i) {
      auto* instance = state.instances.add_instances();
      instance->set_instance_id(absl::StrCat("i-", i));
      instance->set_stack_name(i == 3 ? "shop" : "todo");
      state.Tell("running", "Web", "AWS::EC2::Instance");
    }
  });
  run.region.Start();
  BOOST_TEST(run("get instances -o json") == 0, run.err());
  for (int i = 1; i <= 5; ++i) BOOST_TEST(absl::StrContains(run.out(), absl::StrCat("\"i-", i, "\"")), run.out());
  // Of pages a program sees nothing.
  BOOST_TEST(!absl::StrContains(run.out(), "nextToken"), run.out());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.pages; }) == 3);
  BOOST_TEST(run("get instances --stack todo -o json") == 0, run.err());
  BOOST_TEST(!absl::StrContains(run.out(), "i-3"), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "i-5"), run.out());
  BOOST_TEST(run("events") == 0);
  const std::string events = run.out();
  BOOST_TEST(std::count(events.begin(), events.end(), '\n') == 5);
}

BOOST_AUTO_TEST_CASE(what_has_no_order_of_its_own_is_printed_by_name) {
  Runner run;
  run.region.Start();
  run.region.Edit([](FakeRegion::State& state) {
    state.description.set_id("i-1");
    auto& fields = *state.description.mutable_properties()->mutable_fields();
    for (const char* name : {"Zeta", "Alpha", "Mid", "Beta"}) fields[name].set_string_value("x");
    (*fields["Mid"].mutable_struct_value()->mutable_fields())["B"].set_number_value(1);
    (*fields["Mid"].mutable_struct_value()->mutable_fields())["A"].set_number_value(2);
  });
  BOOST_TEST(run("describe i-1 -o json") == 0, run.err());
  size_t last = 0;
  for (const char* name : {"\"id\"", "\"properties\"", "Alpha", "Beta", "Mid", "\"A\"", "\"B\"", "Zeta"}) {
    const size_t at = run.out().find(name);
    BOOST_TEST(at != std::string::npos, name);
    BOOST_TEST(at > last, run.out());
    last = at;
  }
}

BOOST_AUTO_TEST_CASE(an_instance_may_be_named_as_describe_takes_it) {
  Runner run;
  run.region.Start();
  run.region.Edit([](FakeRegion::State& state) {
    state.instances.add_instances()->set_instance_id("i-1");
    state.physical_ids["todo/Web"] = "i-1";
  });
  BOOST_TEST(run("terminate todo/Web") == 0, run.err());
  BOOST_TEST(run.region.Read<std::string>([](FakeRegion::State& s) { return s.terminated.at(0); }) == "i-1");
  BOOST_TEST(run("exec todo/Web -- true") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "no instance i-1 is running"), run.err());
  BOOST_TEST(run("terminate todo/Other") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "there is nothing called todo/Other"), run.err());
}

BOOST_AUTO_TEST_CASE(terminates_instances) {
  Runner run;
  run.region.Start();
  BOOST_TEST(run("terminate i-1 i-2") == 0);
  BOOST_TEST(run.out() == "i-1: running -> shutting-down\ni-2: running -> shutting-down\n");
  BOOST_TEST(run.region.Read<size_t>([](State& s) { return s.terminated.size(); }) == 2u);
  BOOST_TEST(run("terminate i-1 -o json") == 0);
  BOOST_TEST(absl::StrContains(run.out(), "\"currentState\": \"shutting-down\""), run.out());
}

BOOST_AUTO_TEST_CASE(stops_starts_and_reboots_instances) {
  Runner run;
  run.region.Start();
  run.region.Edit([](State& state) {
    auto* instance = state.instances.add_instances();
    instance->set_instance_id("i-1");
    instance->set_state("running");
    instance->set_pid(4711);
    state.physical_ids["todo/Web"] = "i-1";
  });
  BOOST_TEST(run("stop todo/Web --wait") == 0, run.err());
  BOOST_TEST(run.out() == "i-1: running -> stopped\n");
  BOOST_TEST(run("start i-1 --wait") == 0, run.err());
  BOOST_TEST(run.out() == "i-1: stopped -> running\n");
  BOOST_TEST(run("reboot i-1 --wait") == 0, run.err());
  BOOST_TEST(run.out() == "i-1: rebooting\n");
  const auto calls = run.region.Read<std::vector<std::string>>([](State& s) { return s.instance_calls; });
  BOOST_TEST(calls == (std::vector<std::string>{"stop i-1", "start i-1", "reboot i-1"}),
             boost::test_tools::per_element());
  BOOST_TEST(run("stop i-1 -o json") == 0);
  BOOST_TEST(absl::StrContains(run.out(), "\"currentState\": \"stopped\""), run.out());
}

BOOST_AUTO_TEST_CASE(stop_says_which_group_will_replace_the_instance) {
  Runner run;
  run.region.Start();
  run.region.Edit([](State& state) {
    auto* instance = state.instances.add_instances();
    instance->set_instance_id("i-1");
    instance->set_state("running");
    instance->set_auto_scaling_group_name("web");
  });
  BOOST_TEST(run("stop i-1") == 0, run.err());
  BOOST_TEST(run.out() == "i-1: running -> stopped; belongs to group web, which will replace it\n");
}

BOOST_AUTO_TEST_CASE(an_instance_that_ends_is_not_waited_for_to_run) {
  Runner run;
  run.region.Start();
  run.region.Edit([](State& state) {
    auto* instance = state.instances.add_instances();
    instance->set_instance_id("i-1");
    instance->set_state("stopped");
    instance->mutable_state_reason()->set_message("Server.InternalError: no memory");
    state.keep_instances = true;
  });
  BOOST_TEST(run("start i-1 --wait") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "i-1 does not run: it is stopped: Server.InternalError: no memory"),
             run.err());
  BOOST_TEST(run("stop i-unknown") == 1);
  BOOST_TEST(run.err() == "nubo: InvalidInstanceID.NotFound: there is no instance i-unknown\n");
}

BOOST_AUTO_TEST_CASE(protects_and_takes_protection_off) {
  Runner run;
  run.region.Edit([](State& state) { state.physical_ids = {{"i-1", "i-1"}, {"shop/Db", "shop-db"}}; });
  run.region.Start();
  BOOST_TEST(run("protect i-1 shop/Db") == 0, run.err());
  BOOST_TEST(run.out() == "i-1: protected\nshop-db: protected\n");
  BOOST_TEST(run("protect i-1 --off --scale-in") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "i-1: not protected from scale-in\n"), run.out());
  const auto asked =
      run.region.Read<std::vector<region::v1::SetProtectionRequest>>([](State& s) { return s.protections; });
  BOOST_REQUIRE_EQUAL(asked.size(), 3u);
  BOOST_TEST((asked[1].on() && !asked[1].scale_in()));
  BOOST_TEST((!asked[2].on() && asked[2].scale_in()));
}

BOOST_AUTO_TEST_CASE(prints_events_oldest_first) {
  Runner run;
  run.region.Edit([](State& state) {
    state.Tell("CREATE_COMPLETE", "Vpc", "AWS::EC2::VPC");
    state.Tell("running", "Web", "AWS::EC2::Instance");
  });
  run.region.Start();
  BOOST_TEST(run("events") == 0);
  BOOST_TEST(absl::StartsWith(run.out(), "2030-01-01 12:00:00  CREATE_COMPLETE       Vpc "), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "\n2030-01-01 12:00:00  running               Web "), run.out());
  BOOST_TEST(run("events -o json") == 0);
  BOOST_TEST(absl::StrContains(run.out(), "\"logicalId\": \"Web\""), run.out());
}

BOOST_AUTO_TEST_CASE(follows_events_until_interrupted) {
  Runner run;
  run.region.Edit([](State& state) { state.Tell("CREATE_COMPLETE", "Vpc", "AWS::EC2::VPC"); });
  run.region.Start();
  run.When("{\"id\":1,",
           [&run] { run.region.Edit([](State& state) { state.Tell("running", "Web", "AWS::EC2::Instance"); }); });
  run.When("{\"id\":2,", [&run] { run.interrupted = true; });
  BOOST_TEST(run("events -f -o json") == 0);
  BOOST_TEST(absl::StartsWith(run.out(), "{\"id\":1,"), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "}\n{\"id\":2,"), run.out());
}

BOOST_AUTO_TEST_CASE(following_ends_with_an_error_when_the_region_does) {
  Runner run;
  run.region.Edit([](State& state) { state.Tell("CREATE_COMPLETE", "Vpc", "AWS::EC2::VPC"); });
  run.region.Start();
  run.When("CREATE_COMPLETE", [&run] { run.region.Stop(); });
  BOOST_TEST(run("events -f") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "stopped answering; its log is"), run.err());
}

BOOST_AUTO_TEST_CASE(a_feed_holds_back_what_nobody_takes) {
  FakeRegion region;
  constexpr int kEvents = static_cast<int>(EventFeed::kWaitingMax) + 500;
  region.Edit([](State& state) {
    for (int i = 0; i < kEvents; ++i) state.Tell("running", "Web", "AWS::EC2::Instance");
  });
  region.Start();
  const auto client = Client::Connect(region.state_dir());
  BOOST_REQUIRE(client.ok());
  EventFeed feed(**client, 0);
  int taken = 0;
  while (taken < kEvents) {
    const auto events = feed.Take(absl::Seconds(5));
    BOOST_REQUIRE(!events.empty());
    BOOST_TEST(events.size() <= EventFeed::kWaitingMax);
    BOOST_TEST(events.front().id() == taken + 1);
    taken += static_cast<int>(events.size());
  }
  BOOST_TEST(taken == kEvents);
}

BOOST_AUTO_TEST_CASE(prints_a_log_as_it_is) {
  Runner run;
  run.region.Edit([](State& state) { state.log = {"started\n", "binary \x01\n"}; });
  run.region.Start();
  BOOST_TEST(run("logs i-1") == 0);
  BOOST_TEST(run.out() == "started\nbinary \x01\n");
  BOOST_TEST(run("logs i-2") == 1);
  BOOST_TEST(run.err() == "nubo: no log is kept of i-2\n");
}

BOOST_AUTO_TEST_CASE(says_which_part_of_a_log_is_asked_for) {
  Runner run;
  run.region.Start();
  BOOST_TEST(run("logs i-1 --since 2030-01-01T13:00:00+01:00 -n 3") == 0, run.err());
  const auto request = run.region.Read<region::v1::ReadLogRequest>([](State& s) { return s.log_requests.at(0); });
  BOOST_TEST(request.since() == "2030-01-01T12:00:00+00:00");
  BOOST_TEST(request.tail_lines() == 3);
}

BOOST_AUTO_TEST_CASE(imports_an_image) {
  Runner run;
  run.region.Start();
  std::filesystem::create_directories(run.region.state_dir() + "/build/web");
  BOOST_TEST(run("image import web build/web") == 0);
  BOOST_TEST(run.out() == "ami-web\n");
  BOOST_TEST(run.region.Read<std::string>([](State& s) { return s.imported.at(0); }) ==
             absl::StrCat("web=", run.region.state_dir(), "/build/web"));
  BOOST_TEST(run("image import web build/web -o json") == 0);
  BOOST_TEST(absl::StrContains(run.out(), "\"imageId\": \"ami-web\""), run.out());
}

BOOST_AUTO_TEST_CASE(an_image_needs_a_directory) {
  Runner run;
  run.region.Start();
  BOOST_TEST(run("image import web nowhere") == 2);
  BOOST_TEST(absl::StrContains(run.err(), "No such file or directory; name a directory"), run.err());
  BOOST_TEST(run.region.Read<bool>([](State& s) { return s.imported.empty(); }));
}

BOOST_AUTO_TEST_CASE(prints_the_version_and_help_without_a_region) {
  Runner run;
  BOOST_TEST(run("version") == 0);
  BOOST_TEST(absl::StartsWith(run.out(), "nubo "), run.out());
  BOOST_TEST(run("help") == 0);
  BOOST_TEST(absl::StrContains(run.out(), "nubo up"), run.out());
  BOOST_TEST(run("gte") == 2);
  BOOST_TEST(run.err() == "nubo: there is no verb 'gte'; did you mean get?\n");
}

}  // namespace
}  // namespace nubo::cli
