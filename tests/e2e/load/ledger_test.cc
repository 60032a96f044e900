#include "tests/e2e/load/ledger.h"

#include <boost/test/unit_test.hpp>

namespace nubo::e2e {
namespace {

const TodoState kOpen = {"a", false};
const TodoState kDone = {"a", true};

BOOST_AUTO_TEST_CASE(a_todo_as_it_was_last_acknowledged_is_no_loss) {
  Ledger ledger;
  ledger.Acknowledge("1", kOpen);
  ledger.Acknowledge("1", kDone);
  BOOST_TEST(ledger.Losses({{"1", kDone}}).empty());
}

BOOST_AUTO_TEST_CASE(an_acknowledged_add_that_is_gone_is_a_loss) {
  Ledger ledger;
  ledger.Acknowledge("1", kOpen);
  const auto losses = ledger.Losses({});
  BOOST_TEST_REQUIRE(losses.size() == 1);
  BOOST_TEST(losses[0] == "todo 1 is gone; it was acknowledged as \"a\", open");
}

BOOST_AUTO_TEST_CASE(an_acknowledged_edit_that_is_undone_is_a_loss) {
  Ledger ledger;
  ledger.Acknowledge("1", kOpen);
  ledger.Acknowledge("1", kDone);
  BOOST_TEST(ledger.Losses({{"1", kOpen}}).size() == 1);
}

BOOST_AUTO_TEST_CASE(a_deleted_todo_that_is_back_is_a_loss) {
  Ledger ledger;
  ledger.Acknowledge("1", kOpen);
  ledger.Acknowledge("1", std::nullopt);
  BOOST_TEST(ledger.Losses({{"1", kOpen}}).size() == 1);
  BOOST_TEST(ledger.Losses({}).empty());
}

BOOST_AUTO_TEST_CASE(after_a_doubtful_edit_both_states_will_do_and_no_other) {
  Ledger ledger;
  ledger.Acknowledge("1", kOpen);
  ledger.Doubt("1", kDone);
  BOOST_TEST(ledger.Losses({{"1", kOpen}}).empty());
  BOOST_TEST(ledger.Losses({{"1", kDone}}).empty());
  BOOST_TEST(ledger.Losses({}).size() == 1);
}

BOOST_AUTO_TEST_CASE(a_todo_nobody_acknowledged_is_nobodys_loss) {
  BOOST_TEST(Ledger().Losses({{"1", kOpen}}).empty());
}

}  // namespace
}  // namespace nubo::e2e
