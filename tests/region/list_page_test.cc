// Lists in pages: what passes filters, and that what stays is shown once whatever comes and goes.
#include "nubo/region/resources/list_page.h"

#include <boost/test/unit_test.hpp>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/region/state/model.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Request = vpc::v1::DescribeVpcsRequest;
using Response = vpc::v1::DescribeVpcsResponse;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

template <typename Asked>
absl::StatusOr<ListPage<v1::VpcState>> PageOf(const Asked& request) {
  return ListPage<v1::VpcState>::Of(
      request, WithOwner<v1::VpcState>({{"cidr", [](const v1::VpcState& vpc) -> Words { return {vpc.cidr()}; }},
                                        {"vpc-id", [](const v1::VpcState& vpc) -> Words { return {vpc.id()}; }}}));
}

void AddFilter(Request& request, const std::string& name, const std::vector<std::string>& values) {
  v1::Filter* filter = request.add_filters();
  filter->set_name(name);
  for (const std::string& value : values) filter->add_values(value);
}

struct Vpcs {
  void Put(const std::string& id, const std::string& cidr = "", const std::string& stack = "") {
    v1::VpcState vpc;
    vpc.set_id(id);
    vpc.set_cidr(cidr);
    vpc.mutable_owner()->set_stack_name(stack);
    vpc.mutable_owner()->set_logical_id("Vpc");
    model.vpcs.Put(id, vpc);
  }
  // The ids of one page, and the token of the next.
  std::vector<std::string> Page(Request& request) const {
    absl::StatusOr<ListPage<v1::VpcState>> page = PageOf(request);
    BOOST_REQUIRE(IsOk(page.status()));
    const absl::StatusOr<std::set<std::string>> ids = ReadIds(request.vpc_ids());
    BOOST_REQUIRE(IsOk(ids.status()));
    std::vector<std::string> shown;
    AddFromTable(model.vpcs, *ids, *page, [&](const std::string& id, const v1::VpcState&) { shown.push_back(id); });
    Response response;
    page->End(response);
    BOOST_TEST(response.has_next_token() == !response.next_token().empty());
    request.set_next_token(response.next_token());
    return shown;
  }
  std::string All(Request request) const {
    std::vector<std::string> all;
    do {
      for (const std::string& id : Page(request)) all.push_back(id);
    } while (!request.next_token().empty());
    return absl::StrJoin(all, " ");
  }
  std::string Filtered(const std::string& name, const std::vector<std::string>& values) const {
    Request request;
    AddFilter(request, name, values);
    return All(request);
  }

  Model model;
};

std::string CodeOf(const Request& request) { return base::ErrorCode(PageOf(request).status()); }

BOOST_FIXTURE_TEST_SUITE(list_page, Vpcs)

BOOST_AUTO_TEST_CASE(a_page_ends_where_the_next_begins) {
  for (const char* id : {"a", "b", "c", "d", "e"}) Put(id);
  Request request;
  request.set_max_results(2);
  BOOST_TEST(absl::StrJoin(Page(request), " ") == "a b");
  BOOST_TEST(absl::StrJoin(Page(request), " ") == "c d");
  BOOST_TEST(absl::StrJoin(Page(request), " ") == "e");
  BOOST_TEST(request.next_token() == "");
}

BOOST_AUTO_TEST_CASE(a_page_that_is_just_full_is_the_last) {
  for (const char* id : {"a", "b"}) Put(id);
  Request request;
  request.set_max_results(2);
  BOOST_TEST(Page(request).size() == 2u);
  BOOST_TEST(request.next_token() == "");
}

BOOST_AUTO_TEST_CASE(a_page_has_at_most_a_thousand_entries) {
  for (int i = 0; i < kPageMax + 1; ++i) Put(absl::StrCat("vpc-", i));
  Request request;
  BOOST_TEST(Page(request).size() == static_cast<size_t>(kPageMax));
  BOOST_TEST(Page(request).size() == 1u);
  for (const int count : {-1, kPageMax + 1}) {
    request.set_max_results(count);
    BOOST_TEST(StatusIs(PageOf(request).status(), kInvalid, "Expecting a value between 1 and 1000"));
    BOOST_TEST(CodeOf(request) == "InvalidParameterValue");
  }
}

BOOST_AUTO_TEST_CASE(filters_all_have_to_pass_and_one_of_their_values_is_enough) {
  Put("a", "10.0.0.0/16", "shop");
  Put("b", "10.1.0.0/16", "shop");
  Put("c", "10.0.0.0/16", "todo");
  BOOST_TEST(Filtered("cidr", {"10.0.0.0/16"}) == "a c");
  BOOST_TEST(Filtered("cidr", {"10.0.0.0/16", "10.1.0.0/16"}) == "a b c");
  Request request;
  AddFilter(request, "cidr", {"10.0.0.0/16"});
  AddFilter(request, kStackNameFilter, {"shop"});
  BOOST_TEST(All(request) == "a");
}

