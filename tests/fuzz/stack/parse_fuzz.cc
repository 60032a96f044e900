// Any text: parsed, and what parses is bound, checked and ordered.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/graph.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/reader.h"
#include "nubo/stack/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nubo::stack;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = ReadText(text, "t.yaml");
  // What was read prints as JSON that reads as the same.
  if (tree.ok()) {
    ReadOptions options;
    options.bytes_max = kTemplateBytesMax;
    options.depth_max = 400;
    const auto again = ReadJson(ToJson(*tree), "t.json", options);
    if (!again.ok() || *again != *tree) std::abort();
  }
  const auto parsed = Parse(text, "t.yaml");
  if (!parsed.ok()) return 0;
  const auto bindings = Bind(*parsed, {}, {});
  if (!bindings.ok()) return 0;
  (void)Validate(*parsed, *bindings);
  (void)BuildGraph(*parsed, *bindings);
  return 0;
}
