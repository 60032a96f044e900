// Netlink messages against bytes, on a machine whose lowest byte comes first.
#include "nubo/fabrics/netlink_message.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::fabrics {
namespace {

using nubo::testing::IsOk;
using nubo::testing::StatusIs;

net::IpAddress Ip(absl::string_view text) { return *net::IpAddress::Parse(text); }

// The message of which `bytes` are the whole.
RawMessage Whole(absl::string_view bytes) {
  const std::optional<RawMessage> message = NextMessage(bytes);
  BOOST_REQUIRE(message.has_value());
  return *message;
}

std::string Payload(const std::string& bytes) { return bytes.substr(NLMSG_HDRLEN); }

BOOST_AUTO_TEST_CASE(a_request_is_header_body_and_padded_attributes) {
  MessageWriter writer(RTM_GETLINK, NLM_F_REQUEST);
  writer.Body(ifinfomsg{});
  writer.Text(IFLA_IFNAME, "eth0");
  writer.Number(IFLA_EXT_MASK, 8);
  BOOST_TEST(absl::BytesToHexString(std::move(writer).Finish()) ==
             "34000000"
             "1200"
             "0100"
             "00000000"
             "00000000"
             "00000000000000000000000000000000"
             "09000300"
             "6574683000000000"
             "08001d00"
             "08000000");
}

BOOST_AUTO_TEST_CASE(a_nested_attribute_spans_what_is_in_it) {
  MessageWriter writer(RTM_NEWLINK, 0);
  const size_t outer = writer.Begin(IFLA_LINKINFO);
  writer.Bytes(IFLA_INFO_KIND, "veth");
  const size_t inner = writer.Begin(IFLA_INFO_DATA);
  writer.End(inner);
  writer.End(outer);
  writer.Number(IFLA_MTU, 1);
  BOOST_TEST(absl::BytesToHexString(Payload(std::move(writer).Finish())) ==
             "10001200"
             "08000100"
             "76657468"
             "04000200"
             "08000400"
             "01000000");
}

BOOST_AUTO_TEST_CASE(the_value_of_the_next_attribute_is_where_it_is_said_to_be) {
  MessageWriter writer(RTM_NEWROUTE, 0);
  const size_t at = writer.NextValueAt();
  writer.Number(RTA_OIF, 0x61626364);
  BOOST_TEST(std::move(writer).Finish().substr(at) == "dcba");
}

BOOST_AUTO_TEST_CASE(messages_are_taken_off_one_by_one) {
  MessageWriter first(RTM_NEWLINK, 1), second(RTM_NEWADDR, 2);
  first.Bytes(IFLA_IFNAME, "x");
  const std::string bytes = std::move(first).Finish() + std::move(second).Finish();
  absl::string_view rest = bytes;
  BOOST_TEST(NextMessage(rest)->type == RTM_NEWLINK);
  BOOST_TEST(NextMessage(rest)->type == RTM_NEWADDR);
  BOOST_TEST(!NextMessage(rest).has_value());
}

BOOST_AUTO_TEST_CASE(a_message_that_is_not_whole_is_none) {
  MessageWriter writer(RTM_NEWLINK, 0);
  writer.Text(IFLA_IFNAME, "eth0");
  const std::string bytes = std::move(writer).Finish();
  for (size_t size = 0; size < bytes.size(); ++size) {
    absl::string_view cut = absl::string_view(bytes).substr(0, size);
    BOOST_TEST(!NextMessage(cut).has_value());
  }
  const std::string short_length(NLMSG_HDRLEN, '\0');
  absl::string_view rest = short_length;
  BOOST_TEST(!NextMessage(rest).has_value());
}

// An answer to a request of 8 bytes behind its header.
std::string AnswerBytes(int error, uint16_t flags, absl::string_view text) {
  MessageWriter writer(NLMSG_ERROR, flags);
  writer.Body(error);
  nlmsghdr request = {};
  request.nlmsg_len = NLMSG_HDRLEN + 8;
  writer.Body(request);
  if ((flags & NLM_F_CAPPED) == 0) writer.Body(uint64_t{0xffffffffffffffff});
  if (!text.empty()) {
    writer.Number(NLMSGERR_ATTR_OFFS, 20);
    writer.Text(NLMSGERR_ATTR_MSG, text);
  }
  return std::move(writer).Finish();
}

BOOST_AUTO_TEST_CASE(an_answer_has_its_error_and_reason) {
  for (const int capped : {0, NLM_F_CAPPED}) {
    const std::string bytes =
        AnswerBytes(-ENETUNREACH, static_cast<uint16_t>(capped | NLM_F_ACK_TLVS), "Nexthop has invalid gateway");
    const std::optional<Answer> answer = ParseAnswer(Whole(bytes));
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->error == ENETUNREACH);
    BOOST_TEST(answer->text == "Nexthop has invalid gateway");
  }
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_reason_has_none) {
  const std::string bytes = AnswerBytes(-EPERM, NLM_F_CAPPED, "");
  BOOST_TEST(ParseAnswer(Whole(bytes))->error == EPERM);
  BOOST_TEST(ParseAnswer(Whole(bytes))->text == "");
}

