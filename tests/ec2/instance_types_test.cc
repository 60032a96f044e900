#include "nubo/ec2/instance_types.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
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

struct TypeRow {
  std::string name;
  int vcpus;
  int64_t memory_mib;
  int interfaces;
  int addresses;
};

const std::vector<TypeRow> kTypes = {
    {"t2.nano", 1, 512, 2, 2},
    {"t2.micro", 1, 1024, 2, 2},
    {"t2.2xlarge", 8, 32768, 3, 15},
    {"t3.nano", 2, 512, 2, 2},
    {"t3.micro", 2, 1024, 2, 2},
    {"t3.medium", 2, 4096, 3, 6},
    {"t3a.small", 2, 2048, 2, 4},
    {"t4g.small", 2, 2048, 3, 4},
    {"m4.large", 2, 8192, 2, 10},
    {"m4.10xlarge", 40, 163840, 8, 30},
    {"m4.16xlarge", 64, 262144, 8, 30},
    {"m5.large", 2, 8192, 3, 10},
    {"m5.24xlarge", 96, 393216, 15, 50},
    {"m6g.medium", 1, 4096, 2, 4},
    {"m6i.32xlarge", 128, 524288, 15, 50},
    {"m7i.48xlarge", 192, 786432, 15, 50},
    {"c4.large", 2, 3840, 3, 10},
    {"c4.8xlarge", 36, 61440, 8, 30},
    {"c5.large", 2, 4096, 3, 10},
    {"c5.9xlarge", 36, 73728, 8, 30},
    {"c5.18xlarge", 72, 147456, 15, 50},
    {"c7g.medium", 1, 2048, 2, 4},
    {"r4.large", 2, 15616, 3, 10},
    {"r4.16xlarge", 64, 499712, 15, 50},
    {"r5.large", 2, 16384, 3, 10},
    {"r6i.32xlarge", 128, 1048576, 15, 50},
};

BOOST_AUTO_TEST_CASE(types_have_awss_figures) {
  for (const TypeRow& row : kTypes) {
    BOOST_TEST_INFO(row.name);
    const absl::StatusOr<const InstanceType*> found = InstanceTypes::Aws().Find(row.name);
    BOOST_TEST_REQUIRE(IsOk(found));
    const InstanceType& type = **found;
    BOOST_TEST(type.vcpus == row.vcpus);
    BOOST_TEST(type.memory_mib == row.memory_mib);
    BOOST_TEST(type.interfaces_max == row.interfaces);
    BOOST_TEST(type.addresses_max == row.addresses);
  }
}

BOOST_AUTO_TEST_CASE(the_usual_families_are_there_and_keep_their_ratio) {
  // MiB for each vCPU; 0 where it differs by size.
  const std::map<std::string, int> ratios = {
      {"t2", 0},     {"t3", 0},     {"t3a", 0},    {"t4g", 0},    {"m4", 4096},  {"m5", 4096},  {"m5a", 4096},
      {"m6i", 4096}, {"m6g", 4096}, {"m7i", 4096}, {"m7g", 4096}, {"c4", 0},     {"c5", 2048},  {"c6i", 2048},
      {"c6g", 2048}, {"c7g", 2048}, {"r4", 7808},  {"r5", 8192},  {"r6i", 8192}, {"r6g", 8192},
  };
  std::set<std::string> families;
  for (const auto& [name, type] : InstanceTypes::Aws().all()) {
    families.insert(type.family);
    BOOST_TEST_INFO(name);
    const auto ratio = ratios.find(type.family);
    BOOST_TEST_REQUIRE((ratio != ratios.end()));
    if (ratio->second != 0) BOOST_TEST(type.memory_mib == int64_t{type.vcpus} * ratio->second);
    BOOST_TEST((type.architecture == Architecture::kArm64) == (type.family.back() == 'g'));
    BOOST_TEST(type.current_generation == (type.family != "m4" && type.family != "c4" && type.family != "r4"));
    BOOST_TEST(type.burstable() == (type.family[0] == 't'));
  }
  BOOST_TEST(families.size() == ratios.size());
  BOOST_TEST(InstanceTypes::Aws().all().size() == 166u);
  BOOST_TEST(InstanceTypes::Aws().Find("m7i.metal-24xl").value()->bare_metal());
  BOOST_TEST(!InstanceTypes::Aws().Find("m7i.large").value()->bare_metal());
}

