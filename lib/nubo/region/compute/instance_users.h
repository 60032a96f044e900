// The users that instances run as: where root grants it, each one its own.
//
// They are numbers between those that systems give to people, services and containers (systemd's "Users, Groups, UIDs
// and GIDs" leaves 1879048192 to 2147483647 unused), and follow from the instance's id.
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_COMPUTE_INSTANCE_USERS_H_
#define NUBO_REGION_COMPUTE_INSTANCE_USERS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace nubo::region {

inline constexpr uint32_t kFirstInstanceUser = 1900000000;
inline constexpr uint32_t kInstanceUsers = 1 << 27;

// Of ids that differ in their last digits it differs too. 0: there is no number in the id.
uint32_t InstanceUser(absl::string_view instance_id);

// Whether a table such as /proc/self/uid_map has all of them (user_namespaces(7)).
bool MapsInstanceUsers(absl::string_view map);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_INSTANCE_USERS_H_