BOOST_AUTO_TEST_CASE(an_answer_of_success_is_no_error) {
  BOOST_TEST(ParseAnswer(Whole(AnswerBytes(0, 0, "")))->error == 0);
}

BOOST_AUTO_TEST_CASE(an_error_that_is_no_number_of_one_is_one_all_the_same) {
  BOOST_TEST(ParseAnswer(Whole(AnswerBytes(INT32_MIN, 0, "")))->error == EIO);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_list_is_an_answer) {
  MessageWriter writer(NLMSG_DONE, 0);
  writer.Body(int{-ENOENT});
  BOOST_TEST(ParseAnswer(Whole(std::move(writer).Finish()))->error == ENOENT);
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_is_none) {
  MessageWriter link(RTM_NEWLINK, 0), cut(NLMSG_ERROR, 0);
  link.Body(int{0});
  cut.Body(int{0});
  BOOST_TEST(!ParseAnswer(Whole(std::move(link).Finish())).has_value());
  BOOST_TEST(!ParseAnswer(Whole(std::move(cut).Finish())).has_value());
}

BOOST_AUTO_TEST_CASE(errors_have_codes_and_say_what_they_are_about) {
  const struct {
    int error;
    absl::StatusCode code;
  } rows[] = {{ENODEV, absl::StatusCode::kNotFound},
              {ESRCH, absl::StatusCode::kNotFound},
              {EADDRNOTAVAIL, absl::StatusCode::kNotFound},
              {EEXIST, absl::StatusCode::kAlreadyExists},
              {EINVAL, absl::StatusCode::kInvalidArgument},
              {EPERM, absl::StatusCode::kPermissionDenied},
              {ENOBUFS, absl::StatusCode::kResourceExhausted},
              {EOPNOTSUPP, absl::StatusCode::kUnimplemented},
              {ENETDOWN, absl::StatusCode::kFailedPrecondition},
              {EIO, absl::StatusCode::kInternal}};
  for (const auto& row : rows) BOOST_TEST(StatusIs(ToStatus({row.error, ""}, "add x"), row.code, "add x: "));
  BOOST_TEST(IsOk(ToStatus({0, "a warning"}, "add x")));
  BOOST_TEST(ToStatus({ENODEV, ""}, "add x").message() == "add x: No such device");
  BOOST_TEST(ToStatus({ENODEV, "why"}, "add x").message() == "add x: why (No such device)");
}

BOOST_AUTO_TEST_CASE(a_link_is_read) {
  MessageWriter writer(RTM_NEWLINK, 0);
  ifinfomsg body = {};
  body.ifi_index = 7;
  body.ifi_flags = IFF_UP | IFF_NOARP;
  writer.Body(body);
  writer.Text(IFLA_IFNAME, "eth0");
  writer.Number(IFLA_MTU, 9001);
  writer.Bytes(IFLA_ADDRESS, absl::string_view("\2\0\12\0\1\5", 6));
  const size_t information = writer.Begin(IFLA_LINKINFO | NLA_F_NESTED);
  writer.Text(IFLA_INFO_KIND, "veth");
  writer.End(information);
  const std::optional<Link> link = ParseLink(Payload(std::move(writer).Finish()));
  BOOST_REQUIRE(link.has_value());
  const Link expected = {.name = "eth0",
                         .index = 7,
                         .mac = *net::MacAddress::Parse("02:00:0a:00:01:05"),
                         .up = true,
                         .noarp = true,
                         .mtu = 9001,
                         .kind = "veth"};
  BOOST_TEST((*link == expected));
}

BOOST_AUTO_TEST_CASE(a_link_without_a_name_or_number_is_none) {
  MessageWriter writer(RTM_NEWLINK, 0);
  writer.Body(ifinfomsg{});
  writer.Text(IFLA_IFNAME, "eth0");
  BOOST_TEST(!ParseLink(Payload(std::move(writer).Finish())).has_value());
  ifinfomsg body = {};
  body.ifi_index = 7;
  MessageWriter nameless(RTM_NEWLINK, 0);
  nameless.Body(body);
  BOOST_TEST(!ParseLink(Payload(std::move(nameless).Finish())).has_value());
  BOOST_TEST(!ParseLink("short").has_value());
}

BOOST_AUTO_TEST_CASE(an_address_is_read_with_its_wide_flags) {
  MessageWriter writer(RTM_NEWADDR, 0);
  ifaddrmsg body = {};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = 24;
  body.ifa_index = 3;
  writer.Body(body);
  writer.Address(IFA_ADDRESS, Ip("10.0.1.1"));
  writer.Address(IFA_LOCAL, Ip("10.0.1.5"));
  writer.Number(IFA_FLAGS, IFA_F_NOPREFIXROUTE);
  const auto parsed = ParseInterfaceAddress(Payload(std::move(writer).Finish()));
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->device == 3);
  BOOST_TEST(parsed->value.address.ToString() == "10.0.1.5");
  BOOST_TEST(parsed->value.length == 24);
  BOOST_TEST(parsed->value.no_prefix_route);
  BOOST_TEST(!parsed->value.no_duplicate_detection);
}

