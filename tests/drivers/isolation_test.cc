// Real processes: what an instance sees and may do, and what the driver trusts in its directory.
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

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
  process::Spec spec = Script("");
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
  process::Spec spec = Script("cat " + root + "/image/bin/tool; touch " + root + "/image/new 2>&1; echo data > " +
                              root + "/data/db/file; ls -d " + root + "/data/*");
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

BOOST_AUTO_TEST_CASE(sees_a_file_in_place_of_the_hosts) {
  std::ofstream(root + "/own") << "its own\n";
  process::Spec spec = Script("cat /etc/passwd; echo more 2>&1 > /etc/passwd; cat " + root + "/own");
  spec.files_in_place = {{"/etc/passwd", root + "/own"}};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(WaitFor(Kind::kExited).has_value());
  const std::string seen = Slurp(root + "/i-1.log");
  BOOST_TEST_INFO(seen);
  BOOST_TEST(absl::StartsWith(seen, "its own\n"));
  BOOST_TEST(absl::StrContains(seen, "Read-only file system"));
  BOOST_TEST(absl::StrContains(seen, "No such file"));
}

BOOST_AUTO_TEST_CASE(sees_what_is_written_over_such_a_file) {
  Doorbell up(root + "/bells/up"), go(root + "/bells/go");
  std::ofstream(root + "/own") << "before\n";
  process::Spec spec = Script("echo > " + up.path() + "; read line < " + go.path() + "; cat /etc/passwd");
  spec.files_in_place = {{"/etc/passwd", root + "/own"}};
  const process::Event running = Run(spec);
  BOOST_TEST(running.isolated);
  BOOST_TEST(running.message == "");
  BOOST_REQUIRE(up.Rung());
  std::fstream(root + "/own", std::ios::in | std::ios::out) << "behind\n";
  go.Ring();
  BOOST_TEST(WaitFor(Kind::kExited).has_value());
  BOOST_TEST(Slurp(root + "/i-1.log") == "behind\n");
}

BOOST_AUTO_TEST_CASE(sees_such_a_file_behind_a_link_to_what_is_covered) {
  fs::create_directories(root + "/covered/below");
  std::ofstream(root + "/covered/below/conf") << "the host's\n";
  fs::create_symlink(root + "/covered/below/conf", root + "/link");
  std::ofstream(root + "/own") << "its own\n";
  process::Spec spec = Script("cat " + root + "/covered/below/conf");
  spec.files_in_place = {{root + "/link", root + "/own"}};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(WaitFor(Kind::kExited).has_value());
  BOOST_TEST(Slurp(root + "/i-1.log") == "its own\n");
}

BOOST_AUTO_TEST_CASE(starts_without_a_file_that_cannot_be_shown_and_says_so) {
  process::Spec spec = Script("exec sleep 600");
  spec.files_in_place = {{"/etc/passwd", root + "/missing"}, {"/etc/no-such-file", root + "/secret"}};
  const process::Event running = Run(spec);
  BOOST_TEST(running.isolated);
  BOOST_TEST_INFO(running.message);
  BOOST_TEST(absl::StrContains(running.message, "cannot show a /etc/passwd of its own: No such file or directory"));
  BOOST_TEST(absl::StrContains(running.message, "cannot show a /etc/no-such-file of its own"));
}

BOOST_AUTO_TEST_CASE(what_is_hidden_is_hidden_behind_a_link_too) {
  fs::create_directories(root + "/real");
  std::ofstream(root + "/real/key") << "a key";
  fs::create_directory_symlink(root + "/real", root + "-link");
  process::Spec spec = Script("cat " + root + "/real/key " + root + "-link/key 2>&1; echo done");
  spec.hidden_dirs = {root + "-link"};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  fs::remove(root + "-link");
  BOOST_TEST(!absl::StrContains(Slurp(root + "/i-1.log"), "a key"));
  BOOST_TEST(absl::StrContains(Slurp(root + "/i-1.log"), "done"));
}

