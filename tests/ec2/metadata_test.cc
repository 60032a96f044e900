// What instances are told about themselves, path by path.
#include "nubo/ec2/metadata.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"
#include "tests/ec2/metadata_samples.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

// Of a path that is not there "404".
std::string Ask(const MetadataTree& tree, absl::string_view path) {
  const MetadataAnswer answer = tree.Answer(path);
  if (answer.status == 404) {
    BOOST_TEST(answer.content_type == "text/html");
    BOOST_TEST(answer.body == MetadataErrorPage(404));
    return "404";
  }
  BOOST_TEST(answer.status == 200);
  return answer.body;
}

struct Expected {
  const char* path;
  const char* body;
};

constexpr Expected kValues[] = {
    {"ami-id", "ami-0abc"},
    {"ami-launch-index", "2"},
    {"ami-manifest-path", "(unknown)"},
    {"autoscaling/target-lifecycle-state", "InService"},
    {"events/maintenance/history", "[]"},
    {"events/maintenance/scheduled", "[]"},
    {"hostname", "ip-10-0-1-5.ec2.internal"},
    {"instance-action", "none"},
    {"instance-id", "i-0123456789abcdef0"},
    {"instance-life-cycle", "spot"},
    {"instance-type", "t3.micro"},
    {"ipv6", "2001:db8:1::5"},
    {"local-hostname", "ip-10-0-1-5.ec2.internal"},
    {"local-ipv4", "10.0.1.5"},
    {"mac", "02:29:96:8f:6a:2d"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/device-number", "0"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/interface-id", "eni-1"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/ipv4-associations/198.51.100.7", "10.0.1.5"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/ipv4-associations/198.51.100.8", "10.0.1.6"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/ipv6s", "2001:db8:1::5\n2001:db8:1::6"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/local-hostname", "ip-10-0-1-5.ec2.internal"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/local-ipv4s", "10.0.1.5\n10.0.1.6"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/mac", "02:29:96:8f:6a:2d"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/network-card", "0"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/owner-id", "123456789012"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/public-hostname", "ec2-198-51-100-7.compute-1.amazonaws.com"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/public-ipv4s", "198.51.100.7\n198.51.100.8"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/security-group-ids", "sg-1\nsg-2"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/security-groups", "web\nssh"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/subnet-id", "subnet-1"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/subnet-ipv4-cidr-block", "10.0.1.0/24"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/subnet-ipv6-cidr-blocks", "2001:db8:1::/64"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/vpc-id", "vpc-1"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/vpc-ipv4-cidr-block", "10.0.0.0/16"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/vpc-ipv4-cidr-blocks", "10.0.0.0/16\n10.1.0.0/16"},
    {"network/interfaces/macs/02:29:96:8f:6a:2d/vpc-ipv6-cidr-blocks", "2001:db8::/56"},
    {"network/interfaces/macs/02:29:96:8f:6a:2e/device-number", "1"},
    {"network/interfaces/macs/02:29:96:8f:6a:2e/local-ipv4s", "10.0.2.9"},
    {"network/interfaces/macs/02:29:96:8f:6a:2e/security-groups", "db"},
    {"placement/availability-zone", "us-east-1a"},
    {"placement/availability-zone-id", "use1-az1"},
    {"placement/group-name", "spread-1"},
    {"placement/partition-number", "3"},
    {"placement/region", "us-east-1"},
    {"public-hostname", "ec2-198-51-100-7.compute-1.amazonaws.com"},
    {"public-ipv4", "198.51.100.7"},
    {"public-keys/0/openssh-key", "ssh-ed25519 AAAA one"},
    {"public-keys/1/openssh-key", "ssh-ed25519 BBBB two"},
    {"reservation-id", "r-1"},
    {"security-groups", "web\nssh"},
    {"services/domain", "amazonaws.com"},
    {"services/partition", "aws"},
    {"spot/instance-action", "{\"action\": \"terminate\", \"time\": \"2026-01-02T03:06:05Z\"}"},
    {"spot/termination-time", "2026-01-02T03:06:05Z"},
    {"tags/instance/Name", "web-1"},
    {"tags/instance/aws:autoscaling:groupName", "web"},
    {"tags/instance/aws%3Aautoscaling%3agroupName", "web"},
    {"tags/instance/Empty", ""},
    {"network/interfaces/macs/02%3A29%3A96%3A8f%3A6a%3A2d/interface-id", "eni-1"},
};

