#!/usr/bin/env bash
# A program prints what the page about it shows.
#
#   example_test.sh PROGRAM EXPECTED
set -euo pipefail
diff "$2" <("$1")
