# Finds arguments of an awaited call that a compiler may copy wrongly: inside `co_await f(...)` no braced list, no
# aggregate temporary, no lambda that captures. Such an argument is given a name on a line before.
#
#   awk -f coroutines.awk FILE...                          prints FILE:LINE: what to do
#   awk -v references_allowed=1 -f coroutines.awk FILE...  lambdas may capture by reference
#
# A heuristic: it reads text, not types. Comments and literals are blanked first.

# The text with comments, strings and characters blanked; line breaks stay.
function blanked(text,    out, rest, at, piece, token, end) {
  out = ""
  rest = text
  while (match(rest, /\/\/|\/\*|"|'/)) {
    at = RSTART
    token = substr(rest, at, RLENGTH)
    # 1'000'000 is no character.
    if (token == "'" && at > 1 && substr(rest, at - 1, 1) ~ /[0-9a-fA-F]/) {
      out = out substr(rest, 1, at)
      rest = substr(rest, at + 1)
      continue
    }
    if (token == "\"" && at > 1 && substr(rest, at - 1, 1) == "R" && match(substr(rest, at + 1), /^[^(]*\(/)) {
      piece = ")" substr(rest, at + 1, RLENGTH - 1) "\""
      out = out substr(rest, 1, at - 1)
      rest = substr(rest, at + 1 + RLENGTH)
      end = index(rest, piece)
      if (end == 0) end = length(rest)
      out = out lines_of(substr(rest, 1, end))
      rest = substr(rest, end + length(piece))
      continue
    }
    out = out substr(rest, 1, at - 1) " "
    rest = substr(rest, at)
    if (token == "//") end = index(rest, "\n") - 1
    else if (token == "/*") end = index(rest, "*/") + 1
    else if (token == "\"") end = match(rest, /^"([^"\\]|\\.)*"/) ? RLENGTH : 1
    else end = match(rest, /^'([^'\\]|\\.)*'/) ? RLENGTH : 1
    if (end < 1) end = length(rest)
    out = out lines_of(substr(rest, 1, end))
    rest = substr(rest, end + 1)
  }
  return out rest
}

function lines_of(text) {
  gsub(/[^\n]+/, "", text)
  return text
}

function line_at(text, position,    before) {
  before = substr(text, 1, position)
  return gsub(/\n/, "", before) + 1
}

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
