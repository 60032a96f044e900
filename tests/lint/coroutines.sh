#!/usr/bin/env bash
# The coroutine rules, for every C++ file of a tree: no co_await in a core, nothing made in place in an awaited call, and
# nothing over a suspension point, nor in a callback that is kept, that may end meanwhile. A test may wait for a condition
# that captures by reference, and may refer to what it has made.
#
#   coroutines.sh ROOT    prints FILE:LINE: what is wrong, and exits with 1, if anything is
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
code=0

# check FOLDER VARIABLE=VALUE
check() {
  local files
  files=$(grep -rlw co_await --include='*.h' --include='*.cc' --exclude-dir=node_modules "$1" 2>/dev/null || true)
  [ -z "$files" ] || awk -v "$2" -f "$here/blanked.awk" -f "$here/coroutines.awk" $files || code=1
}

check_lifetimes() {
  local files
  files=$(grep -rlE 'co_await|Post\(|Watch\(|On[A-Z][a-z]+\(' --include='*.h' --include='*.cc' --exclude-dir=node_modules "$@" 2>/dev/null || true)
  [ -z "$files" ] || awk -f "$here/blanked.awk" -f "$here/lifetimes.awk" $files || code=1
}

cores=$(grep -rnHwE --include='*.h' --include='*.cc' 'co_await|co_return|co_yield' lib/nubo/{dns,lb,scaling,vpc,ec2,process} 2>/dev/null || true)
if [ -n "$cores" ]; then
  sed -E 's/^([^:]*:[0-9]+):.*/\1: a core has no coroutines/' <<<"$cores"
  code=1
fi
check lib references_allowed=0
check examples references_allowed=0
check tests references_allowed=1
check_lifetimes lib examples
exit "$code"
