#include "nubo/http/message.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "nubo/http/headers.h"
#include "nubo/http/syntax.h"

namespace nubo::http {
namespace {

BOOST_AUTO_TEST_CASE(fields_are_found_whatever_their_case_and_keep_their_order) {
  Headers headers = {{"Set-Cookie", "a=1"}, {"X", "2"}, {"set-cookie", "b=2"}};
  BOOST_TEST(*headers.Get("SET-COOKIE") == "a=1");
  BOOST_TEST(headers.GetAll("set-cookie").size() == 2u);
  BOOST_TEST(!headers.Get("y").has_value());
  headers.Set("SET-COOKIE", "c=3");
  BOOST_TEST(headers.size() == 2u);
  BOOST_TEST(headers.begin()->name == "Set-Cookie");
  BOOST_TEST(headers.begin()->value == "c=3");
  headers.Set("new", "4");
  BOOST_TEST(*headers.Get("New") == "4");
  BOOST_TEST(headers.Remove("x") == 1u);
  BOOST_TEST(headers.Remove("x") == 0u);
}

BOOST_AUTO_TEST_CASE(a_token_is_found_in_lists_over_several_fields) {
  const Headers headers = {{"Connection", "keep-alive , Upgrade"}, {"connection", "x"}};
  BOOST_TEST(headers.HasToken("connection", "upgrade"));
  BOOST_TEST(headers.HasToken("connection", "X"));
  BOOST_TEST(!headers.HasToken("connection", "keep"));
}

BOOST_AUTO_TEST_CASE(hop_by_hop_fields_go_and_those_connection_names_with_them) {
  Headers headers = {{"Connection", "close, X-Secret"}, {"X-Secret", "1"},      {"Keep-Alive", "timeout=5"},
                     {"Transfer-Encoding", "chunked"},  {"Upgrade", "h2c"},     {"TE", "trailers"},
                     {"Proxy-Connection", "close"},     {"Content-Type", "a/b"}};
  RemoveHopByHop(headers);
  BOOST_TEST(headers.size() == 2u);
  BOOST_TEST(headers.Has("te"));
  BOOST_TEST(headers.Has("content-type"));
  Headers gzip = {{"TE", "gzip"}};
  RemoveHopByHop(gzip);
  BOOST_TEST(gzip.empty());
}

BOOST_AUTO_TEST_CASE(framing_and_routing_never_stand_in_trailers) {
  for (const char* name : {"Content-Length", "transfer-encoding", "Host", "Authorization", "set-cookie", ":status"}) {
    BOOST_TEST(!AllowedInTrailers(name), name);
  }
  for (const char* name : {"grpc-status", "grpc-message", "X-Checksum"}) BOOST_TEST(AllowedInTrailers(name), name);
}

BOOST_AUTO_TEST_CASE(methods_that_may_be_repeated) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) BOOST_TEST(IsIdempotent(method));
  for (const char* method : {"POST", "PATCH", "get", "X"}) BOOST_TEST(!IsIdempotent(method));
}

BOOST_AUTO_TEST_CASE(only_clean_fields_may_be_sent) {
  BOOST_TEST(MayBeSent({{"a", "b c\t\xff"}, {"x", ""}}));
  BOOST_TEST(!MayBeSent({{"a", "b\r\nc: d"}}));
  BOOST_TEST(!MayBeSent({{"a b", "c"}}));
  BOOST_TEST(!MayBeSent({{"", "c"}}));
  BOOST_TEST(!MayBeSent({{"a", std::string("b\0", 2)}}));
}

BOOST_AUTO_TEST_CASE(content_length_is_digits_only) {
  BOOST_TEST(*ParseContentLength("0") == 0u);
  BOOST_TEST(*ParseContentLength("999999999999999999") == 999999999999999999u);
  for (const char* bad : {"", " 1", "1 ", "+1", "-1", "1,1", "0x1", "1000000000000000000"}) {
    BOOST_TEST(!ParseContentLength(bad).has_value(), bad);
  }
}

}  // namespace
}  // namespace nubo::http
