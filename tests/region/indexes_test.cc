// What the view of the model finds, against a look at every record: through changes of all kinds, and taken back.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/region/state/digest.h"
#include "nubo/region/state/index.h"
#include "nubo/region/state/model.h"
#include "nubo/region/state/table.h"
#include "nubo/region/state/view.h"
#include "nubo/region/v1/state.pb.h"
#include "nubo/store/memory_store.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;

// What an index has found, which has to be the table's own records.
template <typename Record>
std::string Found(const Table<Record>& table, const IndexRange<Record>& range) {
  std::vector<std::string> ids;
  for (const auto& [id, record] : range) {
    ids.push_back(id);
    if (table.Find(id) != &record) ids.push_back("another record");
  }
  if (ids.size() != range.size() || range.empty() != ids.empty()) ids.push_back("another size");
  if (range.first() != (ids.empty() ? nullptr : table.Find(ids.front()))) ids.push_back("another first");
  return absl::StrJoin(ids, " ");
}

template <typename Record>
std::string Scanned(const Table<Record>& table, const std::function<bool(const Record&)>& is_meant) {
  std::vector<std::string> ids;
  for (const auto& [id, record] : table) {
    if (is_meant(record)) ids.push_back(id);
  }
  return absl::StrJoin(ids, " ");
}

bool Forwards(const v1::Action& action, const std::string& arn) {
  return std::any_of(action.groups().begin(), action.groups().end(),
                     [&](const auto& group) { return group.target_group_arn() == arn; });
}

