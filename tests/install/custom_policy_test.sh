#!/usr/bin/env bash
# examples/custom_policy, a user's policy in a workspace of its own: its simulation passes, and its client balances.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/workspace.sh"

cp -rL "$root/examples/custom_policy/." .
grep -q '"\.\./\.\."' WORKSPACE
sed -i "s|\"../..\"|\"$root\"|" WORKSPACE
workspace_bazel build //:client
workspace_bazel test //:quicker_of_two_test
bazel-bin/client >output.txt
diff expected.txt output.txt
echo "the policy is simulated, tested and at work in a client, and nothing of nubo was edited"
