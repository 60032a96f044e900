#include "nubo/stack/reader.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
constexpr auto kBad = absl::StatusCode::kInvalidArgument;

struct Reading {
  const char* name;
  const char* text;
  const char* json;
};
std::ostream& operator<<(std::ostream& out, const Reading& reading) { return out << reading.name; }

constexpr Reading kReadings[] = {
    {"plain strings", "a: hello world", R"({"a":"hello world"})"},
    {"numbers keep their text", "[1, 1.10, -3, 1e3]", "[1,1.10,-3,1e3]"},
    {"what JSON would not call a number is a string", "[007, 0x1F, 1_000, .5, +1, 1:30]",
     R"(["007","0x1F","1_000",".5","+1","1:30"])"},
    {"booleans", "[true, False, TRUE]", "[true,false,true]"},
    {"yes and no are strings", "[yes, no, on, off, y]", R"(["yes","no","on","off","y"])"},
    {"dates are strings", "v: 2010-09-09", R"({"v":"2010-09-09"})"},
    {"quoted scalars are strings", "[\"1\", 'true', '']", R"(["1","true",""])"},
    {"nulls", "[~, null, ]", "[null,null]"},
    {"explicit core tags", "[!!str 5, !!int 5]", R"(["5",5])"},
    {"literal blocks keep their lines", "a: |\n  x\n  y\n", R"({"a":"x\ny\n"})"},
    {"folded blocks join them", "a: >-\n  x\n  y\n", R"({"a":"x y"})"},
    {"Ref", "!Ref A", R"({"Ref":"A"})"},
    {"Condition", "!Condition A", R"({"Condition":"A"})"},
    {"GetAtt with a dot", "!GetAtt A.B", R"({"Fn::GetAtt":["A","B"]})"},
    {"GetAtt splits at the first dot", "!GetAtt A.Endpoint.Port", R"({"Fn::GetAtt":["A","Endpoint.Port"]})"},
    {"GetAtt as a list", "!GetAtt [A, B]", R"({"Fn::GetAtt":["A","B"]})"},
    {"Sub of a string", "!Sub '${A}'", R"({"Fn::Sub":"${A}"})"},
    {"Sub of a list", "!Sub ['${A}', {A: 1}]", R"({"Fn::Sub":["${A}",{"A":1}]})"},
    {"Sub of a block", "!Sub |\n  a\n  b\n", R"({"Fn::Sub":"a\nb\n"})"},
    {"short forms nest", "!Join [',', !GetAZs '']", R"({"Fn::Join":[",",{"Fn::GetAZs":""}]})"},
    {"long forms hold short ones", "Fn::Base64: !Sub x", R"({"Fn::Base64":{"Fn::Sub":"x"}})"},
    {"an empty argument is an empty string", "a: !GetAZs", R"({"a":{"Fn::GetAZs":""}})"},
    {"If", "!If [C, a, !Ref 'AWS::NoValue']", R"({"Fn::If":["C","a",{"Ref":"AWS::NoValue"}]})"},
    {"conditions", "!And [!Not [!Condition A], !Or [!Equals [a, b], !Condition B]]",
     R"({"Fn::And":[{"Fn::Not":[{"Condition":"A"}]},{"Fn::Or":[{"Fn::Equals":["a","b"]},{"Condition":"B"}]}]})"},
    {"Split, Select, FindInMap, Cidr", "[!Split [a, b], !Select [0, [x]], !FindInMap [a, b, c], !Cidr [a, 1, 2]]",
     R"([{"Fn::Split":["a","b"]},{"Fn::Select":[0,["x"]]},{"Fn::FindInMap":["a","b","c"]},{"Fn::Cidr":["a",1,2]}])"},
    {"comments", "# first\na: 1 # last\n", R"({"a":1})"},
    {"numeric keys are text", "1: a", R"({"1":"a"})"},
    {"flow mappings that are not JSON", "{a: 1, b: [x, y]}", R"({"a":1,"b":["x","y"]})"},
    {"a byte order mark", "\xEF\xBB\xBF{\"a\": 1}", R"({"a":1})"},
    {"Windows line ends", "a: 1\r\nb: 2\r\n", R"({"a":1,"b":2})"},
    {"JSON", R"({"a": [1, 2.50, true, null, "x"], "b": {}})", R"({"a":[1,2.50,true,null,"x"],"b":{}})"},
    {"JSON escapes", R"({"a": "\u00e9\ud83d\ude00\/\t\"\\"})", "{\"a\":\"\xC3\xA9\xF0\x9F\x98\x80/\\t\\\"\\\\\"}"},
    {"JSON with tabs", "{\n\t\"a\":\t1\n}", R"({"a":1})"},
    {"JSON numbers at the end of containers", R"({"a":[1,[2]],"b":{"c":3}})", R"({"a":[1,[2]],"b":{"c":3}})"},
};

