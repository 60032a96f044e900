#!/usr/bin/env bash
# What whoever links one core gets with it: its own module, base, net:ip_address and Abseil, and nothing else;
# with ec2, process.
#
#   closure_test.sh CORE CLOSURE PROGRAM    CLOSURE: labels, one a line; PROGRAM: a binary that links //:CORE
set -euo pipefail
core=$1 closure=$2 program=$3
failures=0
# What runs an instance comes with it.
own=$core
[ "$core" != ec2 ] || own='ec2|process'

strange=$(grep -vE "^(//:$core|//lib/nubo/($own|base)(/[a-z_]+)?:[a-z0-9_]+|//lib/nubo/net:ip_address|@com_google_absl//.*|@bazel_tools//.*)$" "$closure" || true)
if [ -n "$strange" ]; then
  printf '//:%s pulls in what it should not:\n%s\n' "$core" "$strange"
  failures=1
fi
grep -qE "^//lib/nubo/$core(/[a-z_]+)?:" "$closure" || { echo "//:$core holds nothing of lib/nubo/$core"; failures=1; }

# Without Asio's threads, OpenSSL, gRPC, protobuf, …
libraries=$(readelf -d "$program" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p')
[ -n "$libraries" ] || { echo "$program: readelf shows no libraries"; failures=1; }
strange=$(grep -vE '^(libabsl_.*|libstdc\+\+|libgcc_s|libm|libc|ld-linux.*)\.so' <<<"$libraries" || true)
if [ -n "$strange" ]; then
  printf 'a program that links //:%s needs libraries that it should not:\n%s\n' "$core" "$strange"
  failures=1
fi
exit "$failures"
