// Values that only AWS's documentation says cannot be: tags, redirects, health checks, names that are kept.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/stack/reader.h"
#include "nubo/stack/schema.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

std::vector<Diagnostic> Check(absl::string_view type, absl::string_view properties) {
  const Schema* schema = FindSchema(type);
  BOOST_REQUIRE(schema != nullptr);
  const auto value = ReadText(properties, "t");
  BOOST_REQUIRE(testing::IsOk(value));
  std::vector<Diagnostic> problems;
  CheckProperties(*schema, *value, problems);
  return problems;
}

struct Case {
  const char* name;
  const char* type;
  const char* properties;
  // "" if nothing is wrong.
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

#define GATEWAY "AWS::EC2::InternetGateway"
#define LISTENER "AWS::ElasticLoadBalancingV2::Listener"
#define TARGET_GROUP "AWS::ElasticLoadBalancingV2::TargetGroup"
#define TARGETS "{Port: 80, Protocol: HTTP, VpcId: v, "
#define SETTINGS TARGETS "TargetGroupAttributes: ["
#define REDIRECT(rest)                                                                                             \
  "{LoadBalancerArn: a, Port: 80, Protocol: HTTP, DefaultActions: [{Type: redirect, RedirectConfig: {StatusCode: " \
  "HTTP_302, " rest "}}]}"
#define FORWARD(groups)                                                                                            \
  "{LoadBalancerArn: a, Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, ForwardConfig: {TargetGroups: " \
  "[" groups "]}}]}"
#define GROUP "{VPCZoneIdentifier: [s], LaunchTemplate: {LaunchTemplateId: l, Version: '1'}, MinSize: 0, MaxSize: 1, "
#define DATABASE "{Engine: mysql, ManageMasterUserPassword: true, MasterUsername: "
#define RULES "{GroupDescription: d, VpcId: v, SecurityGroupIngress: ["
#define INSTANCE "{ImageId: i, NetworkInterfaces: [{DeviceIndex: 0, SubnetId: s}], "

constexpr Case kCases[] = {
    {"tags", GATEWAY, "{Tags: [{Key: a, Value: ''}, {Key: A, Value: 1}, {Key: AWS, Value: 'aws:x'}]}", ""},
    {"a tag twice", GATEWAY, "{Tags: [{Key: a, Value: 1}, {Key: a, Value: 2}]}",
     "Duplicate tag key 'a' specified (InvalidParameterValue)"},
    {"a tag twice of a target group", TARGET_GROUP, TARGETS "Tags: [{Key: a, Value: 1}, {Key: a, Value: 2}]}",
     "(DuplicateTagKeys)"},
    {"a tag twice of a group", "AWS::AutoScaling::AutoScalingGroup",
     GROUP "Tags: [{Key: a, Value: 1, PropagateAtLaunch: true}, {Key: a, Value: 1, PropagateAtLaunch: true}]}",
     "Duplicate tag key 'a' specified (ValidationError)"},
    {"a tag twice of what a template launches", "AWS::EC2::LaunchTemplate",
     "{LaunchTemplateData: {ImageId: i, TagSpecifications: [{ResourceType: instance, Tags: [{Key: a, Value: 1}, {Key: "
     "a, Value: 1}]}]}}",
     "Duplicate tag key 'a' specified (InvalidParameterValue)"},
    {"a tag twice of a zone", "AWS::Route53::HostedZone",
     "{Name: a.test, HostedZoneTags: [{Key: a, Value: 1}, {Key: a, Value: 1}]}", "(InvalidInput)"},
    {"a tag that may be twice", GATEWAY, "{Tags: [{Key: !Ref A, Value: 1}, {Key: !Ref A, Value: 2}]}", ""},
    {"AWS's own tag", GATEWAY, "{Tags: [{Key: 'Aws:x', Value: 1}]}",
     "Tag keys starting with 'aws:' are reserved for internal use (InvalidParameterValue)"},
    {"a tag without a key", GATEWAY, "{Tags: [{Key: '', Value: 1}]}",
     "the key of a tag has 1 to 128 characters, not 0"},

    {"a redirect of placeholders", LISTENER,
     REDIRECT("Host: 'example.#{host}', Path: '/new/#{host}/#{path}/#{port}', Query: "
              "'#{query}&p=#{protocol}#{host}#{port}#{path}'"),
     ""},
    {"a redirect's empty query", LISTENER, REDIRECT("Host: a, Query: ''"), ""},
    {"a redirect's list in a query", LISTENER, REDIRECT("Host: a, Query: 'a[]=b&c=%20?/'"), ""},
    {"a redirect to two lines", LISTENER, REDIRECT("Host: \"a\\r\\nX: y\""),
     "RedirectConfig Host has letters, digits and - . _ only, and #{host} (InvalidLoadBalancerAction)"},
    {"a redirect to a blank", LISTENER, REDIRECT("Host: a b"), "RedirectConfig Host has letters"},
    {"a redirect to a host beyond ASCII", LISTENER, REDIRECT("Host: \"\\xe9.test\""),
     "RedirectConfig Host has letters"},
    {"a redirect to no host", LISTENER, REDIRECT("Host: ''"), "RedirectConfig Host has 1 to 128 characters"},
    {"a redirect to what is no placeholder", LISTENER, REDIRECT("Host: '#{foo}'"),
     "RedirectConfig Host has no #{foo}; there are #{host}"},
    {"a redirect to a placeholder of another part", LISTENER, REDIRECT("Path: '/#{query}'"),
     "RedirectConfig Path has no #{query}; there are #{host}, #{path}, #{port}"},
    {"a redirect to half a placeholder", LISTENER, REDIRECT("Path: '/#{path'"),
     "RedirectConfig Path has visible ASCII characters other than # and ? only"},
    {"a redirect to a path beyond ASCII", LISTENER, REDIRECT("Path: \"/\\xe9\""), "RedirectConfig Path has visible"},
    {"a redirect to a path with a query", LISTENER, REDIRECT("Path: '/a?b'"), "RedirectConfig Path has visible"},
    {"a redirect to a query of two lines", LISTENER, REDIRECT("Path: /y, Query: \"a\\nb\""),
     "RedirectConfig Query has visible ASCII characters other than # only"},
    {"a redirect to a query with a blank", LISTENER, REDIRECT("Path: /y, Query: a b"), "RedirectConfig Query has"},

    {"a group twice", LISTENER, FORWARD("{TargetGroupArn: a}, {TargetGroupArn: a}"),
     "names each target group once (ValidationError)"},
    {"a referred group twice", LISTENER, FORWARD("{TargetGroupArn: !Ref T}, {TargetGroupArn: !Ref T, Weight: 2}"),
     "names each target group once"},
    {"two groups", LISTENER, FORWARD("{TargetGroupArn: !Ref T}, {TargetGroupArn: !Ref U}"), ""},

    {"a path of a gRPC method", TARGET_GROUP, TARGETS "ProtocolVersion: GRPC, HealthCheckPath: /a.B/C}", ""},
    {"a path that begins elsewhere", TARGET_GROUP, TARGETS "HealthCheckPath: health}",
     "HealthCheckPath must begin with / and have at most 1024 visible ASCII characters, not \"health\" "
     "(ValidationError)"},
    {"a path with a blank", TARGET_GROUP, TARGETS "HealthCheckPath: /he alth}", "not \"/he alth\""},
    {"codes", TARGET_GROUP, TARGETS "Matcher: {HttpCode: '200,202,300-399'}}", ""},
    {"codes that are none", TARGET_GROUP, TARGETS "Matcher: {HttpCode: abc}}",
     "Matcher HttpCode must have codes from 200 to 499"},
    {"codes the wrong way round", TARGET_GROUP, TARGETS "Matcher: {HttpCode: 200-199}}", "not \"200-199\""},
    {"codes beyond the last", TARGET_GROUP, TARGETS "Matcher: {HttpCode: 200-500}}", "not \"200-500\""},
    {"codes of gRPC beyond the last", TARGET_GROUP, TARGETS "ProtocolVersion: GRPC, Matcher: {GrpcCode: 100}}",
     "Matcher GrpcCode must have codes from 0 to 99"},
    {"an algorithm nobody has", TARGET_GROUP, SETTINGS "{Key: load_balancing.algorithm.type, Value: round_robbin}]}",
     "did you mean \"round_robin\"? (ValidationError)"},
    {"an algorithm of the library's own", TARGET_GROUP,
     SETTINGS "{Key: load_balancing.algorithm.type, Value: peak_ewma}, {Key: slow_start.duration_seconds, Value: 30}]}",
     ""},
    {"a slow start of who is least busy", TARGET_GROUP,
     SETTINGS "{Key: load_balancing.algorithm.type, Value: least_outstanding_requests}, {Key: "
              "slow_start.duration_seconds, Value: 30}]}",
     "least_outstanding_requests cannot have a slow start"},
    {"a slow start of who is drawn", TARGET_GROUP,
     SETTINGS
     "{Key: load_balancing.algorithm.type, Value: weighted_random}, {Key: slow_start.duration_seconds, Value: 30}]}",
     "weighted_random cannot have a slow start"},
    {"anomalies in turns", TARGET_GROUP, SETTINGS "{Key: load_balancing.algorithm.anomaly_mitigation, Value: 'on'}]}",
     "needs load_balancing.algorithm.type weighted_random (InvalidConfigurationRequest)"},
    {"an address for an instance", TARGET_GROUP, TARGETS "Targets: [{Id: 10.0.0.9}]}",
     "a target of a group of TargetType instance is an instance's id, not \"10.0.0.9\" (InvalidTarget)"},
    {"no address", TARGET_GROUP, TARGETS "TargetType: ip, Targets: [{Id: i-1}]}", "is an IP address, not \"i-1\""},

    {"a short life", "AWS::AutoScaling::AutoScalingGroup", GROUP "MaxInstanceLifetime: 100}",
     "MaxInstanceLifetime must be 0, or at least 86400 seconds, not 100 (ValidationError)"},
    {"no life's end", "AWS::AutoScaling::AutoScalingGroup", GROUP "MaxInstanceLifetime: 0}", ""},
    {"a life of a day", "AWS::AutoScaling::AutoScalingGroup", GROUP "MaxInstanceLifetime: 86400}", ""},

    {"the engine's own user", "AWS::RDS::DBInstance", DATABASE "RdsAdmin}",
     "MasterUsername RdsAdmin cannot be used as it is a reserved word used by the engine (InvalidParameterValue)"},
    {"the engine's own database", "AWS::RDS::DBInstance", DATABASE "admin, DBName: mysql}", "DBName mysql cannot"},
    {"a reserved word", "AWS::RDS::DBInstance", DATABASE "admin, DBName: Select}", "DBName Select cannot be used"},
    {"a word like one", "AWS::RDS::DBInstance", DATABASE "root, DBName: mysql2}", ""},

    {"a permission twice", "AWS::EC2::SecurityGroup",
     RULES "{IpProtocol: TCP, FromPort: 1, ToPort: 2, CidrIp: 10.0.0.0/8, Description: a}, {IpProtocol: tcp, FromPort: "
           "'1', ToPort: 2, CidrIp: 10.1.0.0/8}]}",
     "The same permission must not appear multiple times (InvalidParameterValue)"},
    {"permissions of two groups", "AWS::EC2::SecurityGroup",
     RULES "{IpProtocol: tcp, FromPort: 1, ToPort: 2, SourceSecurityGroupId: !Ref A}, {IpProtocol: tcp, FromPort: 1, "
           "ToPort: 2, SourceSecurityGroupId: !Ref B}]}",
     ""},
    {"an interface and a subnet", "AWS::EC2::Instance", INSTANCE "SubnetId: s}",
     "Network interfaces and an instance-level subnet ID may not be specified on the same request "
     "(InvalidParameterCombination)"},
    {"an interface and groups", "AWS::EC2::Instance", INSTANCE "SecurityGroupIds: [!Ref G]}",
     "instance-level security groups"},
    {"an interface and an address", "AWS::EC2::Instance", INSTANCE "PrivateIpAddress: 10.0.0.9}",
     "instance-level private IP address"},
    {"an interface, and nothing", "AWS::EC2::Instance", INSTANCE "SubnetId: !If [C, s, !Ref AWS::NoValue]}", ""},
};

BOOST_DATA_TEST_CASE(values_are_checked, kCases) {
  const std::vector<Diagnostic> problems = Check(sample.type, sample.properties);
  if (std::string(sample.message).empty()) {
    for (const Diagnostic& problem : problems) BOOST_ERROR(problem.message);
    return;
  }
  BOOST_REQUIRE(problems.size() == 1u);
  BOOST_TEST(problems[0].message.find(sample.message) != std::string::npos, problems[0].message);
  BOOST_TEST(problems[0].location.line == 1);
}

std::string Tags(const std::string& key, const std::string& value, int count = 1) {
  std::string text = "{Tags: [";
  for (int i = 0; i < count; ++i)
    absl::StrAppend(&text, "{Key: '", i == 0 ? "" : absl::StrCat(i), key, "', Value: '", value, "'},");
  return text + "]}";
}

BOOST_AUTO_TEST_CASE(tags_have_bounds_in_characters) {
  const std::string key(128, 'k'), value(256, 'v');
  BOOST_TEST(Check(GATEWAY, Tags(key, value)).empty());
  BOOST_TEST(Check(GATEWAY, Tags("k", "v", 50)).empty());
  std::string wide;
  for (int i = 0; i < 128; ++i) wide += "é";
  BOOST_TEST(Check(GATEWAY, Tags(wide, wide + wide)).empty());
  BOOST_TEST(Check(GATEWAY, Tags(key + "k", value)).size() == 1u);
  BOOST_TEST(Check(GATEWAY, Tags(key, value + "v")).size() == 1u);
  const std::vector<Diagnostic> many = Check(GATEWAY, Tags("k", "v", 51));
  BOOST_REQUIRE(many.size() == 1u);
  BOOST_TEST(many[0].message == "a resource has at most 50 tags, not 51 (TagLimitExceeded)");
}

BOOST_AUTO_TEST_CASE(parts_of_a_redirect_have_bounds) {
  for (const char* part : {"Host: ", "Path: /", "Host: x, Query: "}) {
    const std::string fits(absl::string_view(part) == "Path: /" ? 127 : 128, 'a');
    const auto with = [&](const std::string& text) {
      return Check(LISTENER, absl::StrCat("{LoadBalancerArn: a, Port: 80, Protocol: HTTP, DefaultActions: [{Type: "
                                          "redirect, RedirectConfig: {StatusCode: HTTP_302, ",
                                          part, text, "}}]}"));
    };
    BOOST_TEST(with(fits).empty(), part);
    BOOST_TEST(with(fits + "a").size() == 1u, part);
  }
}

BOOST_AUTO_TEST_CASE(a_health_check_s_path_has_a_bound) {
  const auto with = [](size_t size) {
    return Check(TARGET_GROUP, absl::StrCat(TARGETS "HealthCheckPath: /", std::string(size - 1, 'a'), "}"));
  };
  BOOST_TEST(with(1024).empty());
  BOOST_TEST(with(1025).size() == 1u);
}

}  // namespace
}  // namespace nubo::stack
