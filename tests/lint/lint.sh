#!/usr/bin/env bash
# Everything that a machine can say about the source: format, layers, rules of coroutines and locks, public aliases, and clang-tidy.
#
#   lint.sh              clang-tidy looks at what changed
#   lint.sh --all        … at everything
#   lint.sh PATH...      format and clang-tidy look at these files
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
all=""
if [ "${1:-}" = --all ]; then all=1; shift; fi
failed=()

# check NAME COMMAND...
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok    %s\n' "$name"
  else
    printf 'FAIL  %s\n%s\n' "$name" "$output"
    failed+=("$name")
  fi
}

format() {
  "$here/sources.sh" "$@" | xargs -0 -r -n 64 -P 2 clang-format-19 --style=file --dry-run --Werror
}

scripts() {
  local file
  while IFS= read -r file; do bash -n "$file" || return 1; done < <(git ls-files '*.sh' nubo .ci/run)
}

tidy_files() {
  if [ $# -gt 0 ]; then "$here/sources.sh" "$@" | { grep -zE '\.cc$' || true; }
  elif [ -n "$all" ]; then "$here/sources.sh" | grep -zE '\.cc$'
  else "$here/changed.sh"; fi
}

# The headers that the protocol compiler makes are in bazel-bin, once something was built.
tidy() {
  tidy_files "$@" | xargs -0 -r -n 4 -P 2 sh -c '
    clang-tidy-19 --quiet "$@" -- -std=c++20 -I. -Ilib -isystem bazel-bin/proto -DBOOST_ASIO_SEPARATE_COMPILATION \
      -DBOOST_ASIO_NO_DEPRECATED -DBOOST_TEST_DYN_LINK -Wno-deprecated-builtins 2>/dev/null' tidy
}

check "format (./nubo fmt puts it right)" format "$@"
check "layers" "$here/layering.sh" "$root"
check "coroutines" "$here/coroutines.sh" "$root"
check "heavy headers" "$here/heavy_headers.sh" "$root"
check "public aliases" "$here/aliases.sh" "$root"
check "locks" "$here/locks.sh" "$root"
check "refusals" "$here/refusals.sh" "$root"
check "shell syntax" scripts
check "clang-tidy" tidy "$@"
[ ${#failed[@]} = 0 ]
