#!/usr/bin/env bash
# Checks every #include of lib/nubo against tests/lint/layers.txt, and that headers do not include each other in a circle.
#
#   layering.sh ROOT      prints FILE:LINE: what is wrong, and exits with 1, if anything is
set -euo pipefail
root=$1
table=${2:-$(dirname "$0")/layers.txt}
cd "$root"

# FILE:LINE:#include "nubo/..."
includes() {
  find lib/nubo \( -name '*.h' -o -name '*.cc' \) -print0 | sort -z | xargs -0 -r grep -nHE '^[ \t]*#[ \t]*include "nubo/' || true
}

against_the_table() {
  awk -F: -v table="$table" '
    BEGIN {
      while ((getline line < table) > 0) {
        sub(/#.*/, "", line)
        if (line !~ /:/) continue
        split(line, part, ":")
        module = part[1]
        count = split(part[2], names, " ")
        for (i = 1; i <= count; i++) {
          below = names[i]
          sub(/\/.*/, "", below)
          if (below != "protos" && !(below in known)) {
            printf "%s: %s is allowed %s, which does not stand above it\n", table, module, below
            bad = 1
          }
          allowed[module, names[i]] = 1
        }
        known[module] = 1
        listed[module] = part[2]
      }
    }
    {
      file = $1
      split(file, path, "/")
      module = path[3]
      match($0, /"nubo\/[^"]*"/)
      header = substr($0, RSTART + 6, RLENGTH - 7)
      target = header
      sub(/\/.*/, "", target)
      if (header ~ /\.pb\.h$/) target = "protos"
      if (!(module in known)) {
        printf "%s:%s: lib/nubo/%s has no line in tests/lint/layers.txt\n", file, $2, module
        bad = 1
      } else if (target != module && !((module, target) in allowed) && !((module, header) in allowed)) {
        printf "%s:%s: %s may not include \"nubo/%s\"; it may use:%s\n", file, $2, module, header, listed[module] == "" ? " nothing" : listed[module]
        bad = 1
      }
    }
    END { exit bad }'
}

# tsort names the members of a circle on its standard error.
circles() {
  local edges loop file
  edges=$(sed -nE 's@^lib/(nubo/[^:]*\.h):[0-9]+:.*"(nubo/[^"]*)".*@\1 \2@p')
  loop=$(tsort <<<"$edges" 2>&1 >/dev/null | sed -n 's/^tsort: \(nubo\/.*\)/\1/p')
  [ -n "$loop" ] || return 0
  for file in $loop; do
    grep -nE "#[ \t]*include \"($(tr '\n' '|' <<<"$loop" | sed 's/|*$//'))\"" "lib/$file" |
      sed -E "s@^([0-9]+):.*(\"nubo/[^\"]*\").*@lib/$file:\1: includes \2, which includes it in turn@"
  done
  return 1
}

all=$(includes)
code=0
against_the_table <<<"$all" || code=1
circles <<<"$all" || code=1
exit "$code"
