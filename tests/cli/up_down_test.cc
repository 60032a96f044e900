// Bringing stacks up and taking them down.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cli/runner.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::CreateStackRequest;
using cloudformation::v1::CreateStackResponse;
using State = FakeRegion::State;

// A runner beside a template in todo/template.yaml.
struct Todo : Runner {
  Todo() {
    // The fake's directory doubles as working directory; what a region leaves behind must not lie in it.
    work = region.state_dir() + "-work";
    std::filesystem::create_directories(work + "/todo");
    std::ofstream(work + "/todo/template.yaml") << "Resources: {}\n";
    surroundings.current_directory = work;
  }
  ~Todo() { std::filesystem::remove_all(work); }
  std::string Error() const { return err(); }
  std::string work;
};

constexpr char kUp[] = "up todo/template.yaml";

BOOST_AUTO_TEST_CASE(up_starts_a_region_and_waits_until_the_stack_is_ready) {
  Todo run;
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(run.launcher.launched.size() == 1u);
  BOOST_TEST(run.launcher.launched[0].state_dir == run.region.state_dir());
  BOOST_TEST(run.launcher.launched[0].http_address.ToString() == "127.0.0.1:8080");
  BOOST_TEST(absl::StrContains(run.out(), "CREATE_COMPLETE       Vpc "), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "stack todo is ready, after "), run.out());
  BOOST_TEST(run.err() == "");
  const auto created = run.region.Read<CreateStackRequest>([](State& s) { return s.created.at(0); });
  BOOST_TEST(created.stack_name() == "todo");
  BOOST_TEST(created.template_body() == "Resources: {}\n");
  BOOST_TEST(created.template_name() == "todo/template.yaml");
}

BOOST_AUTO_TEST_CASE(up_uses_the_region_that_is_running) {
  Todo run;
  run.region.Start();
  BOOST_TEST(run("up todo/template.yaml --param A=1") == 0, run.err());
  BOOST_TEST(run.launcher.launched.empty());
  const auto created = run.region.Read<CreateStackRequest>([](State& s) { return s.created.at(0); });
  BOOST_TEST(created.parameters(0).key() == "A");
  BOOST_TEST(created.parameters(0).value() == "1");
}

BOOST_AUTO_TEST_CASE(up_starts_nothing_when_the_template_cannot_be_read) {
  Todo run;
  BOOST_TEST(run("up todo/nothing.yaml") == 2);
  BOOST_TEST(absl::StartsWith(run.err(), "nubo: cannot read the template todo/nothing.yaml: No such file"), run.err());
  BOOST_TEST(run.launcher.launched.empty());
}

BOOST_AUTO_TEST_CASE(up_does_not_send_an_endless_template) {
  Todo run;
  std::ofstream(run.work + "/todo/template.yaml") << std::string((1 << 20) + 1, 'x');
  BOOST_TEST(run(kUp) == 2);
  BOOST_TEST(absl::StrContains(run.err(), "larger than 1048576 bytes"), run.err());
  BOOST_TEST(run.launcher.launched.empty());
}

BOOST_AUTO_TEST_CASE(up_prints_the_regions_own_start_up_error) {
  Todo run;
  run.launcher.outcome = absl::UnavailableError("127.0.0.1:8080 is in use by another program");
  BOOST_TEST(run(kUp) == 1);
  BOOST_TEST(run.err() == "nubo: 127.0.0.1:8080 is in use by another program\n");
}

BOOST_AUTO_TEST_CASE(up_starts_the_region_with_what_was_asked) {
  Todo run;
  run.region.Edit([](State& state) {
    state.status.set_http_address("127.0.0.1:8081");
    state.status.set_dns_address("127.0.0.1:10054");
  });
  BOOST_TEST(run("up todo/template.yaml --http-address 127.0.0.1:8081 --dns-address 127.0.0.1:10054") == 0, run.err());
  BOOST_TEST(run.launcher.launched.at(0).http_address.port == 8081);
  BOOST_TEST(run.launcher.launched.at(0).dns_address.port == 10054);
}

BOOST_AUTO_TEST_CASE(up_refuses_other_addresses_than_a_region_that_was_not_taken_down_goes_on_with) {
  Todo run;
  run.region.Edit([](State& state) { state.status.set_http_address("127.0.0.1:8080"); });
  BOOST_TEST(run("up todo/template.yaml --http-address 127.0.0.1:8081") == 2);
  BOOST_TEST(run.launcher.launched.size() == 1u);
  BOOST_TEST(absl::StrContains(run.err(), "--http-address 127.0.0.1:8080, not 127.0.0.1:8081"));
}

