// nubo reach, explain and ipam against a region that answers what the test says.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cli/runner.h"

namespace nubo::cli {
namespace {

struct Answering : Runner {
  Answering() {
    region.Edit([](FakeRegion::State& state) {
      state.reach.set_reachable(true);
      state.reach.set_traffic("tcp 80");
      state.reach.add_text("internet reaches eni-1 by tcp 80");
      state.reach.add_text("  igw-1  lets it in");
      state.explanation.set_id("sg-1");
      state.explanation.add_text("security group sg-1");
      for (const char* block : {"10.0.0.0/16", "10.1.0.0/16"}) {
        auto& space = *state.address_spaces.add_spaces();
        space.set_id("vpc-1");
        space.set_name("todo/Vpc");
        space.set_cidr_block(block);
        space.set_tree(absl::StrCat(block, "  tree\n"));
        space.set_picture(absl::StrCat("<svg>", block, "</svg>"));
      }
    });
    region.Start();
  }

  std::string FileText(const std::string& name) {
    std::ifstream file(absl::StrCat(region.state_dir(), "/", name));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
};

BOOST_FIXTURE_TEST_SUITE(network_commands, Answering)

BOOST_AUTO_TEST_CASE(reach_prints_the_way) {
  BOOST_TEST((*this)("reach internet todo/Balancer tcp:80") == 0, err());
  BOOST_TEST(out() == "internet reaches eni-1 by tcp 80\n  igw-1  lets it in\n");
  const auto asked = region.Read<vpc::v1::ReachRequest>([](auto& state) { return state.reach_requests.back(); });
  BOOST_TEST(asked.from() == "internet");
  BOOST_TEST(asked.to() == "todo/Balancer");
  BOOST_TEST(asked.port() == "tcp:80");
}

BOOST_AUTO_TEST_CASE(reach_ends_with_1_if_something_stops_it) {
  region.Edit([](FakeRegion::State& state) {
    state.reach.set_reachable(false);
    state.reach.set_stopped_by("sg-1");
  });
  BOOST_TEST((*this)("reach internet i-1 80") == 1);
  BOOST_TEST(absl::StrContains(err(), "internet does not reach i-1 by tcp 80: sg-1 stops it"), err());
  BOOST_TEST(!out().empty());
  BOOST_TEST((*this)("reach internet i-1 80 -o json") == 1);
  BOOST_TEST(absl::StrContains(out(), "\"stoppedBy\": \"sg-1\""), out());
}

BOOST_AUTO_TEST_CASE(reach_ends_with_2_if_it_is_asked_of_nothing) {
  BOOST_TEST((*this)("reach internet i-unknown 80") == 2);
  BOOST_TEST(absl::StrContains(err(), "nothing here is called i-unknown"), err());
  BOOST_TEST((*this)("reach internet i-1 http") == 2);
  BOOST_TEST(absl::StrContains(err(), "is not a port"), err());
  BOOST_TEST((*this)("reach internet") == 2);
  BOOST_TEST(absl::StrContains(err(), "reach needs two ends"), err());
}

BOOST_AUTO_TEST_CASE(explain_prints_lines) {
  BOOST_TEST((*this)("explain sg-1") == 0, err());
  BOOST_TEST(out() == "security group sg-1\n");
  BOOST_TEST((*this)("explain sg-unknown") == 2);
  BOOST_TEST((*this)("explain") == 2);
  BOOST_TEST(absl::StrContains(err(), "explain needs an id"), err());
}

BOOST_AUTO_TEST_CASE(explain_ends_with_1_if_something_is_wrong_in_a_vpc) {
  region.Edit([](FakeRegion::State& state) {
    state.explanation.set_id("vpc-1");
    state.explanation.add_findings()->set_id("rtb-1");
  });
  BOOST_TEST((*this)("explain vpc-1") == 1);
  BOOST_TEST(absl::StrContains(err(), "1 thing is wrong in vpc-1"), err());
}

BOOST_AUTO_TEST_CASE(ipam_prints_trees) {
  BOOST_TEST((*this)("ipam") == 0, err());
  BOOST_TEST(out() == "vpc-1 todo/Vpc\n10.0.0.0/16  tree\n\nvpc-1 todo/Vpc\n10.1.0.0/16  tree\n");
  const auto asked = region.Read<vpc::v1::DescribeAddressSpacesRequest>(
      [](auto& state) { return state.address_space_requests.back(); });
  BOOST_TEST(asked.id() == "");
  BOOST_TEST(asked.tree());
  BOOST_TEST(!asked.picture());
}

BOOST_AUTO_TEST_CASE(ipam_draws_a_file_for_each_block) {
  BOOST_TEST((*this)("ipam todo/Vpc --svg vpc.svg -o json") == 0, err());
  BOOST_TEST(FileText("vpc.svg") == "<svg>10.0.0.0/16</svg>");
  BOOST_TEST(FileText("vpc-2.svg") == "<svg>10.1.0.0/16</svg>");
  BOOST_TEST(absl::StrContains(out(), "\"cidrBlock\": \"10.1.0.0/16\""), out());
  BOOST_TEST(!absl::StrContains(out(), "<svg>"));
  BOOST_TEST((*this)("ipam todo/Vpc --svg nowhere/vpc.svg") == 1);
  BOOST_TEST(absl::StrContains(err(), "cannot write "), err());
}

BOOST_AUTO_TEST_CASE(ipam_says_so_where_there_is_nothing) {
  region.Edit([](FakeRegion::State& state) { state.address_spaces.Clear(); });
  BOOST_TEST((*this)("ipam") == 0, err());
  BOOST_TEST(out() == "there is no VPC, no IPAM pool and no elastic address\n");
  BOOST_TEST((*this)("ipam vpc-unknown") == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::cli
