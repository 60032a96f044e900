// Real processes: what an instance sees and may do, and what the driver trusts in its directory.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/testing/status_matchers.h"
#include "tests/drivers/driver_fixture.h"

namespace nubo::drivers {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;

BOOST_FIXTURE_TEST_SUITE(isolation, DriverFixture)

BOOST_AUTO_TEST_CASE(cannot_touch_the_host) {
  const std::string seen = OutputOf(
      "id -u; cat " + root + "/secret 2>&1; ls " + root +
      "; touch /etc/nubo-was-here 2>&1; touch /usr/nubo 2>&1;"
      "ls -A /root /home /run /dev/pts; touch mine && echo wrote mine; touch /tmp/scratch && echo wrote scratch;"
      "grep -E 'NoNewPrivs|CapEff|CapBnd' /proc/self/status; hostname");
  BOOST_TEST_INFO(seen);
  BOOST_TEST(!absl::StartsWith(seen, "0\n"));
  BOOST_TEST(!absl::StrContains(seen, "the region's own"));
  BOOST_TEST(absl::StrContains(seen, "instances\n"));
  BOOST_TEST(absl::StrContains(seen, "/root:\n\n"));
  BOOST_TEST(absl::StrContains(seen, "wrote mine"));
  BOOST_TEST(absl::StrContains(seen, "wrote scratch"));
  BOOST_TEST(absl::StrContains(seen, "NoNewPrivs:\t1"));
  BOOST_TEST(absl::StrContains(seen, "CapEff:\t0000000000000000"));
  BOOST_TEST(absl::StrContains(seen, "CapBnd:\t0000000000000000"));
  BOOST_TEST(absl::StrContains(seen, "ip-10-0-1-5"));
  BOOST_TEST(!fs::exists("/etc/nubo-was-here"));
  BOOST_TEST(!fs::exists("/tmp/scratch"));
}

BOOST_AUTO_TEST_CASE(sees_no_process_but_its_own) {
  const std::string seen = OutputOf("for p in /proc/[0-9]*; do echo $p; done; echo self $$; ls /proc/1/root 2>&1");
  BOOST_TEST_INFO(seen);
  // Its init, itself.
  BOOST_TEST(absl::StrContains(seen, "/proc/1\n/proc/2\nself 2\n"));
}

BOOST_AUTO_TEST_CASE(inherits_nothing_open) {
  ProcessSpec spec = Script("");
  spec.script.clear();
  spec.argv = {"/bin/ls", "/proc/self/fd"};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  // The fourth is of the listing itself.
  BOOST_TEST(Slurp(root + "/i-1.log") == "0\n1\n2\n3\n");
}

BOOST_AUTO_TEST_CASE(namespaces_of_its_own_lead_nowhere) {
  const std::string seen =
      OutputOf("unshare -Urm sh -c 'umount -l " + root + " 2>&1; mount -o remount,rw / 2>&1; touch " +
               "/etc/nubo-was-here 2>&1; cat " + root + "/secret 2>&1'; echo done");
  BOOST_TEST_INFO(seen);
  BOOST_TEST(absl::StrContains(seen, "done"));
  BOOST_TEST(!absl::StrContains(seen, "the region's own"));
  BOOST_TEST(!fs::exists("/etc/nubo-was-here"));
}

BOOST_AUTO_TEST_CASE(two_instances_do_not_see_each_other) {
  Doorbell up(root + "/bells/up");
  Run(Script("echo mine > private; echo > " + up.path() + "; exec sleep 600", "i-2"));
  BOOST_REQUIRE(up.Rung());
  const std::string seen = OutputOf("ls " + root + "/instances; cat " + root + "/instances/i-2/private 2>&1");
  BOOST_TEST(absl::StartsWith(seen, "i-1\n"));
  BOOST_TEST(absl::StrContains(seen, "No such file"));
}

BOOST_AUTO_TEST_CASE(keeps_the_directories_it_was_given) {
  fs::create_directories(root + "/image/bin");
  std::ofstream(root + "/image/bin/tool") << "a tool";
  ProcessSpec spec = Script("cat " + root + "/image/bin/tool; touch " + root + "/image/new 2>&1; echo data > " + root +
                            "/data/db/file; ls -d " + root + "/data/*");
  spec.read_only_dirs.push_back(root + "/image");
  spec.writable_dirs = {root + "/data/db"};
  fs::create_directories(root + "/data/other");
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  const std::string seen = Slurp(root + "/i-1.log");
  BOOST_TEST_INFO(seen);
  BOOST_TEST(absl::StartsWith(seen, "a tool"));
  BOOST_TEST(absl::StrContains(seen, "Read-only file system"));
  BOOST_TEST(absl::EndsWith(seen, "\n" + root + "/data/db\n"));
  BOOST_TEST(Slurp(root + "/data/db/file") == "data\n");
}

BOOST_AUTO_TEST_CASE(what_is_hidden_is_hidden_behind_a_link_too) {
  fs::create_directories(root + "/real");
  std::ofstream(root + "/real/key") << "a key";
  fs::create_directory_symlink(root + "/real", root + "-link");
  ProcessSpec spec = Script("cat " + root + "/real/key " + root + "-link/key 2>&1; echo done");
  spec.hidden_dirs = {root + "-link"};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  fs::remove(root + "-link");
  BOOST_TEST(!absl::StrContains(Slurp(root + "/i-1.log"), "a key"));
  BOOST_TEST(absl::StrContains(Slurp(root + "/i-1.log"), "done"));
}

BOOST_AUTO_TEST_CASE(private_files_are_for_it_alone) {
  ProcessSpec spec = Script("cat init.sql; stat -c '%a' init.sql user-data .");
  spec.private_files = {{"init.sql", "a password\n"}};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "a password\n600\n700\n700\n");
}

