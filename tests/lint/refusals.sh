#!/usr/bin/env bash
# What is not offered is a row of a resource type's schema, which plan and up both read. What makes a resource says nothing of
# the kind: plan would have promised it.
#
#   refusals.sh ROOT     prints each place that does, and exits with 1, if any does
set -euo pipefail
cd "$1"
code=0
for file in lib/nubo/region/*/*_types.cc lib/nubo/region/*/operations.cc; do
  [ -e "$file" ] || continue
  while IFS=: read -r line _; do
    echo "$file:$line: plan does not know of this refusal; say it in the type's schema (lib/nubo/stack/schema_*.cc)"
    code=1
  done < <(grep -nE 'UnimplementedError|not offered' "$file" || true)
done
exit "$code"
