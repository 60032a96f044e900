// The grammar of HTTP's smallest parts (RFC 9110 §5, RFC 9112 §3), held to alike by HTTP/1.1 and HTTP/2.
//
// Thread safety: pure functions.
#ifndef NUBO_HTTP_SYNTAX_H_
#define NUBO_HTTP_SYNTAX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/http/headers.h"
#include "nubo/http/message.h"

namespace nubo::http {

// Longer methods exist nowhere.
inline constexpr size_t kMethodBytesMax = 32;

// A method or a field's name: RFC 9110 §5.6.2.
bool IsToken(absl::string_view text);
// Visible characters, space, tab, and bytes above 127; no other control character.
bool IsFieldValue(absl::string_view text);
// A path with perhaps a query, or a URI. RFC 3986 §2, and what browsers send raw all the same: "|" and "^", and in the
// query also "`{}\" (https://url.spec.whatwg.org/#query-percent-encode-set). No fragment.
bool IsTarget(absl::string_view text);
// uri-host [ ":" port ], without user information.
bool IsAuthority(absl::string_view text);
// Digits only, and at least one.
bool IsDigits(absl::string_view text);
// A Content-Length: digits only, at most 18, so that sums of lengths stay far below 2^64.
std::optional<uint64_t> ParseContentLength(absl::string_view text);
// Names are tokens and values field values: such fields may be put on a wire.
bool MayBeSent(const Headers& headers);

// What may be sent: a method that is a token, a path, an authority (or none), proper fields, and at most one
// Content-Length, a plain number; a response has a final status. INVALID_ARGUMENT: anything else.
absl::Status CheckRequestHead(const RequestHead& head);
absl::Status CheckResponseHead(const ResponseHead& head);
// An interim response other than 100 and 101, which are the connection's own business.
absl::Status CheckInterimHead(const ResponseHead& head);

// For messages: what a peer sent, short and printable.
std::string Quote(absl::string_view text);

}  // namespace nubo::http

#endif  // NUBO_HTTP_SYNTAX_H_
