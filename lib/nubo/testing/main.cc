// The main() of every unit test: Boost.Test under Bazel's conventions.
//
// XML_OUTPUT_FILE becomes a JUnit report with one row a case, TESTBRIDGE_TEST_ONLY (--test_filter) selects cases,
// and a filter that matches nothing in this binary is a success.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int kNothingMatched = 200;

bool InitUnitTest() { return true; }

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> args(argv, argv + argc);
  if (const char* xml = std::getenv("XML_OUTPUT_FILE")) {
    args.push_back("--logger=HRF,test_suite,stdout:JUNIT,all," + std::string(xml));
  }
  const char* filter = std::getenv("TESTBRIDGE_TEST_ONLY");
  if (filter != nullptr && *filter != '\0') args.push_back("--run_test=" + std::string(filter));
  std::vector<char*> pointers;
  for (std::string& arg : args) pointers.push_back(arg.data());
  pointers.push_back(nullptr);
  const int status = boost::unit_test::unit_test_main(&InitUnitTest, static_cast<int>(args.size()), pointers.data());
  return status == kNothingMatched && filter != nullptr ? 0 : status;
}