BOOST_AUTO_TEST_CASE(what_it_left_in_its_directory_is_not_trusted) {
  // A pipe would block who opens it for writing; a link would send the driver's writing elsewhere.
  std::ofstream(root + "/victim") << "untouched";
  const std::string directory = root + "/instances/i-1";
  OutputOf("rm user-data; mkfifo user-data user-data.new; ln -s " + root + "/victim init.sql; ln -s " + root +
           "/victim init.sql.new");
  BOOST_REQUIRE(fs::is_fifo(directory + "/user-data"));
  driver->Forget("i-1");
  ProcessSpec spec = Script("cat init.sql; exit 4");
  spec.private_files = {{"init.sql", "a password\n"}};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 4");
  BOOST_TEST(Slurp(root + "/victim") == "untouched");
  BOOST_TEST(absl::EndsWith(Slurp(root + "/i-1.log"), "a password\n"));
}

BOOST_AUTO_TEST_CASE(low_ports_are_for_whom_they_were_granted) {
  // The set of capabilities a child may get: bit 10 is CAP_NET_BIND_SERVICE.
  ProcessSpec spec = Script("grep CapAmb /proc/self/status");
  spec.bind_low_ports = true;
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  const bool granted = absl::StrContains(Slurp(root + "/i-1.log"), "0000000000000400");
  BOOST_TEST(granted == (getuid() == 0));
}

BOOST_AUTO_TEST_CASE(what_enters_it_shows_it_no_program_that_it_could_change) {
  Run(Script("exec sleep 600"));
  int to[2], from[2];
  BOOST_REQUIRE(pipe(to) == 0 && pipe(from) == 0);
  const pid_t entering = fork();
  if (entering == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    close(to[1]);
    const std::string shim = ShimPath(), socket = root + "/run/i-1.sock";
    execl(shim.c_str(), "nubo-shim", "--enter", socket.c_str(), "--no-terminal", "--", "sh", "-c", "echo in; exec cat",
          nullptr);
    _exit(99);
  }
  close(to[0]);
  close(from[1]);
  char said[8] = {};
  BOOST_TEST(read(from[0], said, sizeof said) == 3);
  // The process keeps its number, and shows a sealed copy in memory; a file on disk has no seals.
  const int program = open(absl::StrCat("/proc/", entering, "/exe").c_str(), O_RDONLY | O_CLOEXEC);
  BOOST_TEST(program >= 0);
  const int seals = fcntl(program, F_GET_SEALS);
  BOOST_TEST(seals >= 0);
  BOOST_TEST((seals & F_SEAL_WRITE) != 0);
  BOOST_TEST((seals & F_SEAL_SEAL) != 0);
  for (const int fd : {to[1], from[0], program}) close(fd);
  int status = 0;
  BOOST_TEST(waitpid(entering, &status, 0) == entering);
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(says_that_it_is_isolated) {
  const ProcessEvent running = Run(Script("exec sleep 600"));
  BOOST_TEST_INFO(running.message);
  BOOST_TEST(running.isolated);
  BOOST_TEST(running.message == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::drivers
