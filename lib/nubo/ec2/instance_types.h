// Instance types: what machines there are, as data.
//
// A table is a text, so that users can give their own; Aws() is the one that comes with the library, with AWS's figures
// for the usual families. Every type says its vCPUs, its memory, and how many network interfaces and addresses it
// takes.
//
// Grammar, by lines; "#" begins a comment, and columns are apart by spaces:
//   table  = *( family *size )
//   family = "family" NAME ARCHITECTURE GENERATION      ; x86_64 or arm64; current or previous
//   size   = NAME VCPUS MEMORY INTERFACES ADDRESSES     ; addresses of one interface, IPv4 and IPv6 alike
//   MEMORY = NUMBER ( "GiB" / "MiB" )                   ; "3.75GiB", "512MiB": whole MiB
//
// Figures: Amazon EC2 instance types guide, "Specifications"; "IP addresses per network interface per instance type".
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const InstanceType* type, InstanceTypes::Aws().Find("t3.micro"));
//   Use(type->vcpus, type->memory_mib);  // 2, 1024
//   NUBO_ASSIGN_OR_RETURN(InstanceTypes own, InstanceTypes::Parse("family x1 arm64 current\n  small 2 4GiB 2 4\n"));
//
// Thread safety: values; Aws() may be called from any thread.
#ifndef NUBO_EC2_INSTANCE_TYPES_H_
#define NUBO_EC2_INSTANCE_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::ec2 {

// Of an instance that names none.
inline constexpr char kDefaultInstanceType[] = "m1.small";

enum class Architecture { kX86_64, kArm64 };
// "x86_64", "arm64".
absl::string_view ArchitectureName(Architecture architecture);

struct InstanceType {
  // "m5.large"
  std::string name;
  // "m5"
  std::string family;
  Architecture architecture = Architecture::kX86_64;
  bool current_generation = true;
  int vcpus = 0;
  int64_t memory_mib = 0;
  int interfaces_max = 0;
  // Of one interface.
  int addresses_max = 0;

  // T types: a share of their processors, and more while they have credits.
  bool burstable() const;
  bool bare_metal() const;
};

class InstanceTypes {
 public:
  // Of a table: types, and bytes of a name.
  static constexpr size_t kTypesMax = 5000;
  static constexpr size_t kNameBytesMax = 64;

  // INVALID_ARGUMENT, with "LINE:COLUMN: " before what is wrong: not the grammar's, a figure that is none or too large,
  // a type twice, too many of them.
  static absl::StatusOr<InstanceTypes> Parse(absl::string_view text);
  // Those that come with the library.
  static const InstanceTypes& Aws();
  // Their text, for users to begin their own with.
  static absl::string_view AwsText();

  // INVALID_ARGUMENT (InvalidParameterValue): there is none of that name; those with the nearest names are told.
  absl::StatusOr<const InstanceType*> Find(absl::string_view name) const;
  // The same as an answer to whether something may be launched as it. A type of a family that the table does not have
  // may, where it is spelled as AWS spells types: AWS makes new ones every year. INVALID_ARGUMENT
  // (InvalidParameterValue): as Find().
  absl::Status Check(absl::string_view name) const;
  // By name.
  const std::map<std::string, InstanceType, std::less<>>& all() const { return types_; }

 private:
  std::vector<std::string> Nearest(absl::string_view name) const;

  std::map<std::string, InstanceType, std::less<>> types_;
};

// Whether a machine of this type may have so many interfaces, and so many addresses on one of them. INVALID_ARGUMENT
// (AttachmentLimitExceeded, PrivateIpAddressLimitExceeded).
absl::Status CheckInterfaceCount(const InstanceType& type, int interfaces);
absl::Status CheckAddressCount(const InstanceType& type, int addresses);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_INSTANCE_TYPES_H_
