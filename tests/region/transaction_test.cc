// Records, leases, effects and events: all or nothing.
#include "nubo/region/state/transaction.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/state/address_leases.h"
#include "nubo/region/state/events.h"
#include "nubo/region/state/model.h"
#include "nubo/store/memory_store.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct State {
  State() {
    leases.AddSubnet("subnet-1", *net::Prefix::Parse("10.0.0.0/28"));
    Put("vpc-1", "10.0.0.0/16");
    Commit();
  }
  void Put(const std::string& id, const std::string& cidr) {
    v1::VpcState vpc;
    vpc.set_id(id);
    vpc.set_cidr(cidr);
    model.vpcs.Put(id, vpc);
  }
  void Do(const std::string& what) {
    transaction.Do({Effect::Kind::kLaunch, what, [](process::Driver&) {}});
  }
  void Tell(const std::string& message) { events.Add({"a", "b", "c", message, "", ""}, transaction); }
  void Commit() {
    BOOST_REQUIRE(IsOk(store.Apply(transaction.batch())));
    transaction.Committed();
  }
  int Free() const { return leases.Find("subnet-1")->available(); }
  size_t Told() const { return events.WaitAfter(0, absl::ZeroDuration()).size(); }
  std::string Effects() const {
    std::string text;
    for (const Effect& effect : transaction.effects()) text += effect.id + " ";
    return text;
  }
  // One of each.
  void ChangeAll() {
    Put("vpc-2", "10.1.0.0/16");
    model.vpcs.Update("vpc-1", [](v1::VpcState& vpc) { vpc.set_cidr("changed"); });
    BOOST_REQUIRE(IsOk(leases.Take("subnet-1")));
    leases.AddSubnet("subnet-2", *net::Prefix::Parse("10.0.1.0/28"));
    Do("launch");
    Tell("changed");
  }

  testing::SimulatedClock clock;
  store::MemoryStore store;
  Model model;
  Transaction& transaction = model.transaction;
  AddressLeases leases{transaction};
  Events events{clock};
};

BOOST_FIXTURE_TEST_SUITE(transaction, State)

BOOST_AUTO_TEST_CASE(what_is_committed_is_stored_and_then_told) {
  const int free = Free();
  transaction.Begin();
  ChangeAll();
  BOOST_TEST(Told() == 0u);
  Commit();
  BOOST_TEST(Told() == 1u);
  BOOST_TEST(Free() == free - 1);
  BOOST_TEST(Effects() == "launch ");
  BOOST_TEST(transaction.empty());
  BOOST_TEST(!transaction.undoable());
  BOOST_TEST(store.Get("vpcs/vpc-2").ok());
  BOOST_TEST(transaction.TakeEffects().size() == 1u);
  BOOST_TEST(Effects().empty());
}

BOOST_AUTO_TEST_CASE(what_is_undone_never_was) {
  const int free = Free();
  const net::IpAddress taken = *leases.Take("subnet-1");
  transaction.Begin();
  ChangeAll();
  leases.Release("subnet-1", taken);
  leases.RemoveSubnet("subnet-1");
  model.vpcs.Erase("vpc-1");
  transaction.Undo();
  BOOST_TEST(model.vpcs.size() == 1u);
  BOOST_TEST(model.vpcs.Find("vpc-1")->cidr() == "10.0.0.0/16");
  BOOST_REQUIRE(leases.Find("subnet-1") != nullptr);
  BOOST_TEST(Free() == free - 1);
  BOOST_TEST(StatusIs(leases.TakeExactly("subnet-1", taken), absl::StatusCode::kAlreadyExists));
  BOOST_TEST(leases.Find("subnet-2") == nullptr);
  BOOST_TEST(Effects().empty());
  BOOST_TEST(transaction.empty());
  // Nor is it told with what comes after.
  Tell("later");
  Commit();
  const auto told = events.WaitAfter(0, absl::ZeroDuration());
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].message() == "later");
  BOOST_TEST(told[0].id() == 1);
}

BOOST_AUTO_TEST_CASE(what_was_meant_before_stays_when_what_came_after_is_undone) {
  Put("vpc-2", "10.1.0.0/16");
  Do("before");
  Tell("before");
  transaction.Begin();
  ChangeAll();
  transaction.Undo();
  BOOST_TEST(Effects() == "before ");
  BOOST_TEST(transaction.batch().changes().count("vpcs/vpc-2") == 1u);
  Commit();
  BOOST_TEST(Told() == 1u);
  BOOST_TEST(store.Get("vpcs/vpc-2").ok());
}

BOOST_AUTO_TEST_CASE(what_is_kept_cannot_be_undone) {
  transaction.Begin();
  ChangeAll();
  transaction.Keep();
  BOOST_TEST(!transaction.undoable());
  transaction.Begin();
  Put("vpc-3", "10.2.0.0/16");
  transaction.Undo();
  BOOST_TEST(model.vpcs.size() == 2u);
  BOOST_TEST(Effects() == "launch ");
}

BOOST_AUTO_TEST_CASE(an_undo_of_nothing_changes_nothing) {
  transaction.Begin();
  transaction.Undo();
  BOOST_TEST(transaction.empty());
  BOOST_TEST(model.vpcs.size() == 1u);
  BOOST_TEST(Told() == 0u);
}

BOOST_AUTO_TEST_CASE(addresses_of_a_subnet_that_is_not_there_are_refused) {
  BOOST_TEST(StatusIs(leases.Take("subnet-9"), absl::StatusCode::kNotFound, "'subnet-9' does not exist"));
  BOOST_TEST(StatusIs(leases.TakeExactly("subnet-9", *net::IpAddress::Parse("10.0.0.4")), absl::StatusCode::kNotFound));
  leases.Release("subnet-9", *net::IpAddress::Parse("10.0.0.4"));
  leases.RemoveSubnet("subnet-9");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
