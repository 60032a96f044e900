// CidrPool: each call by tables, and long random histories beside a model that looks at every gap.
#include "nubo/vpc/cidr_pool.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::vpc {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Kind = CidrPool::Kind;

net::Prefix Block(absl::string_view text) { return *net::Prefix::Parse(text); }
net::IpAddress Ip(absl::string_view text) { return *net::IpAddress::Parse(text); }

std::string Names(const std::vector<net::Prefix>& blocks) {
  return absl::StrJoin(blocks, " ", [](std::string* out, const net::Prefix& block) { out->append(block.ToString()); });
}

std::string All(const CidrPool& pool) {
  std::vector<std::string> words;
  pool.ForEach([&](const CidrPool::Block& block) {
    constexpr const char* kKinds[] = {"-", "", "r", "p", "z"};
    words.push_back(kKinds[static_cast<int>(block.kind)] + block.prefix.ToString());
    return true;
  });
  return absl::StrJoin(words, " ");
}

BOOST_AUTO_TEST_CASE(exhaustion_names_the_pool_the_request_and_the_largest_free_block) {
  CidrPool pool(Block("10.0.0.0/24"));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.0/26"))));
  BOOST_TEST(StatusIs(pool.Allocate(24), StatusCode::kResourceExhausted,
                      "10.0.0.0/24 has no free /24 left: its largest free block is 10.0.0.128/25"));
  BOOST_TEST(StatusIs(pool.AllocateAll({26, 25, 26}), StatusCode::kResourceExhausted, "no free /26, /25, /26 left"));
  BOOST_TEST(StatusIs(pool.AllocateAfter(Block("10.0.0.192/26"), 30), StatusCode::kResourceExhausted,
                      "no free /30 after 10.0.0.192/26 left"));
  BOOST_TEST(
      StatusIs(pool.AllocateNextTo(Block("10.0.0.0/26"), 24), StatusCode::kResourceExhausted, "beside 10.0.0.0/26"));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.128/25"))));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.64/26"))));
  BOOST_TEST(StatusIs(pool.Allocate(32), StatusCode::kResourceExhausted, "none of its addresses is free"));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_or_lies_outside_is_refused) {
  CidrPool pool(Block("10.0.0.0/24"));
  for (const int length : {-1, 0, 23, 33, 129}) {
    BOOST_TEST(StatusIs(pool.Allocate(length), StatusCode::kInvalidArgument, absl::StrCat("/", length)));
    BOOST_TEST(StatusIs(pool.AllocateAll({28, length}), StatusCode::kInvalidArgument, "10.0.0.0/24"));
    BOOST_TEST(StatusIs(pool.AllocateAfter(Block("10.0.0.0/30"), length), StatusCode::kInvalidArgument));
    BOOST_TEST(StatusIs(pool.AllocateNextTo(Block("10.0.0.0/30"), length), StatusCode::kInvalidArgument));
    BOOST_TEST(StatusIs(pool.AllocatePool(length), StatusCode::kInvalidArgument));
  }
  for (const char* outside : {"10.0.1.0/30", "10.0.0.0/23", "fd00::/64", "::/0"}) {
    BOOST_TEST(StatusIs(pool.AllocateExact(Block(outside)), StatusCode::kInvalidArgument, "not within"), outside);
    BOOST_TEST(StatusIs(pool.AllocateAfter(Block(outside), 30), StatusCode::kInvalidArgument, "not within"), outside);
    BOOST_TEST(StatusIs(pool.AllocateNextTo(Block(outside), 30), StatusCode::kInvalidArgument, "not within"), outside);
    BOOST_TEST(StatusIs(pool.AllocatePoolExact(Block(outside)), StatusCode::kInvalidArgument), outside);
    BOOST_TEST(StatusIs(pool.Reserve(Block(outside)), StatusCode::kInvalidArgument), outside);
    BOOST_TEST(StatusIs(pool.Rest(Block(outside), absl::InfiniteFuture()), StatusCode::kInvalidArgument), outside);
    BOOST_TEST(StatusIs(pool.Free(Block(outside)), StatusCode::kNotFound), outside);
    BOOST_TEST(StatusIs(pool.SetDetails(Block(outside), {}), StatusCode::kNotFound), outside);
    BOOST_TEST(!pool.IsFree(Block(outside)), outside);
    BOOST_TEST(!pool.Find(Block(outside).last()).has_value(), outside);
  }
  BOOST_TEST(pool.allocated() == 0u);
}

