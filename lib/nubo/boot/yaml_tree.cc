#include "nubo/boot/yaml_tree.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nubo::boot {
namespace {

// Eight times what user data may have; in some texts the time goes with the square.
constexpr size_t kTextBytesMax = 128 << 10;
// Of all nodes and their texts, whatever aliases make of them.
constexpr size_t kCostMax = 4 << 20;
constexpr size_t kNodeCost = 64;
constexpr size_t kDepthMax = 64;
constexpr char kBinaryTag[] = "tag:yaml.org,2002:binary";

size_t CostOf(const YamlNode& node) {
  size_t cost = kNodeCost + node.text.size();
  for (const YamlNode& item : node.items) cost += CostOf(item);
  for (const YamlNode& key : node.keys) cost += CostOf(key);
  return cost;
}

// The events of the first document; after a bound is reached it takes none.
class Handler final : public YAML::EventHandler {
 public:
  YamlNode Take() { return std::move(root_); }
  bool has_root() const { return has_root_; }
  // "": no bound is reached.
  const std::string& problem() const { return problem_; }
  const YAML::Mark& problem_mark() const { return problem_mark_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (Spend(mark, kNodeCost)) Put(mark, Node(mark, YamlNode::Kind::kNull), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) return Stop(mark, "an alias stands within what it names");
    if (Spend(mark, CostOf(named->second))) Put(mark, YamlNode(named->second), YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (!Spend(mark, kNodeCost + text.size())) return;
    YamlNode node = Node(mark, YamlNode::Kind::kScalar);
    node.plain = tag == "?";
    if (node.plain && (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")) {
      node.kind = YamlNode::Kind::kNull;
    } else {
      node.text = text;
      node.binary = tag == kBinaryTag;
    }
    Put(mark, std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, YamlNode::Kind::kList, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, YamlNode::Kind::kMap, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    YAML::Mark mark;
    YamlNode node;
    YAML::anchor_t anchor;
  };

  void Stop(const YAML::Mark& mark, std::string problem) {
    if (!problem_.empty()) return;
    problem_ = std::move(problem);
    problem_mark_ = mark;
  }

  bool Spend(const YAML::Mark& mark, size_t cost) {
    if (cost > left_) Stop(mark, "it is too large");
    if (!problem_.empty()) return false;
    left_ -= cost;
    return true;
  }

  static YamlNode Node(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void Open(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor) {
    if (levels_.size() == kDepthMax) Stop(mark, absl::StrCat("it nests more than ", kDepthMax, " deep"));
    if (Spend(mark, kNodeCost)) levels_.push_back({mark, Node(mark, kind), anchor});
  }

  void Close() {
    if (!problem_.empty()) return;
    Level level = std::move(levels_.back());
    levels_.pop_back();
    Put(level.mark, std::move(level.node), level.anchor);
  }

  void Put(const YAML::Mark& mark, YamlNode node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      if (!Spend(mark, CostOf(node))) return;
      anchors_[anchor] = node;
    }
    if (levels_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    YamlNode& parent = levels_.back().node;
    const bool key = parent.kind == YamlNode::Kind::kMap && parent.keys.size() == parent.items.size();
    (key ? parent.keys : parent.items).push_back(std::move(node));
  }

  // Open lists and maps, the innermost last.
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t left_ = kCostMax;
  YamlNode root_;
  bool has_root_ = false;
  std::string problem_;
  YAML::Mark problem_mark_;
};

YamlTree Problem(const YAML::Mark& mark, std::string problem) {
  YamlTree tree;
  tree.problem = std::move(problem);
  tree.line = mark.line + 1;
  tree.column = mark.column + 1;
  return tree;
}

// The library takes a NUL for the end.
YamlTree CheckCharacters(absl::string_view text) {
  YAML::Mark mark;
  mark.line = mark.column = 0;
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F) {
      return Problem(mark, absl::StrCat("control character ", static_cast<int>(byte), " is not allowed in YAML"));
    }
    mark.column = c == '\n' ? 0 : mark.column + 1;
    mark.line += c == '\n' ? 1 : 0;
  }
  return {};
}

}  // namespace

YamlTree ReadYaml(absl::string_view text) {
  if (text.size() > kTextBytesMax) return Problem({}, absl::StrCat("it has more than ", kTextBytesMax, " bytes"));
  YamlTree tree = CheckCharacters(text);
  if (!tree.problem.empty()) return tree;
  Handler handler;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (!handler.has_root() && handler.problem().empty() && parser.HandleNextDocument(handler)) {
    }
  } catch (const YAML::Exception& error) {
    // A bound of ours was reached first, and says more.
    if (handler.problem().empty()) return Problem(error.mark, absl::StrCat("YAML not well-formed: ", error.msg));
  }
  if (!handler.problem().empty()) return Problem(handler.problem_mark(), handler.problem());
  tree.root = handler.Take();
  return tree;
}

}  // namespace nubo::boot
