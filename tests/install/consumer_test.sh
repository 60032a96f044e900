#!/usr/bin/env bash
# A workspace of somebody else's links one primitive, as README.md says it can.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/workspace.sh"

cp -rL "$root/tests/install/consumer/." .
mv BUILD.bazel.in BUILD.bazel
sed -i "s|/path/to/nubo|$root|" WORKSPACE
workspace_bazel build //:balance
bazel-bin/balance >output.txt
diff expected.txt output.txt
echo "the consumer links //:lb and prints what it should"