BOOST_AUTO_TEST_CASE(several_come_together_or_not_at_all) {
  CidrPool pool(Block("10.0.0.0/24"));
  // In the order asked for, placed so that all fit.
  BOOST_TEST(Names(*pool.AllocateAll({27, 25, 26, 27})) == "10.0.0.192/27 10.0.0.0/25 10.0.0.128/26 10.0.0.224/27");
  BOOST_TEST(pool.allocated() == 4u);
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/25"))));
  BOOST_TEST(!pool.AllocateAll({26, 26, 32}).ok());
  BOOST_TEST(pool.IsFree(Block("10.0.0.0/25")));
  BOOST_TEST(pool.allocated() == 3u);
  BOOST_TEST(pool.AllocateAll({})->empty());
}

BOOST_AUTO_TEST_CASE(a_block_comes_after_or_beside_another) {
  CidrPool pool(Block("10.0.0.0/24"));
  BOOST_TEST(pool.AllocateAfter(Block("10.0.0.0/26"), 28)->ToString() == "10.0.0.64/28");
  BOOST_TEST(pool.AllocateAfter(Block("10.0.0.0/26"), 28)->ToString() == "10.0.0.80/28");
  BOOST_TEST(pool.AllocateAfter(Block("10.0.0.64/28"), 26)->ToString() == "10.0.0.128/26");
  // Both sides are free: the lower one.
  BOOST_TEST(pool.AllocateNextTo(Block("10.0.0.128/26"), 28)->ToString() == "10.0.0.112/28");
  BOOST_TEST(pool.AllocateNextTo(Block("10.0.0.128/26"), 28)->ToString() == "10.0.0.192/28");
  BOOST_TEST(pool.AllocateNextTo(Block("10.0.0.128/26"), 26)->ToString() == "10.0.0.0/26");
  BOOST_TEST(pool.AllocateNextTo(Block("10.0.0.0/26"), 30)->ToString() == "10.0.0.96/30");
}

BOOST_AUTO_TEST_CASE(a_pool_out_of_a_pool_is_one_of_its_blocks) {
  CidrPool pool(Block("10.0.0.0/16"));
  CidrPool& team = **pool.AllocatePool(20);
  BOOST_TEST(team.block().ToString() == "10.0.0.0/20");
  BOOST_TEST(team.Allocate(24)->ToString() == "10.0.0.0/24");
  BOOST_TEST(pool.Allocate(24)->ToString() == "10.0.16.0/24");
  BOOST_TEST(pool.allocated() == 2u);
  BOOST_TEST(pool.FindPool(Block("10.0.0.0/20")) == &team);
  BOOST_TEST(pool.FindPool(Block("10.0.0.0/24")) == nullptr);
  BOOST_TEST((pool.Find(Ip("10.0.0.7"))->kind == Kind::kPool));
  BOOST_TEST(StatusIs(pool.AllocateExact(Block("10.0.2.0/24")), StatusCode::kAlreadyExists));
  BOOST_TEST(StatusIs(pool.AllocatePoolExact(Block("10.0.0.0/24")), StatusCode::kAlreadyExists));
  BOOST_TEST(StatusIs(pool.Free(Block("10.0.0.0/20")), StatusCode::kFailedPrecondition, "10.0.0.0/20 is a pool"));
  BOOST_TEST(IsOk(team.Free(Block("10.0.0.0/24"))));
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/20"))));
  BOOST_TEST(pool.FindPool(Block("10.0.0.0/20")) == nullptr);
  BOOST_TEST(pool.IsFree(Block("10.0.0.0/20")));
}

BOOST_AUTO_TEST_CASE(pools_nest_only_so_deep) {
  CidrPool pool(Block("10.0.0.0/16"));
  CidrPool* deepest = &pool;
  for (int i = 0; i < CidrPool::kDepthMax; ++i) deepest = *deepest->AllocatePool(16);
  BOOST_TEST(StatusIs(deepest->AllocatePool(16), StatusCode::kFailedPrecondition, "16 pools deep"));
  BOOST_TEST(StatusIs(deepest->Reserve(Block("10.0.0.0/16")), StatusCode::kFailedPrecondition));
  BOOST_TEST(IsOk(deepest->Allocate(16)));
}

