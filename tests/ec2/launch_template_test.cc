#include "nubo/ec2/launch_template.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

LaunchTemplate Web() { return LaunchTemplate::Create("web", {.image_id = "ami-1"}, "first", kNow).value(); }

// One whose versions are 1 to `count`, each of a type of its own.
LaunchTemplate WithVersions(int count) {
  LaunchTemplate web = Web();
  for (int i = 2; i <= count; ++i) {
    BOOST_TEST(web.AddVersion({.instance_type = absl::StrCat("type-", i)}, "", "", kNow).value() == i);
  }
  return web;
}

// The number that is found, or AWS's code.
std::string Found(const LaunchTemplate& web, const std::string& version) {
  const auto found = web.Find(version);
  return found.ok() ? absl::StrCat((*found)->number) : base::ErrorCode(found.status());
}

BOOST_AUTO_TEST_CASE(the_first_version_is_the_default) {
  const LaunchTemplate web = Web();
  BOOST_TEST(web.name() == "web");
  BOOST_TEST(web.default_version() == 1);
  BOOST_TEST(web.latest_version() == 1);
  const LaunchTemplateVersion& first = *web.Find("1").value();
  BOOST_TEST(first.description == "first");
  BOOST_TEST((first.create_time == kNow));
  BOOST_TEST(first.data.image_id.value() == "ami-1");
}

BOOST_AUTO_TEST_CASE(versions_are_named_by_number_latest_and_default) {
  LaunchTemplate web = WithVersions(3);
  BOOST_TEST(IsOk(web.SetDefault("2")));
  struct {
    std::string version;
    std::string found;
  } const rows[] = {
      {"", "2"},
      {"$Default", "2"},
      {"$Latest", "3"},
      {"1", "1"},
      {"3", "3"},
      {"003", "3"},
      {"4", "InvalidLaunchTemplateId.VersionNotFound"},
      {"0", "InvalidLaunchTemplateId.VersionNotFound"},
      {"999999999999999999", "InvalidLaunchTemplateId.VersionNotFound"},
      {"$latest", "InvalidParameterValue"},
      {"latest", "InvalidParameterValue"},
      {"-1", "InvalidParameterValue"},
      {"+1", "InvalidParameterValue"},
      {" 1", "InvalidParameterValue"},
      {"1.0", "InvalidParameterValue"},
      {std::string(100000, '1'), "InvalidParameterValue"},
  };
  for (const auto& row : rows) BOOST_TEST(Found(web, row.version) == row.found, row.version.substr(0, 50));
  BOOST_TEST(StatusIs(web.Find("4"), StatusCode::kNotFound,
                      "Could not find version '4' of launch template web; its latest is 3"));
  BOOST_TEST(web.Find(std::string(100000, '1')).status().message().size() < 200u);
}

BOOST_AUTO_TEST_CASE(a_default_is_one_that_there_is) {
  LaunchTemplate web = WithVersions(3);
  BOOST_TEST(IsOk(web.SetDefault("$Latest")));
  BOOST_TEST(web.default_version() == 3);
  // It stays when another is added.
  BOOST_TEST(web.AddVersion({.image_id = "ami-4"}, "", "", kNow).value() == 4);
  BOOST_TEST(Found(web, "$Default") == "3");
  BOOST_TEST(base::ErrorCode(web.SetDefault("5")) == "InvalidLaunchTemplateId.VersionNotFound");
  BOOST_TEST(web.default_version() == 3);
}

