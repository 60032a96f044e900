// Header fields: in the order they came, found by name whatever its case.
//
// Example:
//   http::Headers headers;
//   headers.Set("content-type", "text/plain");
//   if (auto type = headers.Get("Content-Type")) Use(*type);
//
// Thread safety: a value.
#ifndef NUBO_HTTP_HEADERS_H_
#define NUBO_HTTP_HEADERS_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::http {

struct Field {
  std::string name;
  std::string value;
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void Add(absl::string_view name, absl::string_view value) {
    fields_.push_back({std::string(name), std::string(value)});
  }
  // Replaces all fields of that name.
  void Set(absl::string_view name, absl::string_view value);
  // How many were removed.
  size_t Remove(absl::string_view name);

  // The first of that name.
  std::optional<absl::string_view> Get(absl::string_view name) const;
  std::vector<absl::string_view> GetAll(absl::string_view name) const;
  bool Has(absl::string_view name) const { return Get(name).has_value(); }
  // True if one of the comma-separated members of the fields called `name` is `token`, whatever its case.
  bool HasToken(absl::string_view name, absl::string_view token) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  void clear() { fields_.clear(); }

 private:
  std::vector<Field> fields_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_HEADERS_H_