BOOST_DATA_TEST_CASE(texts_read_as_json, kReadings) {
  const auto value = ReadText(sample.text, "t.yaml");
  BOOST_REQUIRE(IsOk(value));
  BOOST_TEST(ToJson(*value) == sample.json);
}

struct Refusal {
  const char* name;
  const char* text;
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }

constexpr Refusal kRefusals[] = {
    {"empty", "", "t.yaml:1:1: the template is empty"},
    {"white space only", " \n\n", "t.yaml:1:1: the template is empty"},
    {"comment only", "# a\n", "the template is empty"},
    {"two keys", "a: 1\nb: 2\na: 3\n", "t.yaml:3:1: the key \"a\" stands here twice"},
    {"two keys in JSON", "{\n  \"a\": 1,\n  \"a\": 2\n}", "t.yaml:3:3: the key \"a\" stands here twice"},
    {"two deep keys", "x:\n  - {a: 1, a: 2}\n", "t.yaml:2:12: the key \"a\" stands here twice"},
    {"anchor", "a: &x 1\n", "t.yaml:1:4: anchors (&name) are not supported"},
    {"alias", "a: &x 1\nb: *x\n", "anchors (&name) are not supported"},
    {"merge key", "<<: {a: 1}\n", "t.yaml:1:1: merge keys (<<) are not supported"},
    {"unknown tag", "a: !<tag:x> b\n", "t.yaml:1:4: there is no tag tag:x in templates; there are !Condition, !And"},
    {"binary tag", "a: !!binary aGk=\n", "the tag !!binary is not supported"},
    {"set tag", "a: !!set {b, c}\n", "there is no tag !!set in templates"},
    {"two documents", "a: 1\n---\nb: 2\n", "a template is one document; a second one begins here"},
    {"a list as key", "? [a]\n: 1\n", "a key is a string, not a list"},
    {"an empty key", "? ~\n: 1\n", "a key is a string, not a null"},
    {"tabs in indentation", "a:\n\tb: 1\n", "YAML not well-formed"},
    {"unclosed list", "a: [1, 2\n", "YAML not well-formed"},
    {"unclosed JSON", "{\"a\": ", "t.yaml:1:7: JSON not well-formed"},
    {"two tags", "!Base64 !Sub x", "YAML not well-formed: cannot assign multiple tags"},
    {"bad UTF-8", "a: \xff\n", "t.yaml:1:4: the text is not UTF-8"},
    {"overlong UTF-8", "a: \xc0\xaf\n", "t.yaml:1:4: the text is not UTF-8"},
    {"control character", "a: \x01\n", "t.yaml:1:4: control character 1 is not allowed"},
    {"escaped NUL", "a: \"\\0\"\n", "t.yaml:1:4: a string holds a NUL character"},
    {"escapes that give no UTF-8", "a: \"\\_\"\n", "t.yaml:1:4: an escape in this string gives no UTF-8"},
    {"escaped NUL in JSON", "{\"a\": \"\\u0000\"}", "a string holds a NUL character"},
    {"lone surrogate in JSON", "{\"a\": \"\\ud800\"}", "JSON not well-formed"},
};

BOOST_DATA_TEST_CASE(bad_texts_are_refused_with_their_place, kRefusals) {
  BOOST_TEST(StatusIs(ReadText(sample.text, "t.yaml"), kBad, sample.message));
}

BOOST_AUTO_TEST_CASE(a_json_file_is_json_and_nothing_else) {
  BOOST_TEST(StatusIs(ReadText("{\n\"a\": 1,\n\"b\": x!\n}", "t.json"), kBad, "t.json:3:6: JSON not well-formed"));
  BOOST_TEST(StatusIs(ReadText("{\"a\": 1e999}", "t.json"), kBad, "JSON not well-formed"));
  BOOST_TEST(StatusIs(ReadText("{a: 1}", "t.json"), kBad, "JSON not well-formed"));
  BOOST_TEST(IsOk(ReadText("{a: 1}", "t.yaml")));
}

BOOST_AUTO_TEST_CASE(every_node_knows_its_place) {
  const auto yaml = ReadText("a:\n  b: [1, x]\n  c: !Ref D\n", "t");
  BOOST_REQUIRE(IsOk(yaml));
  const Value& a = yaml->Get("a");
  BOOST_TEST((yaml->members()[0].location == Location{1, 1}));
  BOOST_TEST((a.location() == Location{2, 3}));
  BOOST_TEST((a.Get("b").items()[1].location() == Location{2, 10}));
  BOOST_TEST((a.Get("c").location() == Location{3, 6}));
  const auto json = ReadText("{\n  \"a\": [ 1,\n 22 , true],\n\"b\":\"x\"}", "t");
  BOOST_REQUIRE(IsOk(json));
  BOOST_TEST((json->Get("a").location() == Location{2, 8}));
  BOOST_TEST((json->Get("a").items()[0].location() == Location{2, 10}));
  BOOST_TEST((json->Get("a").items()[1].location() == Location{3, 2}));
  BOOST_TEST((json->Get("a").items()[2].location() == Location{3, 7}));
  BOOST_TEST((json->members()[1].location == Location{4, 1}));
  BOOST_TEST((json->Get("b").location() == Location{4, 5}));
}

