#include "nubo/http/static_files.h"

#include <sodium.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace nubo::http {
namespace {

namespace fs = std::filesystem;

constexpr char kIndex[] = "/index.html";
constexpr size_t kEtagBytes = 16;
// Vite puts a hash of the content into the names below this directory, so they never change.
constexpr char kHashedPrefix[] = "/assets/";

absl::string_view ContentType(absl::string_view path) {
  constexpr std::pair<absl::string_view, absl::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".txt", "text/plain; charset=utf-8"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
  };
  for (const auto& [suffix, type] : kTypes) {
    if (absl::EndsWithIgnoreCase(path, suffix)) return type;
  }
  return "application/octet-stream";
}

std::string Etag(absl::string_view body) {
  std::string hash(kEtagBytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(body.data()), body.size(), nullptr, 0);
  return absl::StrCat("\"", absl::BytesToHexString(hash), "\"");
}

// RFC 9110 §13.1.2: a list of tags, compared weakly, or "*".
bool Matches(absl::string_view if_none_match, absl::string_view etag) {
  for (absl::string_view tag : absl::StrSplit(if_none_match, ',')) {
    tag = absl::StripAsciiWhitespace(tag);
    if (absl::StartsWith(tag, "W/")) tag.remove_prefix(2);
    if (tag == etag || tag == "*") return true;
  }
  return false;
}

Response Text(int status, absl::string_view text) {
  Response response;
  response.head.status = status;
  response.head.headers.Add("content-type", "text/plain; charset=utf-8");
  response.body = absl::StrCat(text, "\n");
  return response;
}

}  // namespace

absl::StatusOr<StaticFiles> StaticFiles::Load(const std::string& directory, const StaticFilesLimits& limits) {
  StaticFiles files;
  size_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator it(directory, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_symlink(error) || !it->is_regular_file(error)) continue;
    bytes += it->file_size(error);
    if (error || bytes > limits.bytes_max || files.files_.size() >= limits.files_max) {
      return absl::ResourceExhaustedError(absl::StrCat("\"", directory, "\" holds more than ", limits.files_max,
                                                       " files or ", limits.bytes_max, " bytes"));
    }
    std::ifstream in(it->path(), std::ios::binary);
    std::string body((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in) return absl::NotFoundError(absl::StrCat("cannot read \"", it->path().string(), "\""));
    const std::string path = absl::StrCat("/", fs::relative(it->path(), directory, error).generic_string());
    File file{
        .content_type = std::string(ContentType(path)),
        .etag = Etag(body),
        .cache_control = absl::StartsWith(path, kHashedPrefix) ? "public, max-age=31536000, immutable" : "no-cache"};
    file.body = std::move(body);
    files.files_.emplace(path, std::move(file));
  }
  if (error) return absl::NotFoundError(absl::StrCat("cannot read \"", directory, "\": ", error.message()));
  if (!files.files_.contains(kIndex)) {
    return absl::NotFoundError(absl::StrCat("\"", directory, "\" has no index.html; build the page first"));
  }
  return files;
}

Response StaticFiles::Answer(absl::string_view method, absl::string_view path, absl::string_view if_none_match) const {
  if (method != "GET" && method != "HEAD") {
    Response response = Text(405, "only GET and HEAD");
    response.head.headers.Add("allow", "GET, HEAD");
    return response;
  }
  path = path.substr(0, path.find_first_of("?#"));
  auto it = files_.find(path);
  if (it == files_.end()) {
    const bool names_a_file = absl::StrContains(path.substr(path.rfind('/') + 1), '.');
    if (names_a_file) return Text(404, "there is no such file");
    it = files_.find(kIndex);
  }
  const File& file = it->second;
  Response response;
  response.head.headers.Add("etag", file.etag);
  response.head.headers.Add("cache-control", file.cache_control);
  if (Matches(if_none_match, file.etag)) {
    response.head.status = 304;
    return response;
  }
  response.head.headers.Add("content-type", file.content_type);
  response.body = file.body;
  return response;
}

}  // namespace nubo::http
