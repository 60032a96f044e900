#include "nubo/dns/wire/wire.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nubo::dns {
namespace {

constexpr uint8_t kPointerBits = 0xc0;
constexpr size_t kPointerTargetMax = 0x3fff;

}  // namespace

uint8_t WireReader::ReadU8() {
  const absl::string_view bytes = ReadBytes(1);
  return ok() ? static_cast<uint8_t>(bytes[0]) : 0;
}

uint16_t WireReader::ReadU16() {
  const uint16_t high = ReadU8();
  return static_cast<uint16_t>(high << 8 | ReadU8());
}

uint32_t WireReader::ReadU32() {
  const uint32_t high = ReadU16();
  return high << 16 | ReadU16();
}

absl::string_view WireReader::ReadBytes(size_t size) {
  if (!ok()) return "";
  if (size > remaining()) {
    Fail("it ends too early");
    return "";
  }
  const absl::string_view bytes = message_.substr(at_, size);
  at_ += size;
  return bytes;
}

Name WireReader::ReadName() {
  if (!ok()) return Name();
  std::array<char, Name::kWireSizeMax> wire;
  size_t size = 0;
  size_t at = at_;
  // A pointer must lead before the run of labels it closes: each jump goes strictly backwards, so they end.
  size_t run_start = at_;
  bool jumped = false;
  while (true) {
    if (at >= message_.size()) return Fail("a name ends too early"), Name();
    const uint8_t length = static_cast<uint8_t>(message_[at]);
    if ((length & kPointerBits) == kPointerBits) {
      if (at + 1 >= message_.size()) return Fail("a name ends too early"), Name();
      const size_t target = (length & 0x3fu) << 8 | static_cast<uint8_t>(message_[at + 1]);
      if (target >= run_start) return Fail("a compression pointer does not lead backwards"), Name();
      if (!jumped) at_ = at + 2;
      jumped = true;
      at = run_start = target;
      continue;
    }
    if ((length & kPointerBits) != 0) return Fail("a label has an unknown kind"), Name();
    if (at + 1 + length > message_.size()) return Fail("a name ends too early"), Name();
    if (size + 1 + length > wire.size()) return Fail("a name is longer than 255 bytes"), Name();
    message_.copy(wire.data() + size, 1 + length, at);
    size += 1 + length;
    at += 1 + length;
    if (length == 0) break;
  }
  if (!jumped) at_ = at;
  return *Name::FromWire(absl::string_view(wire.data(), size));
}

Txt WireReader::ReadTxt(size_t end) {
  Txt txt;
  do {
    txt.strings.emplace_back(ReadBytes(ReadU8()));
  } while (ok() && at_ < end);
  return txt;
}

Rdata WireReader::ReadRdata(RecordType type, size_t size) {
  if (ok() && size > remaining()) Fail("it ends too early");
  if (!ok()) return Opaque{};
  const size_t end = at_ + size;
  Rdata rdata;
  switch (type) {
    case RecordType::kA:
    case RecordType::kAaaa: {
      if (size != (type == RecordType::kA ? 4 : 16)) return Fail("an address has the wrong length"), rdata;
      rdata = AddressRdata(*net::IpAddress::FromBytes(ReadBytes(size)));
      break;
    }
    case RecordType::kNs:
      rdata = Ns{ReadName()};
      break;
    case RecordType::kCname:
      rdata = Cname{ReadName()};
      break;
    case RecordType::kDname:
      rdata = Dname{ReadName()};
      break;
    case RecordType::kPtr:
      rdata = Ptr{ReadName()};
      break;
    case RecordType::kSoa: {
      Soa& soa = rdata.emplace<Soa>();
      soa.primary = ReadName();
      soa.mailbox = ReadName();
      soa.serial = ReadU32();
      soa.refresh_seconds = ReadU32();
      soa.retry_seconds = ReadU32();
      soa.expire_seconds = ReadU32();
      soa.minimum_seconds = ReadU32();
      break;
    }
    case RecordType::kMx: {
      Mx& mx = rdata.emplace<Mx>();
      mx.preference = ReadU16();
      mx.exchange = ReadName();
      break;
    }
    case RecordType::kTxt:
      rdata = ReadTxt(end);
      break;
    case RecordType::kSrv: {
      Srv& srv = rdata.emplace<Srv>();
      srv.priority = ReadU16();
      srv.weight = ReadU16();
      srv.port = ReadU16();
      srv.target = ReadName();
      break;
    }
    default:
      rdata = Opaque{type, std::string(ReadBytes(size))};
      break;
  }
  if (ok() && at_ != end) Fail("a record's data does not fill its length");
  return rdata;
}

