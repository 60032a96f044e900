// Pools as text, as snapshots, and as pictures.
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"
#include "nubo/testing/status_matchers.h"
#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/pool_picture.h"
#include "nubo/vpc/pool_snapshot.h"
#include "nubo/vpc/pool_text.h"

namespace nubo::vpc {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

net::Prefix Block(absl::string_view text) { return *net::Prefix::Parse(text); }

constexpr char kText[] = R"(nubo-pool 1
pool 10.0.0.0/16 rest 5m {
  10.0.0.0/24 owner "web" tag "a" "" tag "tier" "fr\"on\\t\n\x01"
  10.0.1.0/28
  reserved 10.0.2.0/24 owner "later" {
    10.0.2.7/32 owner "x"
    pool 10.0.2.128/26 {
      10.0.2.128/27
    }
  }
  pool 10.0.4.0/22 rest 1h owner "team" {
    10.0.4.0/24
    reserved 10.0.5.0/24 {
    }
  }
  resting 10.0.8.0/24 until 2026-01-02T03:04:05.25+00:00
}
)";

BOOST_AUTO_TEST_CASE(text_prints_as_it_was_read) {
  const auto pool = ParsePool(kText);
  BOOST_REQUIRE(IsOk(pool));
  BOOST_TEST(PrintPool(*pool) == kText);
  BOOST_TEST(pool->allocated() == 5u);
  BOOST_TEST((pool->options().rest == absl::Minutes(5)));
  BOOST_TEST((pool->usage().resting == 256));
  BOOST_TEST(pool->Find(*net::IpAddress::Parse("10.0.0.9"))->details->tags.at("tier") == "fr\"on\\t\n\x01");
}

BOOST_AUTO_TEST_CASE(line_ends_are_spaces_and_comments_are_passed_over) {
  const auto pool = ParsePool("# ours\nnubo-pool 1 pool 10.0.0.0/24 {10.0.0.0/28 # no space: not a block\n}");
  BOOST_TEST(StatusIs(pool, StatusCode::kInvalidArgument, "2:30: "));
  const auto good = ParsePool("# ours\r\nnubo-pool\t1 pool 10.0.0.0/24 { 10.0.0.0/28# first\n10.0.0.16/28 } # done");
  BOOST_REQUIRE(IsOk(good));
  BOOST_TEST(good->allocated() == 2u);
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_by_line_and_column) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "1:1: \"nubo-pool\" is expected here, not \"\""},
      {"nubo-pool 2\npool", "1:11: this reads version 1, and the text is of \"2\""},
      {"nubo-pool 1\npond", "2:1: \"pool\" is expected here, not \"pond\""},
      {"nubo-pool 1\npool 10.0.0.0/33 {", "2:6: \"10.0.0.0/33\" is not a CIDR block"},
      {"nubo-pool 1\npool 10.0.0.1/24 {", "2:6: \"10.0.0.1/24\" has host bits; its block is 10.0.0.0/24"},
      {"nubo-pool 1\npool 10.0.0.0/24 rest soon {", "2:23: \"soon\" is not a duration"},
      {"nubo-pool 1\npool 10.0.0.0/24 rest -1s {", "2:23: \"-1s\" is not a duration"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n", "3:1: a \"}\" is missing"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n} x", "3:3: nothing comes after the pool"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n  10.0.1.0/28\n}", "3:3: 10.0.1.0/28 is not within 10.0.0.0/24"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n10.0.0.0/28\n 10.0.0.0/29\n}", "4:2: part of 10.0.0.0/29 is taken"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\nfd00::/64\n}", "3:1: fd00::/64 is not within"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n10.0.0.0/28 owner web\n}", "3:19: \"web\" is not a string in quotes"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n10.0.0.0/28 owner \"\"\n}", "an owner has a name"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n10.0.0.0/28 owner \"web\n\"}", "3:19: this string does not end on its line"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n10.0.0.0/28 owner \"\\q\"}", "3:20: there is no such escape"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n10.0.0.0/28 owner \"\\x4\"}", "3:20: there is no such escape"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\n10.0.0.0/28 tag \"a\" \"\" tag \"a\" \"\"\n}", "has this tag already"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\nresting 10.0.0.0/28 until noon\n}", "3:27: \"noon\" is not a time"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\nreserved 10.0.0.0/28 {\n10.0.0.16/28\n}\n}",
       "4:1: 10.0.0.16/28 is not within"},
      {"nubo-pool 1\npool 10.0.0.0/24 {\nreserved 10.0.0.0/28 {\nreserved 10.0.0.0/29 {\n}\n}\n}",
       "4:10: a reservation has"},
  };
  for (const auto& [text, message] : kCases) {
    BOOST_TEST(StatusIs(ParsePool(text), StatusCode::kInvalidArgument, message), text);
  }
}