BOOST_AUTO_TEST_CASE(a_reservation_is_never_given_and_can_be_claimed) {
  CidrPool pool(Block("10.0.0.0/24"));
  BOOST_TEST(IsOk(pool.Reserve(Block("10.0.0.0/25"))));
  BOOST_TEST(StatusIs(pool.Reserve(Block("10.0.0.0/26")), StatusCode::kAlreadyExists));
  BOOST_TEST(!pool.IsFree(Block("10.0.0.0/26")));
  BOOST_TEST(pool.Allocate(26)->ToString() == "10.0.0.128/26");
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.64/26"))));
  BOOST_TEST(StatusIs(pool.AllocateExact(Block("10.0.0.64/27")), StatusCode::kAlreadyExists));
  BOOST_TEST(StatusIs(pool.AllocateExact(Block("10.0.0.0/24")), StatusCode::kAlreadyExists));
  BOOST_TEST(pool.allocated() == 2u);
  BOOST_TEST((pool.usage().reserved == 64));
  BOOST_TEST((pool.usage().allocated == 128));
  BOOST_TEST((pool.Find(Ip("10.0.0.1"))->kind == Kind::kReserved));
  BOOST_TEST(pool.Find(Ip("10.0.0.65"))->prefix.ToString() == "10.0.0.64/26");
  BOOST_TEST(IsOk(pool.SetDetails(Block("10.0.0.64/26"), {.owner = "db", .tags = {}})));
  BOOST_TEST(IsOk(pool.SetDetails(Block("10.0.0.0/25"), {.owner = "db", .tags = {}})));
  BOOST_TEST(Names(pool.OwnedBy("db")) == "10.0.0.0/25 10.0.0.64/26");
  BOOST_TEST(StatusIs(pool.Free(Block("10.0.0.0/25")), StatusCode::kFailedPrecondition, "reservation"));
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.64/26"))));
  CidrPool& inside = **pool.AllocatePoolExact(Block("10.0.0.0/27"));
  BOOST_TEST(pool.FindPool(Block("10.0.0.0/27")) == &inside);
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/27"))));
  // All of it, which is freed as what was allocated first, and then as the reservation.
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.0/25"))));
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/25"))));
  BOOST_TEST(!pool.IsFree(Block("10.0.0.0/25")));
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/25"))));
  BOOST_TEST(pool.IsFree(Block("10.0.0.0/25")));
  BOOST_TEST((pool.usage().reserved == 0));
  BOOST_TEST(pool.OwnedBy("db").empty());
}

BOOST_AUTO_TEST_CASE(a_freed_block_rests_for_its_time) {
  CidrPool pool(Block("10.0.0.0/30"), {.rest = absl::Seconds(10)});
  const absl::Time start = absl::UnixEpoch();
  for (int i = 0; i < 4; ++i) BOOST_TEST(IsOk(pool.Allocate(32, start)));
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.1/32"), start)));
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/32"), start + absl::Seconds(5))));
  BOOST_TEST(All(pool) == "z10.0.0.0/32 z10.0.0.1/32 10.0.0.2/32 10.0.0.3/32");
  BOOST_TEST((pool.Find(Ip("10.0.0.0"))->until == start + absl::Seconds(15)));
  BOOST_TEST((pool.usage().resting == 2));
  BOOST_TEST(pool.allocated() == 2u);
  BOOST_TEST(StatusIs(pool.Allocate(32, start + absl::Seconds(9)), StatusCode::kResourceExhausted, "2 blocks rest"));
  BOOST_TEST(StatusIs(pool.Free(Block("10.0.0.1/32"), start), StatusCode::kNotFound));
  BOOST_TEST(StatusIs(pool.SetDetails(Block("10.0.0.1/32"), {}), StatusCode::kNotFound));
  BOOST_TEST(pool.Allocate(32, start + absl::Seconds(10))->ToString() == "10.0.0.1/32");
  BOOST_TEST(!pool.Allocate(32, start + absl::Seconds(14)).ok());
  BOOST_TEST(pool.Allocate(32, start + absl::Seconds(15))->ToString() == "10.0.0.0/32");
  // By name it may be had before; and without a time there is no rest.
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/32"), start + absl::Seconds(20))));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.0/32"))));
  BOOST_TEST((pool.usage().resting == 0));
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/32"))));
  BOOST_TEST(pool.Allocate(32, start)->ToString() == "10.0.0.0/32");
  // What was claimed before its time, and rests anew, does so for all of its time.
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/32"), start + absl::Seconds(28))));
  BOOST_TEST(!pool.Allocate(32, start + absl::Seconds(31)).ok());
  BOOST_TEST(IsOk(pool.Allocate(32, start + absl::Seconds(38))));
}