BOOST_AUTO_TEST_CASE(values_have_wildcards) {
  for (const char* id : {"vpc-1", "vpc-12", "VPC-1", "a*c", "abc", "a?c", "\\052.x"}) Put(id);
  BOOST_TEST(Filtered("vpc-id", {"vpc-?"}) == "vpc-1");
  BOOST_TEST(Filtered("vpc-id", {"vpc-*"}) == "vpc-1 vpc-12");
  BOOST_TEST(Filtered("vpc-id", {"*2"}) == "vpc-12");
  BOOST_TEST(Filtered("vpc-id", {"a*c"}) == "a*c a?c abc");
  BOOST_TEST(Filtered("vpc-id", {"a\\*c"}) == "a*c");
  BOOST_TEST(Filtered("vpc-id", {"a\\?c"}) == "a?c");
  BOOST_TEST(Filtered("vpc-id", {"\\052.x"}) == "\\052.x");
  BOOST_TEST(Filtered("vpc-id", {"vpc"}) == "");
}

BOOST_AUTO_TEST_CASE(what_a_stack_made_is_called_by_it) {
  Put("a", "", "shop");
  Put("b", "", "todo");
  Put("c");
  BOOST_TEST(Filtered(kStackNameFilter, {"shop"}) == "a");
  BOOST_TEST(Filtered(kStackNameFilter, {""}) == "c");
  BOOST_TEST(Filtered(kLogicalIdFilter, {"Vpc"}) == "a b c");
  BOOST_TEST(Filtered(kLogicalIdFilter, {"todo/Vpc"}) == "b");
}

BOOST_AUTO_TEST_CASE(any_is_whatever_other_filters_look_at) {
  Put("a", "10.0.0.0/16", "shop");
  Put("b", "10.1.0.0/16", "a");
  BOOST_TEST(Filtered(kAnyFilter, {"a"}) == "a b");
  BOOST_TEST(Filtered(kAnyFilter, {"10.1.*"}) == "b");
  BOOST_TEST(Filtered(kAnyFilter, {"shop/Vpc"}) == "a");
}

