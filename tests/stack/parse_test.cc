#include "nubo/stack/parse.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/stack/reader.h"
#include "nubo/testing/status_matchers.h"
#include "tests/stack/todo_template.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
constexpr auto kBad = absl::StatusCode::kInvalidArgument;

struct Case {
  const char* name;
  const char* text;
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

// Lines below Resources, so that sections and properties can be tested by themselves.
#define NET "\nResources: {Net: {Type: AWS::EC2::InternetGateway}}"

constexpr Case kBadTemplates[] = {
    {"a list", "[a]", "t.yaml:1:1: Template format error: a template is an object, not a list"},
    {"no resources", "Description: x", "At least one Resources member must be defined."},
    {"empty resources", "Resources: {}", "t.yaml:1:12: Template format error: At least one Resources member"},
    {"unknown section", "Resource: {}", "t.yaml:1:1: a template has no \"Resource\"; did you mean \"Resources\"?"},
    {"unknown section without a near one", "Xyzzy: {}",
     "a template has no \"Xyzzy\"; there are AWSTemplateFormatVersion, Description, Metadata, Parameters, Rules, "
     "Mappings, "
     "Conditions, Transform, Hooks, Resources, Outputs"},
    {"version", "AWSTemplateFormatVersion: 2011-01-01" NET,
     "t.yaml:1:27: Template format error: AWSTemplateFormatVersion must be 2010-09-09, not \"2011-01-01\""},
    {"transform", "Transform: AWS::Serverless-2016-10-31" NET,
     "t.yaml:1:12: the section Transform, which AWS has, is not offered yet"},
    {"description", "Description: [a]" NET, "t.yaml:1:14: Template format error: Description must be a string"},
    {"null", "Parameters:" NET, "'null' values are not allowed in templates"},
    {"deep null", "Resources:\n  A:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: }",
     "t.yaml:4:29: Template format error: 'null' values"},
    {"parameters are a list", "Parameters: [a]" NET,
     "t.yaml:1:13: Template format error: a section of Parameters must be"},
    {"parameter's name", "Parameters: {a-b: {Type: String}}" NET,
     "t.yaml:1:14: Template format error: Parameter name a-b is non alphanumeric."},
    {"parameter without type", "Parameters: {A: {Default: x}}" NET,
     "t.yaml:1:17: Template format error: parameter A needs a Type"},
    {"parameter's type", "Parameters: {A: {Type: Strin}}" NET,
     "t.yaml:1:24: Template format error: Unrecognized parameter type: Strin; did you mean \"String\"?"},
    {"list of strings", "Parameters: {A: {Type: List<String>}}" NET, "Unrecognized parameter type: List<String>"},
    {"stored parameter", "Parameters: {A: {Type: 'AWS::SSM::Parameter::Value<String>'}}" NET,
     "there is no parameter store"},
    {"parameter's key", "Parameters: {A: {Type: String, Defaults: x}}" NET,
     "t.yaml:1:32: parameter A has no \"Defaults\"; did you mean \"Default\"?"},
    {"default that is a list", "Parameters: {A: {Type: CommaDelimitedList, Default: [a]}}" NET,
     "t.yaml:1:53: Template format error: Every Default member must be a string"},
    {"allowed values", "Parameters: {A: {Type: String, AllowedValues: a}}" NET,
     "AllowedValues of parameter A must be a list"},
    {"pattern", "Parameters: {A: {Type: String, AllowedPattern: '['}}" NET,
     "t.yaml:1:48: AllowedPattern of parameter A cannot be used"},
    {"pattern of a number", "Parameters: {A: {Type: Number, AllowedPattern: 'x'}}" NET,
     "goes with Type String or CommaDelimitedList only"},
    {"length of a number", "Parameters: {A: {Type: Number, MinLength: 1}}" NET,
     "MinLength of parameter A goes with Type String"},
    {"value of a string", "Parameters: {A: {Type: String, MinValue: 1}}" NET,
     "MinValue of parameter A goes with Type Number"},
    {"bad length", "Parameters: {A: {Type: String, MaxLength: x}}" NET,
     "MaxLength of parameter A must be a whole number"},
    {"lengths crossed", "Parameters: {A: {Type: String, MinLength: 3, MaxLength: 2}}" NET,
     "MinLength of parameter A is above MaxLength"},
    {"values crossed", "Parameters: {A: {Type: Number, MinValue: 3, MaxValue: 2}}" NET,
     "MinValue of parameter A is above MaxValue"},
    {"echo", "Parameters: {A: {Type: String, NoEcho: perhaps}}" NET, "NoEcho of parameter A must be true or false"},
    {"mapping of scalars", "Mappings: {M: {a: b}}" NET,
     "t.yaml:1:19: Template format error: M.a must be an object, not a string"},
    {"mapping of objects", "Mappings: {M: {a: {b: {c: d}}}}" NET,
     "Every Mappings attribute must be a String or a List."},
    {"mapping of functions", "Mappings: {M: {a: {b: !Ref X}}}" NET,
     "Every Mappings attribute must be a String or a List."},
    {"condition that is none", "Conditions: {C: true}" NET,
     "t.yaml:1:17: Template format error: condition C must be Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition"},
    {"condition by a string function", "Conditions: {C: !Sub x}" NET, "condition C must be Fn::Equals"},
    {"condition's operands", "Conditions: {C: !And [!Equals [a, a]]}" NET,
     "at least 2 and at most 10 boolean parameters"},
    {"condition's eleven operands",
     "Conditions: {C: !Or [!Condition C, !Condition C, !Condition C, !Condition C, !Condition C, !Condition C, "
     "!Condition C, "
     "!Condition C, !Condition C, !Condition C, !Condition C]}" NET,
     "every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters"},
    {"Not of two", "Conditions: {C: !Not [a, b]}" NET, "every Fn::Not object requires a list of one boolean parameter"},
    {"Not of a string", "Conditions: {C: !Not [a]}" NET, "t.yaml:1:23: an operand of Fn::Not is a condition"},
    {"Equals of three", "Conditions: {C: !Equals [a, b, c]}" NET,
     "every Fn::Equals object requires a list of 2 string parameters"},
    {"If in conditions", "Conditions: {C: !Equals [!If [C, a, b], a]}" NET, "Fn::If cannot be used in Conditions"},
    {"Ref to a resource in conditions", "Conditions: {C: !Equals [!Ref Net, a]}" NET,
     "t.yaml:1:26: Template format error: Unresolved dependencies [Net]. Cannot reference resources in the Conditions "
     "block"},
    {"unknown condition", "Conditions: {C: !Not [!Condition Dd], Da: !Equals [a, b]}" NET,
     "Unresolved condition dependency Dd in the Conditions block of the template; did you mean \"Da\"?"},
    {"conditions in a circle", "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}" NET,
     "Circular dependency between conditions: [A, B]"},
    {"resource's name", "Resources: {my-net: {Type: AWS::EC2::VPC}}", "Resource name my-net is non alphanumeric."},
    {"resource that is a string", "Resources: {A: b}",
     "[/Resources/A] resource definition is malformed: it is a string"},
    {"resource without type", "Resources:\n  A:\n    Properties: {}",
     "t.yaml:2:3: Template format error: [/Resources/A] Every Resources object must contain a Type member."},
    {"resource's type", "Resources: {A: {Type: AWS::EC2::VCP}}",
     "t.yaml:1:23: Template format error: Unrecognized resource types: [AWS::EC2::VCP]; did you mean "
     "\"AWS::EC2::VPC\"?"},
    {"a type from elsewhere", "Resources: {A: {Type: Custom::Thing}}",
     "[Custom::Thing]; custom resources are not offered yet"},
    {"resource's attribute", "Resources: {A: {Type: AWS::EC2::VPC, Propertys: {}}}",
     "t.yaml:1:38: resource A has no \"Propertys\"; did you mean \"Properties\"?"},
    {"properties that are a list", "Resources: {A: {Type: AWS::EC2::VPC, Properties: [a]}}",
     "Properties of A must be an object, not a list"},
    {"DependsOn an object", "Resources: {A: {Type: AWS::EC2::VPC, DependsOn: {a: b}}}",
     "DependsOn of A must be a logical id"},
    {"DependsOn nobody", "Resources: {Net: {Type: AWS::EC2::InternetGateway, DependsOn: Nett}}",
     "t.yaml:1:13: Template format error: Unresolved resource dependencies [Nett] in the Resources block of the "
     "template; did "
     "you mean \"Net\"?"},
    {"DependsOn itself", "Resources: {Net: {Type: AWS::EC2::InternetGateway, DependsOn: Net}}",
     "Circular dependency between resources: [Net]"},
    {"deletion policy", "Resources: {A: {Type: AWS::EC2::InternetGateway, DeletionPolicy: Keep}}",
     "Unrecognized DeletionPolicy \"Keep\" for resource A; there are Delete, Retain, Snapshot and "
     "RetainExceptOnCreate"},
    {"snapshot of a gateway", "Resources: {A: {Type: AWS::EC2::InternetGateway, DeletionPolicy: Snapshot}}",
     "resource type AWS::EC2::InternetGateway does not support DeletionPolicy Snapshot"},
    {"creation policy", "Resources: {A: {Type: AWS::EC2::InternetGateway, CreationPolicy: {Signal: {}}}}",
     "CreationPolicy of A has no \"Signal\""},
    {"unknown condition of a resource", "Resources: {A: {Type: AWS::EC2::InternetGateway, Condition: C}}",
     "t.yaml:1:13: Template format error: Unresolved condition dependency C in the Resources block"},
    {"output without value", "Outputs: {O: {Description: x}}" NET,
     "t.yaml:1:11: Template format error: Output O is malformed"},
    {"output of a list", "Outputs: {O: {Value: [a]}}" NET, "must evaluate to a String, not a list"},
    {"output's key", "Outputs: {O: {Value: a, Name: x}}" NET, "output O has no \"Name\""},
    {"output's export", "Outputs: {O: {Value: a, Export: x}}" NET, "the Export of output O needs a Name"},
    {"output of nobody", "Outputs: {O: {Value: !Ref Nit}}" NET,
     "t.yaml:1:22: Template format error: Unresolved resource dependencies [Nit] in the Outputs block of the template; "
     "did you "
     "mean \"Net\"?"},
    {"one name twice", "Parameters: {Net: {Type: String}}" NET,
     "t.yaml:2:13: Template format error: Net is both a parameter and a resource"},
    {"unknown attribute", "Outputs: {O: {Value: !GetAtt Net.Arn}}" NET,
     "resource Net does not support attribute type Arn in Fn::GetAtt (AWS::EC2::InternetGateway); there are "
     "InternetGatewayId"},
    {"attribute of nobody", "Outputs: {O: {Value: !GetAtt Nat.Id}}" NET,
     "Template error: instance of Fn::GetAtt references undefined resource Nat; did you mean \"Net\"?"},
    {"attribute of nobody in Sub", "Outputs: {O: {Value: !Sub 'x${Gone.Id}'}}" NET,
     "t.yaml:1:22: Template error: instance of Fn::GetAtt"},
    {"pseudo parameter", "Outputs: {O: {Value: !Ref 'AWS::Regio'}}" NET, "did you mean \"AWS::Region\"?"},
    {"GetAtt without a dot", "Outputs: {O: {Value: !GetAtt Net}}" NET,
     "every Fn::GetAtt object requires two non-empty parameters"},
    {"GetAtt with an empty half", "Outputs: {O: {Value: !GetAtt Net.}}" NET,
     "every Fn::GetAtt object requires two non-empty"},
    {"Sub of three", "Outputs: {O: {Value: !Sub [a, {}, b]}}" NET, "don't specify expected arguments"},
    {"Sub without an end", "Outputs: {O: {Value: !Sub 'a${b'}}" NET, "a ${ in Fn::Sub has no }"},
    {"Sub of a bad name", "Outputs: {O: {Value: !Sub '${a b}'}}" NET,
     "variable names in Fn::Sub syntax must contain only"},
    {"Sub of nothing", "Outputs: {O: {Value: !Sub '${}'}}" NET, "variable names in Fn::Sub syntax must contain only"},
    {"Join of one", "Outputs: {O: {Value: !Join [a]}}" NET, "every Fn::Join object requires two parameters"},
    {"Join of a string", "Outputs: {O: {Value: !Join [a, b]}}" NET, "every Fn::Join object requires two parameters"},
    {"Split without a delimiter", "Outputs: {O: {Value: !Select [0, !Split ['', b]]}}" NET,
     "every Fn::Split object requires"},
    {"Select of a string", "Outputs: {O: {Value: !Select [0, b]}}" NET,
     "every Fn::Select object requires two parameters"},
    {"Base64 of a list", "Outputs: {O: {Value: !Base64 [a]}}" NET,
     "every Fn::Base64 object must have a String-typed value"},
    {"If of two", "Outputs: {O: {Value: !If [C, a]}}" NET, "every Fn::If object requires three parameters"},
    {"If of nothing known", "Outputs: {O: {Value: !If [C, a, b]}}" NET,
     "Unresolved condition dependency C in the Outputs block"},
    {"FindInMap of two", "Outputs: {O: {Value: !FindInMap [a, b]}}" NET,
     "every Fn::FindInMap object requires three parameters"},
    {"FindInMap of nothing known", "Mappings: {Maps: {a: {b: c}}}\nOutputs: {O: {Value: !FindInMap [Map, a, b]}}" NET,
     "t.yaml:2:34: Template error: Mapping named 'Map' is not present in the 'Mappings' section of template; did you "
     "mean \"Maps\"?"},
    {"Cidr of one", "Outputs: {O: {Value: !Select [0, !Cidr [10.0.0.0/16]]}}" NET,
     "every Fn::Cidr object requires two or three"},
    {"GetAZs of a list", "Outputs: {O: {Value: !Select [0, !GetAZs [a]]}}" NET,
     "every Fn::GetAZs object takes one region"},
    {"Ref of a list", "Outputs: {O: {Value: !Ref [a]}}" NET, "every Ref object must have a single String value"},
    {"ImportValue", "Outputs: {O: {Value: !ImportValue a}}" NET,
     "t.yaml:1:22: Fn::ImportValue is not offered yet: stacks share no exports"},
    {"Transform", "Outputs: {O: {Value: {'Fn::Transform': {Name: a}}}}" NET, "Fn::Transform is not offered yet"},
    {"unknown function", "Outputs: {O: {Value: {'Fn::Joins': a}}}" NET,
     "t.yaml:1:22: there is no function Fn::Joins; did you mean \"Fn::Join\"?"},
    {"unknown tag", "Outputs: {O: {Value: !Foo b}}" NET, "t.yaml:1:22: there is no function Fn::Foo"},
    {"a type that AWS has", "Resources: {A: {Type: AWS::EC2::TransitGateway}}",
     "[AWS::EC2::TransitGateway]; AWS has it; it is not offered here yet"},
    {"nearly a type that AWS has", "Resources: {A: {Type: AWS::EC2::TransitGatway}}",
     "did you mean \"AWS::EC2::TransitGateway\"? AWS has it; it is not offered here yet"},
    {"a type of another service", "Resources: {A: {Type: AWS::Lambda::Function}}", "AWS has the service Lambda"},
    {"a type of nobody", "Resources: {A: {Type: Whatever}}",
     "[Whatever]; there are AWS::AutoScaling::AutoScalingGroup, "},
    {"rules", "Rules: {R: {Assertions: []}}" NET, "the section Rules, which AWS has, is not offered yet"},
    {"function among others",
     "Resources: {A: {Type: AWS::EC2::VPC, Properties: {'Fn::Sub': x, CidrBlock: 10.0.0.0/16}}}",
     "t.yaml:1:51: Fn::Sub must be the only member of its object"},
    {"condition function outside", "Outputs: {O: {Value: !Equals [a, b]}}" NET,
     "Fn::Equals is allowed in Conditions only"},
};

BOOST_DATA_TEST_CASE(bad_templates_are_refused_with_their_place, kBadTemplates) {
  BOOST_TEST(StatusIs(Parse(sample.text, "t.yaml"), kBad, sample.message));
}

BOOST_AUTO_TEST_CASE(a_whole_application_parses) {
  const auto parsed = Parse(kTodoTemplate, "todo.yaml");
  BOOST_REQUIRE(IsOk(parsed));
  BOOST_TEST(parsed->file == "todo.yaml");
  BOOST_TEST(parsed->description == "A todo list");
  BOOST_TEST(parsed->parameters.size() == 2u);
  BOOST_TEST(parsed->conditions.size() == 1u);
  BOOST_TEST(parsed->outputs.size() == 2u);
  const Resource* database = parsed->FindResource("Database");
  BOOST_REQUIRE(database != nullptr);
  BOOST_TEST(database->type == "AWS::RDS::DBInstance");
  BOOST_TEST((database->deletion_policy == RemovalPolicy::kSnapshot));
  BOOST_TEST(parsed->FindResource("Record")->condition == "IsLarge");
  BOOST_TEST(parsed->FindResource("DefaultRoute")->depends_on[0] == "Attachment");
  BOOST_TEST(parsed->FindResource("Gateway")->properties.is_object());
  BOOST_TEST((parsed->FindResource("Nobody") == nullptr));
}

BOOST_AUTO_TEST_CASE(json_and_yaml_give_the_same_template) {
  const auto from_yaml = ReadText(kTodoTemplate, "t.yaml");
  BOOST_REQUIRE(IsOk(from_yaml));
  const auto yaml = Parse(kTodoTemplate, "t");
  const auto json = Parse(ToJson(*from_yaml), "t");
  BOOST_REQUIRE(IsOk(json));
  BOOST_REQUIRE(yaml->resources.size() == json->resources.size());
  for (size_t i = 0; i < yaml->resources.size(); ++i) {
    BOOST_TEST(yaml->resources[i].logical_id == json->resources[i].logical_id);
    BOOST_TEST((yaml->resources[i].properties == json->resources[i].properties));
  }
  BOOST_TEST((yaml->conditions[0].expression == json->conditions[0].expression));
}

BOOST_AUTO_TEST_CASE(all_wrong_properties_are_told_in_order) {
  const auto parsed = Parse(
      "Resources:\n"
      "  B:\n"
      "    Type: AWS::EC2::Subnet\n"
      "    Properties: {VpcId: v, CidrBlok: 10.0.0.0/24}\n"
      "  A:\n"
      "    Type: AWS::EC2::VPC\n"
      "    Properties: {CidrBlock: 10.0.0}\n",
      "t.yaml");
  BOOST_TEST(parsed.status().message() ==
             "t.yaml:4:5: AWS::EC2::Subnet needs the property \"CidrBlock\"\n"
             "t.yaml:4:28: AWS::EC2::Subnet has no property \"CidrBlok\"; did you mean \"CidrBlock\"?\n"
             "t.yaml:7:29: AWS::EC2::VPC CidrBlock must be a CIDR block such as 10.0.0.0/16, not \"10.0.0\"");
}

BOOST_AUTO_TEST_CASE(all_that_is_unknown_is_told_in_one_run) {
  const auto parsed = Parse(
      "Transform: AWS::Serverless-2016-10-31\n"
      "Rule: {}\n"
      "Parameters:\n"
      "  A: {Type: 'AWS::SSM::Parameter::Value<String>'}\n"
      "  B: {Type: Text, Defaults: x}\n"
      "Conditions: {C: !Equal [a, b]}\n"
      "Resources:\n"
      "  N: {Type: AWS::EC2::TransitGateway, Properties: {SubnetId: !Ref Nobody}}\n"
      "  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !ImportValue x, Colour: red}}\n"
      "  W: {Type: AWS::EC2::VPCs, DependsOn: [N]}\n"
      "Outputs: {O: {Value: !Joined [a]}, P: {Value: !GetAtt N.Whatever}}\n",
      "t");
  const std::string text(parsed.status().message());
  std::vector<std::string> places;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    places.push_back(std::string(line.substr(0, line.find(' '))));
  }
  const std::vector<std::string> expected = {"t:1:12:", "t:2:1:",  "t:4:13:", "t:5:13:", "t:5:19:",  "t:6:17:",
                                             "t:8:13:", "t:8:62:", "t:9:52:", "t:9:68:", "t:10:13:", "t:11:22:"};
  BOOST_TEST(places == expected, text);
}