void WireReader::Fail(const char* why) {
  if (error_ != nullptr) return;
  error_ = why;
  error_at_ = at_;
}

absl::Status WireReader::status() const {
  if (ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a DNS message of ", message_.size(), " bytes is malformed at byte ", error_at_, ": ", error_));
}

WireWriter::WireWriter(std::string* out, size_t limit) : out_(out), limit_(limit) { out_->assign(kHeaderSize, '\0'); }

void WireWriter::PutU16(uint16_t value) {
  PutU8(static_cast<uint8_t>(value >> 8));
  PutU8(static_cast<uint8_t>(value));
}

void WireWriter::PutU32(uint32_t value) {
  PutU16(static_cast<uint16_t>(value >> 16));
  PutU16(static_cast<uint16_t>(value));
}

void WireWriter::PutName(const Name& name, bool compress) {
  const absl::string_view wire = name.wire();
  size_t at = 0;
  while (wire[at] != '\0') {
    if (compress) {
      if (const size_t target = FindWritten(wire.substr(at)); target != 0) {
        PutU16(static_cast<uint16_t>(kPointerBits << 8 | target));
        return;
      }
    }
    if (name_count_ < kNamesMax && out_->size() <= kPointerTargetMax) {
      names_[name_count_++] = static_cast<uint16_t>(out_->size());
    }
    const size_t size = 1 + static_cast<uint8_t>(wire[at]);
    PutBytes(wire.substr(at, size));
    at += size;
  }
  PutU8(0);
}

size_t WireWriter::FindWritten(absl::string_view suffix) const {
  for (size_t i = 0; i < name_count_; ++i) {
    if (WrittenAt(names_[i], suffix)) return names_[i];
  }
  return 0;
}

bool WireWriter::WrittenAt(size_t at, absl::string_view suffix) const {
  const absl::string_view written(*out_);
  size_t i = 0;
  while (true) {
    uint8_t length = static_cast<uint8_t>(written[at]);
    while ((length & kPointerBits) == kPointerBits) {
      at = (length & 0x3fu) << 8 | static_cast<uint8_t>(written[at + 1]);
      length = static_cast<uint8_t>(written[at]);
    }
    if (length != static_cast<uint8_t>(suffix[i])) return false;
    if (length == 0) return true;
    if (!absl::EqualsIgnoreCase(written.substr(at + 1, length), suffix.substr(i + 1, length))) return false;
    at += 1 + length;
    i += 1 + length;
    // The last name written may still lack its end.
    if (at >= written.size()) return false;
  }
}

struct RdataWriter {
  WireWriter& out;

  // RFC 3597 §4: only the types of RFC 1035 may have their names compressed.
  void operator()(const A& a) const { out.PutU32(a.address.v4()); }
  void operator()(const Aaaa& a) const { out.PutBytes(a.address.ToBytes()); }
  void operator()(const Ns& ns) const { out.PutName(ns.target, true); }
  void operator()(const Cname& cname) const { out.PutName(cname.target, true); }
  void operator()(const Dname& dname) const { out.PutName(dname.target, false); }
  void operator()(const Ptr& ptr) const { out.PutName(ptr.target, true); }
  void operator()(const Soa& soa) const {
    out.PutName(soa.primary, true);
    out.PutName(soa.mailbox, true);
    for (const uint32_t value :
         {soa.serial, soa.refresh_seconds, soa.retry_seconds, soa.expire_seconds, soa.minimum_seconds}) {
      out.PutU32(value);
    }
  }
  void operator()(const Mx& mx) const {
    out.PutU16(mx.preference);
    out.PutName(mx.exchange, true);
  }
  void operator()(const Txt& txt) const {
    for (const std::string& text : txt.strings) {
      const absl::string_view clipped = absl::string_view(text).substr(0, 255);
      out.PutU8(static_cast<uint8_t>(clipped.size()));
      out.PutBytes(clipped);
    }
  }
  void operator()(const Srv& srv) const {
    out.PutU16(srv.priority);
    out.PutU16(srv.weight);
    out.PutU16(srv.port);
    out.PutName(srv.target, false);
  }
  void operator()(const Opaque& opaque) const { out.PutBytes(opaque.bytes); }
};

bool WireWriter::AddQuestion(const Question& question) {
  const Mark start = mark();
  PutName(question.name, true);
  PutU16(static_cast<uint16_t>(question.type));
  PutU16(static_cast<uint16_t>(question.rclass));
  return Commit(Section::kQuestion, start);
}

bool WireWriter::AddRecord(Section section, const Name& name, RecordClass rclass, uint32_t ttl_seconds,
                           const Rdata& rdata) {
  const Mark start = mark();
  PutName(name, true);
  PutU16(static_cast<uint16_t>(TypeOf(rdata)));
  PutU16(static_cast<uint16_t>(rclass));
  PutU32(ttl_seconds);
  PutU16(0);
  const size_t data_start = out_->size();
  std::visit(RdataWriter{*this}, rdata);
  const size_t size = out_->size() - data_start;
  if (size > kMessageSizeMax) return Rewind(start), false;
  (*out_)[data_start - 2] = static_cast<char>(size >> 8);
  (*out_)[data_start - 1] = static_cast<char>(size);
  return Commit(section, start);
}

size_t WireWriter::EdnsSize(const Edns& edns) {
  size_t size = 11;
  for (const EdnsOption& option : edns.options) size += 4 + option.data.size();
  return size;
}

bool WireWriter::AddEdns(const Edns& edns, Rcode rcode) {
  const Mark start = mark();
  const size_t options_size = EdnsSize(edns) - 11;
  PutU8(0);
  PutU16(static_cast<uint16_t>(RecordType::kOpt));
  PutU16(edns.udp_size);
  PutU8(static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4));
  PutU8(edns.version);
  PutU16(edns.dnssec_ok ? 0x8000 : 0);
  PutU16(static_cast<uint16_t>(options_size));
  for (const EdnsOption& option : edns.options) {
    PutU16(option.code);
    PutU16(static_cast<uint16_t>(option.data.size()));
    PutBytes(option.data);
  }
  return Commit(Section::kAdditional, start);
}

