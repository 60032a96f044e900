// Machines that grant less: a filter over system calls, which every child inherits, plays them. A filter cannot be
// taken off again, so each case runs in a child of its own.
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/drivers/process_driver.h"
#include "tests/drivers/driver_fixture.h"

namespace nubo::drivers {
namespace {

constexpr int kOpenTree = 428;
constexpr int kMountSetattr = 442;

// Refuses system call `number`; only where its first argument has one of `flags`, if there are any.
bool Refuse(int number, int error, uint32_t flags = 0) {
  std::vector<sock_filter> program = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  if (flags == 0) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1));
  } else {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 3));
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// In a child with that filter; what it returns is what was wrong, "" if nothing.
std::string InChild(const std::function<bool()>& filter, const std::function<std::string(DriverFixture&)>& scenario) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string wrong = "no filter";
    if (filter()) {
      DriverFixture fixture;
      wrong = scenario(fixture);
    }
    (void)!write(ends[1], wrong.data(), wrong.size());
    _exit(0);
  }
  close(ends[1]);
  std::string wrong;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;) wrong.append(buffer, got);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? wrong : absl::StrCat("status ", status, " ", wrong);
}

// Runs a script that leaves a descendant behind; "", or what is wrong with the events of its start and its end.
std::string RunsPlainly(DriverFixture& fixture, absl::string_view reason) {
  // One that ends before it is connected to is told of by its end alone.
  Doorbell go(fixture.root + "/bells/go");
  if (!fixture
           .Launch(fixture.Script("mkfifo held; setsid flock lock sh -c 'echo > held; exec sleep 600' &\n"
                                  "read line < held; id -u; read line < " +
                                  go.path() + "; exit 5"))
           .ok()) {
    return "not launched";
  }
  const auto running = fixture.WaitFor(Kind::kRunning);
  if (!running.has_value()) return absl::StrCat("never ran: ", fixture.Told());
  go.Ring();
  if (running->isolated) return "says it is isolated";
  if (!absl::StrContains(running->message, reason)) return absl::StrCat("says: ", running->message);
  const std::string end = fixture.End();
  if (end != "exited with status 5") return end;
  if (std::system(absl::StrCat("flock -w 5 ", fixture.root, "/instances/i-1/lock true").c_str()) != 0) {
    return "its descendant lives";
  }
  if (absl::StartsWith(Slurp(fixture.root + "/i-1.log"), "0\n")) return "ran as root";
  return "";
}

BOOST_AUTO_TEST_SUITE(no_namespaces)

BOOST_AUTO_TEST_CASE(without_namespaces_it_runs_as_a_plain_process_and_says_so) {
  const auto filter = [] { return Refuse(SYS_clone, EPERM, CLONE_NEWPID | CLONE_NEWNS); };
  BOOST_TEST(InChild(filter, [](DriverFixture& fixture) {
               return RunsPlainly(fixture, "this machine grants no namespaces: Operation not permitted");
             }) == "");
}

BOOST_AUTO_TEST_CASE(without_a_view_of_its_own_it_runs_as_a_plain_process_and_says_so) {
  const auto filter = [] { return Refuse(kOpenTree, ENOSYS); };
  BOOST_TEST(InChild(filter, [](DriverFixture& fixture) {
               return RunsPlainly(fixture, "this machine grants no isolation: cannot keep ");
             }) == "");
}

BOOST_AUTO_TEST_CASE(where_the_host_stays_writable_it_says_so) {
  const auto filter = [] { return Refuse(kMountSetattr, ENOSYS); };
  BOOST_TEST(InChild(filter, [](DriverFixture& fixture) {
               const std::string wrong = RunsPlainly(fixture, "cannot make the host's files read-only");
               if (!wrong.empty()) return wrong;
               // What is hidden still is.
               const std::string seen = fixture.OutputOf("cat " + fixture.root + "/secret 2>&1");
               return absl::StrContains(seen, "the region's own") ? std::string("sees what is hidden") : std::string();
             }) == "");
}

BOOST_AUTO_TEST_CASE(a_plain_process_is_killed_terminated_and_adopted_alike) {
  const auto filter = [] { return Refuse(SYS_clone, EPERM, CLONE_NEWPID | CLONE_NEWNS); };
  BOOST_TEST(InChild(filter, [](DriverFixture& fixture) {
               for (const char* id : {"i-1", "i-2"}) {
                 if (!fixture.Launch(fixture.Script("exec sleep 600", id)).ok()) return std::string("not launched");
               }
               if (!fixture.WaitFor(Kind::kRunning) || !fixture.WaitFor(Kind::kRunning))
                 return std::string("never ran");
               fixture.Restart();
               fixture.driver->Adopt({"i-1", "i-2"});
               const auto first = fixture.WaitFor(Kind::kRunning), second = fixture.WaitFor(Kind::kRunning);
               if (!first || !second) return std::string("not adopted");
               if (first->isolated) return std::string("says it is isolated");
               kill(first->pid, SIGKILL);
               if (const std::string end = fixture.End(); end != "was killed by signal 9") return end;
               fixture.driver->Terminate(second->id, absl::Seconds(30));
               if (const std::string end = fixture.End(); end != "was killed by signal 15") return end;
               return std::string();
             }) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::drivers