BOOST_AUTO_TEST_CASE(part_of_a_block_that_rests_can_be_claimed) {
  CidrPool pool(Block("10.0.0.0/24"));
  BOOST_TEST(IsOk(pool.Rest(Block("10.0.0.0/25"), absl::InfiniteFuture())));
  BOOST_TEST(StatusIs(pool.Rest(Block("10.0.0.0/26"), absl::InfiniteFuture()), StatusCode::kAlreadyExists));
  BOOST_TEST(StatusIs(pool.AllocateExact(Block("10.0.0.0/24")), StatusCode::kAlreadyExists));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.64/26"))));
  BOOST_TEST(All(pool) == "-10.0.0.0/26 10.0.0.64/26 -10.0.0.128/25");
}

BOOST_AUTO_TEST_CASE(blocks_have_owners_and_tags) {
  CidrPool pool(Block("10.0.0.0/24"));
  for (int i = 0; i < 3; ++i) BOOST_TEST(IsOk(pool.Allocate(28)));
  BOOST_TEST(IsOk(pool.SetDetails(Block("10.0.0.16/28"), {.owner = "web", .tags = {{"tier", "front"}}})));
  BOOST_TEST(IsOk(pool.SetDetails(Block("10.0.0.0/28"), {.owner = "web", .tags = {}})));
  BOOST_TEST(Names(pool.OwnedBy("web")) == "10.0.0.0/28 10.0.0.16/28");
  BOOST_TEST(pool.Find(Ip("10.0.0.17"))->details->tags.at("tier") == "front");
  BOOST_TEST(pool.Find(Ip("10.0.0.33"))->details->empty());
  BOOST_TEST(IsOk(pool.SetDetails(Block("10.0.0.16/28"), {.owner = "data", .tags = {}})));
  BOOST_TEST(Names(pool.OwnedBy("web")) == "10.0.0.0/28");
  BOOST_TEST(IsOk(pool.Free(Block("10.0.0.0/28"))));
  BOOST_TEST(pool.OwnedBy("web").empty());
  // The next to have the block does not inherit.
  BOOST_TEST(pool.Allocate(28)->ToString() == "10.0.0.0/28");
  BOOST_TEST(pool.Find(Ip("10.0.0.1"))->details->empty());
  BOOST_TEST(IsOk(pool.SetDetails(Block("10.0.0.16/28"), {})));
  BOOST_TEST(pool.OwnedBy("data").empty());
  BOOST_TEST(pool.OwnedBy("").empty());
  BOOST_TEST(StatusIs(pool.SetDetails(Block("10.0.0.0/29"), {}), StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE(usage_is_exact) {
  CidrPool pool(Block("10.0.0.0/24"));
  BOOST_TEST((pool.usage().free == 256));
  BOOST_TEST(pool.usage().largest_free.value() == 24);
  BOOST_TEST(pool.usage().fragmentation == 0);
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.64/26"))));
  BOOST_TEST((pool.usage().allocated == 64));
  BOOST_TEST((pool.usage().free == 192));
  BOOST_TEST(pool.usage().largest_free.value() == 25);
  BOOST_TEST(pool.usage().fragmentation == 1 - 128.0 / 192, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(IsOk(pool.AllocateExact(Block("10.0.0.128/25"))));
  BOOST_TEST(pool.usage().fragmentation == 0);
  BOOST_TEST(IsOk(pool.Allocate(26)));
  BOOST_TEST(!pool.usage().largest_free.has_value());
  BOOST_TEST(pool.usage().fragmentation == 0);
}

BOOST_AUTO_TEST_CASE(all_of_ipv6_is_a_pool_too) {
  CidrPool pool(Block("::/0"));
  BOOST_TEST(pool.Allocate(0)->ToString() == "::/0");
  BOOST_TEST(!pool.Allocate(128).ok());
  BOOST_TEST(IsOk(pool.Free(Block("::/0"))));
  BOOST_TEST(pool.Allocate(128)->ToString() == "::/128");
  BOOST_TEST(pool.Allocate(1)->ToString() == "8000::/1");
  BOOST_TEST(IsOk(pool.AllocateExact(Block("7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"))));
  BOOST_TEST(pool.AllocateAfter(Block("::/128"), 128)->ToString() == "::1/128");
  BOOST_TEST(pool.AllocateNextTo(Block("8000::/1"), 128)->ToString() == "7fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128");
  BOOST_TEST(StatusIs(pool.AllocateAfter(Block("8000::/1"), 128), StatusCode::kResourceExhausted));
  BOOST_TEST((pool.usage().allocated + pool.usage().free == 0));
  for (const char* block : {"::/128", "::1/128", "8000::/1", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
                            "7fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128"}) {
    BOOST_TEST(IsOk(pool.Free(Block(block))), block);
  }
  BOOST_TEST(All(pool) == "-::/0");
}

BOOST_AUTO_TEST_CASE(pools_are_compared) {
  CidrPool a(Block("10.0.0.0/16")), b(Block("10.0.0.0/16"));
  for (CidrPool* pool : {&a, &b}) {
    BOOST_TEST(IsOk(pool->AllocateExact(Block("10.0.0.0/24"))));
    BOOST_TEST(IsOk((*pool->AllocatePoolExact(Block("10.0.16.0/20")))->AllocateExact(Block("10.0.16.0/20"))));
  }
  BOOST_TEST(Compare(a, b).empty());
  BOOST_TEST(IsOk(a.AllocateExact(Block("10.0.1.0/24"))));
  BOOST_TEST(IsOk(b.AllocateExact(Block("10.0.1.0/25"))));
  BOOST_TEST(IsOk(a.FindPool(Block("10.0.16.0/20"))->Free(Block("10.0.16.0/20"))));
  BOOST_TEST(IsOk(b.SetDetails(Block("10.0.0.0/24"), {.owner = "web", .tags = {}})));
  const PoolDifference difference = Compare(a, b);
  BOOST_TEST(Names(difference.only_first) == "10.0.1.0/24");
  BOOST_TEST(Names(difference.only_second) == "10.0.1.0/25 10.0.16.0/20");
  BOOST_TEST(Names(difference.changed) == "10.0.0.0/24");
}

// Knows what is taken, and finds what is free by looking at the gaps between.
class Model {
 public:
  explicit Model(const net::Prefix& block) : block_(block), bits_(block.first().bits() - block.length()) {}

  std::optional<net::Prefix> Lowest(int length) const {
    std::optional<net::Prefix> best;
    ForEachFree([&](const net::Prefix& free) {
      if (free.length() <= length && (!best || free.length() > best->length())) best = free;
    });
    if (!best) return best;
    return net::Prefix::Make(best->first(), length).value();
  }
  std::optional<net::Prefix> After(const net::IpAddress& address, int length) const {
    std::optional<net::Prefix> found;
    const absl::uint128 size = absl::uint128(1) << (block_.first().bits() - length);
    ForEachFree([&](const net::Prefix& free) {
      if (found || free.length() > length || !(address < free.last())) return;
      absl::uint128 at = std::max(free.first().value(), address.value() + 1);
      at = (at + size - 1) / size * size;
      if (at <= free.last().value()) found = At(at, length);
    });
    return found;
  }
  bool IsFree(const net::Prefix& block) const {
    bool free = false;
    ForEachFree([&](const net::Prefix& other) { free = free || other.Contains(block); });
    return free;
  }
  void Take(const net::Prefix& block) { taken_[block.first().value()] = block; }
  bool Give(const net::Prefix& block) {
    const auto found = taken_.find(block.first().value());
    if (found == taken_.end() || found->second != block) return false;
    taken_.erase(found);
    return true;
  }
  const std::map<absl::uint128, net::Prefix>& taken() const { return taken_; }
  net::Prefix At(absl::uint128 value, int length) const {
    const net::IpAddress address = block_.is_v4() ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(value)))
                                                  : net::IpAddress::V6(value);
    return *net::Prefix::Make(address, length);
  }

  template <typename Visit>
  void ForEachFree(Visit visit) const {
    absl::uint128 at = block_.first().value();
    const absl::uint128 end = at + block_.size();
    const auto fill = [&](absl::uint128 to) {
      while (at != to) {
        int size = 0;
        while (size < bits_ && (at & ((absl::uint128(2) << size) - 1)) == 0 && (absl::uint128(2) << size) <= to - at)
          ++size;
        visit(At(at, block_.first().bits() - size));
        at += absl::uint128(1) << size;
      }
    };
    for (const auto& [first, block] : taken_) {
      fill(first);
      at = first + block.size();
    }
    fill(end);
  }

 private:
  net::Prefix block_;
  int bits_;
  std::map<absl::uint128, net::Prefix> taken_;
};

void CheckAll(const CidrPool& pool, const Model& model) {
  std::vector<std::string> free;
  model.ForEachFree([&](const net::Prefix& block) { free.push_back(block.ToString()); });
  std::vector<std::string> found;
  size_t taken = 0;
  absl::uint128 next = pool.block().first().value();
  pool.ForEach([&](const CidrPool::Block& block) {
    BOOST_REQUIRE((block.prefix.first().value() == next));
    next = block.prefix.last().value() + 1;
    BOOST_REQUIRE((pool.Find(block.prefix.last())->prefix == block.prefix));
    if (block.kind == Kind::kFree) {
      found.push_back(block.prefix.ToString());
    } else {
      ++taken;
      BOOST_REQUIRE((model.taken().at(block.prefix.first().value()) == block.prefix));
    }
    return true;
  });
  BOOST_REQUIRE(taken == model.taken().size());
  BOOST_REQUIRE(absl::StrJoin(found, " ") == absl::StrJoin(free, " "));
}

// `live`: about how many blocks are out at once.
void CompareWithModel(const net::Prefix& block, int steps, size_t live, int check_each) {
  std::mt19937 rng(17);
  CidrPool pool(block);
  Model model(block);
  const int all = block.first().bits(), bits = all - block.length();
  int step = 0;
  // Cheaper than BOOST_REQUIRE, and says where.
  const auto agree = [&](bool holds) {
    if (!holds) BOOST_FAIL(block.ToString() << ": step " << step);
  };
  for (; step < steps; ++step) {
    const int length = rng() % 4 == 0 ? block.length() + static_cast<int>(rng() % (bits + 1))
                                      : all - static_cast<int>(rng() % std::min(bits + 1, 4));
    const absl::uint128 any =
        absl::MakeUint128(rng() * uint64_t{4294967296} + rng(), rng() * uint64_t{4294967296} + rng());
    const net::Prefix somewhere = model.At(block.first().value() + (any & (block.size() - 1)), length);
    const auto op = rng() % 16;
    if (model.taken().size() > live || op < 6) {
      if (model.taken().empty()) continue;
      auto victim = model.taken().lower_bound(somewhere.first().value());
      if (victim == model.taken().end()) victim = model.taken().begin();
      const net::Prefix freed = victim->second;
      agree(pool.Free(freed).ok());
      model.Give(freed);
    } else if (op < 11) {
      const std::optional<net::Prefix> want = model.Lowest(length);
      const absl::StatusOr<net::Prefix> given = pool.Allocate(length);
      agree(given.ok() == want.has_value());
      if (!given.ok()) continue;
      agree((*given == *want));
      model.Take(*given);
    } else if (op < 13) {
      const bool free = model.IsFree(somewhere);
      agree(pool.IsFree(somewhere) == free);
      agree(pool.AllocateExact(somewhere).ok() == free);
      if (free) model.Take(somewhere);
    } else if (op < 14) {
      agree(pool.Free(somewhere).ok() == model.Give(somewhere));
    } else {
      const std::optional<net::Prefix> want = model.After(somewhere.last(), length);
      const absl::StatusOr<net::Prefix> given = pool.AllocateAfter(somewhere, length);
      agree(given.ok() == want.has_value());
      if (!given.ok()) continue;
      agree((*given == *want));
      model.Take(*given);
    }
    agree(pool.allocated() == model.taken().size());
    if (step % check_each == 0) CheckAll(pool, model);
  }
  CheckAll(pool, model);
}

// A million steps in all.
BOOST_AUTO_TEST_CASE(random_histories_are_as_the_model_has_them) {
  CompareWithModel(Block("10.0.0.16/28"), 600'000, 6, 5000);
  CompareWithModel(Block("10.0.0.0/26"), 150'000, 12, 2000);
  CompareWithModel(Block("10.0.0.0/25"), 100'000, 12, 2000);
  CompareWithModel(Block("10.128.0.0/14"), 60'000, 8, 1000);
  CompareWithModel(Block("fd00::/122"), 60'000, 12, 1000);
  CompareWithModel(Block("fd00::/107"), 26'000, 12, 1000);
  CompareWithModel(Block("fd00::/64"), 3'000, 12, 500);
  CompareWithModel(Block("fd00::/8"), 1'000, 8, 100);
}

}  // namespace
}  // namespace nubo::vpc
