#!/bin/sh
# The script around every sanitized test, with programs that play one.
#
#   run_test.sh RUN
set -u
run=$1
failures=0

# expect STATUS OUTPUT SCRIPT: what comes of a test that does this.
expect() {
  output=$("$run" sh -c "$3" 2>&1)
  status=$?
  [ "$status" = "$1" ] && [ "$output" = "$2" ] && return
  echo "FAILED: $3: status $status instead of $1, and it says: $output"
  failures=1
}

# As a sanitizer writes: to the path named in its options, with its process's number.
report='echo leak >"${ASAN_OPTIONS##*log_path=}.17"'
expect 0 "" "true"
expect 3 "" "exit 3"
expect 1 "leak" "$report; true"
expect 3 "leak" "$report; exit 3"
expect 0 "" ": >\${TSAN_OPTIONS##*log_path=}.17"

ASAN_OPTIONS=detect_leaks=1
export ASAN_OPTIONS
expect 0 "detect_leaks=1" 'echo "${ASAN_OPTIONS%%:*}"'

# Nothing stays behind.
left=$("$run" sh -c 'dirname "${UBSAN_OPTIONS##*log_path=}"')
[ -n "$left" ] && [ ! -e "$left" ] || { echo "FAILED: $left is still there"; failures=1; }
exit "$failures"
