#include "nubo/http/message.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace nubo::http {

absl::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 102:
      return "Processing";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

bool IsIdempotent(absl::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" || method == "PUT" ||
         method == "DELETE";
}

void RemoveHopByHop(Headers& headers) {
  std::vector<std::string> named;
  for (const absl::string_view value : headers.GetAll("connection")) {
    for (const absl::string_view token : absl::StrSplit(value, ',')) {
      named.emplace_back(absl::StripAsciiWhitespace(token));
    }
  }
  for (const std::string& name : named) headers.Remove(name);
  for (const char* name : {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    headers.Remove(name);
  }
  const auto te = headers.Get("te");
  if (te && !absl::EqualsIgnoreCase(*te, "trailers")) headers.Remove("te");
}

bool AllowedInTrailers(absl::string_view name) {
  for (const char* banned : {"authorization",
                             "cache-control",
                             "connection",
                             "content-encoding",
                             "content-length",
                             "content-range",
                             "content-type",
                             "cookie",
                             "expect",
                             "host",
                             "keep-alive",
                             "max-forwards",
                             "proxy-authorization",
                             "proxy-connection",
                             "range",
                             "set-cookie",
                             "te",
                             "trailer",
                             "transfer-encoding",
                             "upgrade"}) {
    if (absl::EqualsIgnoreCase(name, banned)) return false;
  }
  return !absl::StartsWith(name, ":");
}

}  // namespace nubo::http