BOOST_AUTO_TEST_CASE(the_text_that_comes_with_it_is_read_as_any_other) {
  BOOST_TEST(InstanceTypes::Parse(InstanceTypes::AwsText()).value().all().size() == InstanceTypes::Aws().all().size());
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_told_with_those_near_it) {
  const auto why = [](const std::string& name) {
    const absl::Status status = InstanceTypes::Aws().Find(name).status();
    BOOST_TEST(base::ErrorCode(status) == "InvalidParameterValue");
    BOOST_TEST(status.message().size() < 250u);
    return std::string(status.message());
  };
  BOOST_TEST(why("m5.lage") ==
             "Invalid value 'm5.lage' for InstanceType. Near it: m5.large, c5.large, m4.large, "
             "m5.xlarge, m5a.large.");
  BOOST_TEST(why("T3.Micro").find("t3.micro") != std::string::npos);
  BOOST_TEST(why("t3micro").find("Near it: t3.micro,") != std::string::npos);
  BOOST_TEST(why("quantum.computer") == "Invalid value 'quantum.computer' for InstanceType.");
  BOOST_TEST(why("") == "Invalid value '' for InstanceType.");
  why(std::string(100000, 'm'));
}

BOOST_AUTO_TEST_CASE(users_give_their_own) {
  const InstanceTypes own = InstanceTypes::Parse(
                                "# ours\r\n"
                                "\n"
                                "family x-1 arm64 previous # old\r\n"
                                "\tsmall 2 512MiB 2 4\n"
                                "  big 10000 3.75GiB 1000 1#all\n"
                                "family y1 x86_64 current\n"
                                "small 1 0.5GiB 1 1")
                                .value();
  BOOST_TEST(own.all().size() == 3u);
  const InstanceType& big = *own.Find("x-1.big").value();
  BOOST_TEST(big.family == "x-1");
  BOOST_TEST(big.vcpus == 10000);
  BOOST_TEST(big.memory_mib == 3840);
  BOOST_TEST(big.interfaces_max == 1000);
  BOOST_TEST(!big.current_generation);
  BOOST_TEST(std::string(ArchitectureName(big.architecture)) == "arm64");
  BOOST_TEST(std::string(ArchitectureName(own.Find("y1.small").value()->architecture)) == "x86_64");
  BOOST_TEST(InstanceTypes::Parse("").value().all().empty());
}

struct BadRow {
  std::string text;
  std::string why;
};

const std::vector<BadRow> kBad = {
    {"small 1 1GiB 1 1", "1:1: expected a family before its sizes"},
    {"family", "1:7: expected family NAME ARCHITECTURE GENERATION"},
    {"\nfamily m5 x86_64", "2:17: expected family NAME ARCHITECTURE GENERATION"},
    {"family m5 x86_64 current now", "1:26: expected family NAME"},
    {"family M5 x86_64 current", "1:8: \"M5\" is not a name of lower-case letters"},
    {"family m5.large x86_64 current", "1:8: \"m5.large\" is not a name"},
    {"family m5 x86 current", "1:11: \"x86\" is not x86_64 or arm64"},
    {"family m5 x86_64 new", "1:18: \"new\" is not current or previous"},
    {"family m5 x86_64 current\n  large 2 8GiB 3", "2:17: expected NAME VCPUS MEMORY INTERFACES ADDRESSES"},
    {"family m5 x86_64 current\n  large 2 8GiB 3 10 1", "2:21: expected NAME VCPUS"},
    {"family m5 x86_64 current\n  large 0 8GiB 3 10", "2:9: \"0\" is not a number from 1 to 10000"},
    {"family m5 x86_64 current\n  large -2 8GiB 3 10", "2:9: \"-2\" is not a number"},
    {"family m5 x86_64 current\n  large +2 8GiB 3 10", "2:9: \"+2\" is not a number"},
    {"family m5 x86_64 current\n  large 99999999999999999999 8GiB 3 10", "2:9: \"99999999999999999999\" is not"},
    {"family m5 x86_64 current\n  large 2 8 3 10", "2:11: \"8\" is not an amount of memory like 512MiB or 3.75GiB"},
    {"family m5 x86_64 current\n  large 2 8GB 3 10", "2:11: \"8GB\" is not an amount"},
    {"family m5 x86_64 current\n  large 2 0GiB 3 10", "2:11: \"0GiB\" is not an amount"},
    {"family m5 x86_64 current\n  large 2 0.3GiB 3 10", "2:11: \"0.3GiB\" is not an amount"},
    {"family m5 x86_64 current\n  large 2 .5GiB 3 10", "2:11: \".5GiB\" is not an amount"},
    {"family m5 x86_64 current\n  large 2 1.GiB 3 10", "2:11: \"1.GiB\" is not an amount"},
    {"family m5 x86_64 current\n  large 2 1.5MiB 3 10", "2:11: \"1.5MiB\" is not an amount"},
    {"family m5 x86_64 current\n  large 2 1048577GiB 3 10", "2:11: \"1048577GiB\" is not an amount"},
    {"family m5 x86_64 current\n  large 2 8GiB none 10", "2:16: \"none\" is not a number from 1 to 1000"},
    {"family m5 x86_64 current\n  large 2 8GiB 3 1001", "2:18: \"1001\" is not a number from 1 to 1000"},
    {"family m5 x86_64 current\n  large 2 8GiB 3 10\n large 2 8GiB 3 10", "3:2: m5.large is there already"},
};

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
  for (const BadRow& row : kBad) {
    BOOST_TEST_INFO(row.text);
    BOOST_TEST(StatusIs(InstanceTypes::Parse(row.text), StatusCode::kInvalidArgument, row.why));
  }
  const std::string long_name = "family " + std::string(100000, 'm') + " x86_64 current";
  BOOST_TEST(InstanceTypes::Parse(long_name).status().message().size() < 200u);
}

