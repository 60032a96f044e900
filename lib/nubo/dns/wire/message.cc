#include "nubo/dns/wire/message.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/wire.h"

namespace nubo::dns {
namespace {

Header HeaderOf(uint16_t id, uint16_t flags) {
  Header header;
  header.id = id;
  header.response = (flags & 0x8000) != 0;
  header.opcode = Opcode{static_cast<uint8_t>(flags >> 11 & 0xf)};
  header.authoritative = (flags & 0x0400) != 0;
  header.truncated = (flags & 0x0200) != 0;
  header.recursion_desired = (flags & 0x0100) != 0;
  header.recursion_available = (flags & 0x0080) != 0;
  header.authentic_data = (flags & 0x0020) != 0;
  header.checking_disabled = (flags & 0x0010) != 0;
  header.rcode = Rcode{static_cast<uint16_t>(flags & 0xf)};
  return header;
}

void ReadQuestion(WireReader& reader, Message* message) {
  Question question;
  question.name = reader.ReadName();
  question.type = RecordType{reader.ReadU16()};
  question.rclass = RecordClass{reader.ReadU16()};
  if (reader.ok()) message->questions.push_back(std::move(question));
}

// RFC 6891 §6.1.2: the class is the payload size, the TTL holds rcode bits, version and flags.
void ReadEdns(WireReader& reader, const ResourceRecord& owner, uint16_t udp_size, uint32_t ttl, size_t size,
              Message* message) {
  if (message->edns.has_value()) return reader.Fail("it has a second OPT record");
  if (!owner.name.is_root()) return reader.Fail("its OPT record does not belong to the root");
  Edns& edns = message->edns.emplace();
  edns.udp_size = udp_size;
  edns.version = static_cast<uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & 0x8000) != 0;
  message->rcode = Rcode{static_cast<uint16_t>(static_cast<uint16_t>(message->rcode) | (ttl >> 24) << 4)};
  if (size > reader.remaining()) return reader.Fail("it ends too early");
  const size_t end = reader.position() + size;
  while (reader.ok() && reader.position() < end) {
    EdnsOption option;
    option.code = reader.ReadU16();
    option.data = std::string(reader.ReadBytes(reader.ReadU16()));
    edns.options.push_back(std::move(option));
  }
  if (reader.ok() && reader.position() != end) reader.Fail("an EDNS option does not fit its record");
}

void ReadRecord(WireReader& reader, bool additional, std::vector<ResourceRecord>* section, Message* message) {
  ResourceRecord record;
  record.name = reader.ReadName();
  const RecordType type{reader.ReadU16()};
  const uint16_t rclass = reader.ReadU16();
  record.ttl_seconds = reader.ReadU32();
  const size_t size = reader.ReadU16();
  if (!reader.ok()) return;
  if (type == RecordType::kOpt) {
    if (!additional) return reader.Fail("it has an OPT record outside of its additional section");
    return ReadEdns(reader, record, rclass, record.ttl_seconds, size, message);
  }
  record.rclass = RecordClass{rclass};
  record.rdata = reader.ReadRdata(type, size);
  if (reader.ok()) section->push_back(std::move(record));
}

absl::Status TooLong() { return absl::InvalidArgumentError("a DNS message is longer than 65535 bytes"); }

absl::Status WriteSection(Section section, const std::vector<ResourceRecord>& records, WireWriter* writer) {
  for (const ResourceRecord& record : records) {
    NUBO_RETURN_IF_ERROR(base::Annotate(Validate(record.rdata), record.name.ToString()));
    if (!writer->AddRecord(section, record.name, record.rclass, record.ttl_seconds, record.rdata)) {
      return TooLong();
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<Header> DecodeHeader(absl::string_view bytes) {
  if (bytes.size() < kHeaderSize) return std::nullopt;
  WireReader reader(bytes);
  const uint16_t id = reader.ReadU16();
  return HeaderOf(id, reader.ReadU16());
}

absl::StatusOr<Message> Decode(absl::string_view bytes) {
  if (bytes.size() > kMessageSizeMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a DNS message has ", bytes.size(), " bytes; expected at most ", kMessageSizeMax));
  }
  WireReader reader(bytes);
  Message message;
  const uint16_t id = reader.ReadU16();
  static_cast<Header&>(message) = HeaderOf(id, reader.ReadU16());
  const uint16_t questions = reader.ReadU16();
  const uint16_t answers = reader.ReadU16();
  const uint16_t authority = reader.ReadU16();
  const uint16_t additional = reader.ReadU16();
  // Counts are claims: each entry takes bytes, and the first that is missing ends the loop.
  for (int i = 0; i < questions && reader.ok(); ++i) ReadQuestion(reader, &message);
  for (int i = 0; i < answers && reader.ok(); ++i) ReadRecord(reader, false, &message.answers, &message);
  for (int i = 0; i < authority && reader.ok(); ++i) ReadRecord(reader, false, &message.authority, &message);
  for (int i = 0; i < additional && reader.ok(); ++i) ReadRecord(reader, true, &message.additional, &message);
  if (reader.ok() && reader.remaining() != 0) reader.Fail("bytes follow its last record");
  NUBO_RETURN_IF_ERROR(reader.status());
  return message;
}

absl::StatusOr<std::string> Encode(const Message& message) {
  std::string out;
  WireWriter writer(&out, kMessageSizeMax);
  for (const Question& question : message.questions) {
    if (!writer.AddQuestion(question)) return TooLong();
  }
  NUBO_RETURN_IF_ERROR(WriteSection(Section::kAnswer, message.answers, &writer));
  NUBO_RETURN_IF_ERROR(WriteSection(Section::kAuthority, message.authority, &writer));
  NUBO_RETURN_IF_ERROR(WriteSection(Section::kAdditional, message.additional, &writer));
  if (message.edns.has_value()) {
    if (WireWriter::EdnsSize(*message.edns) > kMessageSizeMax || !writer.AddEdns(*message.edns, message.rcode)) {
      return TooLong();
    }
  } else if (static_cast<uint16_t>(message.rcode) > 15) {
    return absl::InvalidArgumentError(
        absl::StrCat("response code ", ToString(message.rcode), " needs an EDNS record to carry it"));
  }
  writer.Finish(message);
  return out;
}

}  // namespace nubo::dns