BOOST_AUTO_TEST_CASE(an_address_of_another_family_or_length_is_none) {
  const struct {
    unsigned char family, length;
    const char* address;
  } rows[] = {
      {AF_INET6, 64, "10.0.1.5"}, {AF_INET, 24, "fd00::1"}, {AF_INET, 33, "10.0.1.5"}, {AF_UNIX, 0, "10.0.1.5"}};
  for (const auto& row : rows) {
    MessageWriter writer(RTM_NEWADDR, 0);
    ifaddrmsg body = {};
    body.ifa_family = row.family;
    body.ifa_prefixlen = row.length;
    writer.Body(body);
    writer.Address(IFA_LOCAL, Ip(row.address));
    BOOST_TEST(!ParseInterfaceAddress(Payload(std::move(writer).Finish())).has_value());
  }
}

rtmsg RouteBody(unsigned char type = RTN_UNICAST, unsigned flags = 0) {
  rtmsg body = {};
  body.rtm_family = AF_INET;
  body.rtm_table = RT_TABLE_COMPAT;
  body.rtm_type = type;
  body.rtm_flags = flags;
  return body;
}

BOOST_AUTO_TEST_CASE(a_default_route_is_read) {
  MessageWriter writer(RTM_NEWROUTE, 0);
  writer.Body(RouteBody(RTN_UNICAST, RTNH_F_ONLINK));
  writer.Number(RTA_TABLE, 1000);
  writer.Address(RTA_GATEWAY, Ip("169.254.1.1"));
  writer.Number(RTA_OIF, 4);
  writer.Number(RTA_PRIORITY, 50);
  const auto parsed = ParseRoute(Payload(std::move(writer).Finish()));
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->device == 4);
  const Route expected = {
      .table = 1000, .gateway = Ip("169.254.1.1"), .onlink = true, .scope = RouteScope::kUniverse, .metric = 50};
  BOOST_TEST((parsed->value == expected));
}

BOOST_AUTO_TEST_CASE(a_route_that_ends_here_has_no_device) {
  MessageWriter writer(RTM_NEWROUTE, 0);
  writer.Body(RouteBody(RTN_BLACKHOLE));
  writer.Number(RTA_OIF, 1);
  const auto parsed = ParseRoute(Payload(std::move(writer).Finish()));
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->device == 0);
  BOOST_TEST((parsed->value.type == RouteType::kBlackhole));
}

BOOST_AUTO_TEST_CASE(routes_of_the_moment_and_unknown_types_are_none) {
  for (const rtmsg& body : {RouteBody(RTN_UNICAST, RTM_F_CLONED), RouteBody(RTN_UNSPEC), RouteBody(RTN_NAT)}) {
    MessageWriter writer(RTM_NEWROUTE, 0);
    writer.Body(body);
    BOOST_TEST(!ParseRoute(Payload(std::move(writer).Finish())).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_route_whose_destination_is_missing_is_none) {
  rtmsg body = RouteBody();
  body.rtm_dst_len = 24;
  MessageWriter writer(RTM_NEWROUTE, 0);
  writer.Body(body);
  BOOST_TEST(!ParseRoute(Payload(std::move(writer).Finish())).has_value());
}

BOOST_AUTO_TEST_CASE(a_rule_is_read) {
  MessageWriter writer(RTM_NEWRULE, 0);
  fib_rule_hdr body = {};
  body.family = AF_INET6;
  body.src_len = 64;
  body.action = FR_ACT_TO_TBL;
  writer.Body(body);
  writer.Number(FRA_PRIORITY, 100);
  writer.Number(FRA_TABLE, 1000);
  writer.Number(FRA_FWMARK, 1);
  writer.Number(FRA_FWMASK, 0xff);
  writer.Address(FRA_SRC, Ip("fd00::"));
  writer.Text(FRA_IIFNAME, "eni");
  const auto rule = ParseRoutingRule(Payload(std::move(writer).Finish()));
  BOOST_REQUIRE(rule.has_value());
  const RoutingRule expected = {.v6 = true,
                                .priority = 100,
                                .mark = 1,
                                .mark_mask = 0xff,
                                .from = *net::Prefix::Parse("fd00::/64"),
                                .in_device = "eni",
                                .table = 1000};
  BOOST_TEST((*rule == expected));
}

BOOST_AUTO_TEST_CASE(a_rule_that_names_no_table_is_none) {
  MessageWriter writer(RTM_NEWRULE, 0);
  fib_rule_hdr body = {};
  body.family = AF_INET;
  body.action = FR_ACT_UNREACHABLE;
  writer.Body(body);
  BOOST_TEST(!ParseRoutingRule(Payload(std::move(writer).Finish())).has_value());
}

}  // namespace
}  // namespace nubo::fabrics
