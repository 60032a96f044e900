#!/usr/bin/env bash
# Every public library of a core is part of what users link (//:lb and so on).
#
#   aliases.sh ROOT     prints what is missing, and exits with 1, if anything is
set -euo pipefail
cd "$1"
code=0
for core in dns lb scaling vpc ec2; do
  for build in lib/nubo/"$core"/BUILD.bazel lib/nubo/"$core"/*/BUILD.bazel; do
    [ -e "$build" ] || continue
    folder=$(dirname "$build")
    # The name of each library that says neither private nor testonly.
    names=$(awk '
      /^nubo_library\(/ { name = ""; hidden = 0 }
      /^    name = / { split($0, part, "\""); name = part[2] }
      /visibility = |testonly/ { hidden = 1 }
      /^\)/ { if (name != "" && !hidden) print name; name = "" }' "$build")
    for name in $names; do
      grep -q "\"//$folder:$name\"" BUILD.bazel || {
        echo "BUILD.bazel: //:$core lacks //$folder:$name, which is public"
        code=1
      }
    done
  done
done
exit "$code"
