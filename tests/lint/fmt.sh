#!/usr/bin/env bash
# Formats the C++ files of the repository, all or those named.
#
#   fmt.sh [PATH...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
"$here/sources.sh" "$@" | xargs -0 -r -n 64 -P 2 clang-format-19 -i --style=file
