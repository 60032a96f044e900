# What the readers of C++ beside it share.

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
