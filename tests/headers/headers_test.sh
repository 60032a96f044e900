#!/usr/bin/env bash
# Every header that shows an example is among those whose examples are compiled, but for the modules that only the region and its
# command line are made of. What is made of an example is what it says.
#
#   headers_test.sh     ./nubo test says by NUBO_ROOT where the repository is; else the way back from the runfiles finds it
set -euo pipefail
here=$PWD/tests/headers
root=${NUBO_ROOT:-$(dirname "$(readlink -f WORKSPACE)")}
cd "$root"
failures=0

compiled=$(sed -nE 's/^#line [0-9]+ "(.*)"$/\1/p' "$here"/*_examples.cc | sort -u)
shown=$(find lib/nubo -name '*.h' -exec grep -lE '^// Example' {} + | grep -vE '^lib/nubo/(api|cli|console|control|daemon|proxy|region|stack)/|^lib/nubo/((dns|metadata)_server/(config|process)|drivers/(shim_hunt|log_times))\.h$' | sort)
[ -n "$shown" ] || { echo "no header shows an example"; exit 1; }
left_out=$(comm -13 <(echo "$compiled") <(echo "$shown"))
[ -z "$left_out" ] || { printf 'not in tests/headers/BUILD.bazel:\n%s\n' "$left_out"; failures=1; }

place=$(mktemp -d "${TEST_TMPDIR:-/tmp}/headers-XXXXXX")
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/lib/nubo/lb"
cat >"$place/lib/nubo/lb/shown.h" <<'H'
// What it is for.
//
// Example:
//   Thing thing(...);
//   ... wait for it ...
//   if (thing.Done()) …  // at last
//   class Mine final : public Thing { ... };
//   thing.Each([](int i) { … });
//
// Not part of it.
//
// Example, awaiting:
//   auto answer = co_await thing.Ask();
//
// Thread safety: a value.
H
made=$(cd "$place" && "$root/tests/headers/examples.sh" lb tests/headers/lb.h lib/nubo/lb/shown.h | grep -v '^$')
expected='// Made by tests/headers/examples.sh.
#include "nubo/lb/shown.h"
#include "tests/headers/lb.h"
namespace nubo::lb {
namespace of_lib_nubo_lb_shown_h_4 {
using namespace example;
[[maybe_unused]] example::Anything Example(const std::string& path) {
#line 4 "lib/nubo/lb/shown.h"
Thing thing();
if (thing.Done()) {}  // at last
thing.Each([](int i) {});
return {};
}
}
}
namespace nubo::lb {
namespace of_lib_nubo_lb_shown_h_13 {
using namespace example;
[[maybe_unused]] net::Task<example::Anything> Example(const std::string& path) {
#line 13 "lib/nubo/lb/shown.h"
auto answer = co_await thing.Ask();
co_return example::Anything();
}
}
}'
[ "$made" = "$expected" ] || { echo "examples.sh makes:"; diff <(echo "$expected") <(echo "$made") || true; failures=1; }
[ "$failures" = 0 ]
