// YAML as a tree with the place of every node; bounded, also against aliases that multiply.
//
// Thread safety: pure function.
#ifndef NUBO_BOOT_YAML_TREE_H_
#define NUBO_BOOT_YAML_TREE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::boot {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  // Of a scalar, as it is written.
  std::string text;
  // It stands without quotes, and could be a number.
  bool plain = false;
  // !!binary: the text is base64.
  bool binary = false;
  // From 1.
  int line = 1;
  int column = 1;
  // Of a list; of a map the values, each beside its key in `keys`. Of keys that are there twice, both.
  std::vector<YamlNode> items;
  std::vector<YamlNode> keys;
};

struct YamlTree {
  YamlNode root;
  // Why it cannot be read, and where; "": it can.
  std::string problem;
  int line = 0;
  int column = 0;
};

// Of the first document; null if there is none.
YamlTree ReadYaml(absl::string_view text);

}  // namespace nubo::boot

#endif  // NUBO_BOOT_YAML_TREE_H_
