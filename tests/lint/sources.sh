#!/usr/bin/env bash
# The C++ files of the repository, NUL between them: those that git knows or would add.
#
#   sources.sh [PATH...]     all, or those among PATH
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -z --cached --others --exclude-standard --deduplicate -- "$@" |
  { grep -zE '\.(h|cc)$' || true; } | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done
