// MIME messages as cloud-init reads them (RFC 2045, 2046): headers, parts within parts, transfer encodings.
//
// A text that does not begin with a header is a message without headers. A boundary that never ends runs to the end of
// the text. Encoded words (RFC 2047) and parameters in several pieces (RFC 2231) are not read.
//
// Thread safety: values and pure functions.
#ifndef NUBO_EC2_MIME_H_
#define NUBO_EC2_MIME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::ec2 {

inline constexpr int kMimeDepthMax = 10;
inline constexpr size_t kMimePartsMax = 200;

// A part that holds no others.
struct MimePart {
  // In lower case; "text/plain" if it does not say.
  std::string type;
  // "": it has none.
  std::string filename;
  // Of the header Merge-Type or X-Merge-Type.
  std::string merge_type;
  // Decoded.
  std::string body;
  // Where the body begins, from 1; 0: it was encoded.
  int line = 0;
  // Why it cannot be read; "": it can.
  std::string problem;
  // Of the problem.
  int problem_line = 0;
};

// The parts in their order; what cannot be read is there as a part with a problem.
std::vector<MimePart> ReadMime(absl::string_view text);

// Quoted-printable (RFC 2045 §6.7) to bytes; what is none stays as it is.
std::string DecodeQuotedPrintable(absl::string_view text);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_MIME_H_