BOOST_AUTO_TEST_CASE(up_refuses_other_addresses_than_the_running_region_has) {
  Todo run;
  run.region.Edit([](State& state) {
    state.status.set_http_address("127.0.0.1:8080");
    state.status.set_dns_address("127.0.0.1:10053");
    state.status.set_fabric("loopback");
  });
  run.region.Start();
  BOOST_TEST(run("up todo/template.yaml --http-address 127.0.0.1:8081") == 2);
  BOOST_TEST(run.err() ==
             "nubo: the region that is running has --http-address 127.0.0.1:8080, not 127.0.0.1:8081; "
             "leave --http-address out, or take the region down first: nubo down\n");
  BOOST_TEST(run("up todo/template.yaml --dns-address 127.0.0.1:10054") == 2);
  BOOST_TEST(run.region.Read<bool>([](State& s) { return s.created.empty(); }));
  BOOST_TEST(run("up todo/template.yaml --http-address 127.0.0.1:8080 --fabric loopback") == 0, run.err());
}

BOOST_AUTO_TEST_CASE(up_without_isolation_is_asked_for_before_the_region_starts) {
  Todo run;
  BOOST_TEST(run("up todo/template.yaml --allow-unisolated") == 2);
  BOOST_TEST(run.launcher.launched.size() == 1u);
  BOOST_TEST(run.launcher.launched[0].allow_unisolated);
  BOOST_TEST(absl::StrContains(run.err(), "isolates its instances; leave --allow-unisolated out"), run.err());
  run.region.Edit([](State& state) { state.status.set_allow_unisolated(true); });
  BOOST_TEST(run("up todo/template.yaml --allow-unisolated") == 0, run.err());
}

BOOST_AUTO_TEST_CASE(up_imports_images_first) {
  Todo run;
  for (const char* name : {"images/web", "images/api", "mine"})
    std::filesystem::create_directories(run.work + "/" + name);
  std::ofstream(run.work + "/images/README") << "no image";
  run.surroundings.environment["NUBO_DEFAULT_IMAGES"] = "images";
  BOOST_TEST(run("up todo/template.yaml --image web=mine") == 0, run.err());
  const auto imported = run.region.Read<std::vector<std::string>>([](State& s) { return s.imported; });
  BOOST_REQUIRE(imported.size() == 2u);
  BOOST_TEST(imported[0] == absl::StrCat("api=", run.work, "/images/api"));
  BOOST_TEST(imported[1] == absl::StrCat("web=", run.work, "/mine"));
  BOOST_TEST(absl::StrContains(run.out(), "image web is ami-web\n"), run.out());
}

BOOST_AUTO_TEST_CASE(up_names_instances_that_keep_a_former_image) {
  Todo run;
  std::filesystem::create_directories(run.work + "/mine");
  BOOST_TEST(run("up todo/template.yaml --image web=mine") == 0, run.err());
  run.region.Edit([](State& state) {
    auto* image = state.images.add_images();
    image->set_name("web");
    image->set_image_id("ami-former");
    for (const char* id : {"i-1", "i-2", "i-3"}) {
      auto* instance = state.instances.add_instances();
      instance->set_instance_id(id);
      instance->set_stack_name(id[2] == '3' ? "other" : "todo");
      instance->set_state("running");
      instance->set_image_id(id[2] == '1' ? "ami-former" : id[2] == '2' ? "ami-web" : "ami-former");
    }
  });
  BOOST_TEST(run("up todo/template.yaml --image web=mine") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "image web has changed; still running the former one: i-1; what replaces"),
             run.out());
  BOOST_TEST(absl::StrContains(run.out(), "nubo terminate i-1\n"), run.out());
}

BOOST_AUTO_TEST_CASE(up_starts_nothing_when_an_image_is_not_there) {
  Todo run;
  BOOST_TEST(run("up todo/template.yaml --image web=nowhere") == 2);
  BOOST_TEST(absl::StrContains(run.err(), "image web cannot be made from"), run.err());
  BOOST_TEST(run.launcher.launched.empty());
}

