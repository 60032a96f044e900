#include "nubo/stack/evaluate.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/reader.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
constexpr auto kBad = absl::StatusCode::kInvalidArgument;

class FakeLookup final : public Lookup {
 public:
  absl::StatusOr<std::string> Ref(absl::string_view logical_id) const override {
    if (logical_id == "Late") return absl::NotFoundError("resource Late is not created yet");
    return absl::StrCat(logical_id, "-id");
  }
  absl::StatusOr<Value> GetAtt(absl::string_view logical_id, absl::string_view attribute) const override {
    if (logical_id == "Late") return absl::NotFoundError("resource Late is not created yet");
    if (attribute == "Ipv6CidrBlocks") return Value::Strings({"a", "b"});
    return Value::String(absl::StrCat(logical_id, ".", attribute));
  }
};

constexpr char kSurroundings[] = R"(
Parameters:
  Text: {Type: String, Default: hello}
  Count: {Type: Number, Default: 1.50}
  Names: {Type: CommaDelimitedList, Default: "x, y,z"}
  Ports: {Type: List<Number>, Default: "80,443"}
  Key: {Type: String, Default: us-east-1}
Mappings:
  Images: {us-east-1: {Arm: ami-arm, Zones: [a, b], Number: 5}}
Conditions:
  Yes: !Equals [!Ref Text, hello]
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition Yes, !Condition No]
  Typed: !Equals ["true", true]
  Regional: !Equals [!FindInMap [Images, !Ref "AWS::Region", Arm], ami-arm]
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Late: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Absent: {Type: AWS::EC2::VPC, Condition: No, Properties: {CidrBlock: 10.0.0.0/16}}
)";

struct World {
  World() : parsed(Parse(kSurroundings, "t.yaml").value()), bindings(Bind(parsed, {}, Context()).value()) {}
  static StackContext Context() {
    StackContext context;
    context.stack_name = "todo";
    context.stack_id = "arn:aws:cloudformation:us-east-1:000000000000:stack/todo/1";
    context.notification_arns = {"arn:1", "arn:2"};
    return context;
  }
  absl::StatusOr<Value> Resolve(absl::string_view text) const {
    const auto value = ReadText(text, "v.yaml");
    if (!value.ok()) return value;
    return ResolveValue(parsed, bindings, *value, FakeLookup());
  }
  Template parsed;
  Bindings bindings;
};

