// User data with readers that are handed in.
#include "nubo/ec2/user_data.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/mime.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

// gzip that stands for "expanded", and a configuration whose only command is its own text.
UserDataReaders Readers() {
  return {.gunzip = [](absl::string_view, size_t) { return std::string("#!/bin/sh\nexpanded\n"); },
          .cloud_config =
              [](absl::string_view text, const Gunzip& gunzip) {
                CloudConfig config;
                config.runcmd = {std::string(text)};
                config.files = {{.path = "/a", .content = gunzip("x", 10).value_or("")}};
                config.findings = {{UserDataFinding::Kind::kIgnored, "", 2, 5, "as told"}};
                return config;
              }};
}

BOOST_AUTO_TEST_SUITE(user_data)

BOOST_AUTO_TEST_CASE(the_readers_are_asked) {
  const auto expanded = ReadUserData("\x1f\x8b\x08 anything", Readers());
  BOOST_REQUIRE(IsOk(expanded));
  BOOST_REQUIRE(expanded->scripts.size() == 1u);
  BOOST_TEST(expanded->scripts[0].text == "#!/bin/sh\nexpanded\n");
  const auto config = ReadUserData("#cloud-config\nx", Readers());
  BOOST_REQUIRE(IsOk(config));
  BOOST_REQUIRE(config->scripts.size() == 1u);
  BOOST_TEST(config->scripts[0].text == "#!/bin/sh\n#cloud-config\nx\n");
  BOOST_REQUIRE(config->files.size() == 1u);
  BOOST_TEST(config->files[0].content == "#!/bin/sh\nexpanded\n");
}

BOOST_AUTO_TEST_CASE(lines_are_those_of_the_user_data) {
  const auto plan = ReadUserData(
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/cloud-config\n\nfirst\n"
      "second\n--x--\n",
      Readers());
  BOOST_REQUIRE(IsOk(plan));
  BOOST_REQUIRE(plan->findings.size() == 1u);
  BOOST_TEST(ToString(plan->findings[0]) == "part-001 8:5: ignored: as told");
}

BOOST_AUTO_TEST_CASE(a_plan_is_refused_or_told_to_leave_something_out) {
  using Kind = UserDataFinding::Kind;
  BootPlan plan;
  BOOST_TEST(IsOk(CheckPlan(plan)));
  BOOST_TEST(NotDone(plan).empty());
  plan.findings = {{Kind::kNotEnforced, "", 3, 1, "packages: no"},
                   {Kind::kRefused, "part-001", 4, 2, "users: one"},
                   {Kind::kRefused, "", 0, 0, "gzip: damaged"},
                   {Kind::kIgnored, "part-002", 0, 0, "what: unknown"}};
  const absl::Status refused = CheckPlan(plan);
  BOOST_TEST(StatusIs(refused, absl::StatusCode::kInvalidArgument, "user data: users: one (part-001 line 4)"));
  BOOST_TEST(base::ErrorCode(refused) == "UnsupportedOperation");
  BOOST_REQUIRE(NotDone(plan).size() == 2u);
  BOOST_TEST(NotDone(plan)[0] == "user data: packages: no (line 3)");
  BOOST_TEST(NotDone(plan)[1] == "user data: what: unknown (part-002)");
}

BOOST_AUTO_TEST_CASE(quoted_printable_is_decoded) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"a=3Db", "a=b"},
      {"a=\nb", "ab"},
      {"a=\r\nb\r\n", "ab\r\n"},
      {"a  \nb", "a\nb"},
      {"a  ", "a  "},
      {"=4", "=4"},
      {"=", ""},
      {"=zz", "=zz"},
      {"=00=ff", std::string("\0\xff", 2)},
      {"=0", "=0"},
      {"==3D", "=="},
      {"=3d\n=3D", "=\n="},
      {"a= \nb", "ab"},
  };
  for (const auto& [text, bytes] : cases) BOOST_TEST((DecodeQuotedPrintable(text) == bytes), text);
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_message_is_read) {
  const std::string text =
      "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"a\\\"b\"\r\n\r\n--a\"b\r\nContent-Type: "
      "multipart/x;\r\n boundary=c\r\n\r\n--c\r\nContent-Transfer-Encoding: base64\r\n\r\nIyEvYmluL3NoCg==\r\n--c--\r\n"
      "--a\"b--\r\n";
  for (size_t length = 0; length <= text.size(); ++length) {
    for (const MimePart& part : ReadMime(text.substr(0, length))) BOOST_TEST(part.body.size() <= text.size());
  }
  const std::vector<MimePart> parts = ReadMime(text);
  BOOST_REQUIRE(parts.size() == 1u);
  BOOST_TEST(parts[0].body == "#!/bin/sh\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::ec2
