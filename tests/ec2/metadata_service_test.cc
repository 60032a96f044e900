// Requests of instances, and what the metadata service makes of them.
#include "nubo/ec2/metadata_service.h"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/ec2/metadata_samples.h"

namespace nubo::ec2 {
namespace {

const absl::Time kNow = kSampleTime;

std::string Header(const MetadataResponse& response, absl::string_view name) {
  for (const auto& [each, value] : response.headers) {
    if (each == name) return value;
  }
  return "";
}

struct Fixture {
  // "GET /latest/meta-data/ami-id | Name: value | Name: value"
  MetadataResponse Ask(absl::string_view text) {
    const std::vector<std::string> parts = absl::StrSplit(text, " | ");
    const std::pair<std::string, std::string> line = absl::StrSplit(parts[0], absl::MaxSplits(' ', 1));
    std::vector<std::pair<std::string, std::string>> fields;
    for (size_t i = 1; i < parts.size(); ++i) fields.push_back(absl::StrSplit(parts[i], absl::MaxSplits(": ", 1)));
    MetadataRequest request{.method = line.first, .path = line.second, .over_ipv6 = over_ipv6};
    request.headers.assign(fields.begin(), fields.end());
    return HandleMetadata(request, MetadataTree(instance), tokens, now, rng);
  }
  int Status(absl::string_view text) {
    const MetadataResponse response = Ask(text);
    if (response.status != 200) BOOST_TEST(response.body == MetadataErrorPage(response.status));
    BOOST_TEST(Header(response, "server") == "EC2ws");
    return response.status;
  }
  std::string Token(int ttl = 60) {
    return Ask(absl::StrCat("PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: ", ttl)).body;
  }
  std::string With(absl::string_view token) {
    return absl::StrCat("GET /latest/meta-data/ami-id | X-aws-ec2-metadata-token: ", token);
  }

  InstanceMetadata instance = FullInstance();
  MetadataTokens tokens{PlainSeal("key")};
  std::mt19937_64 rng{1};
  absl::Time now = kNow;
  bool over_ipv6 = false;
};

struct Expected {
  const char* request;
  int status;
};

// Where tokens are optional.
constexpr Expected kRequests[] = {
    {"GET /latest/meta-data/ami-id", 200},
    {"HEAD /latest/meta-data/ami-id", 200},
    {"GET /", 200},
    {"GET /latest/meta-data/nothing", 404},
    {"HEAD /latest/meta-data/nothing", 404},
    {"GET *", 404},
    {"GET /latest/meta-data/ami-id | X-Forwarded-For: 10.0.0.1", 200},
    {"GET /latest/meta-data/ami-id | X-aws-ec2-metadata-token: nonsense", 401},
    {"GET /latest/meta-data/nothing | X-aws-ec2-metadata-token: nonsense", 401},
    {"GET /latest/meta-data/ami-id | X-aws-ec2-metadata-token: ", 401},
    {"GET /latest/meta-data/ami-id | X-aws-ec2-metadata-token-ttl-seconds: 5", 200},
    {"POST /latest/meta-data/ami-id", 405},
    {"DELETE /latest/meta-data/ami-id", 405},
    {"OPTIONS /latest/meta-data/", 405},
    {"TRACE /", 405},
    {"CONNECT /", 405},
    {"PATCH /latest/nothing", 405},
    {"get /latest/meta-data/ami-id", 405},
    {" /latest/meta-data/ami-id", 405},
    {"PUT /latest/meta-data/ami-id", 405},
    {"PUT /latest/meta-data/ami-id | X-aws-ec2-metadata-token-ttl-seconds: 60", 405},
    {"PUT /latest/api", 405},
    {"PUT /latest/api/token/x | X-aws-ec2-metadata-token-ttl-seconds: 60", 405},
    {"PUT *", 405},
    {"GET /latest/api/token", 405},
    {"HEAD /latest/api/token", 405},
    {"POST /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60", 405},
    {"put /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60", 405},
    {"GET /2021-07-15/api/token", 404},
    {"PUT /2021-07-15/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60", 403},
    {"PUT /1.0/api/token", 403},
    {"PUT /nothing/api/token", 403},
    {"PUT /latest/api/token", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token: 60", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 1", 200},
    {"PUT /latest/api/token | x-aws-ec2-metadata-token-ttl-seconds: 60", 200},
    {"PUT /latest/api/token | X-AWS-EC2-METADATA-TOKEN-TTL-SECONDS: 60", 200},
    {"PUT /latest/api/token/ | X-aws-ec2-metadata-token-ttl-seconds: 60", 200},
    {"PUT //latest//api//token | X-aws-ec2-metadata-token-ttl-seconds: 60", 200},
    {"PUT /latest/api/token?x=y | X-aws-ec2-metadata-token-ttl-seconds: 60", 200},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 21600", 200},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 0060", 200},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 21601", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 0", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: -1", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: +60", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60s", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 6 0", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 0x3c", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60.0", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: ", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 99999999999999999999", 400},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60 | X-Forwarded-For: 10.0.0.1", 403},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60 | x-forwarded-for: ", 403},
    {"PUT /latest/api/token | X-Forwarded-For: 10.0.0.1", 403},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60 | X-Forwarded-Proto: http", 200},
    {"PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60 | "
     "X-aws-ec2-metadata-token-ttl-seconds: 60",
     400},
};