BOOST_AUTO_TEST_CASE(a_second_up_has_nothing_to_do) {
  Todo run;
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(absl::StartsWith(run.out(), "nothing to do: stack todo is as todo/template.yaml says. No updates "),
             run.out());
  BOOST_TEST(absl::StrContains(run.out(), "stack todo is ready"), run.out());
  BOOST_TEST(!absl::StrContains(run.out(), "CREATE_COMPLETE"), run.out());
}

BOOST_AUTO_TEST_CASE(up_passes_on_a_refusal_and_leaves_a_running_region_alone) {
  Todo run;
  run.region.Start();
  run.region.Edit([](State& state) {
    state.on_create = [](State&, const CreateStackRequest&, CreateStackResponse*) {
      return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "stack todo exists with another template");
    };
  });
  BOOST_TEST(run(kUp) == 1);
  BOOST_TEST(run.err() == "nubo: stack todo exists with another template\n");
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 0);
}

BOOST_AUTO_TEST_CASE(up_stops_the_region_it_started_for_a_template_that_is_refused) {
  Todo run;
  run.region.Edit([](State& state) {
    state.on_create = [](State&, const CreateStackRequest&, CreateStackResponse*) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                          "todo/template.yaml:1:2: bad\ntodo/template.yaml:3:4: worse");
    };
  });
  BOOST_TEST(run(kUp) == 2);
  BOOST_TEST(run.err() == "nubo: todo/template.yaml:1:2: bad\nnubo: todo/template.yaml:3:4: worse\n");
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 1);
}

// Makes the stack at once, and lets `polls` looks at it go by before it is ready.
void ReadyAfter(State& state, int polls) {
  state.on_create = [](State& s, const CreateStackRequest& request, CreateStackResponse*) {
    s.MakeStack(request.stack_name(), "CREATE_COMPLETE", false);
    s.Stack(request.stack_name())->add_waiting_for("i-1 is initial");
    return grpc::Status::OK;
  };
  state.on_poll = [polls](State& s) mutable {
    auto* stack = s.Stack("todo");
    if (stack != nullptr && --polls < 0) stack->set_ready(true);
  };
}

BOOST_AUTO_TEST_CASE(up_says_what_it_waits_for_and_ends_with_urls_and_outputs) {
  Todo run;
  run.region.Edit([](State& state) {
    ReadyAfter(state, 2);
    auto on_create = state.on_create;
    state.on_create = [on_create](State& s, const CreateStackRequest& request, CreateStackResponse* answer) {
      const grpc::Status status = on_create(s, request, answer);
      s.Stack("todo")->add_urls("http://app.todo.localhost:8080/");
      s.Stack("todo")->add_outputs()->set_key("Url");
      return status;
    };
  });
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "  waiting for i-1 is initial\n"), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "\n  http://app.todo.localhost:8080/\n"), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "OUTPUT  VALUE"), run.out());
}

// A stack whose next update replaces the database and adds a subnet.
void WithReplacement(State& state, const std::string& template_path) {
  state.MakeStack("todo", "CREATE_COMPLETE", true);
  state.Stack("todo")->set_template_path(template_path);
  state.changes.set_stack_name("todo");
  auto* database = state.changes.add_changes();
  database->set_action("Modify");
  database->set_logical_id("Database");
  database->set_type("AWS::RDS::DBInstance");
  database->set_replacement("True");
  auto* subnet = state.changes.add_changes();
  subnet->set_action("Add");
  subnet->set_logical_id("Subnet");
  subnet->set_type("AWS::EC2::Subnet");
}

size_t Updates(Todo& run) {
  return run.region.Read<size_t>([](State& s) { return s.updated.size(); });
}

BOOST_AUTO_TEST_CASE(an_update_that_replaces_is_shown_and_has_to_be_wanted) {
  Todo run;
  run.region.Start();
  run.region.Edit([&](State& state) { WithReplacement(state, run.work + "/todo/template.yaml"); });
  BOOST_TEST(run(kUp) == 2);
  BOOST_TEST(absl::StrContains(run.out(), "+/- Database (AWS::RDS::DBInstance"), run.out());
  BOOST_TEST(
      run.err() ==
      "nubo: this deletes or replaces 1 of stack todo's resources; nothing was changed; if that is what you want, "
      "say --yes\n");
  BOOST_TEST(Updates(run) == 0u);
  BOOST_TEST(run("up todo/template.yaml --yes") == 0, run.err());
  BOOST_TEST(Updates(run) == 1u);
  std::string asked;
  run.ask = [&](const std::string& question) {
    asked = question;
    return false;
  };
  BOOST_TEST(run(kUp) == 130);
  BOOST_TEST(absl::StrContains(asked, "replaces 1 of stack todo's resources. Go on?"), asked);
  BOOST_TEST(Updates(run) == 1u);
  run.ask = [](const std::string&) { return true; };
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(Updates(run) == 2u);
}

