// Route 53's calls, with and without a stack.
#include "nubo/region/dns/operations.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::base::ErrorCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using enum ChangeAction;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

ResourceRecordSet Values(const std::string& name, const std::string& type, const std::vector<std::string>& values,
                         int64_t ttl = 60) {
  return {.name = name, .type = type, .ttl = ttl, .resource_records = values};
}
ResourceRecordSet Address(const std::string& name, const std::string& value = "10.0.0.1") {
  return Values(name, "A", {value});
}

struct Zones : World {
  Zones() {
    const auto made = CreateHostedZone(context, {}, {.name = "Shop.test."});
    BOOST_REQUIRE(IsOk(made));
    zone = *made;
  }
  ResourceRecordSet Alias(const std::string& name, const std::string& target) const {
    return {.name = name, .type = "A", .alias_target = AliasTarget{.hosted_zone_id = zone, .dns_name = target}};
  }
  absl::StatusOr<std::vector<std::string>> Change(const std::vector<RecordSetChange>& changes,
                                                  const v1::Owner& owner = {}) {
    return ChangeResourceRecordSets(context, owner, {zone, changes});
  }
  // "NAME TYPE TTL VALUES" of every record set of the zone, in the order of their ids.
  std::vector<std::string> Records() const {
    std::vector<std::string> all;
    for (const auto& [id, record] : context.model.records) {
      std::string text = absl::StrCat(record.name(), " ", record.type(), " ", record.ttl());
      for (const std::string& value : record.values()) absl::StrAppend(&text, " ", value);
      all.push_back(record.alias_name().empty() ? text : absl::StrCat(text, " -> ", record.alias_name()));
    }
    return all;
  }
  std::string zone;
};

#define BOOST_TEST_ALL(actual, ...) \
  BOOST_TEST((actual) == (std::vector<std::string>{__VA_ARGS__}), boost::test_tools::per_element())

BOOST_FIXTURE_TEST_SUITE(dns_operations, Zones)

BOOST_AUTO_TEST_CASE(a_zone_is_made_and_deleted_without_a_stack) {
  BOOST_TEST(context.model.zones.Find(zone)->name() == "shop.test");
  BOOST_TEST(*FindHostedZone(context.model, "SHOP.test.") == zone);
  BOOST_REQUIRE(IsOk(DeleteHostedZone(context, {zone})));
  BOOST_TEST(context.model.zones.empty());
  const auto again = DeleteHostedZone(context, {zone});
  BOOST_TEST(absl::IsNotFound(again));
  BOOST_TEST(ErrorCode(again) == "NoSuchHostedZone");
  BOOST_TEST(ErrorCode(FindHostedZone(context.model, "shop.test").status()) == "NoSuchHostedZone");
}

