#!/usr/bin/env bash
# The .cc files that differ from where this branch left the upstream one (or from the last commit), NUL between them.
set -euo pipefail
cd "$(dirname "$0")/../.."
base=$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD)
{
  git diff -z --name-only --diff-filter=d "$base"
  git ls-files -z --others --exclude-standard
} | { grep -zE '\.cc$' || true; } | sort -zu
