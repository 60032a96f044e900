// The JSON API's parser: any method, path, headers and body come to a request or to an error, and to nothing else.
//
// Input: method, path, content type and authorization, each ended by a newline, then the body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "examples/todo/frontend/api_request.h"
#include "nubo/http/message.h"

using nubo::examples::todo::ApiError;
using nubo::examples::todo::ApiRequest;
using nubo::examples::todo::ApiResult;
using nubo::examples::todo::ParseApiRequest;
using nubo::examples::todo::Route;
using nubo::examples::todo::RouteApi;

namespace {

void CheckError(const ApiError& error) {
  const bool client_error = error.status >= 400 && error.status < 500;
  if (!client_error || error.code.empty() || error.message.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<absl::string_view> parts = absl::StrSplit(input, absl::MaxSplits('\n', 4));
  parts.resize(5);
  nubo::http::RequestHead head{.method = std::string(parts[0]), .path = std::string(parts[1])};
  head.headers.Add("content-type", parts[2]);
  head.headers.Add("authorization", parts[3]);
  const ApiResult<Route> route = RouteApi(head.method, head.path);
  if (const auto* error = std::get_if<ApiError>(&route)) {
    CheckError(*error);
    return 0;
  }
  const ApiResult<ApiRequest> request = ParseApiRequest(std::get<Route>(route), head, parts[4]);
  if (const auto* error = std::get_if<ApiError>(&request)) {
    CheckError(*error);
    return 0;
  }
  // What goes on to the backend must survive its wire format, which takes only UTF-8.
  std::visit(
      [](auto message) {
        const std::string wire = message.SerializeAsString();
        if (!message.ParseFromString(wire)) std::abort();
      },
      std::get<ApiRequest>(request).message);
  return 0;
}
