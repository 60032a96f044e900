#include "nubo/cli/client/last_lines.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nubo::cli {
namespace {

constexpr size_t kLinesMax = 10;
constexpr size_t kLineSizeMax = 200;
// More than that of a log is not kept in memory.
constexpr size_t kTailSizeMax = 16 << 10;

}  // namespace

std::string TailOf(absl::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.empty()) return "";
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() > kLinesMax) lines.erase(lines.begin(), lines.end() - kLinesMax);
  return absl::StrJoin(lines, "\n", [](std::string* out, absl::string_view line) {
    const bool cut = line.size() > kLineSizeMax;
    absl::StrAppend(out, "  ", absl::Utf8SafeCHexEscape(line.substr(0, kLineSizeMax)), cut ? "..." : "");
  });
}

std::string LastLines(const Client& client, const std::string& id) {
  region::v1::ReadLogRequest request;
  request.set_id(id);
  request.set_tail_lines(kLinesMax);
  grpc::ClientContext call;
  const auto reader = client.region().ReadLog(&call, request);
  region::v1::LogChunk chunk;
  std::string tail;
  while (reader->Read(&chunk)) {
    tail += chunk.data();
    if (tail.size() > 2 * kTailSizeMax) tail.erase(0, tail.size() - kTailSizeMax);
  }
  (void)reader->Finish();
  return TailOf(tail);
}

}  // namespace nubo::cli
