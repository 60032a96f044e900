#include "nubo/cli/commands/doctor.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "absl/strings/match.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using testing::IsOk;
using testing::StatusIs;

MachineSeen Sound() {
  MachineSeen seen;
  seen.http = {{.address = *net::SocketAddress::Parse("127.0.0.1:8080")}};
  seen.dns = {{.address = *net::SocketAddress::Parse("127.0.0.1:10053")}};
  seen.files_max = 20000;
  seen.disk_free_bytes = uint64_t{100} << 30;
  seen.shim_path = "/opt/nubo/bin/nubo-shim";
  seen.state_parent = "/home/ada";
  seen.now = absl::FromUnixSeconds(1800000000);
  return seen;
}

BOOST_AUTO_TEST_CASE(a_sound_machine_is_well) {
  const std::vector<Check> checks = Judge(Sound());
  for (const Check& check : checks) {
    BOOST_TEST((check.health == Health::kOk), check.what << ": " << check.seen);
    BOOST_TEST(check.advice == "");
  }
  BOOST_TEST(IsOk(Verdict(checks)));
}

struct Trouble {
  const char* what;
  std::function<void(MachineSeen&)> make;
  Health health;
  const char* words;
};

BOOST_AUTO_TEST_CASE(each_trouble_is_named_with_what_to_do) {
  const Trouble troubles[] = {
      {"isolation", [](MachineSeen& m) { m.isolation_problem = "not permitted"; }, Health::kBad, "not permitted"},
      {"http",
       [](MachineSeen& m) {
         m.http[0].problem = "address already in use";
         m.http[0].holder = "nginx (process 812)";
       },
       Health::kBad, "nginx (process 812)"},
      {"dns", [](MachineSeen& m) { m.dns[0].problem = "permission denied"; }, Health::kBad, "permission denied"},
      {"loopback addresses", [](MachineSeen& m) { m.loopback_problem = "no such address"; }, Health::kBad,
       "no such address"},
      {"open files", [](MachineSeen& m) { m.files_max = kFilesNeeded - 1; }, Health::kBad, "255"},
      {"open files", [](MachineSeen& m) { m.files_max = kFilesWanted - 1; }, Health::kWarning, "4095"},
      {"state directory", [](MachineSeen& m) { m.state_problem = "/home/ada is read-only"; }, Health::kBad,
       "read-only"},
      {"disk", [](MachineSeen& m) { m.disk_free_bytes = kDiskNeededBytes - 1; }, Health::kBad, "/home/ada"},
      {"disk", [](MachineSeen& m) { m.disk_free_bytes = kDiskWantedBytes - 1; }, Health::kWarning, "/home/ada"},
      {"nubo-shim", [](MachineSeen& m) { m.shim_problem = "is not there"; }, Health::kBad, "is not there"},
      {"databases", [](MachineSeen& m) { m.missing_programs = {"mariadbd"}; }, Health::kWarning, "mariadbd"},
      {"clock", [](MachineSeen& m) { m.now = absl::UnixEpoch(); }, Health::kBad, "1970-01-01"},
      {"clock", [](MachineSeen& m) { m.clock_synchronized = false; }, Health::kWarning, "nobody keeps it right"},
  };
  for (const Trouble& trouble : troubles) {
    MachineSeen seen = Sound();
    trouble.make(seen);
    const std::vector<Check> checks = Judge(seen);
    int found = 0;
    for (const Check& check : checks) {
      if (check.health == Health::kOk) continue;
      ++found;
      BOOST_TEST(check.what == trouble.what);
      BOOST_TEST((check.health == trouble.health), trouble.what);
      BOOST_TEST(absl::StrContains(check.seen, trouble.words), check.seen);
      BOOST_TEST(check.advice != "", trouble.what);
    }
    BOOST_TEST(found == 1, trouble.what);
    if (trouble.health == Health::kBad) {
      BOOST_TEST(StatusIs(Verdict(checks), absl::StatusCode::kFailedPrecondition, trouble.what));
    } else {
      BOOST_TEST(IsOk(Verdict(checks)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_running_region_may_have_its_addresses) {
  MachineSeen seen = Sound();
  seen.region_running = true;
  seen.http[0].problem = seen.dns[0].problem = "address already in use";
  BOOST_TEST(IsOk(Verdict(Judge(seen))));
}

BOOST_AUTO_TEST_CASE(checks_print_as_a_table_and_as_json) {
  const std::vector<Check> checks = {{"group", "web", Health::kOk, "2 of 2 in service"},
                                     {"dns", "", Health::kBad, "does not answer", "see: nubo logs dns"}};
  BOOST_TEST(ChecksText(checks, false) ==
             "ok       group web  2 of 2 in service\n"
             "BAD      dns        does not answer\n"
             "         see: nubo logs dns\n");
  BOOST_TEST(absl::StrContains(ChecksText(checks, true), "\x1b["));
  const std::string json = *ChecksJson(checks);
  for (const char* part : {"\"ok\": false", "\"group\"", "\"see: nubo logs dns\""}) {
    BOOST_TEST(absl::StrContains(json, part), json);
  }
  BOOST_TEST(StatusIs(Verdict(checks), absl::StatusCode::kFailedPrecondition, "dns"));
}

// This machine, whatever it is like: looked at without harm, and every question answered.
BOOST_AUTO_TEST_CASE(looks_at_this_machine) {
  DoctorOptions options;
  options.state_dir = "/tmp";
  options.http_address = *net::SocketAddress::Parse("127.0.0.1:1");
  options.dns_address = *net::SocketAddress::Parse("127.0.0.1:1");
  const MachineSeen seen = LookAround(options);
  BOOST_TEST(seen.files_max > 0u);
  BOOST_TEST(seen.disk_free_bytes > 0u);
  BOOST_TEST((seen.now > absl::FromUnixSeconds(1700000000)));
  BOOST_TEST(Judge(seen).size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_store_that_up_would_refuse_is_told) {
  DoctorOptions options;
  options.state_dir = (std::filesystem::temp_directory_path() / "nubo-doctor-XXXXXX").string();
  BOOST_REQUIRE(::mkdtemp(options.state_dir.data()) != nullptr);
  std::filesystem::create_directory(options.state_dir + "/run");
  std::ofstream(options.state_dir + "/run/lock");
  BOOST_TEST(LookAround(options).state_problem == "");
  std::ofstream(options.state_dir + "/state.db") << std::string(4096, 'x');
  const std::string problem = LookAround(options).state_problem;
  BOOST_TEST(absl::StrContains(problem, options.state_dir + "/state.db: file is not a database"), problem);
  std::filesystem::remove_all(options.state_dir);
}

}  // namespace
}  // namespace nubo::cli
