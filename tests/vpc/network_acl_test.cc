#include "nubo/vpc/network_acl.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::vpc {
namespace {

using testing::IsOk;

AclEntryText Text(int64_t protocol) {
  return {.number = 100, .action = "allow", .protocol = protocol, .cidr = "10.0.0.0/8"};
}

std::string CodeOf(const AclEntryText& text) { return base::ErrorCode(ParseAclEntry(text).status()); }

BOOST_AUTO_TEST_SUITE(network_acl)

BOOST_AUTO_TEST_CASE(ports_belong_to_tcp_and_udp) {
  AclEntryText text = Text(6);
  BOOST_TEST(CodeOf(text) == "MissingParameter");
  text.from_port = 80;
  text.to_port = 81;
  const auto entry = ParseAclEntry(text);
  BOOST_REQUIRE(IsOk(entry));
  BOOST_TEST(entry->from_port == 80);
  BOOST_TEST(entry->to_port == 81);
  BOOST_TEST(entry->allow);
  text.to_port = 79;
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue");
  text.to_port = 65536;
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(of_other_protocols_ports_are_without_meaning) {
  AclEntryText text = Text(-1);
  text.from_port = 80;
  text.to_port = 80;
  BOOST_TEST(ParseAclEntry(text)->from_port == -1);
}

BOOST_AUTO_TEST_CASE(type_and_code_belong_to_icmp) {
  AclEntryText text = Text(1);
  BOOST_TEST(CodeOf(text) == "MissingParameter");
  text.icmp_type = 8;
  text.icmp_code = -1;
  BOOST_TEST(ParseAclEntry(text)->from_port == 8);
  text.icmp_type = -1;
  text.icmp_code = 3;
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue", "all types have all codes");
}

BOOST_AUTO_TEST_CASE(what_is_out_of_range_is_refused) {
  AclEntryText text = Text(-1);
  text.number = 0;
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue");
  text.number = 32767;
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue");
  text.number = 32766;
  BOOST_TEST(CodeOf(text) == "");
  text.protocol = 256;
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue");
  text.protocol = 255;
  text.action = "drop";
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue");
  text.action = "deny";
  text.cidr = "10.0.0.0";
  BOOST_TEST(CodeOf(text) == "InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(a_number_is_taken_once_and_there_are_twenty) {
  std::vector<NetworkAclEntry> present = {{.number = 100}};
  BOOST_TEST(base::ErrorCode(CheckAclEntry(present, {.number = 100})) == "NetworkAclEntryAlreadyExists");
  while (present.size() < kAclEntriesMax) present.push_back({.number = static_cast<int>(present.size())});
  BOOST_TEST(base::ErrorCode(CheckAclEntry(present, {.number = 101})) == "NetworkAclEntryLimitExceeded");
  present.pop_back();
  BOOST_TEST(IsOk(CheckAclEntry(present, {.number = 101})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::vpc