BOOST_FIXTURE_TEST_CASE(each_request_has_its_status, Fixture) {
  for (const auto& [request, status] : kRequests) BOOST_TEST(Status(request) == status, request);
}

BOOST_FIXTURE_TEST_CASE(a_token_opens_everything_while_it_is_good, Fixture) {
  instance.options.tokens_required = true;
  const std::string token = Token(60);
  const MetadataResponse response = Ask(With(token));
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body == "ami-0abc");
  BOOST_TEST(Header(response, "content-type") == "text/plain");
  now = kNow + absl::Milliseconds(59001);
  BOOST_TEST(Header(Ask(With(token)), std::string(kTokenTtlHeader)) == "1");
  now = kNow + absl::Seconds(60);
  BOOST_TEST(Status(With(token)) == 401);
}

BOOST_FIXTURE_TEST_CASE(without_a_token_nothing_is_told_where_they_are_required, Fixture) {
  instance.options.tokens_required = true;
  for (const char* path : {"/", "/latest", "/latest/meta-data/", "/latest/user-data", "/latest/nothing", "*",
                           "/latest/dynamic/instance-identity/document"}) {
    BOOST_TEST(Status(absl::StrCat("GET ", path)) == 401, path);
    BOOST_TEST(Status(absl::StrCat("HEAD ", path)) == 401, path);
  }
  BOOST_TEST(Status("GET /latest/meta-data/ami-id | X-aws-ec2-metadata-token: nonsense") == 401);
  BOOST_TEST(Status("PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60") == 200);
}

BOOST_FIXTURE_TEST_CASE(a_token_of_another_instance_is_none, Fixture) {
  const std::string token = Token();
  instance.instance_id = "i-2";
  BOOST_TEST(Status(With(token)) == 401);
}

BOOST_FIXTURE_TEST_CASE(two_tokens_are_none, Fixture) {
  const std::string token = Token();
  BOOST_TEST(Status(absl::StrCat(With(token), " | X-aws-ec2-metadata-token: ", token)) == 401);
}

BOOST_FIXTURE_TEST_CASE(a_token_comes_with_its_ttl_for_as_many_hops_as_the_instance_says, Fixture) {
  for (const auto& [said, kept] : {std::pair(1, 1), std::pair(64, 64), std::pair(0, 1), std::pair(1000, 64)}) {
    instance.options.hop_limit = said;
    const MetadataResponse response = Ask("PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 21600");
    BOOST_TEST(response.body.size() == MetadataTokens::kSize);
    BOOST_TEST(Header(response, std::string(kTokenTtlHeader)) == "21600");
    BOOST_TEST((response.hop_limit == kept));
  }
}

BOOST_FIXTURE_TEST_CASE(what_holds_no_token_goes_as_far_as_any_packet, Fixture) {
  for (const char* request :
       {"GET /latest/meta-data/ami-id", "PUT /latest/api/token", "PUT /1.0/api/token", "POST /", "GET /nothing"}) {
    BOOST_TEST(!Ask(request).hop_limit.has_value(), request);
  }
}

BOOST_FIXTURE_TEST_CASE(a_disabled_endpoint_refuses_everything, Fixture) {
  const std::string token = Token();
  instance.options.endpoint_enabled = false;
  BOOST_TEST(Status(With(token)) == 403);
  for (const char* request : {"GET /", "HEAD /", "POST /", "GET /nothing", "GET /latest/api/token",
                              "PUT /latest/api/token | X-aws-ec2-metadata-token-ttl-seconds: 60"}) {
    BOOST_TEST(Status(request) == 403, request);
  }
}

BOOST_FIXTURE_TEST_CASE(ipv6_answers_where_it_is_enabled, Fixture) {
  over_ipv6 = true;
  BOOST_TEST(Status("GET /latest/meta-data/ami-id") == 403);
  instance.options.ipv6_enabled = true;
  BOOST_TEST(Status("GET /latest/meta-data/ami-id") == 200);
  over_ipv6 = false;
  BOOST_TEST(Status("GET /latest/meta-data/ami-id") == 200);
}

BOOST_FIXTURE_TEST_CASE(a_refused_method_is_told_which_are_taken, Fixture) {
  BOOST_TEST(Header(Ask("POST /latest/meta-data/ami-id"), "allow") == "GET, HEAD");
  BOOST_TEST(Header(Ask("PUT /latest/user-data"), "allow") == "GET, HEAD");
  BOOST_TEST(Header(Ask("GET /latest/api/token"), "allow") == "PUT");
}

}  // namespace
}  // namespace nubo::ec2
