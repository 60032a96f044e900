#!/usr/bin/env bash
# examples/ipam: what the guide shows, what it refuses, and several at once.
#
#   ipam_test.sh PROGRAM DEMO EXPECTED
set -euo pipefail
program=$(readlink -f "$1") demo=$(readlink -f "$2") expected=$(readlink -f "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ipam() { "$program" "$@"; }

fail() {
  echo "$*" >&2
  exit 1
}
# refuses CODE WORDS COMMAND...: it ends with that, says so, and changes nothing.
refuses() {
  local code=$1 words=$2 before after status=0
  shift 2
  before=$(cat -- *.pool 2>/dev/null || true)
  "$@" >out 2>err || status=$?
  after=$(cat -- *.pool 2>/dev/null || true)
  [ "$status" = "$code" ] || fail "$*: ended with $status, not $code: $(cat err)"
  grep -qF -- "$words" err || fail "$*: said $(cat err), not $words"
  [ ! -s out ] || fail "$*: printed $(cat out)"
  [ "$before" = "$after" ] || fail "$*: changed the pool"
}

# shellcheck source=/dev/null
diff "$expected" <(. "$demo")

refuses 1 "is there already" ipam init company.pool 10.0.0.0/16
refuses 1 "not a CIDR block" ipam init other.pool banana
refuses 1 "absent.pool" ipam allocate absent.pool 24
refuses 1 "10.0.0.0/16 has no free /16 left: its largest free block is 10.0.128.0/17" ipam allocate company.pool 16
refuses 1 "not a length" ipam allocate company.pool much
refuses 1 "part of 10.0.1.0/28 is taken" ipam claim company.pool 10.0.1.0/28
refuses 1 "not allocated" ipam free company.pool 10.0.1.0/28
refuses 1 "in which blocks are taken" ipam free company.pool 10.0.0.0/24
for words in "" "allocate" "allocate company.pool" "show" "show company.pool --png" "free company.pool 10.0.1.0/24 --owner web"; do
  # shellcheck disable=SC2086
  refuses 2 "usage: ipam" ipam $words
done
[ "$(ipam owned company.pool web)" = 10.0.1.0/24 ] || fail "web owns something else"
ipam show company.pool --svg | grep -qF '<title>10.0.1.0/24: web</title>' || fail "the picture has no web"

printf 'nubo-pool 1\npool 10.0.0.0/16 {\n  10.1.0.0/24\n}\n' >wrong.pool
refuses 1 "wrong.pool:3:3: 10.1.0.0/24 is not within 10.0.0.0/16" ipam show wrong.pool

# Twenty at once get twenty blocks.
for _ in $(seq 20); do ipam allocate company.pool 28 & done >several
wait
[ "$(sort -u several | wc -l)" = 20 ] || fail "several at once: $(sort several)"
[ "$(ipam show company.pool | grep -c '/28$')" = 20 ] || fail "$(ipam show company.pool)"
