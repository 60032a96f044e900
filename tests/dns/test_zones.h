// Zones from lines of text, for tests: "name type ttl value", "name ALIAS-A target [evaluate]".
//
// Example:
//   auto zones = MakeZoneSet({{"example.com", {"example.com SOA 900 ns. host. 1 2 3 4 60", "www A 60 10.0.0.1"}}});
//
// Thread safety: pure functions.
#ifndef NUBO_TESTS_DNS_TEST_ZONES_H_
#define NUBO_TESTS_DNS_TEST_ZONES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "nubo/dns/wire/record.h"
#include "nubo/dns/zone/zone.h"
#include "nubo/dns/zone/zone_set.h"

namespace nubo::dns {

inline absl::Status AddLine(ZoneBuilder& builder, absl::string_view line) {
  const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
  const Name name = *Name::Parse(words.at(0));
  absl::string_view type = words.at(1);
  if (absl::ConsumePrefix(&type, "ALIAS-")) {
    RecordSet set{.type = *ParseRecordType(type)};
    set.alias = AliasTarget{*Name::Parse(words.at(2)), words.size() > 3};
    return builder.Add(name, std::move(set));
  }
  uint32_t ttl = 0;
  if (!absl::SimpleAtoi(words.at(2), &ttl)) return absl::InvalidArgumentError(line);
  absl::StatusOr<Rdata> rdata = ParseRdata(*ParseRecordType(type), words.at(3));
  if (!rdata.ok()) return rdata.status();
  return builder.Add(ResourceRecord{name, RecordClass::kIn, ttl, *std::move(rdata)});
}

inline absl::StatusOr<std::shared_ptr<const Zone>> MakeZone(absl::string_view origin,
                                                            const std::vector<std::string>& lines) {
  ZoneBuilder builder(*Name::Parse(origin));
  for (const std::string& line : lines) {
    const absl::Status status = AddLine(builder, line);
    if (!status.ok()) return status;
  }
  return std::move(builder).Build();
}

struct TestZone {
  std::string origin;
  std::vector<std::string> lines;
};

inline std::shared_ptr<const ZoneSet> MakeZoneSet(const std::vector<TestZone>& zones) {
  ZoneSetBuilder builder;
  for (const TestZone& zone : zones) {
    const absl::Status status = builder.Add(MakeZone(zone.origin, zone.lines).value());
    if (!status.ok()) return nullptr;
  }
  return std::move(builder).Build();
}

}  // namespace nubo::dns

#endif  // NUBO_TESTS_DNS_TEST_ZONES_H_