BOOST_AUTO_TEST_CASE(a_version_has_what_its_source_has_and_it_does_not_say) {
  LaunchTemplate web =
      LaunchTemplate::Create("web",
                             {.image_id = "ami-1",
                              .instance_type = "t3.micro",
                              .security_group_ids = std::vector<std::string>{"sg-1", "sg-2"},
                              .placement = LaunchPlacement{.availability_zone = "us-east-1a", .tenancy = "default"},
                              .monitoring = true,
                              .rest = {{"IamInstanceProfile", "{\"Name\":\"a\"}"}, {"CpuOptions", "{}"}}},
                             "", kNow)
          .value();
  BOOST_TEST(web.AddVersion({.instance_type = "m5.large",
                             .security_group_ids = std::vector<std::string>{"sg-3"},
                             .placement = LaunchPlacement{.group_name = "close"},
                             .monitoring = false,
                             .rest = {{"CpuOptions", "{\"CoreCount\":1}"}}},
                            "second", "1", kNow)
                 .value() == 2);
  const LaunchTemplateData& data = web.Find("2").value()->data;
  BOOST_TEST(data.image_id.value() == "ami-1");
  BOOST_TEST(data.instance_type.value() == "m5.large");
  // A part is taken whole.
  BOOST_TEST((*data.security_group_ids == std::vector<std::string>{"sg-3"}));
  BOOST_TEST((*data.placement == LaunchPlacement{.group_name = "close"}));
  BOOST_TEST(!data.monitoring.value());
  BOOST_TEST(data.rest.at("IamInstanceProfile") == "{\"Name\":\"a\"}");
  BOOST_TEST(data.rest.at("CpuOptions") == "{\"CoreCount\":1}");
  // Its source is as it was; without one it has its own alone.
  BOOST_TEST(web.Find("1").value()->data.instance_type.value() == "t3.micro");
  BOOST_TEST(web.AddVersion({.image_id = "ami-3"}, "", "", kNow).value() == 3);
  BOOST_TEST((web.Find("3").value()->data == LaunchTemplateData{.image_id = "ami-3"}));
  BOOST_TEST(web.AddVersion({}, "a copy", "$Latest", kNow).value() == 4);
  BOOST_TEST((web.Find("4").value()->data == web.Find("3").value()->data));
  BOOST_TEST(base::ErrorCode(web.AddVersion({.image_id = "ami-3"}, "", "9", kNow).status()) ==
             "InvalidLaunchTemplateId.VersionNotFound");
  BOOST_TEST(web.latest_version() == 4);
}

// Every part, so that none is forgotten by Merge().
LaunchTemplateData Full(const std::string& word, bool flag, ShutdownBehavior behavior) {
  return {.image_id = word,
          .instance_type = word,
          .key_name = word,
          .user_data = word,
          .security_group_ids = std::vector<std::string>{word},
          .security_groups = std::vector<std::string>{word},
          .network_interfaces = std::vector<LaunchNetworkInterface>{{.subnet_id = word}},
          .block_device_mappings = std::vector<LaunchBlockDevice>{{.device_name = word}},
          .placement = LaunchPlacement{.group_name = word},
          .metadata_options = LaunchMetadataOptions{.http_tokens = word},
          .tag_specifications = std::vector<LaunchTagSpecification>{{word, {}}},
          .monitoring = flag,
          .ebs_optimized = flag,
          .disable_api_termination = flag,
          .disable_api_stop = flag,
          .instance_initiated_shutdown_behavior = behavior,
          .rest = {{"CpuOptions", word}}};
}

BOOST_AUTO_TEST_CASE(metadata_options_are_read_in_aws_words) {
  const MetadataOptions usual = *MetadataOptionsOf({});
  BOOST_TEST(usual.endpoint_enabled);
  BOOST_TEST(!usual.tokens_required);
  BOOST_TEST(usual.hop_limit == 1);
  const MetadataOptions all = *MetadataOptionsOf({.http_tokens = "required",
                                                  .http_endpoint = "disabled",
                                                  .http_put_response_hop_limit = 64,
                                                  .http_protocol_ipv6 = "enabled",
                                                  .instance_metadata_tags = "enabled"});
  BOOST_TEST(!all.endpoint_enabled);
  BOOST_TEST(all.tokens_required);
  BOOST_TEST(all.hop_limit == 64);
  BOOST_TEST(all.ipv6_enabled);
  BOOST_TEST(all.tags_enabled);
  const LaunchMetadataOptions wrong[] = {{.http_tokens = "enabled"},         {.http_endpoint = "on"},
                                         {.http_put_response_hop_limit = 0}, {.http_put_response_hop_limit = 65},
                                         {.http_protocol_ipv6 = "optional"}, {.instance_metadata_tags = "Enabled"}};
  for (const LaunchMetadataOptions& options : wrong) {
    const absl::Status refused = MetadataOptionsOf(options).status();
    BOOST_TEST(StatusIs(refused, absl::StatusCode::kInvalidArgument, "must be"));
    BOOST_TEST(base::ErrorCode(refused) == "InvalidParameterValue");
  }
}