template <typename List>
bool Has(const List& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// A model in which everything is one of a few, so that all of them meet.
class RandomModel {
 public:
  explicit RandomModel(uint64_t seed) : random_(seed) {}

  // One change of one record.
  void Change() {
    switch (Below(9)) {
      case 0:
        return ChangeIn(model.subnets, "s", [&](const std::string& id, v1::SubnetState& subnet) {
          subnet.set_id(id);
          subnet.set_vpc_id(OneOf("v"));
        });
      case 1:
        return ChangeIn(model.instances, "i", [&](const std::string& id, v1::InstanceState& instance) {
          instance.set_id(id);
          instance.set_group_name(OneOf("g"));
          instance.set_subnet_id(OneOf("s"));
          Own(instance);
        });
      case 2:
        return ChangeIn(model.groups, "g", [&](const std::string& id, v1::GroupState& group) {
          group.set_name(id);
          group.clear_target_group_arns();
          for (size_t i = Below(3); i > 0; --i) group.add_target_group_arns(OneOf("t"));
          Own(group);
        });
      case 3:
        return ChangeIn(model.load_balancers, "b/", [&](const std::string& id, v1::LoadBalancerState& balancer) {
          balancer.set_arn(id);
          balancer.set_dns_name(absl::StrCat(Below(2) == 0 ? "name" : "NAME", Below(3)));
        });
      case 4:
        return ChangeIn(model.target_groups, "t", [&](const std::string& id, v1::TargetGroupState& group) {
          group.set_arn(id);
          group.clear_static_targets();
          for (size_t i = Below(3); i > 0; --i) group.add_static_targets(OneOf("i"));
          Own(group);
        });
      case 5:
        return ChangeIn(model.listeners, "l", [&](const std::string& id, v1::ListenerState& listener) {
          listener.set_arn(id);
          listener.set_load_balancer_arn(OneOf("b/"));
          Forward(*listener.mutable_default_action());
          Own(listener);
        });
      case 6:
        return ChangeIn(model.rules, "r", [&](const std::string& id, v1::ListenerRuleState& rule) {
          rule.set_arn(id);
          rule.set_listener_arn(OneOf("l"));
          Forward(*rule.mutable_action());
        });
      case 7:
        return ChangeIn(model.records, "n", [&](const std::string& id, v1::RecordSetState& record) {
          record.set_id(id);
          record.set_zone_id(OneOf("z"));
          Own(record);
        });
      default:
        return ChangeIn(model.databases, "d", [&](const std::string& id, v1::DatabaseState& database) {
          database.set_id(id);
          database.set_subnet_id(OneOf("s"));
          Own(database);
        });
    }
  }

  // Now and then what follows can be taken back, and is, or is not.
  void Transact() {
    if (!model.transaction.undoable()) {
      if (Below(10) == 0) model.transaction.Begin();
      return;
    }
    switch (Below(20)) {
      case 0:
        return model.transaction.Undo();
      case 1:
        return model.transaction.Keep();
      case 2:
        return model.transaction.Committed();
      default:
        return;
    }
  }

  // As keys of one kind: those that there may be, and none.
  static std::vector<std::string> Keys(const std::string& prefix) {
    std::vector<std::string> keys = {"", absl::StrCat(prefix, "nobody")};
    for (size_t i = 0; i < kIds; ++i) keys.push_back(absl::StrCat(prefix, i));
    return keys;
  }

  Model model;

 private:
  static constexpr size_t kIds = 5;

  size_t Below(size_t bound) { return random_() % bound; }
  // Sometimes "".
  std::string OneOf(const std::string& prefix) {
    const size_t number = Below(kIds + 1);
    return number == kIds ? "" : absl::StrCat(prefix, number);
  }
  template <typename Record>
  void Own(Record& record) {
    record.clear_owner();
    const std::string stack = OneOf("stack");
    if (!stack.empty()) record.mutable_owner()->set_stack_name(stack);
  }
  void Forward(v1::Action& action) {
    action.clear_groups();
    for (size_t i = Below(3); i > 0; --i) action.add_groups()->set_target_group_arn(OneOf("t"));
  }
  template <typename Record, typename Fill>
  void ChangeIn(Table<Record>& table, const std::string& prefix, Fill fill) {
    const std::string id = absl::StrCat(prefix, Below(kIds));
    switch (Below(4)) {
      case 0:
        return table.Erase(id);
      case 1: {
        Record record;
        fill(id, record);
        return table.Put(id, std::move(record));
      }
      default:
        table.Update(id, [&](Record& record) { fill(id, record); });
    }
  }

  std::mt19937_64 random_;
};

// Everything that a view can be asked, against a look at every record; "" or what differs.
class Comparison {
 public:
  explicit Comparison(const Model& model) : model_(model), view_(model) {}

  std::string Run() {
    Stacks();
    Networks();
    Groups();
    Balancing();
    Unique();
    return differs_;
  }

 private:
  template <typename Record>
  void Same(const std::string& what, const Table<Record>& table, const IndexRange<Record>& range,
            const std::function<bool(const Record&)>& is_meant) {
    Same(what, Found(table, range), Scanned(table, is_meant));
  }
  void Same(const std::string& what, const std::string& found, const std::string& scanned) {
    if (found != scanned) absl::StrAppend(&differs_, what, ": ", found, " instead of ", scanned, "\n");
  }
  template <typename Record>
  void OfStack(const std::string& name, const Table<Record>& table, const IndexRange<Record>& range) {
    Same<Record>(absl::StrCat("stack ", name), table, range,
                 [&](const Record& record) { return record.owner().stack_name() == name; });
  }

  void Stacks() {
    for (const std::string& name : RandomModel::Keys("stack")) {
      OfStack(name, model_.instances, view_.InstancesOfStack(name));
      OfStack(name, model_.groups, view_.GroupsOfStack(name));
      OfStack(name, model_.target_groups, view_.TargetGroupsOfStack(name));
      OfStack(name, model_.listeners, view_.ListenersOfStack(name));
      OfStack(name, model_.records, view_.RecordsOfStack(name));
      OfStack(name, model_.databases, view_.DatabasesOfStack(name));
    }
  }

  void Networks() {
    for (const std::string& vpc : RandomModel::Keys("v")) {
      Same<v1::SubnetState>("SubnetsOf", model_.subnets, view_.SubnetsOf(vpc),
                            [&](const auto& subnet) { return subnet.vpc_id() == vpc; });
    }
    for (const std::string& subnet : RandomModel::Keys("s")) {
      Same<v1::InstanceState>("InstancesIn", model_.instances, view_.InstancesIn(subnet),
                              [&](const auto& instance) { return instance.subnet_id() == subnet; });
      Same<v1::DatabaseState>("DatabasesIn", model_.databases, view_.DatabasesIn(subnet),
                              [&](const auto& database) { return database.subnet_id() == subnet; });
    }
    for (const std::string& zone : RandomModel::Keys("z")) {
      Same<v1::RecordSetState>("RecordsOf", model_.records, view_.RecordsOf(zone),
                               [&](const auto& record) { return record.zone_id() == zone; });
    }
  }

  void Groups() {
    for (const std::string& group : RandomModel::Keys("g")) {
      Same<v1::InstanceState>("InstancesOfGroup", model_.instances, view_.InstancesOfGroup(group),
                              [&](const auto& instance) { return instance.group_name() == group; });
    }
    for (const std::string& arn : RandomModel::Keys("t")) {
      Same<v1::GroupState>("GroupsWith", model_.groups, view_.GroupsWith(arn),
                           [&](const auto& group) { return Has(group.target_group_arns(), arn); });
      std::vector<std::string> found;
      for (const v1::InstanceState* instance : view_.InstancesOfTargetGroup(arn)) found.push_back(instance->id());
      const v1::TargetGroupState* on_record = model_.target_groups.Find(arn);
      const auto registered = [&](const v1::InstanceState& instance) {
        const v1::GroupState* group = model_.groups.Find(instance.group_name());
        return (group != nullptr && Has(group->target_group_arns(), arn)) ||
               (on_record != nullptr && Has(on_record->static_targets(), instance.id()));
      };
      Same("InstancesOfTargetGroup", absl::StrJoin(found, " "),
           Scanned<v1::InstanceState>(model_.instances, registered));
    }
  }

  void Balancing() {
    for (const std::string& target : RandomModel::Keys("i")) {
      Same<v1::TargetGroupState>("TargetGroupsWith", model_.target_groups, view_.TargetGroupsWith(target),
                                 [&](const auto& group) { return Has(group.static_targets(), target); });
    }
    for (const std::string& arn : RandomModel::Keys("b/")) {
      Same<v1::ListenerState>("ListenersOf", model_.listeners, view_.ListenersOf(arn),
                              [&](const auto& listener) { return listener.load_balancer_arn() == arn; });
    }
    for (const std::string& arn : RandomModel::Keys("l")) {
      Same<v1::ListenerRuleState>("RulesOf", model_.rules, view_.RulesOf(arn),
                                  [&](const auto& rule) { return rule.listener_arn() == arn; });
    }
    for (const std::string& arn : RandomModel::Keys("t")) {
      std::set<std::string> balancers;
      for (const auto& [listener_arn, listener] : model_.listeners) {
        bool forwards = Forwards(listener.default_action(), arn);
        for (const auto& [rule_arn, rule] : model_.rules) {
          forwards = forwards || (rule.listener_arn() == listener_arn && Forwards(rule.action(), arn));
        }
        if (forwards) balancers.insert(listener.load_balancer_arn());
      }
      Same("BalancersOf", absl::StrJoin(view_.BalancersOf(arn), " "), absl::StrJoin(balancers, " "));
    }
  }

  template <typename Record>
  static const Record* First(const Table<Record>& table, const std::function<bool(const Record&)>& is_meant) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& entry) { return is_meant(entry.second); });
    return found == table.end() ? nullptr : &found->second;
  }

  void Unique() {
    const auto same = [&](const std::string& what, const void* found, const void* scanned) {
      if (found != scanned) absl::StrAppend(&differs_, what, " finds another\n");
    };
    for (const std::string& name : {"name0", "Name1", "NAME2", "nobody", ""}) {
      same("BalancerNamed", view_.BalancerNamed(name),
           First<v1::LoadBalancerState>(model_.load_balancers, [&](const auto& balancer) {
             return absl::EqualsIgnoreCase(balancer.dns_name(), name);
           }));
    }
    for (const std::string& token : RandomModel::Keys("")) {
      same("BalancerWithToken", view_.BalancerWithToken(token),
           First<v1::LoadBalancerState>(model_.load_balancers, [&](const auto& balancer) {
             return balancer.arn().substr(balancer.arn().rfind('/') + 1) == token;
           }));
    }
    for (const std::string& id : RandomModel::Keys("d")) {
      same("DatabaseWithDigest", view_.DatabaseWithDigest(Digest(id)),
           First<v1::DatabaseState>(model_.databases, [&](const auto& database) { return database.id() == id; }));
    }
  }

  const Model& model_;
  const View view_;
  std::string differs_;
};