BOOST_AUTO_TEST_CASE(a_name_is_one_zone_s) {
  for (const char* name : {"shop.test", "SHOP.\\164est", "ec2.internal"}) {
    const auto second = CreateHostedZone(context, {}, {.name = name});
    BOOST_TEST(StatusIs(second, absl::StatusCode::kAlreadyExists, "already; choose another name"), name);
    BOOST_TEST(ErrorCode(second.status()) == "HostedZoneAlreadyExists", name);
  }
  const auto none = CreateHostedZone(context, {}, {.name = "a..test"});
  BOOST_TEST(StatusIs(none, kInvalid, "empty label"));
  BOOST_TEST(ErrorCode(none.status()) == "InvalidDomainName");
  BOOST_TEST(context.model.zones.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_batch_creates_changes_and_deletes) {
  const auto made = Change({{kCreate, Address("www.shop.test")}, {kUpsert, Values("Shop.test.", "TXT", {"\"a\""})}});
  BOOST_REQUIRE(IsOk(made));
  BOOST_TEST_ALL(*made, absl::StrCat(zone, "_www.shop.test_A"), absl::StrCat(zone, "_shop.test_TXT"));
  BOOST_TEST_ALL(Records(), "shop.test TXT 60 \"a\"", "www.shop.test A 60 10.0.0.1");
  const auto changed = Change({{kUpsert, Values("WWW.shop.test", "A", {"10.0.0.2", "10.0.0.3"}, 5)},
                               {kDelete, Values("shop.test", "TXT", {"\"a\""})}});
  BOOST_REQUIRE(IsOk(changed));
  BOOST_TEST(*changed == *made, boost::test_tools::per_element());
  BOOST_TEST_ALL(Records(), "www.shop.test A 5 10.0.0.2 10.0.0.3");
}

BOOST_AUTO_TEST_CASE(a_batch_is_one_step_after_the_other) {
  BOOST_REQUIRE(IsOk(Change({{kCreate, Address("www.shop.test")}})));
  BOOST_REQUIRE(IsOk(Change({{kDelete, Address("www.shop.test")},
                             {kCreate, Values("www.shop.test", "CNAME", {"a.test"})},
                             {kCreate, Address("a.shop.test")},
                             {kCreate, Alias("b.shop.test", "a.shop.test")}})));
  BOOST_TEST_ALL(Records(), "a.shop.test A 60 10.0.0.1", "b.shop.test A 0 -> a.shop.test",
                 "www.shop.test CNAME 60 a.test");
}

BOOST_AUTO_TEST_CASE(all_of_a_batch_or_nothing) {
  BOOST_REQUIRE(
      IsOk(Change({{kCreate, Address("a.shop.test")}, {kCreate, Values("t.sub.shop.test", "TXT", {"\"x\""})}})));
  const std::vector<std::string> before = Records();
  struct Case {
    RecordSetChange last;
    absl::StatusCode code;
    const char* message;
  };
  const Case cases[] = {
      {{kCreate, Address("A.shop.test.")},
       absl::StatusCode::kAlreadyExists,
       "Tried to create resource record set [name='a.shop.test.', type='A'] but it already exists"},
      {{kDelete, Address("c.shop.test")},
       absl::StatusCode::kNotFound,
       "Tried to delete resource record set [name='c.shop.test.', type='A'] but it was not found"},
      {{kDelete, Address("a.shop.test", "10.0.0.9")}, kInvalid, "the values provided do not match the current values"},
      {{kDelete, Values("a.shop.test", "A", {"10.0.0.1"}, 61)}, kInvalid, "do not match the current values"},
      {{kUpsert, Values("a.shop.test", "CNAME", {"b.test"})}, kInvalid, "conflicts with other records"},
      {{kCreate, Values("shop.test", "CNAME", {"b.test"})}, kInvalid, "is not permitted at apex"},
      {{kCreate, Address("a.test")}, kInvalid, "is not permitted in zone shop.test."},
      {{kCreate, Address("c..shop.test")}, kInvalid, "empty label"},
      {{kCreate, Address("c.shop.test", "10.0.0")}, kInvalid, "ARRDATAIllegalIPv4Address"},
      {{kCreate, Values("c.shop.test", "A", {"10.0.0.1", "10.0.0.1"})}, kInvalid, "Duplicate Resource Record"},
      {{kCreate, Alias("c.shop.test", "c.shop.test")}, kInvalid, "but that target was not found"},
      {{kCreate, Alias("c.shop.test", "c.test")}, kInvalid, "does not lie within the target zone"},
      {{kCreate, Values("sub.shop.test", "NS", {"ns.test"})}, kInvalid, "record sub.shop.test NS cannot stand beside"},
      {{kUpsert, Address("a.shop.test"), "nobody"}, absl::StatusCode::kNotFound, "there is no record set nobody"},
  };
  for (const Case& c : cases) {
    BOOST_TEST(StatusIs(Change({c.last}), c.code, c.message));
    const auto refused = Change({{kUpsert, Address("b.shop.test")}, c.last});
    BOOST_TEST(ErrorCode(refused.status()) == "InvalidChangeBatch", c.message);
    BOOST_TEST(Records() == before, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(what_has_not_the_shape_of_a_record_set_is_refused) {
  ResourceRecordSet both = Alias("a.shop.test", "b.shop.test");
  both.resource_records = {"10.0.0.1"};
  ResourceRecordSet timed = Alias("a.shop.test", "b.shop.test");
  timed.ttl = 60;
  ResourceRecordSet text = Alias("a.shop.test", "b.shop.test");
  text.type = "TXT";
  ResourceRecordSet endless = Address("a.shop.test");
  endless.ttl.reset();
  struct Case {
    ResourceRecordSet set;
    const char* message;
  };
  const Case cases[] = {
      {both, "exactly one of AliasTarget, ResourceRecords; it has AliasTarget and ResourceRecords"},
      {Values("a.shop.test", "A", {}), "exactly one of AliasTarget, ResourceRecords; it has none"},
      {timed, "with AliasTarget takes no TTL"},
      {text, "has Type A or AAAA here, not TXT"},
      {endless, "with ResourceRecords needs TTL"},
      {Values("a.shop.test", "A", {"10.0.0.1"}, -1), "from 0 to 2147483647, not -1"},
      {Values("a.shop.test", "A", {"10.0.0.1"}, 2147483648), "not 2147483648"},
      {Values("a.shop.test", "HINFO", {"a b"}), "the type of a record set is one of A,AAAA"},
  };
  for (const Case& c : cases) {
    const auto refused = Change({{kCreate, c.set}});
    BOOST_TEST(StatusIs(refused, kInvalid, c.message));
    BOOST_TEST(ErrorCode(refused.status()) == "InvalidInput", c.message);
  }
  BOOST_TEST(ErrorCode(Change({}).status()) == "InvalidInput");
  BOOST_TEST(ErrorCode(ChangeResourceRecordSets(context, {}, {"Z1", {{kCreate, Address("a.test")}}}).status()) ==
             "NoSuchHostedZone");
  BOOST_TEST(context.model.records.empty());
}

BOOST_AUTO_TEST_CASE(a_batch_has_a_thousand_records_and_an_upsert_counts_twice) {
  const auto batch = [&](ChangeAction action, int count) {
    std::vector<RecordSetChange> changes;
    for (int i = 0; i < count; ++i) changes.push_back({action, Address(absl::StrCat("a", i, ".shop.test"))});
    return changes;
  };
  BOOST_TEST(StatusIs(Change(batch(kUpsert, 501)), kInvalid, "Number of records limit of 1000 exceeded."));
  BOOST_TEST(StatusIs(Change(batch(kCreate, 1001)), kInvalid, "Number of records limit of 1000 exceeded."));
  BOOST_TEST(IsOk(Change(batch(kCreate, 501))));
  const std::vector<std::string> texts(90, absl::StrCat("\"", std::string(200, 'a'), "\""));
  BOOST_TEST(StatusIs(Change({{kUpsert, Values("t.shop.test", "TXT", texts)}}), kInvalid,
                      "RDATA character limit of 32000 exceeded."));
}

BOOST_AUTO_TEST_CASE(a_deletion_gives_the_values_in_whatever_order_and_form) {
  BOOST_REQUIRE(IsOk(Change({{kCreate, Values("m.shop.test", "MX", {"10 a.test", "20 b.test"})}})));
  BOOST_TEST(IsOk(Change({{kDelete, Values("M.shop.test.", "MX", {"20 B.test.", "10 a.test"})}})));
  BOOST_TEST(context.model.records.empty());
}

BOOST_AUTO_TEST_CASE(what_is_changed_by_its_id_keeps_it_and_its_owner) {
  v1::Owner owner;
  owner.set_stack_name("shop");
  owner.set_logical_id("Record");
  const auto made = Change({{kCreate, Values("a.shop.test", "TXT", {"\"a\""})}}, owner);
  BOOST_REQUIRE(IsOk(made));
  const std::string id = made->front();
  BOOST_REQUIRE(IsOk(Change({{kUpsert, Values("a.shop.test", "CNAME", {"b.test"}), id}})));
  BOOST_TEST(context.model.records.Find(id)->type() == "CNAME");
  BOOST_TEST(context.model.records.Find(id)->owner().stack_name() == "shop");
  BOOST_REQUIRE(IsOk(DeleteRecordSet(context, id)));
  const auto text = Change({{kCreate, Values("a.shop.test", "TXT", {"\"a\""})}});
  BOOST_REQUIRE(IsOk(text));
  // While it has the id, one of the type that it was made with gets another.
  BOOST_REQUIRE(IsOk(Change({{kUpsert, Values("a.shop.test", "A", {"10.0.0.1"}), text->front()}})));
  const auto second = Change({{kCreate, Values("a.shop.test", "TXT", {"\"b\""})}});
  BOOST_REQUIRE(IsOk(second));
  BOOST_TEST(second->front() == absl::StrCat(id, "_2"));
}

BOOST_AUTO_TEST_CASE(a_zone_that_has_record_sets_is_not_deleted) {
  BOOST_REQUIRE(IsOk(Change({{kCreate, Values("shop.test", "NS", {"ns.test"})}, {kCreate, Address("a.shop.test")}})));
  const absl::Status refused = DeleteHostedZone(context, {zone});
  BOOST_TEST(StatusIs(refused, absl::StatusCode::kFailedPrecondition, "still has the record set a.shop.test A"));
  BOOST_TEST(ErrorCode(refused) == "HostedZoneNotEmpty");
  BOOST_TEST(context.model.records.size() == 2u);
  BOOST_REQUIRE(IsOk(Change({{kDelete, Address("a.shop.test")}})));
  BOOST_TEST(IsOk(DeleteHostedZone(context, {zone})));
  BOOST_TEST(context.model.records.empty());
}

BOOST_AUTO_TEST_CASE(a_record_set_of_a_zone_that_is_gone_can_be_deleted) {
  const auto made = Change({{kCreate, Address("a.shop.test")}});
  BOOST_REQUIRE(IsOk(made));
  context.model.zones.Erase(zone);
  BOOST_TEST(IsOk(DeleteRecordSet(context, made->front())));
  BOOST_TEST(context.model.records.empty());
  BOOST_TEST(absl::IsNotFound(DeleteRecordSet(context, made->front())));
}

BOOST_AUTO_TEST_CASE(what_is_new_is_not_acknowledged_yet) {
  context.dns_sent.set_revision(7);
  BOOST_REQUIRE(IsOk(Change({{kCreate, Address("a.shop.test")}})));
  BOOST_TEST(context.dns_sent.revision() == 0u);
}

// It names its zone by its name alone, so nothing says which of the two goes first.
BOOST_AUTO_TEST_CASE(a_stack_deletes_its_zone_once_its_records_are_gone) {
  BOOST_REQUIRE(IsOk(Create(R"(
Resources:
  AZone: {Type: AWS::Route53::HostedZone, Properties: {Name: next.test}}
  BRecord:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneName: next.test., Name: a.next.test, Type: A, TTL: 60, ResourceRecords: [10.0.0.1]}
)")));
  Settle();
  BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "", Failure());
  BOOST_TEST(context.model.records.empty());
}

BOOST_AUTO_TEST_CASE(a_stack_does_not_delete_a_zone_that_others_have_records_in) {
  const std::string body = "Resources: {Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: next.test}}}";
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  zone = *FindHostedZone(context.model, "next.test");
  BOOST_REQUIRE(IsOk(Change({{kCreate, Address("a.next.test")}})));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "DELETE_FAILED");
  BOOST_TEST(Told("still has the record set a.next.test A"));
  BOOST_REQUIRE(IsOk(Change({{kDelete, Address("a.next.test")}})));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "", Failure());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