BOOST_AUTO_TEST_CASE(private_files_are_for_it_alone) {
  process::Spec spec = Script("cat init.sql; stat -c '%a' init.sql user-data .");
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
  process::Spec spec = Script("cat init.sql; exit 4");
  spec.private_files = {{"init.sql", "a password\n"}};
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 4");
  BOOST_TEST(Slurp(root + "/victim") == "untouched");
  BOOST_TEST(absl::EndsWith(Slurp(root + "/i-1.log"), "a password\n"));
}

BOOST_AUTO_TEST_CASE(low_ports_are_for_whom_they_were_granted) {
  // The set of capabilities a child may get: bit 10 is CAP_NET_BIND_SERVICE.
  process::Spec spec = Script("grep CapAmb /proc/self/status");
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
  // The process keeps its number, and shows a sealed copy in memory; a file on disk has no seals. To its own user it
  // shows nothing at all.
  const int program = open(absl::StrCat("/proc/", entering, "/exe").c_str(), O_RDONLY | O_CLOEXEC);
  BOOST_TEST((program >= 0) == (getuid() == 0));
  if (program >= 0) {
    const int seals = fcntl(program, F_GET_SEALS);
    BOOST_TEST(seals >= 0);
    BOOST_TEST((seals & F_SEAL_WRITE) != 0);
    BOOST_TEST((seals & F_SEAL_SEAL) != 0);
  }
  for (const int fd : {to[1], from[0], program}) close(fd);
  int status = 0;
  BOOST_TEST(waitpid(entering, &status, 0) == entering);
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(what_enters_it_carries_input_and_output_whole) {
  Run(Script("exec sleep 600"));
  const int output = open((root + "/output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  BOOST_TEST(Enter(output, {"sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2; exit 4"}) == 4);
  close(output);
  const std::string said = Slurp(root + "/output");
  BOOST_TEST(said.size() == 3000004u);
  BOOST_TEST(absl::StrContains(said, "end\n"));
}

// A command may end before it has taken what is there for it: what it said, and its end, are carried all the same.
BOOST_AUTO_TEST_CASE(what_enters_it_outlives_an_input_that_nobody_reads) {
  Run(Script("exec sleep 600"));
  const int output = open((root + "/output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  BOOST_TEST(Enter(output, {"sh", "-c", "exec 0<&-; sleep 0.2; echo said; exit 3"}, zeros) == 3);
  close(zeros);
  close(output);
  BOOST_TEST(Slurp(root + "/output") == "said\n");
}

BOOST_AUTO_TEST_CASE(what_enters_it_goes_first_no_more_than_it_does) {
  process::Spec spec = Script("exec sleep 600");
  spec.limits.oom_score = 300;
  Run(spec);
  const int output = open((root + "/output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int former = getpriority(PRIO_PROCESS, 0);
  // An ordinary user may not go first, and cannot come back.
  if (geteuid() == 0) setpriority(PRIO_PROCESS, 0, -5);
  BOOST_TEST(Enter(output, {"sh", "-c", "cat /proc/self/oom_score_adj; nice"}) == 0);
  if (geteuid() == 0) setpriority(PRIO_PROCESS, 0, former);
  close(output);
  BOOST_TEST(Slurp(root + "/output") == absl::StrCat("300\n", former, "\n"));
}

BOOST_AUTO_TEST_CASE(its_first_process_shows_nothing_and_cannot_be_changed) {
  const std::string seen = OutputOf(
      "for f in exe root cwd; do readlink /proc/1/$f && echo saw $f; done 2>/dev/null;"
      "for f in environ maps mem auxv io; do cat /proc/1/$f >/dev/null && echo saw $f; done 2>/dev/null;"
      "ls /proc/1/fd 2>/dev/null && echo saw fd; ls /proc/1/map_files 2>/dev/null && echo saw map_files;"
      "chmod 000 /proc/1/exe 2>/dev/null && echo changed; kill -9 1; kill -STOP 1; echo done");
  BOOST_TEST(seen == "done\n");
  // As others start: had it been taken away, this one would not.
  driver->Forget("i-1");
  BOOST_TEST(OutputOf("echo again") == "done\nagain\n");
  BOOST_TEST(access(ShimPath().c_str(), X_OK) == 0);
}

BOOST_AUTO_TEST_CASE(runs_from_a_copy_of_its_program) {
  // A shim on disk that is changed, or taken away, does not reach those that run, nor those to come.
  const process::Event running = Run(Script("exec sleep 600"));
  char program[256] = {};
  const ssize_t length = readlink(absl::StrCat("/proc/", running.pid, "/exe").c_str(), program, sizeof program - 1);
  // To its own user it shows nothing.
  BOOST_TEST((length > 0) == (getuid() == 0));
  if (length > 0) BOOST_TEST(absl::StartsWith(program, "/memfd:nubo-shim"), program);
}

BOOST_AUTO_TEST_CASE(makes_no_namespaces_nor_mounts_of_its_own) {
  const std::string seen = OutputOf(
      "for k in -U -Ur -m -p -n -i -u -C -T; do unshare $k true 2>/dev/null && echo made $k; done;"
      "mount -t tmpfs none /tmp 2>/dev/null && echo mounted; nsenter -t 1 -m true 2>/dev/null && echo entered; echo "
      "done");
  BOOST_TEST(seen == "done\n");
}

BOOST_AUTO_TEST_CASE(makes_namespaces_where_they_were_asked_for) {
  process::Spec spec = Script("unshare -Ur sh -c 'unshare -m true && echo made'");
  spec.nested_namespaces = true;
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "made\n");
}

// Each is refused with an error that programs know what to do with.
constexpr char kForbidden[] = R"(
import ctypes, errno, os, socket, struct, threading
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *args):
    ctypes.set_errno(0)
    if libc.syscall(number, *args) != -1: print(name, 'was allowed')
    elif ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS): print(name, os.strerror(ctypes.get_errno()))
common = {'bpf': (321, 280), 'perf_event_open': (298, 241), 'userfaultfd': (323, 282), 'io_uring_setup': (425, 425),
          'add_key': (248, 217), 'keyctl': (250, 219), 'request_key': (249, 218), 'open_by_handle_at': (304, 265),
          'clone3': (435, 435), 'setns': (308, 268), 'mount': (165, 40), 'umount2': (166, 39), 'fsopen': (430, 430),
          'open_tree': (428, 428), 'move_mount': (429, 429), 'mount_setattr': (442, 442), 'pivot_root': (155, 41),
          'init_module': (175, 105), 'kexec_load': (246, 104), 'syslog': (103, 116), 'fanotify_init': (300, 262)}
column = 0 if os.uname().machine == 'x86_64' else 1
for name, numbers in common.items(): call(name, numbers[column], 0, 0, 0, 0, 0, 0)
if column == 0: call('x32', 0x40000000 + 39)
for kind in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
    call('clone %x' % kind, (56, 220)[column], kind | 17, 0, 0, 0, 0)
    call('unshare %x' % kind, (272, 97)[column], kind)
for family in (3, 9, 17, 21, 38, 40, 44):
    try: socket.socket(family, socket.SOCK_DGRAM); print('family', family, 'was allowed')
    except OSError as e:
        if e.errno != errno.EAFNOSUPPORT: print('family', family, e)
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6): socket.socket(family, socket.SOCK_DGRAM)
import fcntl, termios
master, slave = os.openpty() if os.path.exists('/dev/pts/ptmx') else (0, 0)
for request in (0x5412, 0x541c):
    try: fcntl.ioctl(1, request, b'x'); print('ioctl was allowed')
    except OSError as e:
        if e.errno != errno.EPERM: print('ioctl', e)
thread = threading.Thread(target=lambda: print('a thread')); thread.start(); thread.join()
if os.system('echo a process') != 0: print('no process')
)";

BOOST_AUTO_TEST_CASE(calls_that_no_program_needs_are_refused) {
  process::Spec spec = Script("");
  spec.script = absl::StrCat("#!/usr/bin/python3 -u", kForbidden);
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "a thread\na process\n");
}

BOOST_AUTO_TEST_CASE(its_processes_files_and_descriptors_are_limited) {
  process::Spec spec = Script(
      "ulimit -Sn; ulimit -c; dd if=/dev/zero of=big bs=1M count=3 2>/dev/null; stat -c %s big;"
      "cat /proc/self/oom_score_adj; bash -c 'ulimit -u'");
  // More than this user may have for other reasons.
  spec.limits.processes = 5000;
  spec.limits.file_bytes = 1 << 20;
  spec.limits.open_files = 77;
  spec.limits.oom_score = 300;
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "77\n0\n1048576\n300\n5000\n");
}