BOOST_AUTO_TEST_SUITE(indexes)

BOOST_AUTO_TEST_CASE(a_view_finds_what_a_look_at_every_record_finds) {
  constexpr uint64_t kSeeds = 8;
  constexpr int kSteps = 400;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RandomModel random(seed);
    for (int step = 0; step < kSteps; ++step) {
      random.Transact();
      random.Change();
      const std::string differs = Comparison(random.model).Run();
      BOOST_REQUIRE_MESSAGE(differs.empty(), "seed " << seed << ", step " << step << ": " << differs);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_stored_is_found_when_it_is_read) {
  RandomModel random(1);
  for (int step = 0; step < 200; ++step) random.Change();
  store::MemoryStore store;
  BOOST_REQUIRE(IsOk(store.Apply(random.model.transaction.batch())));
  Model model;
  Damage damage;
  BOOST_REQUIRE(IsOk(model.Load(store, damage)));
  BOOST_TEST(model.instances.size() == random.model.instances.size());
  BOOST_TEST(!model.instances.empty());
  BOOST_TEST(Comparison(model).Run() == "");
}

BOOST_AUTO_TEST_SUITE_END()

// Instances that groups have launched.
struct Launched {
  void Put(const std::string& id, const std::string& group) {
    v1::InstanceState instance;
    instance.set_id(id);
    instance.set_group_name(group);
    model.instances.Put(id, instance);
  }
  std::string Of(const std::string& group) { return Found(model.instances, View(model).InstancesOfGroup(group)); }

  Model model;
};

BOOST_FIXTURE_TEST_SUITE(index, Launched)

BOOST_AUTO_TEST_CASE(what_is_found_comes_in_the_order_of_ids) {
  for (const char* id : {"i-3", "i-1", "i-2"}) Put(id, "web");
  BOOST_TEST(Of("web") == "i-1 i-2 i-3");
}

BOOST_AUTO_TEST_CASE(what_has_another_key_is_found_by_that) {
  Put("i-1", "web");
  model.instances.Update("i-1", [](v1::InstanceState& instance) { instance.set_group_name("db"); });
  BOOST_TEST(Of("web") == "");
  BOOST_TEST(Of("db") == "i-1");
}

BOOST_AUTO_TEST_CASE(what_is_taken_back_is_found_as_before) {
  Put("i-1", "web");
  Put("i-2", "web");
  model.transaction.Begin();
  Put("i-1", "db");
  model.instances.Erase("i-2");
  Put("i-3", "web");
  model.transaction.Undo();
  BOOST_TEST(Of("web") == "i-1 i-2");
  BOOST_TEST(Of("db") == "");
}

BOOST_AUTO_TEST_CASE(records_may_be_changed_while_they_are_gone_through) {
  for (const char* id : {"i-1", "i-2", "i-3"}) Put(id, "web");
  std::vector<std::string> seen;
  for (const auto& [id, instance] : View(model).InstancesOfGroup("web")) {
    seen.push_back(id);
    model.instances.Update(id, [](v1::InstanceState& changed) { changed.set_pid(1); });
  }
  BOOST_TEST(absl::StrJoin(seen, " ") == "i-1 i-2 i-3");
}

BOOST_AUTO_TEST_CASE(a_change_within_a_change_leaves_what_there_is_at_the_end) {
  Put("i-1", "web");
  model.instances.Update("i-1", [&](v1::InstanceState& outer) {
    model.instances.Update("i-1", [](v1::InstanceState& inner) { inner.set_group_name("db"); });
    outer.set_group_name("queue");
  });
  BOOST_TEST(Of("web") == "");
  BOOST_TEST(Of("db") == "");
  BOOST_TEST(Of("queue") == "i-1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