BOOST_AUTO_TEST_CASE(conditions_may_have_hyphens_underscores_and_dots) {
  BOOST_TEST(
      IsOk(Parse("Conditions: {is-prod_1.x: !Equals [a, b]}\nResources: {Net: {Type: AWS::EC2::InternetGateway, "
                 "Condition: is-prod_1.x}}",
                 "t")));
}

BOOST_AUTO_TEST_CASE(what_passed_before_is_not_looked_at_again) {
  ParseOptions options;
  options.check_properties = false;
  const char* text = "Resources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/8, Colour: red}}}";
  BOOST_TEST(IsOk(Parse(text, "t", options)));
  BOOST_TEST(!IsOk(Parse(text, "t")));
}

std::string Many(int count, absl::string_view section, absl::string_view entry) {
  std::string text = absl::StrCat(section, ":\n");
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, "  A", i, ": ", entry, "\n");
  return text;
}

BOOST_AUTO_TEST_CASE(sections_are_bounded) {
  const std::string net = NET;
  constexpr char kGateway[] = "{Type: AWS::EC2::InternetGateway}";
  BOOST_TEST(IsOk(Parse(Many(500, "Resources", kGateway), "t")));
  BOOST_TEST(StatusIs(Parse(Many(501, "Resources", kGateway), "t"), kBad,
                      "Number of Resources, 501, is greater than maximum allowed, 500"));
  BOOST_TEST(IsOk(Parse(Many(200, "Parameters", "{Type: String}") + net, "t")));
  BOOST_TEST(StatusIs(Parse(Many(201, "Parameters", "{Type: String}") + net, "t"), kBad, "Number of Parameters, 201"));
  BOOST_TEST(IsOk(Parse(Many(200, "Outputs", "{Value: a}") + net, "t")));
  BOOST_TEST(StatusIs(Parse(Many(201, "Outputs", "{Value: a}") + net, "t"), kBad, "Number of Outputs, 201"));
  BOOST_TEST(IsOk(Parse(Many(200, "Mappings", "{a: {b: c}}") + net, "t")));
  BOOST_TEST(StatusIs(Parse(Many(201, "Mappings", "{a: {b: c}}") + net, "t"), kBad, "Number of Mappings, 201"));
}

