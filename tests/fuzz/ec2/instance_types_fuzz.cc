// Tables of instance types, as users write them: what is read is within the bounds, is found by its name, and says the
// same when it is written down and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/ec2/instance_types.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ::nubo::ec2::InstanceTypes;
  const auto types = InstanceTypes::Parse({reinterpret_cast<const char*>(data), size});
  if (!types.ok()) return 0;
  std::string text;
  for (const auto& [name, type] : types->all()) {
    if (type.vcpus < 1 || type.memory_mib < 1 || type.interfaces_max < 1 || type.addresses_max < 1) std::abort();
    if (!types->Find(name).ok()) std::abort();
    const std::string size_name = name.substr(type.family.size() + 1);
    absl::StrAppend(&text, "family ", type.family, " ", ArchitectureName(type.architecture), " ",
                    type.current_generation ? "current" : "previous", "\n", size_name, " ", type.vcpus, " ",
                    type.memory_mib, "MiB ", type.interfaces_max, " ", type.addresses_max, "\n");
  }
  const auto again = InstanceTypes::Parse(text);
  if (!again.ok() || again->all().size() != types->all().size()) std::abort();
  for (const auto& [name, type] : types->all()) {
    const auto& other = *again->Find(name).value();
    if (other.memory_mib != type.memory_mib || other.vcpus != type.vcpus) std::abort();
  }
  return 0;
}
