// Removes a directory tree that somebody else has made, whatever it is like.
//
// Read-only directories, a million files, a hundred thousand levels, files that are marked immutable, mount points: as
// far as this user may, all of it goes. Memory and descriptors are constant: what lies deeper than two levels is moved
// up first. Links are not followed and other file systems not entered: a mount is taken off, or stays and is told of.
//
// Example:
//   NUBO_RETURN_IF_ERROR(base::RemoveTree("/state/trash/i-1"));
//
// Thread safety: free functions. They block, for as long as it takes.
#ifndef NUBO_BASE_TREE_REMOVAL_H_
#define NUBO_BASE_TREE_REMOVAL_H_

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace nubo::base {

// OK also where there is nothing. INTERNAL: something could not be removed; says how much, and why the first.
// CANCELLED: `go_on`, which is asked again and again, said no; what is left is as good as before.
absl::Status RemoveTree(const std::string& path, const std::function<bool()>& go_on = nullptr);

}  // namespace nubo::base

#endif  // NUBO_BASE_TREE_REMOVAL_H_
