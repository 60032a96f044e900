#!/usr/bin/env bash
# Holds the tree to tests/lint/heavy_headers.txt: how many .cc files see an expensive header, through ours too.
#
#   heavy_headers.sh ROOT [TABLE]     prints what is wrong, and exits with 1, if anything is
#   heavy_headers.sh --count ROOT     prints each count beside what is allowed
set -euo pipefail
count=0
if [ "$1" = --count ]; then count=1; shift; fi
table=${2:-$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/heavy_headers.txt}
cd "$1"
find lib examples \( -name node_modules -o -name dist \) -prune -o \( -name '*.h' -o -name '*.cc' \) -print0 | sort -z |
  xargs -0 -r grep -HE '^[ \t]*#[ \t]*include ["<]' | awk -v table="$table" -v count="$count" '
    BEGIN {
      while ((getline line < table) > 0) {
        sub(/#.*/, "", line)
        if (split(line, part, " ") < 2) continue
        heavy[++heavies] = part[1]
        most[heavies] = part[2]
      }
    }
    function is_heavy(header, pattern) {
      if (pattern ~ /\/$/) return index(header, pattern) == 1
      if (pattern ~ /^\./) return length(header) > length(pattern) && substr(header, length(header) - length(pattern) + 1) == pattern
      return header == pattern
    }
    {
      file = $0
      sub(/:.*/, "", file)
      match($0, /["<][^">]*[">]/)
      header = substr($0, RSTART + 1, RLENGTH - 2)
      # Ours are named from lib, or from the root of the repository.
      if (header ~ /^nubo\// && header !~ /\.pb\.h$/) header = "lib/" header
      next_of[file] = next_of[file] "\n" header
      if (file ~ /\.cc$/) sources[file] = 1
    }
    # Marks what the file sees with the name of the source for which it is asked.
    function visit(file, source, list, i, h, total) {
      if (seen[file] == source) return
      seen[file] = source
      for (h = 1; h <= heavies; ++h) if (is_heavy(file, heavy[h])) sees[h, source] = 1
      total = split(next_of[file], list, "\n")
      for (i = 2; i <= total; ++i) visit(list[i], source)
    }
    END {
      for (source in sources) visit(source, source)
      for (h = 1; h <= heavies; ++h) {
        number = 0
        for (source in sources) if ((h, source) in sees) ++number
        if (count == 1) { printf "%-28s %4d of %4d\n", heavy[h], number, most[h]; continue }
        if (number > most[h]) {
          printf "%s: %d files see %s; at most %d may (tests/lint/heavy_headers.sh --count . says where we are)\n", table, number, heavy[h], most[h]
          bad = 1
        }
      }
      exit bad
    }'