BOOST_AUTO_TEST_CASE(an_unknown_filter_is_refused_with_those_there_are) {
  Request request;
  AddFilter(request, "tag:Name", {"x"});
  BOOST_TEST(StatusIs(PageOf(request).status(), kInvalid,
                      "The filter 'tag:Name' is invalid; there are cidr, vpc-id, nubo:stack-name, nubo:logical-id and "
                      "nubo:any"));
  BOOST_TEST(CodeOf(request) == "InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(filters_are_bounded) {
  Request none;
  AddFilter(none, "cidr", {});
  BOOST_TEST(StatusIs(PageOf(none).status(), kInvalid, "has no values"));
  Request longer;
  AddFilter(longer, "cidr", {std::string(kFilterValueBytesMax + 1, 'x')});
  BOOST_TEST(CodeOf(longer) == "InvalidParameterValue");
  Request many;
  for (int i = 0; i < kFiltersMax; ++i) AddFilter(many, "cidr", {"x"});
  BOOST_TEST(CodeOf(many) == "");
  AddFilter(many, "cidr", {"x"});
  BOOST_TEST(CodeOf(many) == "FilterLimitExceeded");
  Request values;
  AddFilter(values, "cidr", std::vector<std::string>(kFilterValuesMax + 1, "x"));
  BOOST_TEST(CodeOf(values) == "FilterLimitExceeded");
  for (int i = 0; i <= kIdsMax; ++i) values.add_vpc_ids("vpc-1");
  BOOST_TEST(StatusIs(ReadIds(values.vpc_ids()).status(), kInvalid, "at most 1000"));
}

BOOST_AUTO_TEST_CASE(a_token_is_of_one_question_alone) {
  for (const char* id : {"a", "b", "c"}) Put(id);
  Request request;
  request.set_max_results(1);
  Page(request);
  const std::string token = request.next_token();
  // Of how much is wanted at a time it is independent.
  request.set_max_results(2);
  BOOST_TEST(CodeOf(request) == "");

  Request filtered = request;
  AddFilter(filtered, "vpc-id", {"*"});
  BOOST_TEST(CodeOf(filtered) == "InvalidNextToken");
  vpc::v1::DescribeSubnetsRequest other;
  other.set_next_token(token);
  BOOST_TEST(base::ErrorCode(PageOf(other).status()) == "InvalidNextToken");
}

BOOST_AUTO_TEST_CASE(a_token_that_was_not_given_is_refused) {
  for (const char* id : {"a", "b", "c"}) Put(id);
  Request request;
  request.set_max_results(1);
  Page(request);
  const std::string token = request.next_token();
  std::vector<std::string> bad = {"x", "!", token + "A", token + "=", " " + token, std::string(1 << 20, 'A')};
  for (size_t i = 0; i < token.size(); ++i) {
    bad.push_back(token.substr(0, i));
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    bad.push_back(changed);
  }
  for (const std::string& text : bad) {
    if (text.empty()) continue;
    request.set_next_token(text);
    BOOST_TEST(StatusIs(PageOf(request).status(), kInvalid, "The token is invalid"), text);
    BOOST_TEST(CodeOf(request) == "InvalidNextToken", text);
  }
}

BOOST_AUTO_TEST_CASE(a_page_goes_on_behind_an_entry_that_is_gone) {
  for (const char* id : {"a", "b", "c"}) Put(id);
  Request request;
  request.set_max_results(2);
  Page(request);
  model.vpcs.Erase("b");
  Put("aa");
  Put("bb");
  BOOST_TEST(absl::StrJoin(Page(request), " ") == "bb c");
}

BOOST_AUTO_TEST_CASE(only_what_is_named_is_looked_for) {
  for (const char* id : {"a", "b", "c", "d"}) Put(id);
  Request request;
  for (const char* id : {"d", "a", "unknown", "b", "a"}) request.add_vpc_ids(id);
  BOOST_TEST(All(request) == "a b d");
  request.set_max_results(1);
  BOOST_TEST(All(request) == "a b d");
}

BOOST_AUTO_TEST_CASE(keys_of_two_parts_are_in_order_by_the_first) {
  BOOST_TEST(PageKey("a", "z") < PageKey("a-b", "a"));
  BOOST_TEST(PageKey("a", "b") < PageKey("a", "ba"));
  Request request;
  absl::StatusOr<ListPage<v1::VpcState>> page = PageOf(request);
  BOOST_REQUIRE(IsOk(page.status()));
  BOOST_TEST(!page->IsPast("a"));
  const v1::VpcState vpc;
  request.set_max_results(1);
  page = PageOf(request);
  BOOST_TEST(page->Takes(PageKey("a", "1"), vpc));
  BOOST_TEST(!page->Takes(PageKey("b", "1"), vpc));
  Response response;
  page->End(response);
  request.set_next_token(response.next_token());
  page = PageOf(request);
  // There may be more of "a".
  BOOST_TEST(!page->IsPast("a"));
  BOOST_TEST(page->IsPast("A"));
  BOOST_TEST(!page->IsPast("b"));
  BOOST_TEST(page->after() == PageKey("a", "1"));
}

// One run: a list is paged through while entries come and go.
struct Shuffled : Vpcs {
  explicit Shuffled(unsigned seed) : random(seed) {}

  int Any(int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); }
  std::string AnyId() { return absl::StrCat("vpc-", Any(60)); }
  void Add(const std::string& id) { Put(id, Any(2) == 0 ? "10.0.0.0/16" : "10.1.0.0/16"); }
  void Come() {
    const std::string id = AnyId();
    if (model.vpcs.Find(id) == nullptr) Add(id);
  }
  void Go() {
    const std::string id = AnyId();
    model.vpcs.Erase(id);
    stayed.erase(id);
  }
  bool Passes(const Request& request, const std::string& id) const {
    const bool named = request.vpc_ids().empty() ||
                       std::find(request.vpc_ids().begin(), request.vpc_ids().end(), id) != request.vpc_ids().end();
    return named && (request.filters().empty() || model.vpcs.Find(id)->cidr() == "10.0.0.0/16");
  }

  void Run() {
    for (int i = Any(50); i > 0; --i) Come();
    for (const auto& [id, vpc] : model.vpcs) stayed.insert(id);
    Request request;
    request.set_max_results(1 + Any(8));
    if (Any(2) == 0) AddFilter(request, "cidr", {"10.0.*"});
    for (int i = Any(2) * Any(40); i > 0; --i) request.add_vpc_ids(AnyId());
    std::map<std::string, int> shown;
    do {
      const std::vector<std::string> page = Page(request);
      BOOST_TEST(page.size() <= static_cast<size_t>(request.max_results()));
      for (const std::string& id : page) ++shown[id];
      for (int i = Any(6); i > 0; --i) Any(2) == 0 ? Come() : Go();
    } while (!request.next_token().empty());
    for (const auto& [id, times] : shown) BOOST_TEST(times == 1, id);
    for (const std::string& id : stayed) BOOST_TEST((shown.count(id) == 1) == Passes(request, id), id);
  }

  std::mt19937 random;
  // Since before the first page.
  std::set<std::string> stayed;
};

BOOST_AUTO_TEST_CASE(what_stays_is_shown_once_whatever_comes_and_goes) {
  constexpr unsigned kRuns = 300;
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) { Shuffled(seed).Run(); }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