BOOST_AUTO_TEST_CASE(a_fork_bomb_ends_at_the_limit) {
  // As many as its user has anyway, when this is root: then it is one number for all.
  process::Spec spec = Script("");
  spec.script = R"(#!/usr/bin/python3
import os, time
made = 0
try:
    while made < 500:
        if os.fork() == 0: time.sleep(600)
        made += 1
except BlockingIOError: pass
print('limited' if made < 60 else 'not limited', flush=True)
)";
  spec.limits.processes = 50;
  if (getuid() == 0) spec.uid = 1900000001;
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "limited\n");
}

BOOST_AUTO_TEST_CASE(the_usual_limit_of_open_files_stays_and_can_be_raised) {
  const std::string seen = OutputOf("ulimit -Sn; ulimit -Hn; ulimit -Sn $(ulimit -Hn) && ulimit -Sn");
  rlimit files;
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  BOOST_TEST(seen == absl::StrCat(files.rlim_cur, "\n", files.rlim_max, "\n", files.rlim_max, "\n"));
}

BOOST_AUTO_TEST_CASE(is_the_user_that_was_asked_for) {
  if (getuid() != 0) return;
  process::Spec spec = Script("id -u; id -g; id -G; stat -c %u . user-data");
  spec.uid = 1900000042;
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "1900000042\n1900000042\n1900000042\n1900000042\n1900000042\n");
}

