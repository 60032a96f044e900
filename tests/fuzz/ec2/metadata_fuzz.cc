// Requests to the metadata service as clients send them: whatever they say, nothing is told without a token where those
// are required, no token comes of anything but a proper PUT, and what is answered has one of AWS's statuses.
//
// The input is lines: method, path, and then a field each, "Name: value".
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "nubo/ec2/metadata_service.h"
#include "tests/ec2/metadata_samples.h"

namespace {

using nubo::ec2::MetadataRequest;
using nubo::ec2::MetadataResponse;
using nubo::ec2::MetadataTokens;
using nubo::ec2::MetadataTree;

void Require(bool condition) {
  if (!condition) std::abort();
}

MetadataTree TreeFor(bool tokens_required) {
  nubo::ec2::InstanceMetadata instance = nubo::ec2::FullInstance();
  instance.options.tokens_required = tokens_required;
  return MetadataTree(std::move(instance));
}

MetadataRequest Parse(absl::string_view input) {
  const std::vector<absl::string_view> lines = absl::StrSplit(input, '\n');
  MetadataRequest request{.method = lines[0], .path = lines.size() > 1 ? lines[1] : absl::string_view()};
  for (size_t i = 2; i < lines.size(); ++i) {
    request.headers.push_back(absl::StrSplit(lines[i], absl::MaxSplits(": ", 1)));
  }
  return request;
}

bool Forwarded(const MetadataRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (absl::EqualsIgnoreCase(name, "x-forwarded-for")) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const MetadataTree open = TreeFor(/*tokens_required=*/false);
  static const MetadataTree closed = TreeFor(/*tokens_required=*/true);
  static const MetadataTokens tokens(nubo::ec2::PlainSeal("key"));
  const MetadataRequest request = Parse(absl::string_view(reinterpret_cast<const char*>(data), size));
  for (const MetadataTree* tree : {&open, &closed}) {
    std::mt19937_64 rng(1);
    const MetadataResponse response = HandleMetadata(request, *tree, tokens, nubo::ec2::kSampleTime, rng);
    switch (response.status) {
      case 200:
        break;
      case 400:
      case 401:
      case 403:
      case 404:
      case 405:
        Require(response.body == nubo::ec2::MetadataErrorPage(response.status));
        Require(!response.hop_limit.has_value());
        continue;
      default:
        std::abort();
    }
    const bool put = request.method == "PUT";
    Require(put == response.hop_limit.has_value());
    if (put) {
      Require(!Forwarded(request));
      Require(tokens.Check(response.body, tree->instance().instance_id, nubo::ec2::kSampleTime).has_value());
    } else {
      Require(request.method == "GET" || request.method == "HEAD");
      // No input has the seal's key: the corpus holds no token that is good.
      Require(tree == &open);
      Require(response.body == open.Answer(request.path).body);
    }
  }
  return 0;
}
