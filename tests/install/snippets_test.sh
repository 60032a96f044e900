#!/usr/bin/env bash
# What README.md and the guides show is what is compiled and run.
#
# A fenced block that follows a line `<!-- FILE -->` or `<!-- FILE#part -->` must be that file, or what stands in it between
# `// [part]` and `// [/part]`, less common indentation.
#
#   snippets_test.sh     ./nubo test says by NUBO_ROOT where the repository is; else the way back from the runfiles finds it
set -euo pipefail
root=${NUBO_ROOT:-$(dirname "$(readlink -f WORKSPACE)")}
cd "$root"
failures=0
checked=0

part_of() {
  local file=${1%%#*} part=${1#*#}
  if [ "$file" = "$1" ]; then cat "$file"; return; fi
  awk -v from="// [$part]" -v to="// [/$part]" '
    index($0, to) { inside = 0 }
    inside { print }
    index($0, from) && !index($0, to) { inside = 1 }' "$file" |
    awk 'NR == 1 { match($0, /^ */); n = RLENGTH } { if (substr($0, 1, n) ~ /^ *$/) print substr($0, n + 1); else print }'
}

# LINE<tab>SOURCE for each block of a page that names its source.
sources() { grep -nE '^<!-- [A-Za-z0-9_.-]+/[A-Za-z0-9_./#-]+ -->$' "$1" | sed -E 's/^([0-9]+):<!-- (.*) -->$/\1\t\2/' || true; }

for page in README.md docs/*.md docs/guides/*.md; do
  while IFS=$'\t' read -r line source; do
    shown=$(tail -n "+$((line + 1))" "$page" | awk '/^```/ { ++fences; next } fences == 1 { print }')
    checked=$((checked + 1))
    if [ ! -f "${source%%#*}" ]; then
      echo "$page:$line: there is no ${source%%#*}"
      failures=$((failures + 1))
    elif ! difference=$(diff <(part_of "$source") <(printf '%s\n' "$shown")); then
      printf '%s:%s: is not %s (< there, > here)\n%s\n' "$page" "$line" "$source" "$difference"
      failures=$((failures + 1))
    fi
  done < <(sources "$page")
done

# FILE:LINE:LINK for each link outside of code, where brackets mean something else.
links() {
  awk '
    FNR == 1 { code = 0 }
    /^ *```/ { code = !code }
    !code {
      rest = $0
      while (match(rest, /\]\([^)#]+|(src|srcset)="[^"]+/)) {
        print FILENAME ":" FNR ":" substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
      }
    }' "$@"
}

# Every link to a file of ours leads somewhere.
while IFS=: read -r page line link; do
  checked=$((checked + 1))
  [ -e "$(dirname "$page")/$link" ] || { echo "$page:$line: $link does not exist"; failures=$((failures + 1)); }
done < <(links README.md CONTRIBUTING.md docs/*.md docs/*/*.md |
  sed -E 's/\]\(|(src|srcset)="//' | grep -vE ':[a-z]+://|:mailto:|:http')

echo "$checked checked, $failures wrong"
[ "$checked" -gt 10 ] && [ "$failures" = 0 ]
