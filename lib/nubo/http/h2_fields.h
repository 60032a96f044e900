// The name-value array of a head, as nghttp2 wants it. Not for users.
//
// Thread safety: thread-compatible.
#ifndef NUBO_HTTP_H2_FIELDS_H_
#define NUBO_HTTP_H2_FIELDS_H_

#include <nghttp2/nghttp2.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "nubo/http/headers.h"

namespace nubo::http {

class H2FieldList {
 public:
  void Add(absl::string_view name, absl::string_view value) {
    fields_.push_back({absl::AsciiStrToLower(name), std::string(value)});
  }
  void AddAll(const Headers& headers) {
    fields_.reserve(fields_.size() + headers.size());
    for (const Field& field : headers) Add(field.name, field.value);
  }
  // Points into the list, which must stay.
  std::vector<nghttp2_nv> View() {
    std::vector<nghttp2_nv> view;
    view.reserve(fields_.size());
    for (Field& field : fields_) {
      view.push_back({reinterpret_cast<uint8_t*>(field.name.data()), reinterpret_cast<uint8_t*>(field.value.data()),
                      field.name.size(), field.value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return view;
  }

 private:
  std::vector<Field> fields_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_H2_FIELDS_H_