bool WireWriter::Commit(Section section, const Mark& mark) {
  uint16_t& count = counts_[static_cast<size_t>(section)];
  if (out_->size() > limit_ || count == 0xffff) return Rewind(mark), false;
  ++count;
  return true;
}

void WireWriter::Rewind(const Mark& mark) {
  out_->resize(mark.size);
  name_count_ = mark.names;
  counts_ = mark.counts;
}

void WireWriter::Finish(const Header& header) {
  const auto set16 = [this](size_t at, uint16_t value) {
    (*out_)[at] = static_cast<char>(value >> 8);
    (*out_)[at + 1] = static_cast<char>(value);
  };
  uint16_t flags = static_cast<uint16_t>(static_cast<uint16_t>(header.rcode) & 0xf);
  flags |= static_cast<uint16_t>((static_cast<uint16_t>(header.opcode) & 0xf) << 11);
  if (header.response) flags |= 0x8000;
  if (header.authoritative) flags |= 0x0400;
  if (header.truncated) flags |= 0x0200;
  if (header.recursion_desired) flags |= 0x0100;
  if (header.recursion_available) flags |= 0x0080;
  if (header.authentic_data) flags |= 0x0020;
  if (header.checking_disabled) flags |= 0x0010;
  set16(0, header.id);
  set16(2, flags);
  for (size_t i = 0; i < counts_.size(); ++i) set16(4 + 2 * i, counts_[i]);
}

}  // namespace nubo::dns