BOOST_AUTO_TEST_CASE(a_table_has_its_bound) {
  std::string text = "family m5 x86_64 current\n";
  for (size_t i = 0; i < InstanceTypes::kTypesMax; ++i) absl::StrAppend(&text, i, " 1 1GiB 1 1\n");
  BOOST_TEST(InstanceTypes::Parse(text).value().all().size() == InstanceTypes::kTypesMax);
  BOOST_TEST(StatusIs(InstanceTypes::Parse(text + "one-more 1 1GiB 1 1"), StatusCode::kInvalidArgument,
                      "5002:1: there are more than 5000 types"));
}

BOOST_AUTO_TEST_CASE(a_type_of_a_family_that_the_table_does_not_have_may_be_launched) {
  const InstanceTypes& types = InstanceTypes::Aws();
  for (const char* name : {kDefaultInstanceType, "t3.micro", "t1.micro", "i4i.16xlarge", "u-6tb1.112xlarge",
                           "mac2-m2.metal", "m7a.metal-48xl"}) {
    BOOST_TEST(IsOk(types.Check(name)), name);
  }
  for (const char* name :
       {"", "t3", "micro", "t3.mirco", "t3.Micro", "T3.micro", "t3.metal", "i4i.", ".large", "i4i.xxlarge",
        "i4i.-2xlarge", "i4i.metal-xl", "i4i.16xlarge ", "large.large", "4i.large", "i4i.large.large"}) {
    const absl::Status status = types.Check(name);
    BOOST_TEST(StatusIs(status, StatusCode::kInvalidArgument), name);
    BOOST_TEST(base::ErrorCode(status) == "InvalidParameterValue", name);
  }
  BOOST_TEST(StatusIs(types.Check("t3.mirco"), StatusCode::kInvalidArgument, "Near it: t3.micro"));
}

BOOST_AUTO_TEST_CASE(interfaces_and_addresses_are_limited_by_type) {
  const InstanceType& micro = *InstanceTypes::Aws().Find("t3.micro").value();
  BOOST_TEST(IsOk(CheckInterfaceCount(micro, 2)));
  BOOST_TEST(StatusIs(CheckInterfaceCount(micro, 3), StatusCode::kInvalidArgument,
                      "Interface count 3 exceeds the limit for t3.micro"));
  BOOST_TEST(base::ErrorCode(CheckInterfaceCount(micro, 3)) == "AttachmentLimitExceeded");
  BOOST_TEST(IsOk(CheckAddressCount(micro, 2)));
  BOOST_TEST(StatusIs(CheckAddressCount(micro, 3), StatusCode::kInvalidArgument, "limit for t3.micro, which is 2"));
  BOOST_TEST(base::ErrorCode(CheckAddressCount(micro, 3)) == "PrivateIpAddressLimitExceeded");
}

}  // namespace
}  // namespace nubo::ec2
