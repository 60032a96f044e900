#include "nubo/fabrics/block_locks.h"

#include <boost/test/unit_test.hpp>

namespace nubo::fabrics {
namespace {

// Far from what regions of this machine are likely to hold at this moment.
const net::Prefix kBlock = *net::Prefix::Parse("126.7.0.0/16");
const net::Prefix kPart = *net::Prefix::Parse("126.7.8.0/24");
const net::Prefix kOther = *net::Prefix::Parse("126.8.0.0/16");

BOOST_AUTO_TEST_CASE(a_block_is_one_regions_alone) {
  BlockLocks one, two;
  BOOST_TEST(one.Take(kBlock));
  BOOST_TEST(one.Take(kBlock));
  BOOST_TEST(!two.Take(kBlock));
  BOOST_TEST(two.Take(kOther));
}

BOOST_AUTO_TEST_CASE(blocks_of_other_lengths_do_not_overlap_either) {
  BlockLocks one, two;
  BOOST_TEST(one.Take(kPart));
  BOOST_TEST(one.Take(kBlock));
  BOOST_TEST(!two.Take(kBlock));
  BOOST_TEST(!two.Take(*net::Prefix::Parse("126.7.9.0/28")));
}

BOOST_AUTO_TEST_CASE(what_is_not_used_any_more_is_given_up) {
  BlockLocks one, two;
  one.Take(kPart);
  one.Take(kOther);
  one.KeepOnly({kBlock});
  BOOST_TEST(!two.Take(kPart));
  BOOST_TEST(two.Take(kOther));
  one.KeepOnly({});
  BOOST_TEST(two.Take(kPart));
}

BOOST_AUTO_TEST_CASE(locks_end_with_their_holder) {
  {
    BOOST_TEST(BlockLocks().Take(kBlock));
  }
  BOOST_TEST(BlockLocks().Take(kBlock));
}

}  // namespace
}  // namespace nubo::fabrics
