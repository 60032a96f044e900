// Writes the resource types of docs/template-reference.md anew:
//   bazel run //tests/stack:print_reference -- $PWD/docs/template-reference.md
// Without an argument it prints them.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "tests/stack/reference.h"

int main(int argc, char** argv) {
  std::string reference = nubo::stack::ResourceReference();
  if (argc < 2) {
    std::cout << reference;
    return 0;
  }
  constexpr char kHeading[] = "## Resource types\n\n";
  std::ifstream in(argv[1]);
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const size_t start = page.find(kHeading);
  if (start == std::string::npos) {
    std::cerr << argv[1] << " has no \"## Resource types\"\n";
    return 1;
  }
  // The page ends with one line end.
  reference.pop_back();
  std::ofstream(argv[1]) << page.substr(0, start) << kHeading << reference;
  return 0;
}
