// What lists know, and whoever asks for them: how much is on a page, and the filters that are not AWS's.
//
// Thread safety: constants.
#ifndef NUBO_REGION_RESOURCES_LIST_FILTERS_H_
#define NUBO_REGION_RESOURCES_LIST_FILTERS_H_

#include <cstddef>

namespace nubo::region {

// Entries of one page, at most; and where the request does not say.
inline constexpr int kPageMax = 1000;
// Of one request: filters, as at EC2; values of all of them together; bytes of one; ids or names.
inline constexpr int kFiltersMax = 50;
inline constexpr int kFilterValuesMax = 200;
inline constexpr size_t kFilterValueBytesMax = 1024;
inline constexpr int kIdsMax = 1000;

// Of lists of what stacks make. "" is what belongs to none.
inline constexpr char kStackNameFilter[] = "nubo:stack-name";
// LOGICAL-ID or STACK/LOGICAL-ID.
inline constexpr char kLogicalIdFilter[] = "nubo:logical-id";
// Where it is reached on this machine.
inline constexpr char kLoopbackAddressFilter[] = "nubo:loopback-address";
// Of what has tags: their keys, and "tag:KEY", the value of one.
inline constexpr char kTagKeyFilter[] = "tag-key";
inline constexpr char kTagFilter[] = "tag:";
// Of every list: whatever any other of its filters would be held against.
inline constexpr char kAnyFilter[] = "nubo:any";

}  // namespace nubo::region

#endif  // NUBO_REGION_RESOURCES_LIST_FILTERS_H_
