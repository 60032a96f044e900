#include "nubo/dns/wire/name.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::dns {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Name N(absl::string_view text) { return *Name::Parse(text); }

// `labels` labels of `size` bytes with dots between them.
std::string Labels(int labels, int size) {
  std::string out;
  for (int i = 0; i < labels; ++i) out += (i > 0 ? "." : "") + std::string(size, 'a');
  return out;
}

BOOST_AUTO_TEST_CASE(names_print_as_they_parse) {
  for (const char* text : {".", "com.", "www.Example.com.", "_sip._tcp.example.com.", "*.example.com.",
                           "a\\.b.example.", "sp\\032ace.example.", "at\\@.example.", "high\\255.example."}) {
    BOOST_TEST(N(text).ToString() == text);
  }
}

BOOST_AUTO_TEST_CASE(the_closing_dot_is_optional) {
  BOOST_TEST((N("example.com") == N("example.com.")));
  BOOST_TEST(N("example.com.").ToDisplayString() == "example.com");
  BOOST_TEST(Name().ToDisplayString() == ".");
}

BOOST_AUTO_TEST_CASE(wire_form_is_length_prefixed_labels) {
  BOOST_TEST((N("www.Ex").wire() == absl::string_view("\3www\2Ex\0", 8)));
  BOOST_TEST((Name().wire() == absl::string_view("\0", 1)));
}

BOOST_AUTO_TEST_CASE(malformed_text_is_refused) {
  BOOST_TEST(StatusIs(Name::Parse(""), kInvalid, "empty"));
  BOOST_TEST(StatusIs(Name::Parse(".com"), kInvalid, "empty label"));
  BOOST_TEST(StatusIs(Name::Parse("a..b"), kInvalid, "empty label"));
  BOOST_TEST(StatusIs(Name::Parse("a.."), kInvalid, "empty label"));
  BOOST_TEST(StatusIs(Name::Parse("a\\"), kInvalid, "escape"));
  BOOST_TEST(StatusIs(Name::Parse("a\\25"), kInvalid, "escape"));
  BOOST_TEST(StatusIs(Name::Parse("a\\256"), kInvalid, "escape"));
}

BOOST_AUTO_TEST_CASE(labels_have_at_most_63_bytes) {
  BOOST_TEST(IsOk(Name::Parse(std::string(63, 'a'))));
  BOOST_TEST(StatusIs(Name::Parse(std::string(64, 'a')), kInvalid, "63 bytes"));
  BOOST_TEST(IsOk(Name().WithLabel(std::string(63, 'a'))));
  BOOST_TEST(StatusIs(Name().WithLabel(std::string(64, 'a')), kInvalid, "63 bytes"));
}

BOOST_AUTO_TEST_CASE(names_have_at_most_255_bytes) {
  BOOST_TEST(IsOk(Name::Parse(Labels(127, 1))));
  BOOST_TEST(N(Labels(127, 1)).label_count() == 127);
  BOOST_TEST(N(Labels(127, 1)).wire().size() == 255u);
  BOOST_TEST(StatusIs(Name::Parse(Labels(128, 1)), kInvalid, "255 bytes"));
  BOOST_TEST(StatusIs(Name::Parse(Labels(4, 63)), kInvalid, "255 bytes"));
  BOOST_TEST(StatusIs(N(Labels(127, 1)).WithLabel("a"), kInvalid, "255 bytes"));
}

BOOST_AUTO_TEST_CASE(malformed_wire_forms_are_refused) {
  const absl::string_view wires[] = {"", "\3www", absl::string_view("\0\0", 2), absl::string_view("\100a\0", 3),
                                     absl::string_view("\3ww\0", 4)};
  for (const absl::string_view wire : wires) BOOST_TEST(StatusIs(Name::FromWire(wire), kInvalid));
}

BOOST_AUTO_TEST_CASE(case_is_kept_and_ignored) {
  const Name upper = N("WWW.EXAMPLE.com");
  const Name lower = N("www.example.COM");
  BOOST_TEST((upper == lower));
  BOOST_TEST(absl::HashOf(upper) == absl::HashOf(lower));
  BOOST_TEST(upper.ToString() == "WWW.EXAMPLE.com.");
  BOOST_TEST((N("a\\.b") != N("a.b")));
}

BOOST_AUTO_TEST_CASE(subdomains_are_told_by_whole_labels) {
  BOOST_TEST(N("www.example.com").IsSubdomainOf(N("EXAMPLE.com")));
  BOOST_TEST(N("example.com").IsSubdomainOf(N("example.com")));
  BOOST_TEST(N("example.com").IsSubdomainOf(Name()));
  BOOST_TEST(!N("badexample.com").IsSubdomainOf(N("example.com")));
  BOOST_TEST(!N("com").IsSubdomainOf(N("example.com")));
}

BOOST_AUTO_TEST_CASE(parents_and_suffixes) {
  const Name name = N("a.b.c.d");
  BOOST_TEST(name.Parent().ToString() == "b.c.d.");
  BOOST_TEST(Name().Parent().is_root());
  BOOST_TEST(name.Suffix(2).ToString() == "c.d.");
  BOOST_TEST(name.Suffix(0).is_root());
  BOOST_TEST(name.Suffix(9).ToString() == "a.b.c.d.");
  const FoldedName folded(N("A.B.C"));
  BOOST_TEST(folded.label_count() == 3);
  BOOST_TEST((folded.Suffix(2) == N("b.c").wire()));
  BOOST_TEST((folded.Suffix(0) == Name().wire()));
}

BOOST_AUTO_TEST_CASE(suffixes_are_replaced) {
  BOOST_TEST(N("a.b.old.com").WithSuffixReplaced(N("OLD.com"), N("new.org"))->ToString() == "a.b.new.org.");
  BOOST_TEST(StatusIs(N("a.com").WithSuffixReplaced(N("b.com"), Name()), kInvalid, "does not end in"));
}

BOOST_AUTO_TEST_CASE(canonical_order_is_that_of_rfc_4034) {
  const std::vector<Name> sorted = {N("example"),         N("a.example"),      N("yljkjljk.a.example"),
                                    N("Z.a.example"),     N("zABC.a.EXAMPLE"), N("z.example"),
                                    N("\\001.z.example"), N("*.z.example"),    N("\\200.z.example")};
  std::vector<Name> shuffled(sorted.rbegin(), sorted.rend());
  std::sort(shuffled.begin(), shuffled.end());
  for (size_t i = 0; i < sorted.size(); ++i) BOOST_TEST(shuffled[i].ToString() == sorted[i].ToString());
}

}  // namespace
}  // namespace nubo::dns
