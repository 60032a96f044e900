#include "nubo/http/h1_parser.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "nubo/http/syntax.h"
#include "tests/http/transcript.h"

namespace nubo::http {
namespace {

namespace data = boost::unit_test::data;

// The cuts that find most faults of incremental parsers; 0 is whole.
constexpr size_t kFragments[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 31};

struct Case {
  std::string name;
  std::string input;
  std::string expected;
  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

void Check(H1Parser::Kind kind, const Case& c, bool head_request = false) {
  for (const size_t fragment : kFragments) {
    BOOST_TEST_CONTEXT("fragments of " << fragment) {
      BOOST_TEST(Transcribe(kind, c.input, fragment, head_request) == c.expected);
    }
  }
}

std::string Get(const std::string& fields, const std::string& rest = "") {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest;
}
std::string Post(const std::string& fields, const std::string& rest) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest;
}
std::string Line(const std::string& line) { return line + "\r\nHost: a\r\n\r\n"; }

const std::vector<Case> kGoodRequests = {
    {"plain", Get(""), "GET / @a |  | END\n"},
    {"two_in_a_row", Get("") + Get("X: 1\r\n"), "GET / @a |  | END\nGET / @a X=1; |  | END\n"},
    {"spaces_around_a_value", Get("X: \t a b\t \r\n"), "GET / @a X=a b; |  | END\n"},
    {"empty_value", Get("X:\r\n"), "GET / @a X=; |  | END\n"},
    {"obs_text", Get("X: \xe4\xff\r\n"), "GET / @a X=\xe4\xff; |  | END\n"},
    {"repeated_fields", Get("X: 1\r\nx: 2\r\n"), "GET / @a X=1; x=2; |  | END\n"},
    {"length", Post("Content-Length: 5\r\n", "hello"), "POST / @a Content-Length=5; | hello | END\n"},
    {"length_zero", Post("Content-Length: 0\r\n", ""), "POST / @a Content-Length=0; |  | END\n"},
    {"length_leading_zeros", Post("Content-Length: 005\r\n", "hello"), "POST / @a Content-Length=005; | hello | END\n"},
    {"length_then_another", Post("Content-Length: 2\r\n", "hi") + Get(""),
     "POST / @a Content-Length=2; | hi | END\nGET / @a |  | END\n"},
    {"body_cut_off", Post("Content-Length: 9\r\n", "hello"), "POST / @a Content-Length=9; | hello CUT"},
    {"chunked", Post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; | abc0123456789 | END\n"},
    {"chunked_any_case", Post("transfer-encoding: CHUNKED\r\n", "0\r\n\r\n"),
     "POST / @a transfer-encoding=CHUNKED; |  | END\n"},
    {"chunk_extension", Post("Transfer-Encoding: chunked\r\n", "2;a=b;c=\"d\"\r\nhi\r\n0;x\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; | hi | END\n"},
    {"chunk_extension_with_blanks", Post("Transfer-Encoding: chunked\r\n", "2 ; a = b\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; | hi | END\n"},
    {"chunk_extension_quoted", Post("Transfer-Encoding: chunked\r\n", "2;a=\";\\\"=\";b\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; | hi | END\n"},
    {"chunk_size_zeros", Post("Transfer-Encoding: chunked\r\n", "0002\r\nhi\r\n000\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; | hi | END\n"},
    {"trailers", Post("Transfer-Encoding: chunked\r\n", "0\r\nA: 1\r\nB: 2\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  | END A=1; B=2;\n"},
    {"chunked_then_another", Post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n") + Get(""),
     "POST / @a Transfer-Encoding=chunked; | x | END\nGET / @a |  | END\n"},
    {"connection_close", Get("Connection: keep-alive, Close\r\n"),
     "GET / @a Connection=keep-alive, Close; close |  | END\n"},
    {"http10", "GET / HTTP/1.0\r\n\r\n", "GET / @ 1.0 close |  | END\n"},
    {"http10_keep_alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
     "GET / @ 1.0 Connection=keep-alive; |  | END\n"},
    {"options_star", Line("OPTIONS * HTTP/1.1"), "OPTIONS * @a |  | END\n"},
    {"query", Line("GET /a%20b/c?d=e&f=[g] HTTP/1.1"), "GET /a%20b/c?d=e&f=[g] @a |  | END\n"},
    {"what_browsers_send_raw", Line("GET /a|b?c={d}|`^\\ HTTP/1.1"), "GET /a|b?c={d}|`^\\ @a |  | END\n"},
    {"absolute_form", Line("GET http://a/b?c HTTP/1.1"), "GET /b?c @a |  | END\n"},
    {"absolute_form_no_path", Line("GET HTTP://A HTTP/1.1"), "GET / @A |  | END\n"},
    {"absolute_form_query_only", Line("GET http://a?b HTTP/1.1"), "GET /?b @a |  | END\n"},
    {"absolute_form_overrides_host", Line("GET http://b:81/ HTTP/1.1"), "GET / @b:81 |  | END\n"},
    {"absolute_form_options", Line("OPTIONS http://b HTTP/1.1"), "OPTIONS * @b |  | END\n"},
    {"absolute_form_options_path", Line("OPTIONS http://b/ HTTP/1.1"), "OPTIONS / @b |  | END\n"},
    {"empty_line_first", "\r\n" + Get(""), "GET / @a |  | END\n"},
    {"empty_lines_between", Post("Content-Length: 1\r\n", "x") + "\r\n\r\n" + Get(""),
     "POST / @a Content-Length=1; | x | END\nGET / @a |  | END\n"},
    {"host_with_port", "GET / HTTP/1.1\r\nHost: a.b:8080\r\n\r\n", "GET / @a.b:8080 |  | END\n"},
    {"host_ipv6", "GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n", "GET / @[::1]:80 |  | END\n"},
    {"odd_but_proper_method", Line("M-SEARCH /x HTTP/1.1"), "M-SEARCH /x @a |  | END\n"},
    {"head_cut_off", "GET / HTTP/1.1\r\nHos", " CUT"},
    {"nothing", "", ""},
};

BOOST_DATA_TEST_CASE(reads_a_request_however_it_is_cut, data::make(kGoodRequests)) {
  Check(H1Parser::Kind::kRequest, sample);
}

// Shapes that two parsers might read differently, and how each is refused. A second request hidden behind any of them
// must never be seen.
const std::vector<Case> kSmuggling = {
    {"te_and_cl", Post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"cl_and_te", Post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_twice", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_list", Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_chunked_twice_in_a_list", Post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_chunked_not_last", Post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_empty", Post("Transfer-Encoding:\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_comma", Post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_parameter", Post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_quoted", Post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_unknown", Post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), " ERROR 501"},
    {"te_identity", Post("Transfer-Encoding: identity\r\n", "0\r\n\r\n"), " ERROR 501"},
    {"te_vertical_tab", Post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_trailing_nul", Post(std::string("Transfer-Encoding: chunked\0\r\n", 29), "0\r\n\r\n"), " ERROR 400"},
    {"te_folded", Post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_space_before_colon", Post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_leading_space", Post(" Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), " ERROR 400"},
    {"te_in_http10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " ERROR 400"},
    {"cl_twice", Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), " ERROR 400"},
    {"cl_twice_different", Post("Content-Length: 5\r\ncontent-length: 6\r\n", "hello"), " ERROR 400"},
    {"cl_list", Post("Content-Length: 5, 5\r\n", "hello"), " ERROR 400"},
    {"cl_plus", Post("Content-Length: +5\r\n", "hello"), " ERROR 400"},
    {"cl_minus", Post("Content-Length: -5\r\n", "hello"), " ERROR 400"},
    {"cl_hex", Post("Content-Length: 0x5\r\n", "hello"), " ERROR 400"},
    {"cl_fraction", Post("Content-Length: 5.0\r\n", "hello"), " ERROR 400"},
    {"cl_empty", Post("Content-Length:\r\n", "hello"), " ERROR 400"},
    {"cl_words", Post("Content-Length: 5 5\r\n", "hello"), " ERROR 400"},
    {"cl_underscore", Post("Content-Length: 1_0\r\n", "hello"), " ERROR 400"},
    {"cl_overflow", Post("Content-Length: 18446744073709551621\r\n", "hello"), " ERROR 400"},
    {"chunk_size_overflow", Post("Transfer-Encoding: chunked\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_size_sign", Post("Transfer-Encoding: chunked\r\n", "+2\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_size_0x", Post("Transfer-Encoding: chunked\r\n", "0x2\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_size_space", Post("Transfer-Encoding: chunked\r\n", "2 \r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_size_missing", Post("Transfer-Encoding: chunked\r\n", ";x\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_empty", Post("Transfer-Encoding: chunked\r\n", "2;\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_empty_first", Post("Transfer-Encoding: chunked\r\n", "2;;a\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_no_name", Post("Transfer-Encoding: chunked\r\n", "2;=b\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_no_value", Post("Transfer-Encoding: chunked\r\n", "2;a=\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_open_quote", Post("Transfer-Encoding: chunked\r\n", "2;a=\"b\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_tail", Post("Transfer-Encoding: chunked\r\n", "2;a=\"b\"c\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_words", Post("Transfer-Encoding: chunked\r\n", "2;a b\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_extension_trailing_blank", Post("Transfer-Encoding: chunked\r\n", "2;a \r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_line_bare_lf", Post("Transfer-Encoding: chunked\r\n", "2\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_line_bare_cr", Post("Transfer-Encoding: chunked\r\n", "2;\rx\r\nhi\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"chunk_data_bare_lf", Post("Transfer-Encoding: chunked\r\n", "2\r\nhi\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; | hi ERROR 400"},
    {"chunk_data_too_long", Post("Transfer-Encoding: chunked\r\n", "2\r\nhi!\r\n0\r\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; | hi ERROR 400"},
    {"trailer_bare_lf", Post("Transfer-Encoding: chunked\r\n", "0\r\nA: b\n\r\n"),
     "POST / @a Transfer-Encoding=chunked; |  ERROR 400"},
    {"bare_lf_request_line", "GET / HTTP/1.1\nHost: a\r\n\r\n", " ERROR 400"},
    {"bare_lf_field", "GET / HTTP/1.1\r\nHost: a\n\r\n", " ERROR 400"},
    {"bare_lf_end", "GET / HTTP/1.1\r\nHost: a\r\n\n", " ERROR 400"},
    {"bare_cr_in_value", Get("X: a\rb\r\n"), " ERROR 400"},
    {"cr_cr_lf", Get("X: a\r\r\n"), " ERROR 400"},
    {"nul_in_value", Get(std::string("X: a\0b\r\n", 8)), " ERROR 400"},
    {"delete_in_value", Get("X: a\x7f\r\n"), " ERROR 400"},
    {"folded", Get("X: a\r\n b\r\n"), " ERROR 400"},
    {"folded_tab", Get("X: a\r\n\tb\r\n"), " ERROR 400"},
    {"folded_first", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", " ERROR 400"},
    {"no_colon", Get("X\r\n"), " ERROR 400"},
    {"empty_name", Get(": x\r\n"), " ERROR 400"},
    {"name_with_space", Get("X Y: z\r\n"), " ERROR 400"},
    {"name_with_nul", Get(std::string("X\0: z\r\n", 7)), " ERROR 400"},
    {"name_not_ascii", Get("X\xc3\xa4: z\r\n"), " ERROR 400"},
    {"no_host", "GET / HTTP/1.1\r\n\r\n", " ERROR 400"},
    {"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", " ERROR 400"},
    {"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", " ERROR 400"},
    {"host_list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", " ERROR 400"},
    {"host_with_user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", " ERROR 400"},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", " ERROR 400"},
    {"host_bad_port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", " ERROR 400"},
    {"host_port_only", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", " ERROR 400"},
    {"host_long_port", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", " ERROR 400"},
    {"host_open_bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", " ERROR 400"},
    {"host_bracket_tail", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", " ERROR 400"},
    {"absolute_form_no_host", "GET http://b/ HTTP/1.1\r\n\r\n", " ERROR 400"},
    {"absolute_form_bad_host", "GET http://b/ HTTP/1.1\r\nHost: a, b\r\n\r\n", " ERROR 400"},
    {"absolute_form_user", Line("GET http://u@a/ HTTP/1.1"), " ERROR 400"},
    {"absolute_form_other_scheme", Line("GET ftp://a/ HTTP/1.1"), " ERROR 400"},
    {"authority_form", Line("GET a:80 HTTP/1.1"), " ERROR 400"},
    {"relative_target", Line("GET a HTTP/1.1"), " ERROR 400"},
    {"star_for_get", Line("GET * HTTP/1.1"), " ERROR 400"},
    {"connect", Line("CONNECT a:80 HTTP/1.1"), " ERROR 501"},
    {"target_with_tab", Line("GET /\t HTTP/1.1"), " ERROR 400"},
    {"target_with_fragment", Line("GET /#a HTTP/1.1"), " ERROR 400"},
    {"target_not_ascii", Line("GET /\xc3\xa4 HTTP/1.1"), " ERROR 400"},
    {"target_with_quote", Line("GET /\" HTTP/1.1"), " ERROR 400"},
    {"target_with_backslash", Line("GET /\\.. HTTP/1.1"), " ERROR 400"},
    {"two_spaces", Line("GET  / HTTP/1.1"), " ERROR 400"},
    {"tabs", Line("GET\t/\tHTTP/1.1"), " ERROR 400"},
    {"trailing_space", Line("GET / HTTP/1.1 "), " ERROR 400"},
    {"leading_space", Line(" GET / HTTP/1.1"), " ERROR 400"},
    {"four_words", Line("GET / x HTTP/1.1"), " ERROR 400"},
    {"http09", "GET /\r\n\r\n", " ERROR 400"},
    {"nine_empty_lines_first", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" + Get(""), " ERROR 400"},
    {"bare_lf_first", "\n" + Get(""), " ERROR 400"},
    {"bare_cr_first", "\r" + Get(""), " ERROR 400"},
    {"blank_line_first", " \r\n" + Get(""), " ERROR 400"},
    {"no_method", Line(" / HTTP/1.1"), " ERROR 400"},
    {"bad_method", Line("G(T / HTTP/1.1"), " ERROR 400"},
    {"long_method", Line(std::string(33, 'A') + " / HTTP/1.1"), " ERROR 400"},
    {"version_2", Line("GET / HTTP/2.0"), " ERROR 505"},
    {"version_1_2", Line("GET / HTTP/1.2"), " ERROR 505"},
    {"version_lower_case", Line("GET / http/1.1"), " ERROR 400"},
    {"version_word", Line("GET / HTTP/x.1"), " ERROR 400"},
    {"tls_hello", std::string("\x16\x03\x01\x02\x00\x01\n", 7), " ERROR 400"},
};

BOOST_DATA_TEST_CASE(refuses_what_two_parsers_could_read_differently, data::make(kSmuggling)) {
  Case hidden = sample;
  hidden.input += "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  Check(H1Parser::Kind::kRequest, hidden);
}

const std::vector<Case> kResponses = {
    {"length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 Content-Length=2; | hi | END\n"},
    {"no_reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 Content-Length=0; |  | END\n"},
    {"no_space_after_the_status", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 Content-Length=0; |  | END\n"},
    {"until_close", "HTTP/1.1 200 OK\r\n\r\nhello", "200 close | hello | EOF"},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\n\r\n",
     "200 Transfer-Encoding=chunked; | hi | END T=1;\n"},
    {"no_content", "HTTP/1.1 204 No Content\r\n\r\n", "204 |  | END\n"},
    {"not_modified_with_length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
     "304 Content-Length=5; |  | END\n"},
    {"empty_line_first", "\r\nHTTP/1.1 200 OK\r\n\r\n", " ERROR 502"},
    {"interim_then_final", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
     "100 |  | END\n200 Content-Length=1; | x | END\n"},
    {"http10_closes", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 Content-Length=1; close | x | END\n"},
    {"body_cut_off", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", "200 Content-Length=5; | hi CUT"},
    {"chunk_cut_off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
     "200 Transfer-Encoding=chunked; | hi CUT"},
    {"te_and_cl", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", " ERROR 502"},
    {"te_unknown", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", " ERROR 502"},
    {"te_in_http10", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " ERROR 502"},
    {"cl_twice", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", " ERROR 502"},
    {"cl_negative", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx", " ERROR 502"},
    {"status_two_digits", "HTTP/1.1 20 OK\r\n\r\n", " ERROR 502"},
    {"status_four_digits", "HTTP/1.1 2000 OK\r\n\r\n", " ERROR 502"},
    {"status_zero", "HTTP/1.1 099 No\r\n\r\n", " ERROR 502"},
    {"version", "HTTP/2 200 OK\r\n\r\n", " ERROR 502"},
    {"not_http", "SSH-2.0-OpenSSH_9.2\r\n\r\n", " ERROR 502"},
    {"reason_with_control", "HTTP/1.1 200 O\x01K\r\n\r\n", " ERROR 502"},
};

BOOST_DATA_TEST_CASE(reads_a_response_however_it_is_cut, data::make(kResponses)) {
  Check(H1Parser::Kind::kResponse, sample);
}

BOOST_AUTO_TEST_CASE(a_response_to_head_has_no_body) {
  Check(H1Parser::Kind::kResponse,
        {"head", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200 Content-Length=5; |  | END\n"}, true);
  Check(H1Parser::Kind::kResponse,
        {"head", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 Transfer-Encoding=chunked; |  | END\n"},
        true);
}

// What happens at a bound, and past it.
struct Bound {
  std::string name;
  std::string within;
  std::string beyond;
  std::string expected;
  friend std::ostream& operator<<(std::ostream& out, const Bound& b) { return out << b.name; }
};

Limits SmallLimits() {
  Limits limits;
  limits.line_bytes_max = 64;
  limits.head_bytes_max = 200;
  limits.fields_max = 4;
  limits.chunk_line_bytes_max = 16;
  limits.chunk_overhead_bytes_max = 64;
  return limits;
}

std::string Fields(int count, int size) {
  std::string fields;
  for (int i = 0; i < count; ++i) fields += "X: " + std::string(size, 'x') + "\r\n";
  return fields;
}
std::string Chunks(int count, const std::string& extension) {
  std::string body;
  for (int i = 0; i < count; ++i) body += "1" + extension + "\r\nx\r\n";
  return Post("Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n");
}

const std::vector<Bound> kBounds = {
    {"request_line", Line("GET /" + std::string(49, 'x') + " HTTP/1.1"),
     Line("GET /" + std::string(50, 'x') + " HTTP/1.1"), "414"},
    {"field_line", Get("X: " + std::string(60, 'x') + "\r\n"), Get("X: " + std::string(61, 'x') + "\r\n"), "431"},
    {"head", Get(Fields(3, 50)), Get(Fields(3, 55)), "431"},
    {"fields", Get(Fields(3, 1)), Get(Fields(4, 1)), "431"},
    {"trailers", Post("Transfer-Encoding: chunked\r\n", "0\r\n" + Fields(4, 1) + "\r\n"),
     Post("Transfer-Encoding: chunked\r\n", "0\r\n" + Fields(5, 1) + "\r\n"), "431"},
    {"chunk_line", Chunks(1, ";" + std::string(12, 'e')), Chunks(1, ";" + std::string(15, 'e')), "400"},
};

BOOST_DATA_TEST_CASE(everything_a_peer_sends_is_bounded, data::make(kBounds)) {
  const Limits limits = SmallLimits();
  for (const size_t fragment : kFragments) {
    const std::string within = Transcribe(H1Parser::Kind::kRequest, sample.within, fragment, false, limits);
    BOOST_TEST(within.find("END") != std::string::npos, within);
    const std::string beyond = Transcribe(H1Parser::Kind::kRequest, sample.beyond, fragment, false, limits);
    BOOST_TEST(beyond.find("ERROR " + sample.expected) != std::string::npos, beyond);
  }
}

BOOST_AUTO_TEST_CASE(chunks_that_are_mostly_extensions_are_refused) {
  Limits limits;
  limits.chunk_overhead_bytes_max = 1000;
  const std::string extension = ";" + std::string(100, 'e');
  const std::string few = Transcribe(H1Parser::Kind::kRequest, Chunks(5, extension), 0, false, limits);
  BOOST_TEST(few.find("END") != std::string::npos, few);
  const std::string many = Transcribe(H1Parser::Kind::kRequest, Chunks(50, extension), 0, false, limits);
  BOOST_TEST(many.find("ERROR 400") != std::string::npos, many);
  const std::string plain = Transcribe(H1Parser::Kind::kRequest, Chunks(500, ""), 0, false, limits);
  BOOST_TEST(plain.find("END") != std::string::npos, plain);
}

BOOST_AUTO_TEST_CASE(an_endless_line_is_refused_before_its_end) {
  H1Parser parser(H1Parser::Kind::kRequest, SmallLimits());
  const std::string line = "GET /" + std::string(100, 'x');
  BOOST_TEST((parser.Next(line).event == H1Parser::Event::kError));
  BOOST_TEST(parser.error_status() == 414);
}

BOOST_AUTO_TEST_CASE(an_error_names_the_value_and_nothing_unprintable) {
  H1Parser parser(H1Parser::Kind::kRequest, {});
  (void)parser.Next("GET / HTTP/1.1\r\nHost: a\x1b[31m\r\n\r\n");
  const std::string message(parser.error().message());
  BOOST_TEST(message.find('\x1b') == std::string::npos, message);
  H1Parser other(H1Parser::Kind::kRequest, {});
  (void)other.Next("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
  BOOST_TEST(other.error().message() == "Host \"a b\" is not a host and port");
}

BOOST_AUTO_TEST_CASE(a_head_survives_being_written_and_read) {
  RequestHead head;
  head.method = "PUT";
  head.path = "/a?b";
  head.authority = "c:1";
  head.headers = {{"X", "1"}, {"y", "2"}};
  const std::string bytes = SerializeRequestHead(head, /*chunked=*/true) + "0\r\n\r\n";
  BOOST_TEST(Transcribe(H1Parser::Kind::kRequest, bytes, 0) ==
             "PUT /a?b @c:1 X=1; y=2; transfer-encoding=chunked; |  | END\n");
  ResponseHead response;
  response.status = 404;
  response.headers = {{"content-length", "0"}};
  const std::string answer = SerializeResponseHead(response, /*chunked=*/false, /*close=*/true);
  BOOST_TEST(answer == "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

}  // namespace
}  // namespace nubo::http
