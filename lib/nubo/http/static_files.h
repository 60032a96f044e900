// A directory of files, read once at start and served from memory.
//
// What is served is exactly what was there at start: a path is looked up in a table of known names, never joined to a
// directory, so that no "../" in any disguise leads out of it. Symbolic links are not followed.
//
// Example:
//   StaticFiles files = *StaticFiles::Load("/opt/shop/web", {});
//   Response page = files.Answer("GET", "/", "");
//
// Thread safety: immutable after Load.
#ifndef NUBO_HTTP_STATIC_FILES_H_
#define NUBO_HTTP_STATIC_FILES_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/http/message.h"

namespace nubo::http {

struct StaticFilesLimits {
  size_t files_max = 10'000;
  size_t bytes_max = 64 << 20;
};

class StaticFiles {
 public:
  // NOT_FOUND: no directory, or no index.html in it. RESOURCE_EXHAUSTED: more or larger files than `limits`.
  static absl::StatusOr<StaticFiles> Load(const std::string& directory, const StaticFilesLimits& limits);

  // The answer to GET or HEAD of `path` (a query may follow); `if_none_match` is that header, or "". 304 if the
  // browser has it already. The page itself for a path that names no file, unless its last part has a dot: the page's
  // own routes lead to the page, and a missing script is a 404. 405 for any other method.
  Response Answer(absl::string_view method, absl::string_view path, absl::string_view if_none_match) const;

 private:
  struct File {
    std::string body;
    std::string content_type;
    std::string etag;
    std::string cache_control;
  };
  // By path, with its leading slash.
  absl::flat_hash_map<std::string, File> files_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_STATIC_FILES_H_