BOOST_AUTO_TEST_CASE(a_tagged_scalar_on_a_line_of_its_own_goes_on_in_the_next) {
  const auto value = ReadText(
      "a:\n"
      "  b:\n"
      "    !Sub foo\n"
      "    bar\n"
      "  c:\n"
      "    !Ref x\n"
      "d:\n"
      "  - !Sub one\n"
      "    two\n"
      "e:\n"
      "  !Sub three\n"
      "  four\n"
      "  five\n",
      "t.yaml");
  BOOST_REQUIRE(IsOk(value));
  BOOST_TEST(ToJson(*value) == R"({"a":{"b":{"Fn::Sub":"foo bar"},"c":{"Ref":"x"}},"d":[{"Fn::Sub":"one two"}],)"
                               R"("e":{"Fn::Sub":"three four five"}})");
}

BOOST_AUTO_TEST_CASE(what_is_not_utf8_is_told_with_its_place) {
  BOOST_TEST(StatusIs(ReadText("a: b\nc: \xE4", "t.yaml"), kBad, "t.yaml:2:4: the text is not UTF-8: byte 0xe4"));
}

BOOST_AUTO_TEST_CASE(the_size_is_bounded) {
  const std::string fits(kTemplateBytesMax, 'a');
  BOOST_TEST(IsOk(ReadText(fits, "t")));
  BOOST_TEST(StatusIs(ReadText(fits + "a", "t"), kBad, "has 1048577 bytes; at most 1048576 are allowed"));
  ReadOptions options;
  options.bytes_max = 10;
  BOOST_TEST(StatusIs(ReadText("12345678901", "t", options), kBad, "at most 10"));
  options.bytes_max = 1 << 30;
  BOOST_TEST(StatusIs(ReadText(std::string(kTemplateBytesMax + 1, 'a'), "t", options), kBad, "at most 1048576"));
}

BOOST_AUTO_TEST_CASE(the_depth_is_bounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  BOOST_TEST(IsOk(ReadText(nested(100), "t")));
  BOOST_TEST(StatusIs(ReadText(nested(101), "t"), kBad, "t:1:101: lists and objects nest at most 100 deep"));
  BOOST_TEST(StatusIs(ReadText(nested(20000), "t"), kBad, "nest at most 100 deep"));
  BOOST_TEST(StatusIs(ReadJson(nested(20000), "t"), kBad, "nest at most 100 deep"));
}

BOOST_AUTO_TEST_CASE(the_number_of_values_is_bounded) {
  ReadOptions options;
  options.nodes_max = 4;
  BOOST_TEST(IsOk(ReadText("[1, 2, 3]", "t", options)));
  BOOST_TEST(StatusIs(ReadText("[1, 2, 3, 4]", "t", options), kBad, "t:1:11: a template has at most 4 values"));
}

BOOST_AUTO_TEST_CASE(json_reads_back_what_was_printed) {
  const char* text = R"({"a":["x\ny",1.50,true,null,{"b":{}}],"c":[],"d":"\u0001é"})";
  const auto value = ReadJson(text, "t");
  BOOST_REQUIRE(IsOk(value));
  BOOST_TEST(ToJson(*value) == text);
  BOOST_TEST(StatusIs(ReadJson("a: 1", "t"), kBad, "JSON not well-formed"));
}

BOOST_AUTO_TEST_CASE(values_convert_as_cloudformation_does) {
  BOOST_TEST((Value::String("80").AsInteger() == 80));
  BOOST_TEST((Value::Number("80").AsInteger() == 80));
  BOOST_TEST(!Value::String(" 80").AsInteger().has_value());
  BOOST_TEST(!Value::String("80.5").AsInteger().has_value());
  BOOST_TEST(!Value::String("99999999999999999999").AsInteger().has_value());
  BOOST_TEST((Value::String("0.5").AsDouble() == 0.5));
  BOOST_TEST(!Value::String("nan").AsDouble().has_value());
  BOOST_TEST(!Value::String("1e999").AsDouble().has_value());
  BOOST_TEST((Value::String("True").AsBool() == true));
  BOOST_TEST(!Value::String("yes").AsBool().has_value());
  BOOST_TEST(!Value::List().AsInteger().has_value());
}

BOOST_AUTO_TEST_CASE(equality_ignores_places_and_the_order_of_members) {
  BOOST_TEST((*ReadText("{a: 1, b: [x]}", "t") == *ReadText("b:\n- x\na: 1\n", "u")));
  BOOST_TEST((*ReadText("{a: 1}", "t") != *ReadText("{a: '1'}", "t")));
  BOOST_TEST((*ReadText("{a: 1}", "t") != *ReadText("{a: 1, b: 2}", "t")));
}

}  // namespace
}  // namespace nubo::stack
