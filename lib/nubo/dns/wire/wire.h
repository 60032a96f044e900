// Reading and writing the parts of a message in place. Most callers want nubo/dns/wire/message.h instead.
//
// WireReader walks over foreign bytes; after any failed read it stays failed. WireWriter appends to a buffer
// the caller owns and reuses, up to a limit; a record that does not fit leaves no trace.
//
// Example:
//   std::string packet;
//   WireWriter writer(&packet, kUdpSizeMax);
//   writer.AddQuestion(question);
//   if (!writer.AddRecord(Section::kAnswer, name, RecordClass::kIn, 60, rdata)) header.truncated = true;
//   writer.Finish(header);
//
// Thread safety: thread-compatible.
#ifndef NUBO_DNS_WIRE_WIRE_H_
#define NUBO_DNS_WIRE_WIRE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/dns/wire/message_parts.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/record.h"
#include "nubo/dns/wire/types.h"

namespace nubo::dns {

class WireReader {
 public:
  explicit WireReader(absl::string_view message) : message_(message) {}

  size_t position() const { return at_; }
  size_t remaining() const { return message_.size() - at_; }
  uint8_t ReadU8();
  uint16_t ReadU16();
  uint32_t ReadU32();
  absl::string_view ReadBytes(size_t size);
  // Follows compression pointers, which must lead backwards.
  Name ReadName();
  // A record's data of `size` bytes, all of which must be used up.
  Rdata ReadRdata(RecordType type, size_t size);
  void Fail(const char* why);
  bool ok() const { return error_ == nullptr; }
  // INVALID_ARGUMENT with the first failure and its place.
  absl::Status status() const;

 private:
  Txt ReadTxt(size_t end);

  absl::string_view message_;
  size_t at_ = 0;
  const char* error_ = nullptr;
  size_t error_at_ = 0;
};

enum class Section { kQuestion = 0, kAnswer = 1, kAuthority = 2, kAdditional = 3 };

class WireWriter {
 public:
  // Clears *out and leaves room for the header. `limit` is at most kMessageSizeMax.
  WireWriter(std::string* out, size_t limit);

  // Each false: it does not fit, and nothing was written. Sections are written in their order.
  bool AddQuestion(const Question& question);
  bool AddRecord(Section section, const Name& name, RecordClass rclass, uint32_t ttl_seconds, const Rdata& rdata);
  // The rcode's upper bits go here.
  bool AddEdns(const Edns& edns, Rcode rcode);

  // How many bytes AddEdns will need for `edns`: keep them free with Reserve while adding records.
  static size_t EdnsSize(const Edns& edns);
  void Reserve(size_t bytes) { limit_ -= bytes; }
  void Release(size_t bytes) { limit_ += bytes; }

  // A point to go back to, so that a set of records is written as a whole or not at all.
  struct Mark {
    size_t size;
    size_t names;
    std::array<uint16_t, 4> counts;
  };
  Mark mark() const { return {out_->size(), name_count_, counts_}; }
  void Rewind(const Mark& mark);
  uint16_t count(Section section) const { return counts_[static_cast<size_t>(section)]; }

  // Writes the header over the room left for it.
  void Finish(const Header& header);

 private:
  friend struct RdataWriter;
  // The positions of names already written that later ones may point to; names past this many are not offered.
  static constexpr size_t kNamesMax = 48;

  void PutU8(uint8_t value) { out_->push_back(static_cast<char>(value)); }
  void PutU16(uint16_t value);
  void PutU32(uint32_t value);
  void PutBytes(absl::string_view bytes) { out_->append(bytes.data(), bytes.size()); }
  void PutName(const Name& name, bool compress);
  // Where `suffix` was written before; 0: nowhere.
  size_t FindWritten(absl::string_view suffix) const;
  bool WrittenAt(size_t at, absl::string_view suffix) const;
  // Counts the entry begun at `mark`, or takes it back if it went past the limit.
  bool Commit(Section section, const Mark& mark);

  std::string* out_;
  size_t limit_;
  std::array<uint16_t, kNamesMax> names_;
  size_t name_count_ = 0;
  std::array<uint16_t, 4> counts_{};
};

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_WIRE_H_