BOOST_AUTO_TEST_CASE(what_is_said_stands_above_what_was) {
  const LaunchTemplateData a = Full("a", true, ShutdownBehavior::kStop);
  const LaunchTemplateData b = Full("b", false, ShutdownBehavior::kTerminate);
  BOOST_TEST((Merge(a, b) == b));
  BOOST_TEST((Merge(b, a) == a));
  BOOST_TEST((Merge(a, {}) == a));
  BOOST_TEST((Merge({}, a) == a));
  BOOST_TEST((Merge(a, a) == a));
  BOOST_TEST(Merge({}, {}).empty());
  BOOST_TEST(!a.empty());
}

BOOST_AUTO_TEST_CASE(a_template_says_something_and_has_a_name) {
  const auto code = [](const absl::StatusOr<LaunchTemplate>& made) { return base::ErrorCode(made.status()); };
  BOOST_TEST(code(LaunchTemplate::Create("a b", {.image_id = "ami-1"}, "", kNow)) ==
             "InvalidLaunchTemplateName.MalformedException");
  BOOST_TEST(code(LaunchTemplate::Create("web", {}, "", kNow)) == "MissingParameter");
  BOOST_TEST(code(LaunchTemplate::Create("web", {.image_id = "ami-1"}, std::string(256, 'd'), kNow)) ==
             "InvalidParameterValue");
  BOOST_TEST(IsOk(LaunchTemplate::Create("web", {.image_id = "ami-1"}, std::string(255, 'd'), kNow)));
  BOOST_TEST(IsOk(LaunchTemplate::Create("web", {.rest = {{"CpuOptions", "{}"}}}, "", kNow)));
  LaunchTemplate web = Web();
  BOOST_TEST(base::ErrorCode(web.AddVersion({}, "", "", kNow).status()) == "MissingParameter");
  BOOST_TEST(base::ErrorCode(web.AddVersion({.image_id = "ami-1"}, std::string(256, 'd'), "", kNow).status()) ==
             "InvalidParameterValue");
  // What is refused takes no number.
  BOOST_TEST(web.AddVersion({.image_id = "ami-1"}, "", "", kNow).value() == 2);
}