BOOST_AUTO_TEST_CASE(who_says_no_has_changed_nothing_not_even_an_image) {
  Todo run;
  std::filesystem::create_directories(run.work + "/mine/bin");
  run.region.Start();
  run.region.Edit([&](State& state) { WithReplacement(state, run.work + "/todo/template.yaml"); });
  const auto images = [&] { return run.region.Read<size_t>([](State& s) { return s.imported.size(); }); };
  BOOST_TEST(run("up todo/template.yaml --image web=mine") == 2);
  run.ask = [](const std::string&) { return false; };
  BOOST_TEST(run("up todo/template.yaml --image web=mine") == 130);
  BOOST_TEST(images() == 0u);
  run.ask = [](const std::string&) { return true; };
  BOOST_TEST(run("up todo/template.yaml --image web=mine") == 0, run.err());
  BOOST_TEST(images() > 0u);
}

BOOST_AUTO_TEST_CASE(a_template_of_another_directory_is_told_from_the_stacks_own) {
  Todo run;
  run.region.Start();
  run.region.Edit([](State& state) { WithReplacement(state, "/srv/shop/template.yaml"); });
  BOOST_TEST(run(kUp) == 2);
  BOOST_TEST(
      absl::StrContains(run.err(), "it was made from /srv/shop/template.yaml, not " + run.work + "/todo/template.yaml"),
      run.err());
  BOOST_TEST(absl::StrContains(run.err(), "if this is another stack, --name NAME"), run.err());
  BOOST_TEST(Updates(run) == 0u);
}

BOOST_AUTO_TEST_CASE(an_update_that_only_adds_needs_no_question) {
  Todo run;
  run.region.Start();
  run.region.Edit([&](State& state) {
    WithReplacement(state, run.work + "/todo/template.yaml");
    state.changes.mutable_changes()->DeleteSubrange(0, 1);
  });
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(Updates(run) == 1u);
}

BOOST_AUTO_TEST_CASE(up_takes_the_template_in_a_directory) {
  Todo run;
  BOOST_TEST(run("up todo") == 0, run.err());
  const auto created = run.region.Read<CreateStackRequest>([](State& s) { return s.created.at(0); });
  BOOST_TEST(created.stack_name() == "todo");
  BOOST_TEST(created.template_name() == "todo/template.yaml");
  BOOST_TEST(created.template_path() == run.work + "/todo/template.yaml");
}

BOOST_AUTO_TEST_CASE(addresses_may_come_from_the_environment) {
  Todo run;
  run.region.Edit([](State& state) {
    state.status.set_http_address("127.0.0.1:18080");
    state.status.set_dns_address("127.0.0.1:19053");
  });
  run.surroundings.environment["NUBO_HTTP_ADDRESS"] = "127.0.0.1:18080";
  run.surroundings.environment["NUBO_DNS_ADDRESS"] = "127.0.0.1:18053";
  BOOST_TEST(run("up todo/template.yaml --dns-address 127.0.0.1:19053") == 0, run.err());
  BOOST_TEST(run.launcher.launched[0].http_address.ToString() == "127.0.0.1:18080");
  BOOST_TEST(run.launcher.launched[0].dns_address.ToString() == "127.0.0.1:19053");
  run.surroundings.environment["NUBO_HTTP_ADDRESS"] = "everywhere";
  BOOST_TEST(run(kUp) == 2);
  BOOST_TEST(absl::StrContains(run.err(), "$NUBO_HTTP_ADDRESS 'everywhere' is not ADDRESS:PORT"), run.err());
}

BOOST_AUTO_TEST_CASE(a_template_that_the_region_refuses_is_wrong_input) {
  Todo run;
  run.region.Start();
  run.region.Edit([](State& state) {
    state.on_create = [](State&, const CreateStackRequest&, CreateStackResponse*) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "template.yaml:1:1: no");
    };
  });
  BOOST_TEST(run(kUp) == 2);
  BOOST_TEST(run.err() == "nubo: template.yaml:1:1: no\n");
}