BOOST_AUTO_TEST_CASE(every_category_has_its_value_by_every_spelling_of_its_path) {
  const MetadataTree tree(FullInstance());
  for (const auto& [path, body] : kValues) {
    for (const char* version : {"latest", "2021-07-15", "1.0"}) {
      BOOST_TEST(Ask(tree, absl::StrCat("/", version, "/meta-data/", path)) == body, path);
    }
    BOOST_TEST(Ask(tree, absl::StrCat("/latest/meta-data/", path, "/")) == body, path);
    BOOST_TEST(Ask(tree, absl::StrCat("//latest//meta-data//", path, "?query=1")) == body, path);
    BOOST_TEST(tree.Answer(absl::StrCat("/latest/meta-data/", path)).content_type == "text/plain");
  }
}

constexpr Expected kListings[] = {
    {"/latest", "dynamic\nmeta-data\nuser-data"},
    {"/2009-04-04", "dynamic\nmeta-data\nuser-data"},
    {"/latest/dynamic", "instance-identity/"},
    {"/latest/dynamic/instance-identity", "document"},
    {"/latest/meta-data",
     "ami-id\nami-launch-index\nami-manifest-path\nautoscaling/\nevents/\nhostname\ninstance-action\ninstance-id\n"
     "instance-life-cycle\ninstance-type\nipv6\nlocal-hostname\nlocal-ipv4\nmac\nnetwork/\nplacement/\n"
     "public-hostname\npublic-ipv4\npublic-keys/\nreservation-id\nsecurity-groups\nservices/\nspot/\ntags/"},
    {"/latest/meta-data/autoscaling", "target-lifecycle-state"},
    {"/latest/meta-data/events", "maintenance/"},
    {"/latest/meta-data/events/maintenance", "history\nscheduled"},
    {"/latest/meta-data/network", "interfaces/"},
    {"/latest/meta-data/network/interfaces", "macs/"},
    {"/latest/meta-data/network/interfaces/macs", "02:29:96:8f:6a:2d/\n02:29:96:8f:6a:2e/"},
    {"/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2d",
     "device-number\ninterface-id\nipv4-associations/\nipv6s\nlocal-hostname\nlocal-ipv4s\nmac\nnetwork-card\n"
     "owner-id\npublic-hostname\npublic-ipv4s\nsecurity-group-ids\nsecurity-groups\nsubnet-id\n"
     "subnet-ipv4-cidr-block\nsubnet-ipv6-cidr-blocks\nvpc-id\nvpc-ipv4-cidr-block\nvpc-ipv4-cidr-blocks\n"
     "vpc-ipv6-cidr-blocks"},
    {"/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2d/ipv4-associations", "198.51.100.7\n198.51.100.8"},
    {"/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2e",
     "device-number\ninterface-id\nlocal-ipv4s\nmac\nnetwork-card\nsecurity-group-ids\nsecurity-groups"},
    {"/latest/meta-data/placement", "availability-zone\navailability-zone-id\ngroup-name\npartition-number\nregion"},
    {"/latest/meta-data/public-keys", "0=my-key\n1=other"},
    {"/latest/meta-data/public-keys/0", "openssh-key"},
    {"/latest/meta-data/services", "domain\npartition"},
    {"/latest/meta-data/spot", "instance-action\ntermination-time"},
    {"/latest/meta-data/tags", "instance/"},
    {"/latest/meta-data/tags/instance", "Empty\nName\naws:autoscaling:groupName"},
};

