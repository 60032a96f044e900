// The metadata service's configuration: what of it is served, and what is left out and told.
#include "nubo/metadata_server/config.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::metadata_server {
namespace {

namespace v1 = nubo::metadata::v1;
using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kKey[] = "token_key: '0123456789abcdef' ";

v1::Config Message(const std::string& text) {
  v1::Config config;
  BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

ServedConfig Served(const std::string& text) {
  absl::StatusOr<ServedConfig> served = FromProto(Message(kKey + text));
  BOOST_REQUIRE(IsOk(served));
  return *std::move(served);
}

InstanceTable::Tree Find(const ServedConfig& served, const char* vpc_id, const char* address) {
  return served.instances->Find(vpc_id, *net::IpAddress::Parse(address));
}

std::string Ask(const ServedConfig& served, const char* path) {
  const InstanceTable::Tree tree = Find(served, "vpc-1", "10.0.0.5");
  BOOST_REQUIRE(tree != nullptr);
  return tree->Answer(absl::StrCat("/latest/", path)).body;
}

BOOST_AUTO_TEST_CASE(everything_an_instance_says_is_taken_over) {
  const ServedConfig served = Served(R"(
    revision: 7
    instances {
      vpc_id: "vpc-1" addresses: "10.0.0.5" addresses: "2001:db8::5"
      instance_id: "i-1" image_id: "ami-1" instance_type: "t3.micro" architecture: "arm64" launch_index: 1
      launch_time_unix_seconds: 1767323045 reservation_id: "r-1" account_id: "123456789012" region: "us-east-1"
      availability_zone: "us-east-1a" availability_zone_id: "use1-az1" placement_group: "g" partition_number: 0
      hostname: "h" user_data: "#!" tags { key: "Name" value: "web" } target_lifecycle_state: "InService"
      spot: true spot_interruption { action: "stop" time_unix_seconds: 1767323045 }
      public_keys { name: "k" openssh_key: "ssh-rsa A" }
      interfaces {
        id: "eni-1" mac: "02:00:00:00:00:01" device_index: 2 network_card: 1 owner_id: "123456789012"
        local_hostname: "l" public_hostname: "p" addresses: "10.0.0.5" addresses: "2001:db8::5"
        associations { public_address: "198.51.100.7" private_address: "10.0.0.5" }
        security_groups { id: "sg-1" name: "web" } subnet_id: "subnet-1" vpc_id: "vpc-1"
        subnet_blocks: "10.0.0.0/24" vpc_blocks: "10.0.0.0/16"
      }
      options { tokens_required: true hop_limit: 3 ipv6_enabled: true tags_enabled: true }
    })");
  BOOST_TEST(served.revision == 7u);
  BOOST_TEST(served.refused.empty());
  BOOST_TEST((Find(served, "vpc-1", "2001:db8::5") == Find(served, "vpc-1", "10.0.0.5")));
  BOOST_TEST(Find(served, "vpc-2", "10.0.0.5") == nullptr);
  const ec2::MetadataOptions& options = Find(served, "vpc-1", "10.0.0.5")->instance().options;
  BOOST_TEST(options.endpoint_enabled);
  BOOST_TEST(options.tokens_required);
  BOOST_TEST(options.hop_limit == 3);
  BOOST_TEST(options.ipv6_enabled);
  for (const auto& [path, body] : {
           std::pair("meta-data/instance-id", "i-1"),
           std::pair("meta-data/ami-id", "ami-1"),
           std::pair("meta-data/ami-launch-index", "1"),
           std::pair("meta-data/instance-type", "t3.micro"),
           std::pair("meta-data/reservation-id", "r-1"),
           std::pair("meta-data/placement/region", "us-east-1"),
           std::pair("meta-data/placement/availability-zone", "us-east-1a"),
           std::pair("meta-data/placement/availability-zone-id", "use1-az1"),
           std::pair("meta-data/placement/group-name", "g"),
           std::pair("meta-data/placement/partition-number", "0"),
           std::pair("meta-data/hostname", "h"),
           std::pair("user-data", "#!"),
           std::pair("meta-data/tags/instance/Name", "web"),
           std::pair("meta-data/autoscaling/target-lifecycle-state", "InService"),
           std::pair("meta-data/instance-life-cycle", "spot"),
           std::pair("meta-data/spot/instance-action", "{\"action\": \"stop\", \"time\": \"2026-01-02T03:04:05Z\"}"),
           std::pair("meta-data/public-keys/0/openssh-key", "ssh-rsa A"),
           std::pair("meta-data/mac", "02:00:00:00:00:01"),
           std::pair("meta-data/local-ipv4", "10.0.0.5"),
           std::pair("meta-data/ipv6", "2001:db8::5"),
           std::pair("meta-data/public-ipv4", "198.51.100.7"),
           std::pair("meta-data/public-hostname", "p"),
           std::pair("meta-data/local-hostname", "l"),
           std::pair("meta-data/security-groups", "web"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/device-number", "2"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/network-card", "1"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/interface-id", "eni-1"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/owner-id", "123456789012"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/security-group-ids", "sg-1"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/subnet-id", "subnet-1"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/vpc-id", "vpc-1"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/subnet-ipv4-cidr-block", "10.0.0.0/24"),
           std::pair("meta-data/network/interfaces/macs/02:00:00:00:00:01/vpc-ipv4-cidr-block", "10.0.0.0/16"),
       }) {
    BOOST_TEST(Ask(served, path) == body, path);
  }
  const std::string document = Ask(served, "dynamic/instance-identity/document");
  for (const char* part : {"\"accountId\" : \"123456789012\"", "\"architecture\" : \"arm64\"",
                           "\"pendingTime\" : \"2026-01-02T03:04:05Z\""}) {
    BOOST_TEST(absl::StrContains(document, part), document);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_said_has_aws_s_defaults) {
  const ServedConfig served = Served(R"(instances { vpc_id: "vpc-1" addresses: "10.0.0.5" instance_id: "i-1" })");
  const ec2::InstanceMetadata& instance = Find(served, "vpc-1", "10.0.0.5")->instance();
  BOOST_TEST(instance.architecture == "x86_64");
  BOOST_TEST(instance.options.endpoint_enabled);
  BOOST_TEST(!instance.options.tokens_required);
  BOOST_TEST(instance.options.hop_limit == 1);
  BOOST_TEST(!instance.partition_number.has_value());
  BOOST_TEST(!instance.spot_interruption.has_value());
}

BOOST_AUTO_TEST_CASE(one_bad_instance_takes_no_other_with_it) {
  const ServedConfig served = Served(R"(
    instances { vpc_id: "vpc-1" addresses: "10.0.0.300" instance_id: "i-a" }
    instances { vpc_id: "vpc-1" addresses: "10.0.0.4" }
    instances { vpc_id: "vpc-1" addresses: "10.0.0.4" instance_id: "i-b" options { hop_limit: 65 } }
    instances { vpc_id: "vpc-1" addresses: "10.0.0.4" instance_id: "i-c" interfaces { id: "eni-1" vpc_blocks: "x" } }
    instances { vpc_id: "vpc-1" addresses: "10.0.0.4" instance_id: "i-d"
                interfaces { id: "eni-2" associations { public_address: "" private_address: "10.0.0.4" } } }
    instances { vpc_id: "vpc-1" addresses: "10.0.0.5" instance_id: "i-1" })");
  BOOST_TEST(Find(served, "vpc-1", "10.0.0.4") == nullptr);
  BOOST_TEST(Ask(served, "meta-data/instance-id") == "i-1");
  BOOST_REQUIRE(served.refused.size() == 5u);
  BOOST_TEST(served.refused[0].instance_id() == "i-a");
  BOOST_TEST(absl::StartsWith(served.refused[0].why(), "instance i-a: "), served.refused[0].why());
  BOOST_TEST(absl::StrContains(served.refused[1].why(), "it has no id"), served.refused[1].why());
  BOOST_TEST(absl::StrContains(served.refused[2].why(), "hop limit is 65"), served.refused[2].why());
  BOOST_TEST(absl::StartsWith(served.refused[3].why(), "instance i-c: interface eni-1: "), served.refused[3].why());
  BOOST_TEST(absl::StartsWith(served.refused[4].why(), "instance i-d: interface eni-2: "), served.refused[4].why());
}

BOOST_AUTO_TEST_CASE(an_address_is_one_instance_s_in_a_vpc) {
  const ServedConfig served = Served(R"(
    instances { vpc_id: "vpc-1" addresses: "10.0.0.5" instance_id: "i-1" }
    instances { vpc_id: "vpc-1" addresses: "10.0.0.5" addresses: "10.0.0.6" instance_id: "i-2" }
    instances { vpc_id: "vpc-2" addresses: "10.0.0.5" instance_id: "i-3" })");
  BOOST_TEST(Find(served, "vpc-1", "10.0.0.5")->instance().instance_id == "i-1");
  BOOST_TEST(Find(served, "vpc-1", "10.0.0.6")->instance().instance_id == "i-2");
  BOOST_TEST(Find(served, "vpc-2", "10.0.0.5")->instance().instance_id == "i-3");
  BOOST_REQUIRE(served.refused.size() == 1u);
  BOOST_TEST(served.refused[0].instance_id() == "i-2");
  BOOST_TEST(served.refused[0].why() == "instance i-2: 10.0.0.5 in vpc-1 is already i-1's");
}

BOOST_AUTO_TEST_CASE(user_data_has_its_bound) {
  v1::Config config =
      Message(std::string(kKey) + R"(instances { vpc_id: "v" addresses: "10.0.0.5" instance_id: "i" })");
  config.mutable_instances(0)->set_user_data(std::string(kUserDataSizeMax, 'x'));
  BOOST_TEST(FromProto(config)->refused.empty());
  config.mutable_instances(0)->set_user_data(std::string(kUserDataSizeMax + 1, 'x'));
  BOOST_TEST(FromProto(config)->refused.size() == 1u);
}

BOOST_AUTO_TEST_CASE(listeners_are_addresses_in_vpcs) {
  const ServedConfig served = Served(R"(
    listeners { vpc_id: "vpc-1" ip: "169.254.169.254" port: 80 }
    listeners { vpc_id: "vpc-2" ip: "fd00:ec2::254" port: 80 }
    listeners { vpc_id: "vpc-3" ip: "nowhere" port: 80 }
    listeners { vpc_id: "vpc-4" ip: "10.0.0.1" port: 65536 })");
  BOOST_REQUIRE(served.listeners.size() == 2u);
  BOOST_TEST((served.listeners[0] == VpcAddress{"vpc-1", *net::SocketAddress::Parse("169.254.169.254:80")}));
  BOOST_TEST((served.listeners[1] == VpcAddress{"vpc-2", *net::SocketAddress::Parse("[fd00:ec2::254]:80")}));
  BOOST_REQUIRE(served.refused.size() == 2u);
  BOOST_TEST(absl::StartsWith(served.refused[0].why(), "listener nowhere in vpc-3: "), served.refused[0].why());
  BOOST_TEST(served.refused[1].why() == "listener 10.0.0.1 in vpc-4: port 65536 is not one; expected 0 to 65535");
}

BOOST_AUTO_TEST_CASE(listeners_beyond_the_bound_are_left_out) {
  std::string text;
  for (size_t i = 0; i < kListenersMax + 2; ++i) {
    absl::StrAppend(&text, "listeners { vpc_id: 'vpc-", i, "' ip: '169.254.169.254' port: 80 }");
  }
  const ServedConfig served = Served(text);
  BOOST_TEST(served.listeners.size() == kListenersMax);
  BOOST_TEST(served.refused.size() == 2u);
}

BOOST_AUTO_TEST_CASE(without_a_whole_key_nothing_is_served) {
  for (const char* key : {"", "token_key: '0123456789abcde'", "token_key: '0123456789abcdef0'"}) {
    BOOST_TEST(StatusIs(FromProto(Message(key)).status(), StatusCode::kInvalidArgument, "expected 16"));
  }
}

BOOST_AUTO_TEST_CASE(the_key_decides_whose_tokens_are_good) {
  std::mt19937_64 rng(1);
  const absl::Time now = absl::FromUnixSeconds(1000);
  const ec2::MetadataTokens tokens(Served("").seal);
  const std::string token = tokens.Issue("i-1", absl::Hours(1), now, rng);
  BOOST_TEST(ec2::MetadataTokens(Served("revision: 2").seal).Check(token, "i-1", now).has_value());
  BOOST_TEST(!tokens.Check(token, "i-2", now));
  for (const char* other : {"token_key: '0123456789abcdeg'", "token_key: '1123456789abcdef'"}) {
    BOOST_TEST(!ec2::MetadataTokens(FromProto(Message(other))->seal).Check(token, "i-1", now));
  }
}

BOOST_AUTO_TEST_CASE(both_halves_of_a_seal_say_something_of_their_own) {
  const ec2::TokenSeal seal = Served("").seal;
  const std::string one = seal("a");
  BOOST_REQUIRE(one.size() == 16u);
  BOOST_TEST(one.substr(0, 8) != one.substr(8));
  const std::string other = seal("b");
  BOOST_TEST(one.substr(0, 8) != other.substr(0, 8));
  BOOST_TEST(one.substr(8) != other.substr(8));
}

}  // namespace
}  // namespace nubo::metadata_server
