#!/usr/bin/env bash
# Makes a source file of what headers show after "// Example:", so that a compiler reads it.
#
#   examples.sh MODULE CONTEXT HEADER...     CONTEXT: a header with what the examples use and do not show
#
# Each example is the body of a function, a coroutine if it awaits, or stands by itself if it is a function; `path` is local to it, since
# a lambda captures nothing else. What an ellipsis
# stands for is left out: a line of its own, the arguments of a call, a block, what an if does; a class of which that is all is CONTEXT's.
set -euo pipefail
module=$1 context=$2
shift 2
printf '// Made by tests/headers/examples.sh.\n'
for header in "$@"; do printf '#include "%s"\n' "${header#*lib/}"; done
printf '#include "%s"\n' "$context"
awk -v module="$module" '
  function emit(   i, kind, name) {
    if (count == 0) return
    name = file
    gsub(/[^a-z0-9]/, "_", name)
    kind = awaits ? "net::Task<example::Anything>" : "example::Anything"
    printf "\nnamespace nubo::%s {\nnamespace of_%s_%d {\nusing namespace example;\n", module, name, first
    if (!whole) printf "[[maybe_unused]] %s Example(const std::string& path) {\n", kind
    printf "#line %d \"%s\"\n", first, file
    for (i = 1; i <= count; ++i) print body[i]
    if (!whole) print awaits ? "co_return example::Anything();\n}" : "return {};\n}"
    printf "}\n}\n"
    count = 0
  }
  FNR == 1 { emit(); inside = 0; file = FILENAME; sub(/^.*lib\/nubo/, "lib/nubo", file) }
  /^\/\/ Example/ { emit(); inside = 1; awaits = in_class = 0; whole = 0; first = FNR + 1; next }
  inside && /^\/\/   / {
    line = substr($0, 6)
    if (line ~ /^ *(\.\.\.|…)/ || line ~ /^class .*\{ *(\.\.\.|…) *\};$/) line = ""
    gsub(/\{ *(\.\.\.|…) *\}/, "{}", line)
    gsub(/\((\.\.\.|…)\)/, "()", line)
    sub(/\) (\.\.\.|…)/, ") {}", line)
    if (count == 0 && line ~ /^[A-Za-z:<>]+ [A-Za-z]+\(.*\) \{$/) whole = 1
    # A method that awaits makes no coroutine of what its class stands in.
    if (line ~ /co_await|NUBO_CO_/ && !in_class) awaits = 1
    if (line ~ /^class .*\{$/) in_class = 1
    if (line ~ /^\};/) in_class = 0
    body[++count] = line
    next
  }
  inside { inside = 0 }
  END { emit() }' "$@"