BOOST_AUTO_TEST_CASE(a_directory_lists_what_is_in_it_with_and_without_its_slash) {
  const MetadataTree tree(FullInstance());
  for (const auto& [path, body] : kListings) {
    BOOST_TEST(Ask(tree, path) == body, path);
    BOOST_TEST(Ask(tree, absl::StrCat(path, "/")) == body, path);
  }
}

BOOST_AUTO_TEST_CASE(the_root_lists_versions_and_each_is_there) {
  const MetadataTree tree(FullInstance());
  const std::string listed = Ask(tree, "/");
  BOOST_TEST(absl::StartsWith(listed, "1.0\n2007-01-19\n"));
  BOOST_TEST(absl::EndsWith(listed, "\nlatest"));
  for (const absl::string_view version : absl::StrSplit(listed, '\n')) {
    BOOST_TEST(Ask(tree, absl::StrCat("/", version, "/meta-data/ami-id")) == "ami-0abc", version);
  }
}

// A client that follows listings finds everything, and nothing that is not there.
void Follow(const MetadataTree& tree, const std::string& directory, std::set<std::string>* found) {
  for (const absl::string_view name : absl::StrSplit(Ask(tree, directory), '\n')) {
    // As cloud-init reads public-keys/: what is left of "=" is a directory.
    const size_t equals = absl::EndsWith(directory, "public-keys/") ? name.find('=') : absl::string_view::npos;
    const std::string path = absl::StrCat(directory, name.substr(0, equals));
    if (equals != absl::string_view::npos) {
      Follow(tree, path + "/", found);
    } else if (absl::EndsWith(name, "/")) {
      Follow(tree, path, found);
    } else {
      BOOST_TEST(Ask(tree, path) != "404", path);
      found->insert(path.substr(std::string("/latest/meta-data/").size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(whoever_follows_the_listings_finds_everything) {
  const MetadataTree tree(FullInstance());
  std::set<std::string> found;
  Follow(tree, "/latest/meta-data/", &found);
  for (const auto& [path, body] : kValues) {
    if (!absl::StrContains(path, "%")) BOOST_TEST(found.count(path) == 1u, path);
  }
  BOOST_TEST(found.size() == 61u);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  const MetadataTree tree(FullInstance());
  for (const char* path : {
           "",
           "latest/meta-data/ami-id",
           "*",
           "http://169.254.169.254/latest/meta-data/ami-id",
           "/lates",
           "/Latest/meta-data/ami-id",
           "/2021-07-16/meta-data/ami-id",
           "/1/meta-data",
           "/meta-data/ami-id",
           "/latest/api",
           "/latest/api/token",
           "/latest/metadata",
           "/latest/meta-data/AMI-ID",
           "/latest/meta-data/ami-i",
           "/latest/meta-data/ami-id/x",
           "/latest/meta-data/ami",
           "/latest/meta-data/../meta-data/ami-id",
           "/latest/meta-data/./ami-id",
           "/latest/meta-data%2fami-id",
           "/latest/meta-data/ami-id%",
           "/latest/meta-data/ami-id%0",
           "/latest/meta-data/ami-id%zz",
           "/latest/meta-data/ami-id%00",
           "/latest/meta-data/iam",
           "/latest/meta-data/iam/info",
           "/latest/meta-data/iam/security-credentials/",
           "/latest/meta-data/identity-credentials/ec2/info",
           "/latest/meta-data/events/recommendations/rebalance",
           "/latest/meta-data/block-device-mapping/",
           "/latest/meta-data/kernel-id",
           "/latest/meta-data/product-codes",
           "/latest/meta-data/placement/host-id",
           "/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2f/",
           "/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2e/public-ipv4s",
           "/latest/meta-data/public-keys/0=my-key",
           "/latest/meta-data/public-keys/2/openssh-key",
           "/latest/meta-data/tags/instance/name",
           "/latest/meta-data/tags/instance/with%20space",
           "/latest/meta-data/tags/instance/with%2Fslash",
           "/latest/meta-data/tags/instance/with/slash",
           "/latest/meta-data/tags/instance/_index",
           "/latest/meta-data/tags/instance/.",
           "/latest/dynamic/instance-identity/signature",
           "/latest/dynamic/instance-identity/pkcs7",
           "/latest/dynamic/fws/instance-monitoring",
           "/latest/user-data/x",
       }) {
    BOOST_TEST(Ask(tree, path) == "404", path);
  }
}

BOOST_AUTO_TEST_CASE(an_instance_that_has_little_says_little) {
  const MetadataTree tree(BareInstance());
  BOOST_TEST(Ask(tree, "/latest") == "dynamic\nmeta-data");
  BOOST_TEST(Ask(tree, "/latest/meta-data/") ==
             "ami-id\nami-launch-index\nami-manifest-path\nevents/\ninstance-action\ninstance-id\ninstance-life-cycle\n"
             "instance-type\nservices/");
  BOOST_TEST(Ask(tree, "/latest/meta-data/instance-life-cycle") == "on-demand");
  for (const char* path : {"user-data", "meta-data/public-ipv4", "meta-data/spot", "meta-data/tags/instance",
                           "meta-data/public-keys", "meta-data/network", "meta-data/autoscaling"}) {
    BOOST_TEST(Ask(tree, absl::StrCat("/latest/", path)) == "404", path);
  }
}

BOOST_AUTO_TEST_CASE(tags_are_there_only_where_they_are_enabled) {
  InstanceMetadata instance = FullInstance();
  instance.options.tags_enabled = false;
  const MetadataTree tree(instance);
  BOOST_TEST(Ask(tree, "/latest/meta-data/tags/instance/Name") == "404");
  BOOST_TEST(!absl::StrContains(Ask(tree, "/latest/meta-data/"), "tags"));
}

BOOST_AUTO_TEST_CASE(an_interruption_that_terminates_nothing_has_no_termination_time) {
  InstanceMetadata instance = FullInstance();
  instance.spot_interruption->action = "stop";
  const MetadataTree tree(instance);
  BOOST_TEST(Ask(tree, "/latest/meta-data/spot/") == "instance-action");
  BOOST_TEST(Ask(tree, "/latest/meta-data/spot/instance-action") ==
             "{\"action\": \"stop\", \"time\": \"2026-01-02T03:06:05Z\"}");
}

BOOST_AUTO_TEST_CASE(a_hostname_of_its_own_stands_beside_the_network_s) {
  InstanceMetadata instance = FullInstance();
  instance.hostname = "web-1.internal";
  const MetadataTree tree(instance);
  BOOST_TEST(Ask(tree, "/latest/meta-data/hostname") == "web-1.internal");
  BOOST_TEST(Ask(tree, "/latest/meta-data/local-hostname") == "ip-10-0-1-5.ec2.internal");
}

BOOST_AUTO_TEST_CASE(public_addresses_of_one_association_share_its_directory) {
  InstanceMetadata instance = FullInstance();
  instance.interfaces[0].associations = {{*net::IpAddress::Parse("198.51.100.7"), *net::IpAddress::Parse("10.0.1.5")},
                                         {*net::IpAddress::Parse("198.51.100.7"), *net::IpAddress::Parse("10.0.1.6")}};
  const MetadataTree tree(instance);
  BOOST_TEST(Ask(tree, "/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2d/ipv4-associations/198.51.100.7") ==
             "10.0.1.5\n10.0.1.6");
}

BOOST_AUTO_TEST_CASE(user_data_comes_back_byte_by_byte) {
  const MetadataTree tree(FullInstance());
  for (const char* path : {"/latest/user-data", "/latest/user-data/", "/2009-04-04/user-data"}) {
    const MetadataAnswer answer = tree.Answer(path);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.content_type == "application/octet-stream");
    BOOST_TEST(answer.body == std::string("#!/bin/sh\necho \0 hello\n", 23));
  }
}

BOOST_AUTO_TEST_CASE(the_identity_document_has_aws_fields_in_their_order) {
  BOOST_TEST(Ask(MetadataTree(FullInstance()), "/latest/dynamic/instance-identity/document") ==
             R"({
  "accountId" : "123456789012",
  "architecture" : "x86_64",
  "availabilityZone" : "us-east-1a",
  "billingProducts" : null,
  "devpayProductCodes" : null,
  "marketplaceProductCodes" : null,
  "imageId" : "ami-0abc",
  "instanceId" : "i-0123456789abcdef0",
  "instanceType" : "t3.micro",
  "kernelId" : null,
  "pendingTime" : "2026-01-02T03:04:05Z",
  "privateIp" : "10.0.1.5",
  "ramdiskId" : null,
  "region" : "us-east-1",
  "version" : "2017-09-30"
})");
}

BOOST_AUTO_TEST_CASE(the_identity_document_stays_json_whatever_an_id_says) {
  InstanceMetadata instance = BareInstance();
  instance.instance_type = "a\"b\\c\nd";
  const std::string document = Ask(MetadataTree(instance), "/latest/dynamic/instance-identity/document");
  BOOST_TEST(absl::StrContains(document, R"("instanceType" : "a\"b\\c\u000ad")"), document);
  BOOST_TEST(absl::StrContains(document, R"("privateIp" : null)"), document);
}

BOOST_AUTO_TEST_CASE(the_page_of_an_error_is_aws_s) {
  BOOST_TEST(MetadataErrorPage(404) ==
             "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n"
             "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n"
             "\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
             "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n"
             " <head>\n"
             "  <title>404 - Not Found</title>\n"
             " </head>\n"
             " <body>\n"
             "  <h1>404 - Not Found</h1>\n"
             " </body>\n"
             "</html>\n");
  for (const auto& [status, words] :
       {std::pair(400, "Bad Request"), std::pair(401, "Unauthorized"), std::pair(403, "Forbidden"),
        std::pair(405, "Not Allowed"), std::pair(503, "Service Unavailable"), std::pair(599, "Error")}) {
    BOOST_TEST(absl::StrContains(MetadataErrorPage(status), absl::StrCat("<h1>", status, " - ", words, "</h1>")));
  }
}

BOOST_AUTO_TEST_CASE(hop_limits_are_1_to_64) {
  for (const int good : {1, 2, 64}) BOOST_TEST(IsOk(CheckMetadataOptions({.hop_limit = good})));
  for (const int bad : {-1, 0, 65}) {
    const absl::Status status = CheckMetadataOptions({.hop_limit = bad});
    BOOST_TEST(StatusIs(status, StatusCode::kInvalidArgument, "it must be between 1 and 64"));
    BOOST_TEST(base::ErrorCode(status) == "InvalidParameterValue");
  }
}

BOOST_AUTO_TEST_CASE(keys_of_shown_tags_fit_a_path) {
  for (const char* good : {"Name", "a", "aws:x", "a+b-c=d.e,f_g:h@i", "...", "index"}) {
    BOOST_TEST(IsOk(CheckMetadataTagKey(good)), good);
  }
  for (const char* bad : {"", " ", "a b", "a/b", ".", "..", "_index", "\xc3\xa4", "a\n"}) {
    BOOST_TEST(StatusIs(CheckMetadataTagKey(bad), StatusCode::kInvalidArgument, "cannot be shown"), bad);
    BOOST_TEST(base::ErrorCode(CheckMetadataTagKey(bad)) == "InvalidParameterValue");
  }
}

}  // namespace
}  // namespace nubo::ec2
