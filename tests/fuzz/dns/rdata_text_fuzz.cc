// Record values as people write them: what is accepted prints in a form that is accepted again as the same.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nubo::dns;  // NOLINT: one function
  if (size == 0) return 0;
  constexpr RecordType kTypes[] = {
      RecordType::kA,     RecordType::kAaaa,  RecordType::kNs,    RecordType::kSoa,
      RecordType::kMx,    RecordType::kTxt,   RecordType::kSrv,   RecordType::kCaa,
      RecordType::kDs,    RecordType::kNaptr, RecordType::kSshfp, RecordType::kTlsa,
      RecordType::kHttps, RecordType::kSpf,   RecordType::kSvcb,  RecordType{731},
  };
  const absl::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto rdata = ParseRdata(kTypes[data[0] % 16], text);
  if (!rdata.ok()) return 0;
  if (!Validate(*rdata).ok()) std::abort();
  const auto again = ParseRdata(TypeOf(*rdata), ToText(*rdata));
  if (!again.ok() || !(*again == *rdata)) std::abort();
  return 0;
}
