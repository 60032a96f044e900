#!/usr/bin/env bash
# Consumers compile the cores with the compiler they have: the cores and their tests under g++.
#
#   tests/install/gcc_cores.sh [BAZEL-TEST-OPTION...]
#
# Run by hand: it analyses and compiles everything anew, and the next build with clang analyses once more.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests=(//tests/base/... //tests/net:ip_address_test)
for core in dns lb scaling vpc ec2; do [ ! -d "tests/$core" ] || tests+=("//tests/$core/..."); done
bazel test --config=gcc --noshow_progress "$@" -- "${tests[@]}" //examples/{dns,lb,scaling,vpc,ec2}_example/...