BOOST_AUTO_TEST_CASE(a_snapshot_restores_everything) {
  const auto pool = ParsePool(kText);
  BOOST_REQUIRE(IsOk(pool));
  const std::string bytes = Snapshot(*pool);
  const auto again = Restore(bytes);
  BOOST_REQUIRE(IsOk(again));
  BOOST_TEST(PrintPool(*again) == kText);
  BOOST_TEST(Snapshot(*again) == bytes);
  BOOST_TEST(Compare(*pool, *again).empty());
}

BOOST_AUTO_TEST_CASE(a_snapshot_is_small) {
  CidrPool pool(Block("10.0.0.0/8"));
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(pool.Allocate(29).ok());
  BOOST_TEST(Snapshot(pool).size() < 3100u);
}

BOOST_AUTO_TEST_CASE(damaged_snapshots_are_refused) {
  const std::string bytes = Snapshot(*ParsePool(kText));
  BOOST_TEST(StatusIs(Restore(""), StatusCode::kInvalidArgument, "begins otherwise"));
  BOOST_TEST(StatusIs(Restore("nubopool"), StatusCode::kInvalidArgument, "ends too soon"));
  BOOST_TEST(StatusIs(Restore("nubopool\x02"), StatusCode::kFailedPrecondition, "version 2; this reads version 1"));
  BOOST_TEST(StatusIs(Restore("nubopool\x01"), StatusCode::kDataLoss, "cut short"));
  for (size_t size = 9; size < bytes.size(); ++size) {
    BOOST_TEST(StatusIs(Restore(bytes.substr(0, size)), StatusCode::kDataLoss));
    std::string damaged = bytes;
    damaged[size] = static_cast<char>(damaged[size] ^ 4);
    BOOST_TEST(StatusIs(Restore(damaged), StatusCode::kDataLoss, "checksum"));
  }
}

BOOST_AUTO_TEST_CASE(the_tree_shows_what_is_where) {
  CidrPool pool(Block("10.0.0.0/24"));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.0/26"))));
  BOOST_TEST(IsOk(pool.SetDetails(Block("10.0.0.0/26"), {.owner = "web", .tags = {{"tier", "front"}}})));
  CidrPool& team = **pool.AllocatePoolExact(Block("10.0.0.64/26"));
  BOOST_TEST(IsOk(team.Allocate(27)));
  BOOST_TEST(PoolTree(pool) ==
             "10.0.0.0/24  256 addresses, 2 blocks, 50% allocated, largest free /25, fragmentation 0\n"
             "├── 10.0.0.0/26    web, tier=front\n"
             "├── 10.0.0.64/26   pool\n"
             "│   ├── 10.0.0.64/27\n"
             "│   └── 10.0.0.96/27  free\n"
             "└── 10.0.0.128/25  free\n");
  PoolTreeOptions options;
  options.free = false;
  options.lines_max = 3;
  BOOST_TEST(PoolTree(pool, options) ==
             "10.0.0.0/24  256 addresses, 2 blocks, 50% allocated, largest free /25, fragmentation 0\n"
             "├── 10.0.0.0/26   web, tier=front\n"
             "└── …\n");
}

BOOST_AUTO_TEST_CASE(huge_pools_are_drawn_small) {
  CidrPool pool(Block("10.0.0.0/8"));
  for (int i = 0; i < 100'000; ++i) BOOST_REQUIRE(pool.Allocate(29).ok());
  PoolTreeOptions options;
  options.blocks_max = 8;
  const std::string tree = PoolTree(pool, options);
  BOOST_TEST(absl::StrContains(tree, "├── 10.0.0.0/11"));
  BOOST_TEST(tree.size() < 1000u);
  const std::string svg = PoolSvg(pool);
  BOOST_TEST(svg.size() < 1'000'000u);
  BOOST_TEST(absl::StrContains(svg, "<title>10.0.0.0/20: 512 blocks, 100% taken</title>"));
}

BOOST_AUTO_TEST_CASE(the_picture_stands_by_itself_and_escapes_what_people_wrote) {
  CidrPool pool(Block("2001:db8::/32"));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("2001:db8::/34"))));
  BOOST_TEST(IsOk(pool.SetDetails(Block("2001:db8::/34"), {.owner = "<a>&\"\xff", .tags = {}})));
  const std::string svg = PoolSvg(pool);
  BOOST_TEST(absl::StartsWith(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\""));
  BOOST_TEST(absl::EndsWith(svg, "</svg>\n"));
  BOOST_TEST(absl::StrContains(svg, "prefers-color-scheme: dark"));
  BOOST_TEST(absl::StrContains(svg, "<title>2001:db8::/34: &lt;a&gt;&amp;"));
  BOOST_TEST(!absl::StrContains(svg, "\xff"));
  BOOST_TEST(absl::StrContains(svg, "class=\"f\""));
  for (const char* whole : {"::/0", "10.0.0.0/32", "10.0.0.0/31"}) {
    BOOST_TEST(absl::StrContains(PoolSvg(CidrPool(Block(whole))), absl::StrCat("<title>", whole, ": free</title>")),
               whole);
  }
}

}  // namespace
}  // namespace nubo::vpc