BOOST_AUTO_TEST_CASE(instances_of_a_former_launch_template_are_named) {
  Todo run;
  run.region.Start();
  run.region.Edit([](State& state) {
    auto* group = state.groups.add_groups();
    group->set_stack_name("todo");
    group->set_logical_id("Web");
    auto* instance = group->add_instances();
    instance->set_instance_id("i-1");
    instance->set_launched_otherwise(true);
    group->add_instances()->set_instance_id("i-2");
  });
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "group Web has a newer launch template; still running a former one: i-1;"),
             run.out());
}

BOOST_AUTO_TEST_CASE(up_as_json_keeps_progress_out_of_the_answer) {
  Todo run;
  BOOST_TEST(run("up todo/template.yaml -o json") == 0);
  BOOST_TEST(absl::StartsWith(run.out(), "{\n \"stacks\": ["), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "\"ready\": true"), run.out());
  BOOST_TEST(absl::StrContains(run.err(), "CREATE_COMPLETE       Vpc"), run.err());
}

BOOST_AUTO_TEST_CASE(up_names_what_is_missing_when_time_runs_out_and_deletes_nothing) {
  Todo run;
  run.region.Edit([](State& state) { ReadyAfter(state, 1000000); });
  BOOST_TEST(run("up todo/template.yaml --timeout 100ms") == 1);
  BOOST_TEST(run.err() ==
             "nubo: stack todo is not ready after 100ms; it still waits for i-1 is initial; "
             "nothing was deleted\n");
  BOOST_TEST(run.region.Read<bool>([](State& s) { return s.deleted.empty(); }));
}

BOOST_AUTO_TEST_CASE(an_interrupted_up_says_that_the_region_goes_on) {
  Todo run;
  run.region.Edit([](State& state) { ReadyAfter(state, 1000000); });
  run.interrupted = true;
  BOOST_TEST(run(kUp) == 130);
  BOOST_TEST(absl::StrContains(run.err(), "interrupted; the region goes on with stack todo"), run.err());
}

// Fails the database, then undoes it after two looks.
void FailAndRollBack(State& state, const std::string& end) {
  state.on_create = [](State& s, const CreateStackRequest& request, CreateStackResponse*) {
    s.MakeStack(request.stack_name(), "ROLLBACK_IN_PROGRESS", false);
    s.Tell("CREATE_FAILED", "Database", "AWS::RDS::DBInstance", "no mariadbd here");
    s.Tell("CREATE_FAILED", "Vpc", "AWS::EC2::VPC", "Resource creation cancelled");
    return grpc::Status::OK;
  };
  state.on_poll = [end, polls = 2](State& s) mutable {
    auto* stack = s.Stack("todo");
    if (stack != nullptr && --polls < 0) stack->set_stack_status(end);
  };
}

BOOST_AUTO_TEST_CASE(up_waits_for_the_rollback_and_tells_the_first_reason) {
  Todo run;
  run.region.Edit([](State& state) { FailAndRollBack(state, "ROLLBACK_COMPLETE"); });
  BOOST_TEST(run(kUp) == 1);
  BOOST_TEST(run.err() ==
             "nubo: stack todo could not be created: Database (AWS::RDS::DBInstance): no mariadbd here; "
             "what it had made is removed\n");
  BOOST_TEST(absl::StrContains(run.out(), "CREATE_FAILED         Database "), run.out());
  BOOST_TEST(run.region.Read<std::string>([](State& s) { return s.Stack("todo")->stack_status(); }) ==
             "ROLLBACK_COMPLETE");
}

BOOST_AUTO_TEST_CASE(up_says_when_a_rollback_left_something) {
  Todo run;
  run.region.Edit([](State& state) { FailAndRollBack(state, "ROLLBACK_FAILED"); });
  BOOST_TEST(run(kUp) == 1);
  BOOST_TEST(absl::StrContains(run.err(), "could not all be removed: nubo get resources"), run.err());
}

BOOST_AUTO_TEST_CASE(up_removes_what_a_failed_attempt_left_and_tries_again) {
  Todo run;
  run.region.Edit([](State& state) { state.MakeStack("todo", "ROLLBACK_COMPLETE", false); });
  run.region.Start();
  BOOST_TEST(run(kUp) == 0, run.err());
  BOOST_TEST(absl::StartsWith(run.out(), "removing what the last attempt at stack todo left\n"), run.out());
  BOOST_TEST(run.region.Read<size_t>([](State& s) { return s.deleted.size(); }) == 1u);
  BOOST_TEST(!run.region.Read<bool>([](State& s) { return s.deleted[0].delete_data(); }));
  BOOST_TEST(run.region.Read<size_t>([](State& s) { return s.created.size(); }) == 1u);
}

