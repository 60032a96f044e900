# A workspace of somebody else's, in a place of its own: sourced by the tests that build one.
#
# Sets `root`, where the repository is (by NUBO_ROOT, which ./nubo test says; else the way back from the runfiles finds
# it), and `place`, an empty folder that is the working directory. `workspace_bazel` is a Bazel for it.
root=${NUBO_ROOT:-$(dirname "$(readlink -f WORKSPACE)")}
place=$(mktemp -d "${TEST_TMPDIR:-/tmp}/consumer-XXXXXX")
# Below /tmp, because Bazel refuses an output base within another one's workspace.
base=$(mktemp -d /tmp/nubo-consumer-XXXXXX)
startup=(--nohome_rc --output_base="$base" --max_idle_secs=5)

end_workspace() {
  (cd "$place" && bazel "${startup[@]}" shutdown >/dev/null 2>&1) || true
  chmod -R u+w "$base" "$place"
  rm -rf "$base" "$place"
}
trap end_workspace EXIT
cd "$place"

# What README.md tells a consumer to say: C++20. The rest serves the shared disk cache.
workspace_bazel() {
  bazel "${startup[@]}" "$1" --cxxopt=-std=c++20 --host_cxxopt=-std=c++20 \
    --repo_env=CC="${NUBO_CONSUMER_CC:-clang-19}" --incompatible_enable_cc_toolchain_resolution=false \
    --disk_cache="${HOME:-/tmp}/.cache/nubo/bazel" --noshow_progress "${@:2}"
}
