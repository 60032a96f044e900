// Instances that tests ask about, and a seal that hides nothing but tells changes.
//
// Example:
//   const MetadataTree tree(FullInstance());
//   const MetadataTokens tokens(PlainSeal("key"));
//
// Thread safety: pure functions.
#ifndef NUBO_TESTS_EC2_METADATA_SAMPLES_H_
#define NUBO_TESTS_EC2_METADATA_SAMPLES_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/ec2/metadata.h"
#include "nubo/ec2/metadata_tokens.h"

namespace nubo::ec2 {

// 2026-01-02T03:04:05Z
inline const absl::Time kSampleTime = absl::FromUnixSeconds(1767323045);

// FNV-1a under a key, twice: enough to tell two texts apart.
inline TokenSeal PlainSeal(std::string key) {
  return [key = std::move(key)](absl::string_view text) {
    std::string seal;
    for (const char* half : {"a", "b"}) {
      uint64_t hash = 14695981039346656037u;
      for (const char c : absl::StrCat(half, key, text)) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
      }
      for (int i = 0; i < 8; ++i) seal.push_back(static_cast<char>(hash >> (8 * i)));
    }
    return seal;
  };
}

inline InstanceMetadata FullInstance() {
  MetadataInterface primary;
  primary.id = "eni-1";
  primary.mac = "02:29:96:8f:6a:2d";
  primary.network_card = 0;
  primary.owner_id = "123456789012";
  primary.local_hostname = "ip-10-0-1-5.ec2.internal";
  primary.public_hostname = "ec2-198-51-100-7.compute-1.amazonaws.com";
  for (const char* address : {"10.0.1.5", "10.0.1.6", "2001:db8:1::5", "2001:db8:1::6"}) {
    primary.addresses.push_back(*net::IpAddress::Parse(address));
  }
  primary.associations = {{*net::IpAddress::Parse("198.51.100.7"), *net::IpAddress::Parse("10.0.1.5")},
                          {*net::IpAddress::Parse("198.51.100.8"), *net::IpAddress::Parse("10.0.1.6")}};
  primary.security_groups = {{"sg-1", "web"}, {"sg-2", "ssh"}};
  primary.subnet_id = "subnet-1";
  primary.vpc_id = "vpc-1";
  primary.subnet_blocks = {*net::Prefix::Parse("10.0.1.0/24"), *net::Prefix::Parse("2001:db8:1::/64")};
  primary.vpc_blocks = {*net::Prefix::Parse("10.0.0.0/16"), *net::Prefix::Parse("10.1.0.0/16"),
                        *net::Prefix::Parse("2001:db8::/56")};
  MetadataInterface second;
  second.id = "eni-2";
  second.mac = "02:29:96:8f:6a:2e";
  second.device_index = 1;
  second.addresses = {*net::IpAddress::Parse("10.0.2.9")};
  second.security_groups = {{"sg-3", "db"}};

  InstanceMetadata instance;
  instance.instance_id = "i-0123456789abcdef0";
  instance.image_id = "ami-0abc";
  instance.instance_type = "t3.micro";
  instance.launch_index = 2;
  instance.launch_time = kSampleTime;
  instance.reservation_id = "r-1";
  instance.account_id = "123456789012";
  instance.region = "us-east-1";
  instance.availability_zone = "us-east-1a";
  instance.availability_zone_id = "use1-az1";
  instance.placement_group = "spread-1";
  instance.partition_number = 3;
  instance.interfaces = {primary, second};
  instance.public_keys = {{"my-key", "ssh-ed25519 AAAA one"}, {"other", "ssh-ed25519 BBBB two"}};
  instance.user_data = std::string("#!/bin/sh\necho \0 hello\n", 23);
  instance.tags = {{"Name", "web-1"},   {"aws:autoscaling:groupName", "web"},
                   {"Empty", ""},       {"with space", "x"},
                   {"with/slash", "x"}, {"_index", "x"},
                   {".", "x"}};
  instance.target_lifecycle_state = "InService";
  instance.spot = true;
  instance.spot_interruption = InstanceMetadata::SpotInterruption{"terminate", kSampleTime + absl::Minutes(2)};
  instance.options.tags_enabled = true;
  return instance;
}

// Says no more than it must.
inline InstanceMetadata BareInstance() {
  InstanceMetadata instance;
  instance.instance_id = "i-2";
  instance.image_id = "ami-1";
  instance.instance_type = "t3.nano";
  return instance;
}

}  // namespace nubo::ec2

#endif  // NUBO_TESTS_EC2_METADATA_SAMPLES_H_
