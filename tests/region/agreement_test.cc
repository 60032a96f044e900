// What plan says is what happens: of small templates, each with what is said of it in its first line.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/region/loop/catalog.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Sample {
  std::string name;
  // Of the comment in its first line.
  std::string said;
  std::string body;
};

std::vector<Sample> Samples(const std::string& directory) {
  std::vector<Sample> samples;
  for (const auto& entry : std::filesystem::directory_iterator("tests/region/templates/" + directory)) {
    std::ifstream file(entry.path());
    Sample sample{entry.path().filename().string(), "", {std::istreambuf_iterator<char>(file), {}}};
    sample.said = sample.body.substr(2, sample.body.find('\n') - 2);
    samples.push_back(std::move(sample));
  }
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.name < b.name; });
  BOOST_REQUIRE(!samples.empty());
  return samples;
}

BOOST_AUTO_TEST_CASE(what_up_would_refuse_plan_refuses_with_its_place) {
  for (const Sample& sample : Samples("refused")) {
    World world;
    const StackRequest request{"shop", sample.body, sample.name, {}};
    const auto plan = DescribeChangeSet(world.context, request);
    const auto up = CreateStack(world.context, request);
    BOOST_TEST(StatusIs(plan, absl::StatusCode::kInvalidArgument, sample.said), sample.name);
    BOOST_TEST(StatusIs(plan, absl::StatusCode::kInvalidArgument, absl::StrCat(sample.name, ":")), sample.name);
    BOOST_TEST(plan.status().message() == up.status().message(), sample.name);
    BOOST_TEST(world.context.model.stacks.empty(), sample.name);
  }
}

BOOST_AUTO_TEST_CASE(what_plan_takes_comes_up) {
  for (const Sample& sample : Samples("taken")) {
    World world;
    StackRequest request{"shop", sample.body, sample.name, {}};
    BOOST_TEST(IsOk(DescribeChangeSet(world.context, request)), sample.name);
    request.images.insert("web");
    BOOST_TEST(IsOk(DescribeCreation(AllResourceTypes(), request)), sample.name);
    BOOST_TEST(IsOk(CreateStack(world.context, request)), sample.name);
    world.Settle();
    BOOST_TEST(world.StackStatus() == "CREATE_COMPLETE", sample.name << ": " << world.Failure());
  }
}

}  // namespace
}  // namespace nubo::region