BOOST_AUTO_TEST_CASE(errors_of_many_problems_are_bounded) {
  const auto parsed = Parse(Many(100, "Resources", "{Type: AWS::EC2::VPC}"), "t");
  BOOST_TEST(StatusIs(parsed, kBad, "t:51:3: AWS::EC2::VPC needs"));
  BOOST_TEST(StatusIs(parsed, kBad, "\nt: and more"));
  BOOST_TEST(!StatusIs(parsed, kBad, "t:52:3"));
}

BOOST_AUTO_TEST_CASE(metadata_and_policies_are_kept) {
  const auto parsed = Parse(
      "Metadata: {a: b}\n"
      "Resources:\n"
      "  A:\n"
      "    Type: AWS::EC2::InternetGateway\n"
      "    Metadata: {c: [d]}\n"
      "    DeletionPolicy: Retain\n"
      "    UpdateReplacePolicy: Retain\n"
      "    CreationPolicy: {ResourceSignal: {Count: 1}}\n"
      "    UpdatePolicy: {AutoScalingRollingUpdate: {MaxBatchSize: 1}}\n",
      "t");
  BOOST_REQUIRE(IsOk(parsed));
  const Resource& resource = parsed->resources[0];
  BOOST_TEST((resource.deletion_policy == RemovalPolicy::kRetain));
  BOOST_TEST((resource.update_replace_policy == RemovalPolicy::kRetain));
  BOOST_TEST(ToJson(resource.metadata) == R"({"c":["d"]})");
  BOOST_TEST(ToJson(resource.creation_policy) == R"({"ResourceSignal":{"Count":1}})");
  BOOST_TEST(ToJson(resource.update_policy) == R"({"AutoScalingRollingUpdate":{"MaxBatchSize":1}})");
  BOOST_TEST(ToJson(parsed->metadata) == R"({"a":"b"})");
}

BOOST_AUTO_TEST_CASE(databases_keep_their_data_unless_told_otherwise) {
  const std::string text =
      "Resources: {Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, MasterUsername: u, MasterUserPassword: "
      "secret12}";
  BOOST_TEST((Parse(text + "}}", "t")->resources[0].deletion_policy == RemovalPolicy::kSnapshot));
  BOOST_TEST((Parse(text + ", DeletionPolicy: Delete}}", "t")->resources[0].deletion_policy == RemovalPolicy::kDelete));
}

}  // namespace
}  // namespace nubo::stack
