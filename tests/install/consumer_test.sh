#!/usr/bin/env bash
# A workspace of somebody else's links one primitive, as README.md says it can.
#
#   consumer_test.sh     ./nubo test says by NUBO_ROOT where the repository is; else the way back from the runfiles finds it
set -euo pipefail
root=${NUBO_ROOT:-$(dirname "$(readlink -f WORKSPACE)")}
place=$(mktemp -d "${TEST_TMPDIR:-/tmp}/consumer-XXXXXX")
# Below /tmp, because Bazel refuses an output base within another one's workspace.
base=$(mktemp -d /tmp/nubo-consumer-XXXXXX)

startup=(--nohome_rc --output_base="$base" --max_idle_secs=5)
end() {
  (cd "$place" && bazel "${startup[@]}" shutdown >/dev/null 2>&1) || true
  chmod -R u+w "$base" "$place"
  rm -rf "$base" "$place"
}
trap end EXIT

cp -rL "$root/tests/install/consumer/." "$place"
mv "$place/BUILD.bazel.in" "$place/BUILD.bazel"
sed -i "s|/path/to/nubo|$root|" "$place/WORKSPACE"
cd "$place"
# What README.md tells a consumer to say: C++20. The rest serves the shared disk cache.
bazel "${startup[@]}" build --cxxopt=-std=c++20 --host_cxxopt=-std=c++20 \
  --repo_env=CC="${NUBO_CONSUMER_CC:-clang-19}" --incompatible_enable_cc_toolchain_resolution=false \
  --disk_cache="${HOME:-/tmp}/.cache/nubo/bazel" --noshow_progress //:balance
bazel-bin/balance >output.txt
diff expected.txt output.txt
echo "the consumer links //:lb and prints what it should"
