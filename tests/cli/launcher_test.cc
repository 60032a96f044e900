// Starting a region as a process: a shell script stands for the program.
#include "nubo/cli/commands/launcher.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/cli/args/names.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using testing::IsOk;
using testing::StatusIs;

struct Place {
  Place() {
    char path[] = "/tmp/nubo-launch-XXXXXX";
    directory = ::mkdtemp(path);
    options.state_dir = directory + "/state";
  }
  ~Place() { std::filesystem::remove_all(directory); }

  std::string Program(const std::string& script) {
    const std::string path = directory + "/program";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ::chmod(path.c_str(), 0700);
    return path;
  }
  std::string Log() const {
    std::ifstream file(LogPath(options.state_dir));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  std::string directory;
  LaunchOptions options;
};

BOOST_AUTO_TEST_CASE(returns_when_the_region_says_it_is_ready) {
  Place place;
  ProcessLauncher launcher(place.Program("echo \"$@\"; pwd; ps -o sid=,pid= $$; echo ok >&3; exec 3>&-"));
  BOOST_TEST(IsOk(launcher.Launch(place.options)));
  const std::string log = place.Log();
  BOOST_TEST(absl::StartsWith(log, absl::StrCat("serve --state=", place.options.state_dir,
                                                " --http-address=127.0.0.1:8080 --dns-address=127.0.0.1:10053 "
                                                "--fabric=loopback --ready-fd=3\n/\n")),
             log);
}

BOOST_AUTO_TEST_CASE(passes_on_that_isolation_may_be_lacking) {
  Place place;
  place.options.allow_unisolated = true;
  ProcessLauncher launcher(place.Program("echo \"$@\"; echo ok >&3"));
  BOOST_TEST(IsOk(launcher.Launch(place.options)));
  BOOST_TEST(absl::StrContains(place.Log(), " --allow-unisolated\n"), place.Log());
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_a_ready_region_to_close_the_pipe) {
  Place place;
  // The sleep is short: nobody ends it.
  ProcessLauncher launcher(place.Program("echo ok >&3; sleep 1"));
  const absl::Time start = absl::Now();
  BOOST_TEST(IsOk(launcher.Launch(place.options)));
  BOOST_TEST((absl::Now() - start < absl::Milliseconds(900)));
}

BOOST_AUTO_TEST_CASE(keeps_others_out_of_the_state_directory) {
  Place place;
  ProcessLauncher launcher(place.Program("echo ok >&3"));
  BOOST_TEST(IsOk(launcher.Launch(place.options)));
  struct stat found = {};
  BOOST_REQUIRE(::stat(place.options.state_dir.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0700u);
  BOOST_REQUIRE(::stat(LogPath(place.options.state_dir).c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0600u);
}

BOOST_AUTO_TEST_CASE(leaves_a_directory_alone_that_is_not_a_regions) {
  Place place;
  std::filesystem::create_directories(place.options.state_dir + "/bin");
  ::chmod(place.options.state_dir.c_str(), 0755);
  ProcessLauncher launcher(place.Program("echo ok >&3"));
  BOOST_TEST(StatusIs(launcher.Launch(place.options), absl::StatusCode::kFailedPrecondition, "holds something else"));
  struct stat found = {};
  BOOST_REQUIRE(::stat(place.options.state_dir.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 0777) == 0755u);
}

BOOST_AUTO_TEST_CASE(gives_the_regions_own_reason) {
  Place place;
  ProcessLauncher launcher(place.Program("echo '127.0.0.1:8080 is in use' >&3; exit 1"));
  const absl::Status status = launcher.Launch(place.options);
  BOOST_TEST(StatusIs(status, absl::StatusCode::kUnavailable));
  BOOST_TEST(status.message() == "127.0.0.1:8080 is in use");
}

BOOST_AUTO_TEST_CASE(quotes_the_log_of_a_region_that_ended_without_a_word) {
  Place place;
  ProcessLauncher launcher(place.Program("echo first; echo 'cannot map memory' >&2; exit 1"));
  BOOST_TEST(
      StatusIs(launcher.Launch(place.options), absl::StatusCode::kUnavailable,
               absl::StrCat("ended as it started: cannot map memory; its log is ", LogPath(place.options.state_dir))));
}

BOOST_AUTO_TEST_CASE(cuts_a_region_that_does_not_stop_talking) {
  Place place;
  ProcessLauncher launcher(place.Program("head -c 100000 /dev/zero | tr '\\0' x >&3"));
  const absl::Status status = launcher.Launch(place.options);
  BOOST_TEST(StatusIs(status, absl::StatusCode::kUnavailable));
  BOOST_TEST(status.message().size() < 8192u);
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_ever) {
  Place place;
  ProcessLauncher launcher(place.Program("sleep 1"), absl::Milliseconds(100));
  BOOST_TEST(StatusIs(launcher.Launch(place.options), absl::StatusCode::kDeadlineExceeded, "not started within 100ms"));
}

BOOST_AUTO_TEST_CASE(says_what_it_cannot_start) {
  Place place;
  ProcessLauncher launcher(place.directory + "/nothing");
  BOOST_TEST(StatusIs(launcher.Launch(place.options), absl::StatusCode::kUnavailable, "No such file or directory"));
}

BOOST_AUTO_TEST_CASE(says_which_directory_it_cannot_make) {
  Place place;
  std::ofstream(place.directory + "/file") << "x";
  place.options.state_dir = place.directory + "/file/state";
  ProcessLauncher launcher("/bin/true");
  BOOST_TEST(StatusIs(launcher.Launch(place.options), absl::StatusCode::kFailedPrecondition, "/file/state"));
}

}  // namespace
}  // namespace nubo::cli
