// Session tokens of the metadata service.
#include "nubo/ec2/metadata_tokens.h"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/ascii.h"
#include "tests/ec2/metadata_samples.h"

namespace nubo::ec2 {
namespace {

const absl::Time kNow = kSampleTime;

struct Fixture {
  std::mt19937_64 rng{1};
  MetadataTokens tokens{PlainSeal("key")};
  std::string issued = tokens.Issue("i-1", absl::Seconds(60), kNow, rng);
};

BOOST_FIXTURE_TEST_CASE(a_token_is_good_until_it_ends_and_no_longer, Fixture) {
  BOOST_TEST((tokens.Check(issued, "i-1", kNow) == absl::Seconds(60)));
  BOOST_TEST((tokens.Check(issued, "i-1", kNow + absl::Seconds(59)) == absl::Seconds(1)));
  BOOST_TEST(!tokens.Check(issued, "i-1", kNow + absl::Seconds(60)));
  BOOST_TEST(!tokens.Check(issued, "i-1", absl::InfiniteFuture()));
}

BOOST_FIXTURE_TEST_CASE(a_token_is_one_instance_s, Fixture) {
  for (const char* other : {"i-2", "i-10", "i-", "", "I-1"}) BOOST_TEST(!tokens.Check(issued, other, kNow), other);
}

BOOST_FIXTURE_TEST_CASE(whoever_has_the_key_takes_it_and_nobody_else, Fixture) {
  BOOST_TEST(MetadataTokens(PlainSeal("key")).Check(issued, "i-1", kNow).has_value());
  BOOST_TEST(!MetadataTokens(PlainSeal("other")).Check(issued, "i-1", kNow));
}

BOOST_FIXTURE_TEST_CASE(every_change_of_a_character_is_told, Fixture) {
  const std::string characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .";
  for (size_t i = 0; i < issued.size(); ++i) {
    for (const char c : characters) {
      std::string changed = issued;
      changed[i] = c;
      BOOST_TEST(tokens.Check(changed, "i-1", kNow).has_value() == (changed == issued));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(what_has_another_size_is_none, Fixture) {
  for (size_t size = 0; size < issued.size(); ++size) BOOST_TEST(!tokens.Check(issued.substr(0, size), "i-1", kNow));
  BOOST_TEST(!tokens.Check(issued + "=", "i-1", kNow));
  BOOST_TEST(!tokens.Check(" " + issued, "i-1", kNow));
  BOOST_TEST(!tokens.Check(std::string(100000, 'A'), "i-1", kNow));
  BOOST_TEST(!tokens.Check(std::string(MetadataTokens::kSize, '\0'), "i-1", kNow));
}

BOOST_FIXTURE_TEST_CASE(a_token_looks_like_aws_s, Fixture) {
  BOOST_TEST(issued.size() == MetadataTokens::kSize);
  BOOST_TEST(issued.substr(54) == "==");
  for (const char c : issued.substr(0, 54)) {
    BOOST_TEST((absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'));
  }
}

BOOST_FIXTURE_TEST_CASE(no_two_tokens_are_the_same, Fixture) {
  BOOST_TEST(tokens.Issue("i-1", absl::Seconds(60), kNow, rng) != issued);
}

BOOST_FIXTURE_TEST_CASE(no_token_lives_longer_than_six_hours_or_shorter_than_a_second, Fixture) {
  const std::string longest = tokens.Issue("i-1", absl::Hours(24), kNow, rng);
  BOOST_TEST((tokens.Check(longest, "i-1", kNow) == absl::Hours(6)));
  const std::string shortest = tokens.Issue("i-1", -absl::InfiniteDuration(), kNow, rng);
  BOOST_TEST((tokens.Check(shortest, "i-1", kNow) == absl::Seconds(1)));
}

BOOST_FIXTURE_TEST_CASE(a_seal_that_is_too_short_lets_nobody_in, Fixture) {
  const MetadataTokens weak([](absl::string_view) { return std::string("short"); });
  BOOST_TEST(!weak.Check(weak.Issue("i-1", absl::Hours(1), kNow, rng), "i-1", kNow));
  BOOST_TEST(!weak.Check(issued, "i-1", kNow));
}

}  // namespace
}  // namespace nubo::ec2
