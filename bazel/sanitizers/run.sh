#!/bin/sh
# Runs a test built with a sanitizer. What is reported of a process that the test started, and whose output or status it
# never looks at, fails the test as well.
set -u
# Not TEST_TMPDIR: programs of another user write here too.
reports=$(mktemp -d /tmp/nubo-sanitizer-XXXXXX)
chmod 1777 "$reports"
trap 'rm -rf "$reports"' EXIT
for name in ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS; do
  eval "given=\${$name:-}"
  export "$name=${given:+$given:}log_path=$reports/report"
done
"$@"
status=$?
for report in "$reports"/*; do
  [ -s "$report" ] || continue
  cat "$report"
  [ "$status" -ne 0 ] || status=1
done
exit "$status"
