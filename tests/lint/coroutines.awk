# Finds arguments of an awaited call that a compiler may copy wrongly: inside `co_await f(...)` no braced list, no
# aggregate temporary, no lambda that captures. Such an argument is given a name on a line before.
#
#   awk -f blanked.awk -f coroutines.awk FILE...     prints FILE:LINE: what to do
#   awk -v references_allowed=1 …                    lambdas may capture by reference
#
# A heuristic: it reads text, not types. Comments and literals are blanked first.

function check(file, text,    from, at, i, c, depth, call, call_at, open, before) {
  from = 1
  while (match(substr(text, from), /(^|[^A-Za-z0-9_])co_await[^A-Za-z0-9_]/)) {
    at = from + RSTART + RLENGTH - 2
    from = at
    depth = 0
    for (i = at; i <= length(text); i++) {
      c = substr(text, i, 1)
      if (c == "(") depth++
      else if (c == ")" && --depth < 0) break
      else if (depth == 0 && (c == ";" || c == "," || c == "{" || c == "}" || c == "?")) break
      else if (c == "{" && depth > 0) {
        before = substr(text, at, i - at)
        # A lambda that captures nothing is a function; one that captures references has nothing to free twice.
        if (before ~ /\[\][ \t\n]*(\([^()]*\))?[ \t\n]*(mutable|noexcept|->[^{}();]*)?[ \t\n]*$/) break
        if (references_allowed && before ~ /\[&[A-Za-z0-9_, &]*\][ \t\n]*(\([^()]*\))?[ \t\n]*(mutable|noexcept|->[^{}();]*)?[ \t\n]*$/) break
        printf "%s:%d: an argument of co_await is made in place ({...}); give it a name on a line before\n", file, line_at(text, i)
        found = 1
        break
      }
    }
  }
}

FNR == 1 && NR > 1 { check(name, blanked(text)); text = "" }
{ name = FILENAME; text = text $0 "\n" }
END {
  if (text != "") check(name, blanked(text))
  exit found
}
