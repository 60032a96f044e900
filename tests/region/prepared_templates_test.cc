// Templates that are kept once they have been read: never those of another stack, or of another time.
#include "nubo/region/stacks/prepared_templates.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nubo/region/state/model.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kBody[] = R"(
Parameters:
  Size: {Type: Number, Default: 1}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
)";
constexpr char kOtherBody[] = R"(
Resources:
  Other: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
)";

v1::StackState Stack(const std::string& name = "shop", const std::string& id = "arn:shop/1") {
  v1::StackState record;
  record.set_stack_name(name);
  record.set_stack_id(id);
  record.set_template_name("shop.yaml");
  record.set_template_body(kBody);
  return record;
}

// As UpdateStack() does it.
void BeginUpdate(v1::StackState& record) {
  record.set_has_former(true);
  record.set_former_template_body(record.template_body());
  record.set_former_template_name(record.template_name());
  *record.mutable_former_parameters() = record.parameters();
  record.set_template_body(kOtherBody);
  record.set_template_name("other.yaml");
  record.clear_parameters();
}

struct Kept {
  std::shared_ptr<const Prepared> Of(const v1::StackState& record) { return Checked(templates.Of(record)); }
  std::shared_ptr<const Prepared> FormerOf(const v1::StackState& record) { return Checked(templates.FormerOf(record)); }
  static std::shared_ptr<const Prepared> Checked(absl::StatusOr<std::shared_ptr<const Prepared>> prepared) {
    BOOST_REQUIRE(IsOk(prepared));
    return *prepared;
  }
  // The logical id of the first resource.
  static std::string First(const std::shared_ptr<const Prepared>& prepared) {
    return prepared->parsed.resources.front().logical_id;
  }

  PreparedTemplates templates;
};

BOOST_FIXTURE_TEST_SUITE(prepared_templates, Kept)

BOOST_AUTO_TEST_CASE(what_was_read_is_what_reading_gives) {
  v1::StackState record = Stack();
  (*record.mutable_parameters())["Size"] = "2";
  const auto prepared = Of(record);
  BOOST_TEST(prepared->parsed.file == "shop.yaml");
  BOOST_TEST(First(prepared) == "Vpc");
  BOOST_TEST(prepared->bindings.parameters.at("Size").text() == "2");
  BOOST_TEST(prepared->bindings.context.stack_id == "arn:shop/1");
}