BOOST_AUTO_TEST_CASE(up_follows_until_interrupted) {
  Todo run;
  run.When("stack todo is ready",
           [&run] { run.region.Edit([](State& state) { state.Tell("unhealthy", "Web", "AWS::EC2::Instance"); }); });
  run.When("unhealthy", [&run] { run.interrupted = true; });
  BOOST_TEST(run("up todo/template.yaml --follow") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "unhealthy             Web "), run.out());
  BOOST_TEST(absl::EndsWith(run.out(), "stopped following; stack todo stays up until: nubo down\n"), run.out());
}

BOOST_AUTO_TEST_CASE(up_fails_when_the_region_ends_meanwhile) {
  Todo run;
  run.region.Edit([](State& state) { ReadyAfter(state, 1000000); });
  std::thread later([&run] {
    while (run.region.Read<bool>([](State& s) { return s.created.empty(); })) std::this_thread::yield();
    run.region.Stop();
  });
  BOOST_TEST(run(kUp) == 1);
  later.join();
  BOOST_TEST(absl::StrContains(run.err(), "stopped answering"), run.err());
}

BOOST_AUTO_TEST_CASE(down_deletes_the_only_stack_and_stops_the_region) {
  Todo run;
  BOOST_TEST(run(kUp) == 0);
  BOOST_TEST(run("down") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "DELETE_COMPLETE       Vpc "), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "stack todo is gone, after "), run.out());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 1);
  BOOST_TEST(!run.region.Read<bool>([](State& s) { return s.deleted.at(0).delete_data(); }));
}

BOOST_AUTO_TEST_CASE(down_on_a_terminal_shows_what_goes_and_what_stays_and_asks) {
  Todo run;
  BOOST_TEST(run(kUp) == 0);
  run.region.Edit([](State& state) {
    const auto add = [&](const std::string& id, const std::string& type, const std::string& policy) {
      auto* resource = state.resources.add_resources();
      resource->set_stack_name("todo");
      resource->set_logical_id(id);
      resource->set_physical_id(id + "-1");
      resource->set_type(type);
      resource->set_status("CREATE_COMPLETE");
      resource->set_deletion_policy(policy);
    };
    add("Vpc", "AWS::EC2::VPC", "Delete");
    add("Keep", "AWS::EC2::Instance", "Retain");
    add("Database", "AWS::RDS::DBInstance", "Snapshot");
  });
  std::string question;
  bool wanted = false;
  run.ask = [&](const std::string& asked) {
    question = asked;
    return wanted;
  };
  BOOST_TEST(run("down") == 130);
  BOOST_TEST(run.err() == "nubo: nothing was deleted\n");
  BOOST_TEST(question == "nubo: this deletes 2 of stack todo's resources; 1 stays. Go on?");
  const std::string data = run.region.state_dir() + "/data";
  BOOST_TEST(run.out() ==
             "nubo down deletes of stack todo:\n"
             "  -   Vpc (AWS::EC2::VPC, Vpc-1)\n"
             "  -   Database (AWS::RDS::DBInstance, Database-1)  # its data is kept in " +
                 data +
                 "\n"
                 "and leaves behind, as their DeletionPolicy says:\n"
                 "  =   Keep (AWS::EC2::Instance, Keep-1)\n");
  BOOST_TEST(run.region.Read<size_t>([](State& s) { return s.deleted.size(); }) == 0u);
  question.clear();
  BOOST_TEST(run("down --yes") == 0, run.err());
  BOOST_TEST(question == "");
}

BOOST_AUTO_TEST_CASE(down_that_is_wanted_goes_on) {
  Todo run;
  BOOST_TEST(run(kUp) == 0);
  run.ask = [](const std::string&) { return true; };
  BOOST_TEST(run("down") == 0, run.err());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 1);
}

BOOST_AUTO_TEST_CASE(down_finishes_what_a_region_left_that_died_while_it_shut_down) {
  Todo run;
  BOOST_TEST(run(kUp) == 0);
  run.region.Edit([](State& state) { state.dies_in_shutdown = true; });
  BOOST_TEST(run("down") == 0, run.err());
  BOOST_TEST(run.launcher.launched.size() == 2u);
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 2);
}