BOOST_AUTO_TEST_CASE(versions_are_deleted_each_for_itself_and_the_default_stays) {
  LaunchTemplate web = WithVersions(4);
  BOOST_TEST(IsOk(web.SetDefault("2")));
  const std::vector<VersionDeletion> gone = web.DeleteVersions({"1", "2", "9", "4", "4", "x"}).value();
  const std::vector<std::string> codes = {"",
                                          "unexpectedError",
                                          "launchTemplateVersionDoesNotExist",
                                          "",
                                          "launchTemplateVersionDoesNotExist",
                                          "launchTemplateVersionDoesNotExist"};
  const std::vector<int64_t> numbers = {1, 2, 0, 4, 0, 0};
  BOOST_TEST_REQUIRE(gone.size() == codes.size());
  for (size_t i = 0; i < gone.size(); ++i) {
    BOOST_TEST_INFO(gone[i].version);
    BOOST_TEST(gone[i].error_code == codes[i]);
    BOOST_TEST(gone[i].number == numbers[i]);
    BOOST_TEST(gone[i].message.empty() == codes[i].empty());
  }
  BOOST_TEST(Found(web, "$Latest") == "3");
  BOOST_TEST(Found(web, "4") == "InvalidLaunchTemplateId.VersionNotFound");
  // A number is not given again.
  BOOST_TEST(web.AddVersion({.image_id = "ami-5"}, "", "", kNow).value() == 5);
  BOOST_TEST(base::ErrorCode(web.DeleteVersions({}).status()) == "InvalidParameterValue");
  BOOST_TEST(base::ErrorCode(web.DeleteVersions(std::vector<std::string>(201, "1")).status()) ==
             "InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(a_template_has_its_bounds) {
  LaunchTemplate web = WithVersions(10000);
  const absl::Status full = web.AddVersion({.image_id = "ami-1"}, "", "", kNow).status();
  BOOST_TEST(StatusIs(full, StatusCode::kResourceExhausted, "web has 10000 versions"));
  BOOST_TEST(base::ErrorCode(full) == "MaxTemplateVersionLimitExceeded");
  BOOST_TEST(IsOk(web.DeleteVersions({"2"})));
  BOOST_TEST(web.AddVersion({.image_id = "ami-1"}, "", "", kNow).value() == 10001);
  BOOST_TEST(IsOk(CheckLaunchTemplateCount(4999)));
  BOOST_TEST(base::ErrorCode(CheckLaunchTemplateCount(5000)) == "MaxTemplateLimitExceeded");
}

BOOST_AUTO_TEST_CASE(what_was_kept_is_taken_up_again) {
  LaunchTemplate web = WithVersions(3);
  BOOST_TEST(IsOk(web.SetDefault("2")));
  BOOST_TEST(IsOk(web.DeleteVersions({"1", "3"})));
  std::vector<LaunchTemplateVersion> versions;
  for (const auto& [number, version] : web.versions()) versions.push_back(version);
  LaunchTemplate again =
      LaunchTemplate::Restore(web.name(), versions, web.default_version(), web.last_number()).value();
  BOOST_TEST(again.default_version() == 2);
  BOOST_TEST(again.AddVersion({.image_id = "ami-4"}, "", "", kNow).value() == 4);
  const auto restored = [](std::vector<int64_t> numbers, int64_t default_version, int64_t last) {
    std::vector<LaunchTemplateVersion> kept;
    for (const int64_t number : numbers)
      kept.push_back({.number = number, .description = {}, .create_time = kNow, .data = {}});
    return LaunchTemplate::Restore("web", kept, default_version, last);
  };
  BOOST_TEST(IsOk(restored({1, 3}, 3, 7)));
  for (const auto& bad : {restored({}, 1, 1), restored({1, 2}, 3, 3), restored({2, 1}, 1, 2), restored({1, 1}, 1, 2),
                          restored({0}, 0, 1), restored({1, 3}, 1, 2)}) {
    BOOST_TEST(StatusIs(bad, StatusCode::kInvalidArgument, "launch template web"));
  }
}

BOOST_AUTO_TEST_CASE(templates_are_named_by_id_or_by_name) {
  BOOST_TEST(IsOk(ValidateLaunchTemplateId("lt-0123456789abcdef0")));
  for (const char* bad : {"", "lt-", "lt-123", "web", "lt-0123456789ABCDEF0"}) {
    BOOST_TEST(base::ErrorCode(ValidateLaunchTemplateId(bad)) == "InvalidLaunchTemplateId.Malformed");
  }
  BOOST_TEST(base::ErrorCode(LaunchTemplateNotFound("lt-1")) == "InvalidLaunchTemplateId.NotFound");
  BOOST_TEST(base::ErrorCode(LaunchTemplateNameNotFound("web")) == "InvalidLaunchTemplateName.NotFoundException");
  BOOST_TEST(base::ErrorCode(LaunchTemplateNameInUse("web")) == "InvalidLaunchTemplateName.AlreadyExistsException");
  BOOST_TEST(IsOk(CheckLaunchTemplateReference("lt-1", "")));
  BOOST_TEST(IsOk(CheckLaunchTemplateReference("", "web")));
  BOOST_TEST(base::ErrorCode(CheckLaunchTemplateReference("", "")) == "MissingParameter");
  BOOST_TEST(base::ErrorCode(CheckLaunchTemplateReference("lt-1", "web")) == "InvalidParameterCombination");
}

}  // namespace
}  // namespace nubo::ec2
