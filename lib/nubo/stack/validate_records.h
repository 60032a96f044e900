// How the record sets of one template go together. Private to the validate target.
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_VALIDATE_RECORDS_H_
#define NUBO_STACK_VALIDATE_RECORDS_H_

#include <string>
#include <vector>

#include "nubo/stack/diagnostic.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// A hosted zone or a record set, with its properties as far as they are known.
struct KnownRecord {
  std::string logical_id;
  const Value* properties = nullptr;
};

// Adds what is wrong: records outside of their zone, a CNAME at its apex or beside others, two of one name and type.
void CheckRecordSets(const std::vector<KnownRecord>& zones, const std::vector<KnownRecord>& records,
                     std::vector<Diagnostic>& problems);

}  // namespace nubo::stack

#endif  // NUBO_STACK_VALIDATE_RECORDS_H_