BOOST_AUTO_TEST_CASE(down_has_nothing_to_do_when_nothing_is_up) {
  Todo run;
  BOOST_TEST(run("down") == 0);
  BOOST_TEST(run.out() == "nothing is up\n");
  BOOST_TEST(run.launcher.launched.empty());
}

BOOST_AUTO_TEST_CASE(down_keeps_data_unless_told_otherwise) {
  Todo run;
  const std::string data = run.region.state_dir() + "/data";
  std::filesystem::create_directories(data + "/db-1");
  BOOST_TEST(run("down") == 0);
  BOOST_TEST(std::filesystem::exists(data));
  BOOST_TEST(run("down --data") == 0);
  BOOST_TEST(run.out() == "nothing is up; the data is removed\n");
  BOOST_TEST(!std::filesystem::exists(data));
  BOOST_TEST(run.launcher.launched.empty());
}

BOOST_AUTO_TEST_CASE(down_says_where_data_is_kept_and_removes_it_with_the_stack) {
  Todo run;
  const std::string data = run.region.state_dir() + "/data";
  std::filesystem::create_directories(data);
  BOOST_TEST(run(kUp) == 0);
  BOOST_TEST(run("down") == 0);
  BOOST_TEST(absl::StrContains(run.out(), absl::StrCat("; its data is kept in ", data)), run.out());
  BOOST_TEST(run(kUp) == 0);
  BOOST_TEST(run("down --data") == 0);
  BOOST_TEST(run.region.Read<bool>([](State& s) { return s.deleted.at(1).delete_data(); }));
  BOOST_TEST(!std::filesystem::exists(data));
}

BOOST_AUTO_TEST_CASE(down_asks_which_of_several) {
  Todo run;
  run.region.Edit([](State& state) {
    state.MakeStack("todo", "CREATE_COMPLETE", true);
    state.MakeStack("shop", "CREATE_COMPLETE", true);
  });
  run.region.Start();
  BOOST_TEST(run("down") == 2);
  BOOST_TEST(run.err() ==
             "nubo: there are several stacks (todo, shop); say which, for example: nubo down --name todo\n");
  BOOST_TEST(run("down --name nothing") == 1);
  BOOST_TEST(run.err() == "nubo: there is no stack nothing; there is todo, shop\n");
  BOOST_TEST(run("down --name shop") == 0);
  BOOST_TEST(absl::StrContains(run.out(), "; still up: todo\n"), run.out());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 0);
}

BOOST_AUTO_TEST_CASE(down_stops_a_region_without_stacks) {
  Todo run;
  run.region.Start();
  BOOST_TEST(run("down") == 0);
  BOOST_TEST(run.out() == "nothing is up\n");
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 1);
}

void LeaveBehind(State& state) {
  auto* resource = state.resources.add_resources();
  resource->set_physical_id("i-1");
  resource->set_type("AWS::EC2::Instance");
  resource->set_status("DELETE_SKIPPED");
  resource->set_status_reason("retained by stack todo");
}

BOOST_AUTO_TEST_CASE(down_leaves_a_region_up_for_what_stacks_left_behind) {
  Todo run;
  run.region.Edit(LeaveBehind);
  run.region.Start();
  BOOST_TEST(run("down") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(),
                               "the region stays up, for what stacks left behind:\n"
                               "  i-1  AWS::EC2::Instance, retained by stack todo\n"),
             run.out());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 0);
}

BOOST_AUTO_TEST_CASE(down_takes_what_stacks_left_behind_with_it_if_it_is_told_so) {
  Todo run;
  run.region.Edit(LeaveBehind);
  run.region.Start();
  BOOST_TEST(run("down --yes") == 0, run.err());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 1);
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.resources.resources_size(); }) == 0);
}

BOOST_AUTO_TEST_CASE(down_on_a_terminal_asks_whether_what_stacks_left_behind_is_to_go) {
  Todo run;
  run.region.Edit(LeaveBehind);
  run.region.Start();
  bool wanted = false;
  run.ask = [&](const std::string& question) {
    BOOST_TEST(question == "nubo: delete all of it, and end the region?");
    return wanted;
  };
  BOOST_TEST(run("down") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(),
                               "stacks left behind:\n  i-1  AWS::EC2::Instance, retained by stack todo\n"
                               "the region stays up; delete one of it with nubo delete ID"),
             run.out());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 0);
  wanted = true;
  BOOST_TEST(run("down") == 0, run.err());
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 1);
}

