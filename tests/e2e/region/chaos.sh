#!/usr/bin/env bash
# Runs chaos_test.mjs, from a copy of all it needs that any user can read.
#
#   chaos.sh                the programs as ./nubo build has made them
#   chaos.sh --sanitized    built with AddressSanitizer and UndefinedBehaviorSanitizer
#   chaos.sh … --user       as nobody, when this is root
#
# NUBO_E2E_CHAOS_ROUNDS and NUBO_E2E_CHAOS_SEED are handed on. ./nubo build comes first: it makes the page.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.." && pwd)
config=() as=()
while [ $# -gt 0 ]; do
  case "$1" in
    --sanitized) config=(--config=asan --config=ubsan) ;;
    --user) [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all) ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
room=$(mktemp -d /tmp/nubo-chaos-XXXXXX)
trap 'rm -rf "$room"' EXIT
chmod 755 "$room"
cd "$root"
bazel build --noshow_progress "${config[@]}" //lib/nubo/cli:nubo //lib/nubo/drivers:nubo-shim \
  //examples/todo/backend:todo-backend //examples/todo/frontend:todo-frontend
bin=$(bazel info "${config[@]}" bazel-bin)
for file in lib/nubo/cli/nubo lib/nubo/drivers/nubo-shim; do install -D -m 755 "$bin/$file" "$room/bazel-bin/$file"; done
install -D -m 644 examples/todo/template.yaml "$room/examples/todo/template.yaml"
install -D -m 644 -t "$room/tests/e2e/region" tests/e2e/region/*.mjs
mkdir -p "$room/.nubo"
cp -R .nubo/images "$room/.nubo/images"
for tier in backend frontend; do
  for image in "todo-$tier" todo; do
    install -m 755 "$bin/examples/todo/$tier/todo-$tier" "$room/.nubo/images/$image/bin/todo-$tier"
  done
done
chmod -R a+rX "$room"
cd "$room"
env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$room" NUBO_ROOT="$room" \
  ${NUBO_E2E_CHAOS_ROUNDS:+NUBO_E2E_CHAOS_ROUNDS="$NUBO_E2E_CHAOS_ROUNDS"} \
  ${NUBO_E2E_CHAOS_SEED:+NUBO_E2E_CHAOS_SEED="$NUBO_E2E_CHAOS_SEED"} \
  "${as[@]}" node tests/e2e/region/chaos_test.mjs
