// Machines that grant less: nothing runs there that was not allowed to run without isolation. A filter over system
// calls, which every child inherits, plays them. A filter cannot be taken off again, so each case runs in a child of
// its own.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/drivers/isolation_probe.h"
#include "nubo/drivers/process_driver.h"
#include "tests/drivers/driver_fixture.h"

namespace nubo::drivers {
namespace {

constexpr int kOpenTree = 428;
constexpr int kMoveMount = 429;
constexpr int kMountSetattr = 442;
constexpr int kLandlockCreateRuleset = 444;

// Refuses system call `number`; only where its first argument has one of `flags`, or is `value`, if there are any.
bool Refuse(int number, int error, uint32_t flags = 0, uint32_t value = 0) {
  std::vector<sock_filter> program = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  if (flags == 0 && value == 0) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1));
  } else {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 3));
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])));
    const auto test = static_cast<uint16_t>(value != 0 ? BPF_JEQ : BPF_JSET);
    program.push_back(BPF_JUMP(BPF_JMP | test | BPF_K, value != 0 ? value : flags, 0, 1));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// In a child with that filter; what it returns is what was wrong, "" if nothing.
std::string InChild(const std::function<bool()>& filter, const std::function<std::string(DriverFixture&)>& scenario,
                    bool allow = true) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string wrong = "no filter";
    if (filter()) {
      DriverFixture fixture;
      fixture.allow_unisolated = allow;
      fixture.Restart();
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

// A machine whose script leaves a descendant and ends, is entered, and is asked to end; "", or what is wrong.
std::string OutlivesItsScriptPlainly(DriverFixture& fixture) {
  Doorbell up(fixture.root + "/bells/up");
  process::Spec spec = fixture.Script("flock lock sh -c 'trap \"echo bye; exit 0\" TERM; echo > " + up.path() +
                                      "; while :; do sleep 0.01; done' & exit 0");
  spec.outlives_main = true;
  if (!fixture.Launch(spec).ok()) return "not launched";
  const auto running = fixture.WaitFor(Kind::kRunning);
  if (!running.has_value()) return absl::StrCat("never ran: ", fixture.Told());
  if (running->isolated) return "says it is isolated";
  if (!up.Rung()) return "its descendant never ran";
  const std::string done = fixture.root + "/instances/i-1/user-data.done";
  for (int i = 0; i < kPatienceMs / 10 && !std::filesystem::exists(done); ++i) usleep(10000);
  const int output = open((fixture.root + "/output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int status = fixture.Enter(output, {"sh", "-c", "echo $GREETING from $(pwd)"});
  close(output);
  if (status != 0 || Slurp(fixture.root + "/output") != "hello there from " + fixture.root + "/instances/i-1\n") {
    return absl::StrCat("entered: ", status, " ", Slurp(fixture.root + "/output"));
  }
  if (!fixture.Told().empty()) return absl::StrCat("also says: ", fixture.Told());
  fixture.driver->Terminate("i-1", absl::Seconds(30));
  if (const std::string end = fixture.End(); end != "exited with status 0") return end;
  if (!absl::StrContains(Slurp(fixture.root + "/i-1.log"), "bye\n")) return "its descendant was not asked to end";
  fixture.driver->Forget("i-1");
  std::filesystem::remove(done);
  spec.script = "#!/bin/sh\nsetsid flock lock sleep 600 & exec sh -c 'exit 0'\n";
  if (!fixture.Launch(spec).ok()) return "not launched again";
  if (const std::string end = fixture.End(); end != "exited with status 0") return absl::StrCat("its server ", end);
  if (std::system(absl::StrCat("flock -w 5 ", fixture.root, "/instances/i-1/lock true").c_str()) != 0) {
    return "its descendant lives";
  }
  return "";
}

// A machine with nothing to run whose shim is killed; "", or what is left of it.
std::string LeavesNothingPlainly(DriverFixture& fixture) {
  process::Spec spec = fixture.Script("");
  spec.script.clear();
  spec.outlives_main = true;
  if (!fixture.Launch(spec).ok()) return "not launched";
  const auto running = fixture.WaitFor(Kind::kRunning);
  if (!running.has_value()) return absl::StrCat("never ran: ", fixture.Told());
  const std::string proc = absl::StrCat("/proc/", running->pid);
  const std::string idle = Slurp(absl::StrCat(proc, "/task/", running->pid, "/children"));
  const std::string status = Slurp(proc + "/status");
  const int idle_pid = std::atoi(idle.c_str()), shim = std::atoi(status.c_str() + status.find("PPid:\t") + 6);
  if (idle_pid <= 0 || shim <= 1) return absl::StrCat("nothing to be found: ", idle, " ", shim);
  kill(shim, SIGKILL);
  if (const std::string end = fixture.End(); end != "ended because its shim was killed") return end;
  const auto alive = [&] {
    const std::string stat = Slurp(absl::StrCat("/proc/", idle_pid, "/stat"));
    // An init that waits for nobody leaves it as a zombie.
    return !stat.empty() && !absl::StrContains(stat, ") Z ");
  };
  for (int i = 0; i < kPatienceMs / 10 && alive(); ++i) usleep(10000);
  return alive() ? "what does nothing lives" : "";
}

// "", or what is wrong with the refusal of a script that would leave a trace.
std::string IsNotStarted(DriverFixture& fixture, absl::string_view reason) {
  if (!fixture.Launch(fixture.Script("touch " + fixture.root + "/bells/was-here; id")).ok()) return "not launched";
  const auto ended = fixture.WaitFor(Kind::kExited);
  if (!ended.has_value()) return absl::StrCat("nothing was told: ", fixture.Told());
  const bool refused = ended->end.kind == process::End::Kind::kNotStarted && absl::StartsWith(ended->end.why, reason);
  if (!refused) return absl::StrCat("says: ", process::ToString(ended->end));
  if (!fixture.Told().empty()) return absl::StrCat("also says: ", fixture.Told());
  return Slurp(fixture.root + "/i-1.log").empty() ? "" : "it ran";
}

struct Lack {
  const char* name;
  std::function<bool()> filter;
  const char* reason;
};

// As an instance once could: there are no more of them for this user. A user namespace plays the machine.
bool ExhaustNamespaces() {
  const std::string uid = absl::StrCat(getuid(), " ", getuid(), " 1"),
                    gid = absl::StrCat(getgid(), " ", getgid(), " 1");
  if (unshare(CLONE_NEWUSER) != 0) return false;
  const std::pair<const char*, std::string> files[] = {{"/proc/self/setgroups", "deny"},
                                                       {"/proc/self/uid_map", uid},
                                                       {"/proc/self/gid_map", gid},
                                                       {"/proc/sys/user/max_uts_namespaces", "0"}};
  for (const auto& [path, text] : files) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    close(fd);
    if (!written) return false;
  }
  return true;
}

// Every door that isolation goes through, closed one at a time.
std::vector<Lack> Lacks() {
  std::vector<Lack> lacks;
  for (const int error : {EPERM, ENOSPC, EUSERS}) {
    lacks.push_back({"namespaces", [error] { return Refuse(SYS_clone, error, CLONE_NEWPID | CLONE_NEWNS); },
                     "this machine grants no namespaces: "});
  }
  // Root's instances are another user, whom such a namespace does not have.
  if (getuid() != 0)
    lacks.push_back({"exhausted", ExhaustNamespaces, "this machine grants no namespaces: No space left on device"});
  lacks.push_back({"mount", [] { return Refuse(SYS_mount, EPERM); }, "this machine grants no isolation: cannot make "});
  lacks.push_back({"tmpfs", [] { return Refuse(kMoveMount, EPERM); }, "this machine grants no isolation: cannot put "});
  lacks.push_back({"keep", [] { return Refuse(kOpenTree, ENOSYS); }, "this machine grants no isolation: cannot keep "});
  lacks.push_back(
      {"freeze", [] { return Refuse(kMountSetattr, ENOSYS); }, "this machine grants no isolation: cannot make "});
  lacks.push_back({"filter", [] { return Refuse(SYS_prctl, EINVAL, 0, PR_SET_SECCOMP); },
                   "this machine grants no isolation: cannot filter system calls"});
  return lacks;
}

// An instance that looks at everything that appears in it, for as long as it appears.
std::string Watcher(const std::string& up, const std::string& over) {
  return absl::StrCat(R"(#!/usr/bin/python3
import os, threading
stop = False
def watch():
    seen = set()
    while not stop:
        for pid in os.listdir('/proc'):
            if not pid.isdigit() or pid == str(os.getpid()): continue
            for what in ('environ', 'fd', 'exe', 'root', 'maps'):
                try:
                    path = f'/proc/{pid}/{what}'
                    if what == 'environ': found = open(path).read()
                    elif what == 'fd': found = ' '.join(os.readlink(f'{path}/{fd}') for fd in os.listdir(path))
                    elif what == 'maps': found = open(path).read()
                    else: found = os.readlink(path)
                except OSError: continue
                if (pid, what, found) not in seen: print(pid, what, found, flush=True)
                seen.add((pid, what, found))
threading.Thread(target=watch).start()
open(')",
                      up, R"(', 'w').write('x')
open(')",
                      over, R"(').readline()
stop = True
)");
}

// What it saw of those who entered, which had something of the caller's.
std::string WatchesWhoEnters(DriverFixture& fixture) {
  Doorbell up(fixture.root + "/bells/up"), over(fixture.root + "/bells/over");
  process::Spec spec = fixture.Script("");
  spec.script = Watcher(up.path(), over.path());
  // A long environment is longer on its way into the new process.
  spec.environment = {{"PATH", absl::StrCat("/x:", std::string(30000, '/'), ":/usr/bin:/bin")}};
  if (!fixture.Launch(spec).ok() || !up.Rung()) return "not launched";
  std::ofstream(fixture.root + "/output") << "of the caller, from before\n";
  const int output = open((fixture.root + "/output").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  for (int i = 0; i < 20; ++i) {
    // What it has as its output is nothing that could be opened anew.
    const int status = fixture.Enter(output, {"sh", "-c", "timeout 0.1 cat /proc/self/fd/1 2>&1; echo done; exit 3"});
    if (status != 3) return absl::StrCat("could not be entered: ", status);
  }
  close(output);
  over.Ring();
  if (const std::string end = fixture.End(); end != "exited with status 0") return end;
  const std::string seen = Slurp(fixture.root + "/i-1.log");
  if (!absl::StrContains(seen, " exe ")) return "it saw nothing at all";
  for (const std::string& word : {std::string("of the caller"), std::string("nubo-shim"), fixture.root + "/output"}) {
    if (absl::StrContains(seen, word)) return absl::StrCat("it saw ", word, ": ", seen.substr(0, 3000));
  }
  const std::string said = Slurp(fixture.root + "/output");
  return said.find("of the caller") == said.rfind("of the caller") ? "" : "the caller's file could be read";
}

BOOST_AUTO_TEST_SUITE(no_namespaces)

BOOST_AUTO_TEST_CASE(what_enters_an_instance_brings_nothing_of_the_callers_along) {
  // With Landlock it could look into nothing anyway; kernels before 6.12 are not to need it.
  const auto filter = [] { return Refuse(kLandlockCreateRuleset, ENOSYS); };
  BOOST_TEST(InChild(filter, WatchesWhoEnters, /*allow=*/false) == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_isolated_is_not_started) {
  for (const Lack& lack : Lacks()) {
    BOOST_TEST_CONTEXT(lack.name) {
      BOOST_TEST(InChild(
                     lack.filter, [&](DriverFixture& fixture) { return IsNotStarted(fixture, lack.reason); },
                     /*allow=*/false) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_probe_finds_what_is_lacking) {
  for (const Lack& lack : Lacks()) {
    BOOST_TEST_CONTEXT(lack.name) {
      BOOST_TEST(InChild(lack.filter, [&](DriverFixture& fixture) {
                   const std::string why = WhyNotIsolated(fixture.Options(), fixture.root + "/probe");
                   return absl::StartsWith(why, lack.reason) ? "" : absl::StrCat("says: ", why);
                 }) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(without_namespaces_it_runs_as_a_plain_process_and_says_so) {
  const auto filter = [] { return Refuse(SYS_clone, EPERM, CLONE_NEWPID | CLONE_NEWNS); };
  BOOST_TEST(InChild(filter, [](DriverFixture& fixture) {
               return RunsPlainly(fixture, "this machine grants no namespaces: Operation not permitted");
             }) == "");
}

BOOST_AUTO_TEST_CASE(without_namespaces_a_machine_outlives_its_script_as_well) {
  const auto filter = [] { return Refuse(SYS_clone, EPERM, CLONE_NEWPID | CLONE_NEWNS); };
  BOOST_TEST(InChild(filter, OutlivesItsScriptPlainly) == "");
  BOOST_TEST(InChild(filter, LeavesNothingPlainly) == "");
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
