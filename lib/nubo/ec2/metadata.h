// Instance metadata: what an instance is told about itself at 169.254.169.254, as a tree of texts.
//
// Paths begin with a version ("/latest/meta-data/ami-id", "/2021-03-23/user-data"); every version has all there is. A
// directory answers with the names in it, one a line, those of further directories with a "/" behind them. What an
// instance does not have is not there: no public address, no public-ipv4. There are no IAM roles, and no signatures of
// the identity document.
//
// Rules: Amazon EC2 user guide, "Instance metadata categories", "Access instance metadata", "Instance identity
// documents", "View tags for your EC2 instances using instance metadata". Methods, tokens and refusals are in
// metadata_service.h.
//
// Example:
//   const MetadataTree tree(InstanceMetadata{.instance_id = "i-1", .image_id = "ami-1", .instance_type = "t3.micro"});
//   tree.Answer("/latest/meta-data/ami-id").body;      // "ami-1"
//   tree.Answer("/latest/meta-data/public-ipv4").status;  // 404
//
// Thread safety: values; a MetadataTree is immutable.
#ifndef NUBO_EC2_METADATA_H_
#define NUBO_EC2_METADATA_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"

namespace nubo::ec2 {

// Where it answers in every VPC, by HTTP.
inline constexpr absl::string_view kMetadataAddress = "169.254.169.254";
inline constexpr absl::string_view kMetadataAddressV6 = "fd00:ec2::254";
inline constexpr int kMetadataPort = 80;

inline constexpr int kHopLimitMin = 1;
inline constexpr int kHopLimitMax = 64;

// AWS's MetadataOptions, with its defaults of an instance that says nothing.
struct MetadataOptions {
  // HttpEndpoint: whether there is any answer at all.
  bool endpoint_enabled = true;
  // HttpTokens: "required" or "optional".
  bool tokens_required = false;
  // HttpPutResponseHopLimit.
  int hop_limit = 1;
  // HttpProtocolIpv6: whether [fd00:ec2::254] answers, too.
  bool ipv6_enabled = false;
  // InstanceMetadataTags.
  bool tags_enabled = false;
};

// INVALID_ARGUMENT (InvalidParameterValue): a hop limit outside of 1 to 64.
absl::Status CheckMetadataOptions(const MetadataOptions& options);
// Whether a tag of this key may be there. INVALID_ARGUMENT (InvalidParameterValue): other characters than letters,
// digits and +-=.,_:@ or one of ".", ".." and "_index". AWS refuses such tags where tags are enabled; the tree leaves
// them out.
absl::Status CheckMetadataTagKey(absl::string_view key);

struct MetadataInterface {
  // A public address, and the private one that it stands for.
  struct Association {
    net::IpAddress public_address;
    net::IpAddress private_address;
  };
  struct SecurityGroup {
    std::string id;
    std::string name;
  };

  std::string id;
  // "02:29:96:8f:6a:2d"; the name of its directory.
  std::string mac;
  int device_index = 0;
  int network_card = 0;
  std::string owner_id;
  std::string local_hostname;
  // Empty: none.
  std::string public_hostname;
  // IPv4 and IPv6, the primary one first.
  std::vector<net::IpAddress> addresses;
  std::vector<Association> associations;
  std::vector<SecurityGroup> security_groups;
  std::string subnet_id;
  std::string vpc_id;
  // IPv4 and IPv6, the primary one first.
  std::vector<net::Prefix> subnet_blocks;
  std::vector<net::Prefix> vpc_blocks;
};

struct InstanceMetadata {
  struct PublicKey {
    std::string name;
    // A line of authorized_keys.
    std::string openssh_key;
  };
  // What a spot instance is about to suffer.
  struct SpotInterruption {
    // "terminate", "stop" or "hibernate".
    std::string action;
    absl::Time time;
  };

  std::string instance_id;
  std::string image_id;
  std::string instance_type;
  std::string architecture = "x86_64";
  // Of the instances that one call has launched.
  int launch_index = 0;
  absl::Time launch_time;
  std::string reservation_id;
  std::string account_id;
  std::string region;
  std::string availability_zone;
  std::string availability_zone_id;
  // Empty: none.
  std::string placement_group;
  std::optional<int> partition_number;
  // Empty: the primary interface's.
  std::string hostname;
  // The primary one first: it says the instance's own addresses, names and groups.
  std::vector<MetadataInterface> interfaces;
  std::vector<PublicKey> public_keys;
  // As it runs there, not in base64. Empty: none.
  std::string user_data;
  std::map<std::string, std::string> tags;
  // Of an instance in an Auto Scaling group: "InService", "Terminated", … Empty: none.
  std::string target_lifecycle_state;
  bool spot = false;
  std::optional<SpotInterruption> spot_interruption;
  MetadataOptions options;
};

// "404 - Not Found" as AWS's service writes it, and so for each other status.
std::string MetadataErrorPage(int status);

// The segments of a path, decoded: without empty ones ("//", a closing "/") and without the query. Nothing: it begins
// with no "/", or is badly encoded.
std::optional<std::vector<std::string>> SplitMetadataPath(absl::string_view path);

struct MetadataAnswer {
  // 200 or 404.
  int status = 200;
  std::string content_type;
  std::string body;
};

class MetadataTree {
 public:
  explicit MetadataTree(InstanceMetadata instance);

  // To a GET of this path, with or without a closing "/".
  MetadataAnswer Answer(absl::string_view path) const;
  const InstanceMetadata& instance() const { return instance_; }

 private:
  void Add(absl::string_view path, absl::string_view text);
  void AddInterface(const MetadataInterface& interface);
  void AddPrimaryInterface();
  void AddPlacement();
  void AddPublicKeys();
  void AddTags();
  void AddWhatIsToCome();
  // The names in a directory; nothing: it is none.
  std::optional<std::string> List(const std::string& directory) const;

  const InstanceMetadata instance_;
  // By path below the version: "meta-data/ami-id". No path is a directory of another.
  std::map<std::string, std::string, std::less<>> texts_;
  // Directories that are listed by other names than their own.
  std::map<std::string, std::string, std::less<>> labels_;
};

}  // namespace nubo::ec2

#endif  // NUBO_EC2_METADATA_H_