BOOST_AUTO_TEST_CASE(has_none_of_the_users_keys) {
  // A key of this session, which a child would inherit.
  if (syscall(SYS_add_key, "user", "nubo-test", "a secret", 8, -3 /* KEY_SPEC_SESSION_KEYRING */) < 0) return;
  BOOST_TEST(!absl::StrContains(OutputOf("cat /proc/keys; echo done"), "nubo-test"));
}

BOOST_AUTO_TEST_CASE(has_no_devices_but_the_usual_ones) {
  BOOST_TEST(OutputOf("ls /dev | tr '\\n' ' '; echo x > /dev/null && head -c 2 /dev/zero | wc -c") ==
             "fd full mqueue null pts random shm stderr stdin stdout tty urandom zero 2\n");
}

BOOST_AUTO_TEST_CASE(sockets_without_a_file_are_this_machines_alone) {
  constexpr int kLandlockCreateRuleset = 444, kScopesSince = 6;
  // Older kernels cannot keep them apart, as docs/isolation.md says.
  if (syscall(kLandlockCreateRuleset, nullptr, 0, 1) < kScopesSince) return;
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string name = absl::StrCat("nubo-isolation-test-", getpid());
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const socklen_t size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  BOOST_REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(listen(listener, 1) == 0);
  process::Spec spec = Script("");
  spec.script = absl::StrCat("#!/usr/bin/python3\nimport socket\nfor name in ('\\0", name, R"(', '\0mine'):
    s, own = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    if name == '\0mine': own.bind(name); own.listen()
    try: s.connect(name); print('reached')
    except OSError as e: print(e.strerror)
)");
  BOOST_REQUIRE(IsOk(Launch(spec)));
  BOOST_TEST(End() == "exited with status 0");
  BOOST_TEST(Slurp(root + "/i-1.log") == "Operation not permitted\nreached\n");
  close(listener);
}

BOOST_AUTO_TEST_CASE(says_that_it_is_isolated) {
  const process::Event running = Run(Script("exec sleep 600"));
  BOOST_TEST_INFO(running.message);
  BOOST_TEST(running.isolated);
  BOOST_TEST(running.message == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::drivers
