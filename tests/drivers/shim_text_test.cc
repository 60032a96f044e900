// What driver and shim write to each other, as text.
#include <boost/test/unit_test.hpp>
#include <string>

#include "nubo/drivers/shim_client.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {
namespace {

using LineKind = ShimLine::Kind;

BOOST_AUTO_TEST_CASE(a_spec_survives_the_way_through_a_file) {
  ShimSpec spec;
  spec.id = "i-1";
  spec.directory = "/state/instances/i-1";
  spec.argv = {"/bin/sh", "-c", "echo \"a=b\"\nexit", ""};
  spec.environment = {"PATH=/bin", "EMPTY=", "EQUALS=a=b=c"};
  spec.writable = {"/state/data"};
  spec.read_only = {"/images/web", "/opt"};
  spec.hidden = {"/state"};
  spec.files = {{"/etc/hosts", "/state/names/a=b"}, {"/etc/resolv.conf", "/state/names/resolv.conf"}};
  spec.hostname = "ip-10-0-1-5";
  spec.log_path = "/state/logs/i-1.log";
  spec.socket_path = "/state/run/i-1.sock";
  spec.uid = 1000;
  spec.gid = 4294967294u;
  spec.bind_low_ports = true;
  spec.keep_running = true;
  spec.outlives_main = true;
  spec.later_argv = {"/state/instances/i-1/user-data-later", ""};
  ShimSpec again;
  BOOST_REQUIRE(Parse(Serialize(spec), again));
  BOOST_TEST(Serialize(again) == Serialize(spec));
  BOOST_TEST(again.argv == spec.argv);
  BOOST_TEST(again.gid == spec.gid);
  BOOST_TEST(again.keep_running);
  BOOST_TEST(again.outlives_main);
  BOOST_TEST(again.later_argv == spec.later_argv);
}

BOOST_AUTO_TEST_CASE(only_a_machine_may_have_no_program) {
  ShimSpec spec;
  spec.id = "i-1";
  spec.directory = "/d";
  spec.socket_path = "/s";
  ShimSpec parsed;
  BOOST_TEST(!Parse(Serialize(spec), parsed));
  spec.outlives_main = true;
  BOOST_TEST(Parse(Serialize(spec), parsed));
}

BOOST_AUTO_TEST_CASE(what_is_no_spec_is_refused) {
  ShimSpec whole;
  whole.id = "i-1";
  whole.directory = "/d";
  whole.argv = {"/bin/true"};
  whole.socket_path = "/s";
  const std::string text = Serialize(whole);
  ShimSpec spec;
  BOOST_TEST(Parse(text, spec));
  for (const std::string& bad :
       {std::string(), std::string("id=i-1"), text + "x", text + std::string("no\0", 3),
        text + std::string("new=1\0", 6), text + std::string("uid=-1\0", 7), text + std::string("uid=4294967296\0", 15),
        text + std::string("gid=\0", 5), text + std::string("file=/x\0", 8)}) {
    ShimSpec parsed;
    BOOST_TEST(!Parse(bad, parsed));
  }
  for (size_t length = 0; length < text.size(); ++length) {
    ShimSpec parsed;
    // Without its last, optional records it is still whole; never is half a record.
    if (Parse(text.substr(0, length), parsed)) BOOST_TEST((length > 0 && text[length - 1] == '\0'));
  }
}

BOOST_AUTO_TEST_CASE(lines_of_a_shim_are_understood) {
  const ShimLine running = ParseShimLine("running pid=17 isolated=1 ");
  BOOST_TEST((running.kind == LineKind::kRunning));
  BOOST_TEST(running.pid == 17);
  BOOST_TEST(running.isolated);
  BOOST_TEST(running.message == "");
  BOOST_TEST(ParseShimLine("running pid=17 isolated=0 no room: EPERM").message == "no room: EPERM");
  BOOST_TEST(!ParseShimLine("running pid=17 isolated=0 no").isolated);
  BOOST_TEST((ParseShimLine("exited code=3").end == process::End::Exited(3)));
  BOOST_TEST((ParseShimLine("exited signal=9").end == process::End::Signaled(9)));
  BOOST_TEST((ParseShimLine("failed cannot run x").end == process::End::NotStarted("cannot run x")));
  BOOST_TEST(ParseShimLine("shim id=i-1").id == "i-1");
  const ShimLine restarting = ParseShimLine("restarting ms=100 exited signal=9");
  BOOST_TEST((restarting.kind == LineKind::kRestarting));
  BOOST_TEST((restarting.end == process::End::Signaled(9)));
  BOOST_TEST(restarting.restarts_in == absl::Milliseconds(100));
  BOOST_TEST(ParseShimLine("restarting ms=0 exited code=1").restarts_in == absl::ZeroDuration());
}

BOOST_AUTO_TEST_CASE(other_lines_are_not) {
  for (const char* line : {"", "running", "running ", "running pid=0 isolated=1 ", "running pid=x isolated=1 ",
                           "running pid=-4 isolated=1 ", "running isolated=1 pid=17", "exited", "exited code=",
                           "restarting", "restarting ms=1", "restarting ms=x exited code=1", "restarting ms=1 running",
                           "exited code=x", "exited 3", "RUNNING pid=17 isolated=1 ", "quit"}) {
    BOOST_TEST_INFO(line);
    BOOST_TEST((ParseShimLine(line).kind == LineKind::kUnknown));
  }
}

}  // namespace
}  // namespace nubo::drivers