BOOST_AUTO_TEST_CASE(it_is_read_once) {
  BOOST_TEST(Of(Stack()) == Of(Stack()));
  BOOST_TEST(templates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_does_not_matter_to_a_template_may_change) {
  const auto before = Of(Stack());
  v1::StackState record = Stack();
  record.set_status("UPDATE_COMPLETE");
  record.set_template_path("/elsewhere/shop.yaml");
  record.add_resources()->set_logical_id("Vpc");
  BOOST_TEST(Of(record) == before);
}

BOOST_AUTO_TEST_CASE(another_text_is_read) {
  v1::StackState record = Stack();
  BOOST_TEST(First(Of(record)) == "Vpc");
  record.set_template_body(kOtherBody);
  BOOST_TEST(First(Of(record)) == "Other");
}

BOOST_AUTO_TEST_CASE(another_file_name_is_read) {
  v1::StackState record = Stack();
  (void)Of(record);
  record.set_template_name("moved.yaml");
  BOOST_TEST(Of(record)->parsed.file == "moved.yaml");
}

BOOST_AUTO_TEST_CASE(another_parameter_is_read) {
  v1::StackState record = Stack();
  BOOST_TEST(Of(record)->bindings.parameters.at("Size").text() == "1");
  (*record.mutable_parameters())["Size"] = "2";
  BOOST_TEST(Of(record)->bindings.parameters.at("Size").text() == "2");
}

BOOST_AUTO_TEST_CASE(stacks_of_one_template_are_told_apart) {
  BOOST_TEST(Of(Stack("shop"))->bindings.context.stack_name == "shop");
  BOOST_TEST(Of(Stack("shop-2"))->bindings.context.stack_name == "shop-2");
}

BOOST_AUTO_TEST_CASE(a_stack_that_is_made_again_is_another) {
  Model model;
  model.stacks.Put("shop", Stack("shop", "arn:shop/1"));
  (void)Of(*model.stacks.Find("shop"));
  model.stacks.Erase("shop");
  model.stacks.Put("shop", Stack("shop", "arn:shop/2"));
  BOOST_TEST(Of(*model.stacks.Find("shop"))->bindings.context.stack_id == "arn:shop/2");
}

BOOST_AUTO_TEST_CASE(an_update_has_both_templates) {
  v1::StackState record = Stack();
  (void)Of(record);
  BeginUpdate(record);
  BOOST_TEST(First(Of(record)) == "Other");
  BOOST_TEST(First(FormerOf(record)) == "Vpc");
}

BOOST_AUTO_TEST_CASE(what_an_update_goes_back_to_is_not_read_again) {
  v1::StackState record = Stack();
  const auto before = Of(record);
  BeginUpdate(record);
  BOOST_TEST(FormerOf(record) == before);
}

BOOST_AUTO_TEST_CASE(a_change_that_is_taken_back_has_left_nothing) {
  Model model;
  model.stacks.Put("shop", Stack());
  const auto before = Of(*model.stacks.Find("shop"));
  model.transaction.Begin();
  model.stacks.Update("shop", BeginUpdate);
  BOOST_TEST(First(Of(*model.stacks.Find("shop"))) == "Other");
  model.transaction.Undo();
  BOOST_TEST(Of(*model.stacks.Find("shop")) == before);
}

BOOST_AUTO_TEST_CASE(a_template_that_cannot_be_read_is_said_to_be_wrong_each_time) {
  v1::StackState record = Stack();
  record.set_template_body("Resources: [");
  const absl::Status first = templates.Of(record).status();
  BOOST_TEST(StatusIs(first, absl::StatusCode::kInvalidArgument, "shop.yaml:"));
  BOOST_TEST(templates.Of(record).status() == first);
}

BOOST_AUTO_TEST_CASE(one_that_has_been_mended_is_read) {
  v1::StackState record = Stack();
  record.set_template_body("Resources: [");
  BOOST_TEST(!templates.Of(record).ok());
  record.set_template_body(kBody);
  BOOST_TEST(IsOk(templates.Of(record)));
}

BOOST_AUTO_TEST_CASE(bytes_are_those_of_all_that_is_kept) {
  const v1::StackState record = Stack();
  (void)Of(record);
  BOOST_TEST(templates.bytes() == record.stack_name().size() + record.stack_id().size() +
                                      record.template_name().size() + record.template_body().size());
}

BOOST_AUTO_TEST_SUITE_END()

// Room for two.
struct Full : Kept {
  std::shared_ptr<const Prepared> Get(int stack) {
    return Checked(small.Of(Stack("shop", absl::StrCat("arn:shop/", stack))));
  }

  const size_t one = [] {
    PreparedTemplates templates;
    (void)templates.Of(Stack());
    return templates.bytes();
  }();
  PreparedTemplates small{2 * one};
};

BOOST_FIXTURE_TEST_SUITE(prepared_templates_bound, Full)

BOOST_AUTO_TEST_CASE(no_more_is_kept_than_there_is_room_for) {
  for (int stack = 0; stack < 9; ++stack) (void)Get(stack);
  BOOST_TEST(small.size() == 2u);
  BOOST_TEST(small.bytes() == 2 * one);
}

BOOST_AUTO_TEST_CASE(what_was_not_asked_for_longest_goes) {
  const auto first = Get(1);
  const auto second = Get(2);
  (void)Get(1);
  (void)Get(3);
  BOOST_TEST(Get(1) == first);
  BOOST_TEST(Get(2) != second);
}

BOOST_AUTO_TEST_CASE(what_has_gone_can_still_be_used) {
  const auto first = Get(1);
  for (int stack = 2; stack < 5; ++stack) (void)Get(stack);
  BOOST_TEST(First(first) == "Vpc");
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_read_and_others_stay) {
  const auto first = Get(1);
  v1::StackState large = Stack();
  large.set_template_body(absl::StrCat(kBody, "# ", std::string(3 * one, 'x'), "\n"));
  BOOST_TEST(First(Checked(small.Of(large))) == "Vpc");
  BOOST_TEST(Get(1) == first);
}

BOOST_AUTO_TEST_SUITE_END()

// What a stored stack says of its resources, to whoever works out its outputs.
struct Looked {
  Looked() {
    v1::StackResourceState* vpc = record.add_resources();
    vpc->set_logical_id("Vpc");
    vpc->set_physical_id("vpc-1");
    vpc->set_status("CREATE_COMPLETE");
    (*vpc->mutable_attributes())["CidrBlock"] = R"("10.0.0.0/16")";
    v1::StackResourceState* pending = record.add_resources();
    pending->set_logical_id("Pending");
    (*pending->mutable_attributes())["CidrBlock"] = R"("10.1.0.0/16")";
  }

  v1::StackState record;
};

BOOST_FIXTURE_TEST_SUITE(record_lookup, Looked)

BOOST_AUTO_TEST_CASE(a_resource_has_an_id_and_attributes) {
  const RecordLookup lookup(record);
  BOOST_TEST(*lookup.Ref("Vpc") == "vpc-1");
  BOOST_TEST(lookup.GetAtt("Vpc", "CidrBlock")->text() == "10.0.0.0/16");
}

BOOST_AUTO_TEST_CASE(one_that_is_not_made_yet_has_neither) {
  const RecordLookup lookup(record);
  BOOST_TEST(StatusIs(lookup.Ref("Pending"), absl::StatusCode::kNotFound, "Pending"));
  BOOST_TEST(StatusIs(lookup.GetAtt("Pending", "CidrBlock"), absl::StatusCode::kNotFound, "Pending"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  const RecordLookup lookup(record);
  BOOST_TEST(StatusIs(lookup.Ref("Nobody"), absl::StatusCode::kNotFound, "Nobody"));
  BOOST_TEST(StatusIs(lookup.GetAtt("Vpc", "Colour"), absl::StatusCode::kNotFound, "Colour"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
