#include "nubo/ec2/key_pair.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/hashes.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using ::nubo::testing::IsOk;

// Made with ssh-keygen; the fingerprints are those that openssl and ssh-keygen give.
constexpr char kRsa[] =
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDu7axr0pIuZG2rqwBa6UITCSX8aSFVcgod7N+fAgWIymd9MeaKxrv8mQ5uT2RX"
    "v4lF2uUoHaoBZAFFZ8OSCLShyRpM6lxMp/m3crGTPtW1oZ0Y0+/O+ugnMQ61l21m76EZpdOcBGppPEKj6SLiYdR1bsnlYCzrhehw"
    "u5u6nqVov+CmIJRkT1gcDPllT0rZ/Kx0+cj/egJDZ1iEsAdqhCPjIugTBDJivCYRkQ1GUajxGIGOAhV1usL6zmlwc8TlXcMqsvBo"
    "sw1Q5rk/JROvUjS2O0dzQUMRxRwDZWkgBSu0so9Dd4YA3td1XaetuEsO4Qlx1qP11Yxw7VtrgdGenuzp me";
constexpr char kEd25519[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOB3CtwIdFIOARvQb8KXF+EG/V5gf5LbJnpSR8RhzIN me";

bool Refused(absl::string_view material) {
  return base::ErrorCode(ParsePublicKey(material).status()) == "InvalidKey.Format";
}

BOOST_AUTO_TEST_SUITE(key_pair)

BOOST_AUTO_TEST_CASE(hashes_are_those_of_their_standards) {
  BOOST_TEST(absl::BytesToHexString(Md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
  BOOST_TEST(absl::BytesToHexString(Md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  BOOST_TEST(absl::BytesToHexString(Sha256("abc")) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(a_public_key_has_the_fingerprint_that_aws_gives_it) {
  const auto rsa = ParsePublicKey(kRsa);
  BOOST_REQUIRE(IsOk(rsa));
  BOOST_TEST(rsa->type == "rsa");
  BOOST_TEST(rsa->fingerprint == "6c:6c:f0:2f:c8:10:89:38:34:11:1d:f2:d4:86:b0:64");
  const auto ed25519 = ParsePublicKey(kEd25519);
  BOOST_REQUIRE(IsOk(ed25519));
  BOOST_TEST(ed25519->type == "ed25519");
  BOOST_TEST(ed25519->fingerprint == "lwkkCHEZBOpMZL0mYazr6sIwBM9pHzDMWfGvsx4INNM=");
}

BOOST_AUTO_TEST_CASE(what_is_no_public_key_is_refused) {
  BOOST_TEST(Refused(""));
  BOOST_TEST(Refused("ssh-rsa"));
  BOOST_TEST(Refused("ssh-rsa !"));
  BOOST_TEST(Refused("-----BEGIN OPENSSH PRIVATE KEY-----"));
  const std::string ed25519(kEd25519);
  BOOST_TEST(Refused(absl::StrCat("ssh-rsa ", ed25519.substr(ed25519.find(' ') + 1))));
  BOOST_TEST(Refused(ed25519.substr(0, 40)));
}

BOOST_AUTO_TEST_CASE(a_name_is_ascii_without_spaces_around_it) {
  BOOST_TEST(IsOk(ValidateKeyPairName("my key")));
  for (const std::string& name : {std::string(), std::string(" a"), std::string(256, 'a'), std::string("\xc3\xa4")}) {
    BOOST_TEST(base::ErrorCode(ValidateKeyPairName(name)) == "InvalidParameterValue", name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::ec2
