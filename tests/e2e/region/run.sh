#!/usr/bin/env bash
# Runs one of the scripts beside it, from the checkout that holds what it needs.
set -euo pipefail
: "${NUBO_ROOT:?names the checkout; run these tests by: ./nubo test}"
exec node "$NUBO_ROOT/tests/e2e/region/$1"