struct Case {
  const char* name;
  const char* text;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

constexpr Case kValues[] = {
    {"plain", "{a: [1, b, true]}", R"({"a":[1,"b",true]})"},
    {"parameter", "!Ref Text", "\"hello\""},
    {"number parameter keeps its text", "!Ref Count", "\"1.50\""},
    {"list parameter is trimmed", "!Ref Names", R"(["x","y","z"])"},
    {"list of numbers", "!Ref Ports", R"(["80","443"])"},
    {"resource", "!Ref Vpc", "\"Vpc-id\""},
    {"account", "!Ref AWS::AccountId", "\"000000000000\""},
    {"region", "!Ref AWS::Region", "\"us-east-1\""},
    {"stack name", "!Ref AWS::StackName", "\"todo\""},
    {"stack id", "!Ref AWS::StackId", "\"arn:aws:cloudformation:us-east-1:000000000000:stack/todo/1\""},
    {"partition", "!Ref AWS::Partition", "\"aws\""},
    {"suffix", "!Ref AWS::URLSuffix", "\"amazonaws.com\""},
    {"topics", "!Ref AWS::NotificationARNs", R"(["arn:1","arn:2"])"},
    {"no value in an object", "{a: 1, b: !Ref AWS::NoValue}", R"({"a":1})"},
    {"no value in a list", "[1, !Ref AWS::NoValue, 2]", "[1,2]"},
    {"no value at the root", "!Ref AWS::NoValue", "null"},
    {"attribute", "!GetAtt Vpc.CidrBlock", "\"Vpc.CidrBlock\""},
    {"attribute that is a list", "!GetAtt Vpc.Ipv6CidrBlocks", R"(["a","b"])"},
    {"attribute in the dotted long form", "{Fn::GetAtt: Vpc.VpcId}", "\"Vpc.VpcId\""},
    {"attribute by a parameter", "{Fn::GetAtt: [Vpc, !Ref Text]}", "\"Vpc.hello\""},
    {"sub", "!Sub 'a ${Text} ${Vpc} ${Vpc.VpcId} ${AWS::Region}.'", "\"a hello Vpc-id Vpc.VpcId us-east-1.\""},
    {"sub of a literal", "!Sub '${!Text} ${!a b}$ $x {y}'", "\"${Text} ${a b}$ $x {y}\""},
    {"sub with spaces", "!Sub '${ Text }'", "\"hello\""},
    {"sub with variables", "!Sub ['${A}-${Text}', {A: !Ref Vpc}]", "\"Vpc-id-hello\""},
    {"sub's variables go first", "!Sub ['${Text}-${Vpc.VpcId}', {Text: own, Vpc.VpcId: too}]", "\"own-too\""},
    {"sub takes numbers", "!Sub ['${A}', {A: 1.0}]", "\"1.0\""},
    {"sub leaves dynamic references", "!Sub '{{resolve:secretsmanager:${Text}}}'",
     "\"{{resolve:secretsmanager:hello}}\""},
    {"sub of nothing", "!Sub ''", "\"\""},
    {"join", "!Join ['-', [a, 1, !Ref Text]]", "\"a-1-hello\""},
    {"join by nothing", "!Join ['', [a, b]]", "\"ab\""},
    {"join of a list parameter", "!Join [', ', !Ref Names]", "\"x, y, z\""},
    {"join leaves out no value", "!Join ['-', [a, !Ref AWS::NoValue, b]]", "\"a-b\""},
    {"join of none", "!Join ['-', []]", "\"\""},
    {"split", "!Split ['|', 'a|b|']", R"(["a","b",""])"},
    {"split at a longer delimiter", "!Split [', ', 'a, b,c']", R"(["a","b,c"])"},
    {"split without a match", "!Split ['|', abc]", R"(["abc"])"},
    {"split of a function", "!Split ['-', !Ref Key]", R"(["us","east","1"])"},
    {"select", "!Select [1, [a, b, c]]", "\"b\""},
    {"select by text", "!Select ['0', [a, b]]", "\"a\""},
    {"select of a parameter", "!Select [2, !Ref Names]", "\"z\""},
    {"select of a split", "!Select [2, !Split ['-', !Ref Key]]", "\"1\""},
    {"select an object", "!Select [0, [{a: !Ref Text}]]", R"({"a":"hello"})"},
    {"base64", "!Base64 hello", "\"aGVsbG8=\""},
    {"base64 of a function", "Fn::Base64: !Sub '${Text}!'", "\"aGVsbG8h\""},
    {"base64 of nothing", "!Base64 ''", "\"\""},
    {"find in map", "!FindInMap [Images, us-east-1, Arm]", "\"ami-arm\""},
    {"find in map by functions", "!FindInMap [Images, !Ref Key, !Join ['', [A, rm]]]", "\"ami-arm\""},
    {"find a list in a map", "!FindInMap [Images, us-east-1, Zones]", R"(["a","b"])"},
    {"find a number in a map", "!FindInMap [Images, us-east-1, Number]", "5"},
    {"if true", "!If [Yes, a, b]", "\"a\""},
    {"if false", "!If [No, a, b]", "\"b\""},
    {"if and", "!If [Both, a, b]", "\"b\""},
    {"if or", "!If [Either, a, b]", "\"a\""},
    {"if by a map", "!If [Regional, a, b]", "\"a\""},
    {"booleans equal their text", "!If [Typed, a, b]", "\"a\""},
    {"if of no value", "{a: !If [No, b, !Ref AWS::NoValue]}", "{}"},
    {"if evaluates one branch only", "!If [Yes, a, !Select [9, []]]", "\"a\""},
    {"nested if", "!If [Yes, !If [No, a, b], c]", "\"b\""},
    {"cidr", "!Cidr [10.0.0.0/16, 3, 8]", R"(["10.0.0.0/24","10.0.1.0/24","10.0.2.0/24"])"},
    {"cidr of AWS's own example", "!Cidr [192.168.0.0/24, 6, 5]",
     R"(["192.168.0.0/27","192.168.0.32/27","192.168.0.64/27","192.168.0.96/27","192.168.0.128/27","192.168.0.160/27"])"},
    {"cidr with eight bits by itself", "!Cidr [10.0.0.0/16, 1]", R"(["10.0.0.0/24"])"},
    {"cidr of the whole block", "!Cidr [10.0.0.0/16, '1', '16']", R"(["10.0.0.0/16"])"},
    {"cidr of IPv6", "!Cidr ['2001:db8::/56', 2, 64]", R"(["2001:db8::/64","2001:db8:0:1::/64"])"},
    {"zones", "!GetAZs ''", R"(["us-east-1a","us-east-1b","us-east-1c","us-east-1d","us-east-1e","us-east-1f"])"},
    {"zones of this region", "!GetAZs {Ref: AWS::Region}",
     R"(["us-east-1a","us-east-1b","us-east-1c","us-east-1d","us-east-1e","us-east-1f"])"},
    {"dynamic references", "'{{resolve:ssm:x}}'", "\"{{resolve:ssm:x}}\""},
};

BOOST_DATA_TEST_CASE(values_evaluate, kValues) {
  const auto value = World().Resolve(sample.text);
  BOOST_REQUIRE(IsOk(value));
  BOOST_TEST(ToJson(*value) == sample.expected);
}

constexpr Case kMistakes[] = {
    {"nobody", "!Ref Nobody", "t.yaml:1:1: Template format error: Unresolved resource dependencies [Nobody]"},
    {"left out", "!Ref Absent", "Unresolved resource dependencies [Absent]"},
    {"attribute of what is left out", "!GetAtt Absent.VpcId",
     "instance of Fn::GetAtt references undefined resource Absent"},
    {"not yet", "!Ref Late", "t.yaml:1:1: Template error: Ref Late: resource Late is not created yet"},
    {"attribute not yet", "!GetAtt Late.VpcId", "Fn::GetAtt Late.VpcId: resource Late is not created yet"},
    {"sub of nobody", "a:\n  - !Sub '${Nobody}'",
     "t.yaml:2:5: Template format error: Unresolved resource dependencies [Nobody]"},
    {"sub of a list", "!Sub '${Names}'", "${Names} in Fn::Sub must be a string, not a list"},
    {"sub of no value", "!Sub '${AWS::NoValue}'", "${AWS::NoValue} in Fn::Sub must be a string, not a null"},
    {"join of objects", "!Join ['-', [{a: b}]]", "every Fn::Join object requires two parameters"},
    {"join of a string", "!Join ['-', !Ref Text]", "every Fn::Join object requires two parameters"},
    {"split of a list", "!Split ['-', !Ref Names]", "every Fn::Split object requires two parameters"},
    {"select past the end", "!Select [3, !Ref Names]",
     "t.yaml:1:1: Template error: Fn::Select cannot select nonexistent value at index 3; the list has 3 values"},
    {"select below the start", "!Select [-1, [a]]", "cannot select nonexistent value at index -1"},
    {"select by a name", "!Select [first, [a]]", "Fn::Select requires an integer index, not \"first\""},
    {"select of no list", "!Select [0, !Ref Text]", "Fn::Select requires a list argument"},
    {"base64 of a list", "!Base64 {Ref: Names}", "every Fn::Base64 object must have a String-typed value"},
    {"no such map", "!FindInMap [!Ref Text, a, b]", "Mapping named 'hello' is not present in the 'Mappings' section"},
    {"no such key", "!FindInMap [Images, eu-west-1, Arm]", "Unable to get mapping for Images::eu-west-1::Arm"},
    {"no such attribute", "!FindInMap [Images, us-east-1, X86]", "Unable to get mapping for Images::us-east-1::X86"},
    {"key that is a list", "!FindInMap [Images, !Ref Names, X86]",
     "every Fn::FindInMap object requires three parameters"},
    {"no such condition", "!If [Maybe, a, b]", "Unresolved condition dependency Maybe"},
    {"cidr of no block", "!Cidr [10.0.0, 1, 8]", "Fn::Cidr needs a CIDR block, not \"10.0.0\""},
    {"cidr of none", "!Cidr [10.0.0.0/16, 0, 8]", "Fn::Cidr makes 1 to 256 blocks, not \"0\""},
    {"cidr of too many", "!Cidr [10.0.0.0/8, 257, 8]", "Fn::Cidr makes 1 to 256 blocks, not \"257\""},
    {"cidr past the end", "!Cidr [10.0.0.0/24, 5, 6]", "10.0.0.0/24 holds 4 blocks of 6 host bits, not 5"},
    {"cidr of more than there is", "!Cidr [10.0.0.0/24, 1, 9]",
     "Fn::Cidr of 10.0.0.0/24 takes 1 to 8 host bits, not \"9\""},
    {"cidr of IPv6 without bits", "!Cidr ['2001:db8::/56', 2]", "an IPv6 block needs the host bits"},
    {"zones of elsewhere", "!GetAZs eu-west-1", "Fn::GetAZs knows the zones of us-east-1 only, not of \"eu-west-1\""},
    {"condition function as a value", "{Fn::Equals: [a, b]}", "Fn::Equals cannot be used here"},
};

BOOST_DATA_TEST_CASE(mistakes_are_told_with_their_place, kMistakes) {
  BOOST_TEST(StatusIs(World().Resolve(sample.text), kBad, sample.expected));
}

struct ParameterCase {
  const char* name;
  const char* definition;
  const char* value;
  // "" if it is fine.
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const ParameterCase& test) { return out << test.name; }

constexpr ParameterCase kParameters[] = {
    {"string", "{Type: String}", "x", ""},
    {"empty string", "{Type: String}", "", ""},
    {"allowed", "{Type: String, AllowedValues: [a, b]}", "b", ""},
    {"not allowed", "{Type: String, AllowedValues: [a, b]}", "c",
     "t:2:3: Parameter 'P' must be one of AllowedValues: [a, b]"},
    {"matching", "{Type: String, AllowedPattern: '[a-z]+'}", "abc", ""},
    {"matching in part only", "{Type: String, AllowedPattern: '[a-z]+'}", "abc1",
     "Parameter 'P' must match pattern [a-z]+"},
    {"described", "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: must be small letters}", "A",
     "Parameter 'P' failed to satisfy constraint: must be small letters"},
    {"too short", "{Type: String, MinLength: 2}", "a", "Parameter 'P' must contain at least 2 characters"},
    {"long enough", "{Type: String, MinLength: 2, MaxLength: 3}", "abc", ""},
    {"length in characters", "{Type: String, MaxLength: 3}", "\xC3\xA9\xC3\xA9\xC3\xA9", ""},
    {"too long", "{Type: String, MaxLength: 3}", "abcd", "Parameter 'P' must contain at most 3 characters"},
    {"number", "{Type: Number}", "-1.5", ""},
    {"no number", "{Type: Number}", "one", "Parameter 'P' must be a number"},
    {"empty number", "{Type: Number}", "", "Parameter 'P' must be a number"},
    {"small number", "{Type: Number, MinValue: 1}", "0", "Parameter 'P' must be a number not less than 1"},
    {"large number", "{Type: Number, MaxValue: 9}", "9.5", "Parameter 'P' must be a number not greater than 9"},
    {"allowed number", "{Type: Number, AllowedValues: [1, 2]}", "2", ""},
    {"list", "{Type: CommaDelimitedList}", "a,b", ""},
    {"list of allowed", "{Type: CommaDelimitedList, AllowedValues: [a, b]}", "b, a", ""},
    {"list of not allowed", "{Type: CommaDelimitedList, AllowedValues: [a, b]}", "a,c", "must be one of AllowedValues"},
    {"numbers", "{Type: List<Number>}", "1, 2", ""},
    {"no numbers", "{Type: List<Number>}", "1,x", "Parameter 'P' must be a number"},
    {"AWS's own type", "{Type: 'AWS::EC2::VPC::Id'}", "vpc-1", ""},
    {"list of AWS's own type", "{Type: 'List<AWS::EC2::Subnet::Id>'}", "subnet-1,subnet-2", ""},
};

BOOST_DATA_TEST_CASE(parameters_are_checked, kParameters) {
  const std::string text =
      absl::StrCat("Parameters:\n  P: ", sample.definition, "\nResources: {Net: {Type: AWS::EC2::InternetGateway}}");
  const auto parsed = Parse(text, "t");
  BOOST_REQUIRE(IsOk(parsed));
  const auto bindings = Bind(*parsed, {{"P", sample.value}}, {});
  if (std::string(sample.message).empty()) {
    BOOST_TEST(IsOk(bindings));
  } else {
    BOOST_TEST(StatusIs(bindings, kBad, sample.message));
  }
}

BOOST_AUTO_TEST_CASE(parameters_must_have_values) {
  const auto parsed = Parse(
      "Parameters: {A: {Type: String}, B: {Type: String, Default: x}, C: {Type: Number}}\n"
      "Resources: {Net: {Type: AWS::EC2::InternetGateway}}",
      "t");
  BOOST_TEST(StatusIs(Bind(*parsed, {}, {}), kBad, "t:1:14: Parameters: [A, C] must have values"));
  BOOST_TEST(IsOk(Bind(*parsed, {{"A", "a"}, {"C", "1"}}, {})));
}

BOOST_AUTO_TEST_CASE(unknown_parameters_are_refused) {
  const World world;
  BOOST_TEST(StatusIs(Bind(world.parsed, {{"Cuont", "1"}}, {}), kBad,
                      "t.yaml: Parameters: [Cuont] do not exist in the template; did you mean \"Count\"?"));
}

BOOST_AUTO_TEST_CASE(defaults_are_checked_too) {
  const auto parsed = Parse(
      "Parameters: {A: {Type: String, Default: c, AllowedValues: [a]}}\n"
      "Resources: {Net: {Type: AWS::EC2::InternetGateway}}",
      "t");
  BOOST_TEST(StatusIs(Bind(*parsed, {}, {}), kBad, "Parameter 'A' must be one of AllowedValues: [a]"));
}

BOOST_AUTO_TEST_CASE(long_parameters_are_refused) {
  const World world;
  BOOST_TEST(IsOk(Bind(world.parsed, {{"Text", std::string(4096, 'a')}}, {})));
  BOOST_TEST(
      StatusIs(Bind(world.parsed, {{"Text", std::string(4097, 'a')}}, {}), kBad, "must have at most 4096 bytes"));
}

BOOST_AUTO_TEST_CASE(hidden_parameters_are_masked) {
  const auto parsed = Parse(
      "Parameters: {A: {Type: String, NoEcho: true}, B: {Type: CommaDelimitedList}}\n"
      "Resources: {Net: {Type: AWS::EC2::InternetGateway}}",
      "t");
  const auto bindings = Bind(*parsed, {{"A", "secret"}, {"B", "x, y"}}, {});
  BOOST_REQUIRE(IsOk(bindings));
  auto shown = ShownParameters(*parsed, *bindings);
  BOOST_TEST(shown["A"] == "****");
  BOOST_TEST(shown["B"] == "x,y");
  BOOST_TEST(bindings->parameters.at("A").text() == "secret");
}

BOOST_AUTO_TEST_CASE(conditions_may_stand_in_any_order) {
  const auto parsed = Parse(
      "Conditions: {A: !Not [!Condition B], B: !Or [!Condition C, !Condition C], C: !Equals [a, a]}\n"
      "Resources: {Net: {Type: AWS::EC2::InternetGateway}}",
      "t");
  const auto bindings = Bind(*parsed, {}, {});
  BOOST_REQUIRE(IsOk(bindings));
  BOOST_TEST(!bindings->Active("A"));
  BOOST_TEST(bindings->Active("B"));
  BOOST_TEST(bindings->Active(""));
  BOOST_TEST(!bindings->Active("Unknown"));
}

BOOST_AUTO_TEST_CASE(properties_come_out_in_the_kinds_of_their_schema) {
  const auto parsed = Parse(
      "Resources:\n"
      "  Group:\n"
      "    Type: AWS::EC2::SecurityGroup\n"
      "    Properties:\n"
      "      GroupDescription: 5\n"
      "      VpcId: v\n"
      "      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: \"80\", ToPort: 80, CidrIp: 10.0.0.9/8}]\n"
      "  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsSupport: \"True\"}}\n",
      "t");
  BOOST_REQUIRE(IsOk(parsed));
  const auto bindings = Bind(*parsed, {}, {});
  BOOST_TEST(
      ToJson(*ResolveProperties(*parsed, *bindings, "Group", FakeLookup())) ==
      R"({"GroupDescription":"5","VpcId":"v","SecurityGroupIngress":[{"IpProtocol":"tcp","FromPort":80,"ToPort":80,)"
      R"("CidrIp":"10.0.0.0/8"}]})");
  BOOST_TEST(ToJson(*ResolveProperties(*parsed, *bindings, "Vpc", FakeLookup())) ==
             R"({"CidrBlock":"10.0.0.0/16","EnableDnsSupport":true})");
  BOOST_TEST(
      StatusIs(ResolveProperties(*parsed, *bindings, "Nobody", FakeLookup()), absl::StatusCode::kNotFound, "Nobody"));
}

BOOST_AUTO_TEST_CASE(properties_that_turn_out_wrong_are_told) {
  const auto parsed = Parse(
      "Parameters: {Block: {Type: String}}\n"
      "Resources:\n"
      "  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Block}}\n",
      "t");
  const auto bindings = Bind(*parsed, {{"Block", "wide"}}, {});
  BOOST_TEST(StatusIs(ResolveProperties(*parsed, *bindings, "Vpc", FakeLookup()), kBad,
                      "t:3:54: AWS::EC2::VPC CidrBlock must be a CIDR block such as 10.0.0.0/16, not \"wide\""));
}

BOOST_AUTO_TEST_CASE(outputs_follow_their_conditions) {
  const auto parsed = Parse(
      "Conditions: {No: !Equals [a, b]}\n"
      "Resources: {Net: {Type: AWS::EC2::InternetGateway}}\n"
      "Outputs:\n"
      "  Id: {Value: !Ref Net, Description: the id, Export: {Name: !Sub '${AWS::StackName}-net'}}\n"
      "  Never: {Value: x, Condition: No}\n",
      "t");
  BOOST_REQUIRE(IsOk(parsed));
  const auto bindings = Bind(*parsed, {}, World::Context());
  const auto outputs = ResolveOutputs(*parsed, *bindings, FakeLookup());
  BOOST_REQUIRE(IsOk(outputs));
  BOOST_REQUIRE(outputs->size() == 1u);
  BOOST_TEST((*outputs)[0].name == "Id");
  BOOST_TEST((*outputs)[0].value == "Net-id");
  BOOST_TEST((*outputs)[0].description == "the id");
  BOOST_TEST((*outputs)[0].export_name == "todo-net");
}

BOOST_AUTO_TEST_CASE(a_pattern_is_matched_by_each_item_of_a_list) {
  const auto parsed = Parse(
      "Parameters: {Nets: {Type: CommaDelimitedList, Default: 'alpha,beta', AllowedPattern: '[a-z]+'}}\n"
      "Resources: {Net: {Type: AWS::EC2::InternetGateway}}",
      "t");
  BOOST_REQUIRE(IsOk(parsed));
  BOOST_TEST(IsOk(Bind(*parsed, {}, {})));
  BOOST_TEST(IsOk(Bind(*parsed, {{"Nets", "a, b"}}, {})));
  BOOST_TEST(StatusIs(Bind(*parsed, {{"Nets", "a,b2"}}, {}), kBad, "Parameter 'Nets' must match pattern [a-z]+"));
}

BOOST_AUTO_TEST_CASE(outputs_are_strings) {
  const auto parsed = Parse(
      "Resources: {Net: {Type: AWS::EC2::InternetGateway}}\n"
      "Outputs: {Zones: {Value: !GetAZs ''}}",
      "t");
  const auto bindings = Bind(*parsed, {}, {});
  BOOST_TEST(StatusIs(ResolveOutputs(*parsed, *bindings, FakeLookup()), kBad,
                      "The Value field of output Zones must be a string, not a list; use Fn::Join"));
}

}  // namespace
}  // namespace nubo::stack
