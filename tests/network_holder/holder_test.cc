#include "nubo/network_holder/holder.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nubo/fabrics/network_plan.h"
#include "nubo/network_holder/places.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/network.h"
#include "tests/vpc/network_text.h"

namespace nubo::network_holder {
namespace {

using testing::IsOk;
using Kind = Holder::Answer::Kind;

// Namespaces as numbers, made and removed as they are told; some of it fails as long as it is said to.
class FakePlaces final : public Places {
 public:
  std::vector<Problem> Apply(const fabrics::NetworkChange& change, const fabrics::NetworkPlan&) override {
    std::vector<Problem> problems;
    for (const std::string& name : change.namespaces_removed) there.erase(name);
    for (const std::string& name : change.namespaces_added) {
      if (unmakable.count(name) > 0) {
        problems.push_back({name, std::nullopt, absl::ResourceExhaustedError("no more namespaces")});
      } else {
        there[name] = ++made;
      }
    }
    for (const auto& [name, one] : change.namespaces) {
      if (!one.filter.empty()) filters.push_back(name);
      if (unfilterable.count(name) > 0 && there.count(name) > 0) {
        problems.push_back({name, std::nullopt, absl::InternalError("no filter")});
      }
    }
    return problems;
  }
  int Descriptor(const std::string& name) const override {
    const auto found = there.find(name);
    return found == there.end() ? -1 : found->second;
  }

  std::map<std::string, int> there;
  std::set<std::string> unmakable, unfilterable;
  // Those whose filter was set, in order.
  std::vector<std::string> filters;
  int made = 100;
};

struct Region {
  Region() {
    network = Read(
        "vpc vpc-a 10.0.0.0/16 main=rtb-a\nrtb rtb-a vpc-a\nsubnet sub-1 vpc-a 10.0.1.0/24\n"
        "sg sg-1 vpc-a web\neni eni-1 sub-1 10.0.1.5 sg=sg-1\neni eni-2 sub-1 10.0.1.6 sg=sg-1\n");
  }
  static vpc::Network Read(const std::string& text, vpc::Network network = {}) {
    BOOST_REQUIRE(IsOk(vpc::ApplyNetworkText(text, network)));
    return network;
  }

  vpc::Network network;
  FakePlaces places;
  Holder holder{places, "g1"};
};

BOOST_FIXTURE_TEST_SUITE(holder, Region)

BOOST_AUTO_TEST_CASE(nobody_is_known_before_the_first_configuration) {
  BOOST_TEST((holder.Join("i-1", "-").kind == Kind::kUnknown));
  BOOST_TEST((holder.Join("vpc-a", "-").kind == Kind::kUnknown));
  holder.SetNetwork(network);
  BOOST_TEST((holder.Join("vpc-a", "-").kind == Kind::kJoined));
  // Who does not run has no namespace.
  BOOST_TEST(places.Descriptor("i-1") == -1);
  BOOST_TEST((holder.Join("i-1", "-").kind == Kind::kJoined));
  BOOST_TEST((holder.Join("i-9", "-").kind == Kind::kUnknown));
  BOOST_TEST(holder.attached() == 1u);
}

BOOST_AUTO_TEST_CASE(who_asks_anew_gets_a_fresh_one_and_who_has_one_keeps_it) {
  holder.SetNetwork(network);
  const int first = holder.Join("i-1", "-").descriptor;
  BOOST_TEST((holder.Join("i-1", "g1").kind == Kind::kSame));
  const Holder::Answer again = holder.Join("i-1", "-");
  BOOST_TEST((again.kind == Kind::kJoined));
  BOOST_TEST(again.descriptor != first);
  // That of another holder leads nowhere any more.
  BOOST_TEST((holder.Join("i-1", "g0").kind == Kind::kJoined));
}

BOOST_AUTO_TEST_CASE(what_the_model_forgets_loses_its_network_and_the_empty_model_all) {
  holder.SetNetwork(network);
  (void)holder.Join("i-1", "-");
  (void)holder.Join("i-2", "-");
  holder.SetNetwork(Read("remove eni-1", network));
  BOOST_TEST(places.Descriptor("i-1") == -1);
  BOOST_TEST(places.Descriptor("i-2") > 0);
  holder.SetNetwork({});
  BOOST_TEST(places.Descriptor("i-2") == -1);
  BOOST_TEST(places.Descriptor("vpc-a") == -1);
  BOOST_TEST(holder.attached() == 0u);
}

BOOST_AUTO_TEST_CASE(a_namespace_that_could_not_be_made_is_made_when_it_can) {
  places.unmakable = {"i-1"};
  holder.SetNetwork(network);
  const Holder::Answer refused = holder.Join("i-1", "-");
  BOOST_TEST((refused.kind == Kind::kRefused));
  BOOST_TEST(refused.why == "i-1: no more namespaces");
  // Others go on.
  BOOST_TEST((holder.Join("i-2", "-").kind == Kind::kJoined));
  places.unmakable.clear();
  BOOST_TEST((holder.Join("i-1", "-").kind == Kind::kJoined));
  BOOST_TEST(holder.problems().empty());
}

BOOST_AUTO_TEST_CASE(a_router_that_could_not_be_made_is_tried_again) {
  places.unmakable = {"vpc-a"};
  holder.SetNetwork(network);
  BOOST_TEST(!holder.problems().empty());
  BOOST_TEST(holder.Retry());
  BOOST_TEST(places.Descriptor("vpc-a") == -1);
  places.unmakable.clear();
  BOOST_TEST(holder.Retry());
  BOOST_TEST(places.Descriptor("vpc-a") > 0);
  BOOST_TEST(holder.problems().empty());
  BOOST_TEST(!holder.Retry());
}

BOOST_AUTO_TEST_CASE(a_filter_that_failed_is_set_again_whole) {
  places.unfilterable = {"vpc-a"};
  holder.SetNetwork(network);
  BOOST_TEST(holder.problems().size() == 1u);
  places.unfilterable.clear();
  places.filters.clear();
  BOOST_TEST(holder.Retry());
  BOOST_TEST(places.filters == std::vector<std::string>{"vpc-a"});
  BOOST_TEST(holder.problems().empty());
}

BOOST_AUTO_TEST_CASE(a_successor_goes_on_with_what_is_there) {
  holder.SetNetwork(network);
  (void)holder.Join("i-1", "-");
  Holder successor(places, "g1");
  successor.Resume(network, {"vpc-a", "i-1", "i-of-old"});
  successor.SetThere(successor.Plan());
  BOOST_TEST((successor.Join("i-1", "g1").kind == Kind::kSame));
  BOOST_TEST(successor.attached() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::network_holder
