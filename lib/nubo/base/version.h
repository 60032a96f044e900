// The version of nubo: what `nubo version`, the region and the installed packages tell.
//
// Thread safety: a constant.
#ifndef NUBO_BASE_VERSION_H_
#define NUBO_BASE_VERSION_H_

namespace nubo::base {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace nubo::base

#endif  // NUBO_BASE_VERSION_H_