BOOST_AUTO_TEST_CASE(delete_takes_what_a_stack_left_behind) {
  Todo run;
  run.region.Edit(LeaveBehind);
  run.region.Start();
  BOOST_TEST(run("delete i-1 --wait") == 0, run.err());
  BOOST_TEST(run.out() == "i-1: DELETE_IN_PROGRESS\n");
  BOOST_TEST(run("delete i-1") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "no stack has left that behind"), run.err());
}

BOOST_AUTO_TEST_CASE(up_fails_with_the_last_lines_of_what_does_not_stay_up) {
  Todo run;
  run.region.Edit([](State& state) {
    state.log = {"one\n", "configured\x1b[31m\n"};
    state.on_create = [](State& s, const cloudformation::v1::CreateStackRequest&,
                         cloudformation::v1::CreateStackResponse*) {
      s.MakeStack("todo", "CREATE_COMPLETE", false);
      s.stacks.mutable_stacks(0)->set_failing("Group: 3 launches in a row came to nothing: i-1: exited with status 0");
      s.stacks.mutable_stacks(0)->set_failing_instance("i-1");
      return grpc::Status::OK;
    };
  });
  BOOST_TEST(run("up todo/template.yaml") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "stack todo is not ready: Group: 3 launches in a row came to nothing"),
             run.err());
  BOOST_TEST(absl::StrContains(run.err(), "nubo:   one\nnubo:   configured\\x1b[31m"), run.err());
}

BOOST_AUTO_TEST_CASE(down_revives_a_region_that_ended_without_being_taken_down) {
  Todo run;
  std::ofstream(run.region.state_dir() + "/region.db") << "left";
  run.region.Edit([](State& state) { state.MakeStack("todo", "CREATE_COMPLETE", true); });
  BOOST_TEST(run("down") == 0, run.err());
  BOOST_TEST(run.launcher.launched.size() == 1u);
  BOOST_TEST(absl::StrContains(run.out(), "starting it to take care of what it left\n"), run.out());
  BOOST_TEST(run.region.Read<size_t>([](State& s) { return s.deleted.size(); }) == 1u);
}

BOOST_AUTO_TEST_CASE(down_says_why_a_region_cannot_be_revived) {
  Todo run;
  std::ofstream(run.region.state_dir() + "/region.db") << "left";
  run.launcher.outcome = absl::UnavailableError("127.0.0.1:8080 is in use");
  BOOST_TEST(run("down") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "cannot go on: 127.0.0.1:8080 is in use"), run.err());
}

BOOST_AUTO_TEST_CASE(down_tells_what_could_not_be_deleted) {
  Todo run;
  run.region.Edit([](State& state) {
    state.MakeStack("todo", "CREATE_COMPLETE", true);
    state.on_delete = [](State& s, const std::string& name) {
      s.MakeStack(name, "DELETE_FAILED", false);
      s.Tell("DELETE_FAILED", "Subnet", "AWS::EC2::Subnet", "it is in use");
    };
  });
  run.region.Start();
  BOOST_TEST(run("down") == 1);
  BOOST_TEST(run.err() ==
             "nubo: stack todo could not be deleted: Subnet (AWS::EC2::Subnet): it is in use; "
             "try again with: nubo down --name todo\n");
  BOOST_TEST(run.region.Read<int>([](State& s) { return s.shutdowns; }) == 0);
}

BOOST_AUTO_TEST_CASE(down_gives_up_waiting_but_says_for_what) {
  Todo run;
  run.region.Edit([](State& state) {
    state.MakeStack("todo", "CREATE_COMPLETE", true);
    state.on_delete = [](State& s, const std::string& name) { s.MakeStack(name, "DELETE_IN_PROGRESS", false); };
    auto* resource = state.resources.add_resources();
    resource->set_stack_name("todo");
    resource->set_logical_id("Group");
    resource->set_type("AWS::AutoScaling::AutoScalingGroup");
    resource->set_status("DELETE_IN_PROGRESS");
  });
  run.region.Start();
  BOOST_TEST(run("down --timeout 100ms") == 1);
  BOOST_TEST(run.err() ==
             "nubo: stack todo is not gone after 100ms; it still waits for Group "
             "(AWS::AutoScaling::AutoScalingGroup) is DELETE_IN_PROGRESS\n");
}

}  // namespace
}  // namespace nubo::cli
