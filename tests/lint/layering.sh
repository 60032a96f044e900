#!/usr/bin/env bash
# Checks every #include of lib/nubo against tests/lint/layers.txt: that it is allowed, that what is allowed is used, and that no
# components include each other in a circle.
#
#   layering.sh ROOT [TABLE]             prints FILE:LINE: what is wrong, and exits with 1, if anything is
#   layering.sh --count ROOT [TABLE]     prints how many arrows there are, and how many of them lead up or round
set -euo pipefail
export LC_ALL=C
count=0
if [ "$1" = --count ]; then count=1; shift; fi
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
table=$(readlink -f "${2:-$here/layers.txt}")
cd "$1"
files=$(find lib/nubo -name node_modules -prune -o \( -name '*.h' -o -name '*.cc' \) -print | sort)
includes=$(xargs -r grep -nHE '^[ \t]*#[ \t]*include[ \t]*["<]' <<<"$files" || true)
awk -v table="${table#"$PWD/"}" -v count="$count" -f "$here/circles.awk" -f "$here/layering.awk" <<<"$files"$'\n'"$includes"
