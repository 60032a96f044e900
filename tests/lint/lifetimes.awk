# Finds what may be used after its end, because something else ran meanwhile:
#
#   * a local reference, pointer, view or iterator of a coroutine that is used after a co_await, or around a loop with one;
#   * a coroutine that is spawned, and so outlives who made it, with a parameter that refers (but for the loop it runs on),
#     or with none that owns: no shared_ptr or weak_ptr;
#   * a lambda that captures `this` or everything by reference, given to something that keeps it: On…, Post, Watch, Start….
#
# What is safe all the same says why, in a comment on the line or within three lines above: with a form of "outlive",
# "taken back" or "kept".
#
#   awk -f blanked.awk -f lifetimes.awk FILE...     prints FILE:LINE: what to do
#
# A heuristic: it reads text, not types.

function matching(text, at, opens, closes,    i, c, depth) {
  depth = 0
  for (i = at; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == opens) depth++
    else if (c == closes && --depth == 0) return i
  }
  return length(text)
}

# Whether the line, or one of the three above it, gives a reason.
function excused(line,    i) {
  for (i = line; i > 0 && i >= line - 3; i--) {
    if (raw[i] ~ /\/\/.*([Oo]utliv|[Oo]utlast|[Tt]aken back|[Kk]ept|[Kk]eeps)/) return 1
  }
  return 0
}

function complain(file, text, at, what,    line) {
  line = line_at(text, at)
  if (excused(line) || (line in told)) return
  told[line] = 1
  printf "%s:%d: %s\n", file, line, what
  found = 1
}

# Where the expression ends that begins at `at`.
function expression_end(text, at, limit,    i, c, depth) {
  depth = 0
  for (i = at; i <= limit; i++) {
    c = substr(text, i, 1)
    if (c == "(" || c == "[") depth++
    else if ((c == ")" || c == "]") && --depth < 0) return i
    else if (depth == 0 && (c == ";" || c == "{")) return i
  }
  return limit
}

# Where the block ends that `at` is in.
function scope_end(text, at, limit,    i, c, depth) {
  depth = 0
  for (i = at; i <= limit; i++) {
    c = substr(text, i, 1)
    if (c == "{") depth++
    else if (c == "}" && --depth < 0) return i
  }
  return limit
}

function uses(text, name) { return text ~ ("(^|[^A-Za-z0-9_.>])" name "([^A-Za-z0-9_]|$)") }

# Whether `name`, declared before `from`, is used after something was awaited; looks as far as `limit`.
function used_later(text, name, from, limit,    at, past, loop, loop_end, body) {
  at = from
  while (match(substr(text, at, limit - at + 1), /(^|[^A-Za-z0-9_])co_await[^A-Za-z0-9_]/)) {
    at = at + RSTART + RLENGTH - 1
    # After `co_return co_await` nothing comes.
    if (substr(text, at - 20, 20) ~ /co_return +co_await.?$/) continue
    past = expression_end(text, at, limit)
    if (uses(substr(text, past, limit - past + 1), name)) return 1
    break
  }
  # A loop that awaits comes by again.
  loop = from
  while (match(substr(text, loop, limit - loop + 1), /(^|[^A-Za-z0-9_])(for|while)[ ]*\(/)) {
    loop = loop + RSTART + RLENGTH - 2
    loop_end = matching(text, loop, "(", ")")
    body = loop_end + 1
    if (substr(text, body) ~ /^[ \n]*\{/) loop_end = matching(text, body + index(substr(text, body), "{") - 1, "{", "}")
    else loop_end = body + index(substr(text, body), ";")
    if (loop_end > limit) loop_end = limit
    body = substr(text, loop, loop_end - loop + 1)
    if (body ~ /co_await/ && uses(body, name)) return 1
    loop = loop + 1
  }
  return 0
}

# The locals of one body that refer.
function check_body(file, text, from, to,    at, piece, name, declared) {
  at = from
  while (match(substr(text, at, to - at + 1), /[;{}\n] *(const )?[A-Za-z_][A-Za-z0-9_:]*(<[^;={}()]*>)?( const)?( ?[&*]+ ?(const )?| )[a-z_][a-z0-9_]*( = |\()[^;]*;/)) {
    piece = substr(text, at + RSTART - 1, RLENGTH)
    declared = at + RSTART
    at = at + RSTART
    if (piece ~ /^[;{}\n] *(co_|return|else|throw|delete|new|goto|case|using)/) continue
    name = piece
    sub(/( = |\().*/, "", name)
    head = name
    sub(/.*[^a-z0-9_]/, "", name)
    refers = head ~ /[&*]/ || head ~ /string_view |[^A-Za-z]Span<|span</
    iterator = head ~ /auto/ && piece ~ / = [^;]*(\.|->)(find|begin|end|insert|emplace|lower_bound|upper_bound|equal_range)\(/ && piece !~ /(\.|->)end\(\) *[!=]=/
    if (!refers && !iterator) continue
    # Everything that runs on it ends before the loop does.
    if (head ~ /Loop&/) continue
    # A lambda is looked at by itself.
    if (piece ~ / = \[/) continue
    if (used_later(text, name, declared + length(piece) - 1, scope_end(text, declared + length(piece) - 1, to)))
      complain(file, text, declared + 1, "'" name "' refers to something, and is used after a co_await; own it, or say in a comment what outlives it")
  }
}

# Every function with a body: the text between a closing bracket and its brace says which.
function check_functions(file, text,    at, brace, end) {
  at = 1
  while (match(substr(text, at), /\)( |\n|const|override|noexcept|mutable|->[^{};()]*)*\{/)) {
    brace = at + RSTART + RLENGTH - 2
    end = matching(text, brace, "{", "}")
    if (substr(text, brace, end - brace) ~ /(^|[^A-Za-z0-9_])co_await[^A-Za-z0-9_]/ && !(substr(text, at + RSTART - 40, 40) ~ /(if|for|while|switch) *\([^{}]*$/)) {
      check_body(file, text, brace, end)
      at = end
    } else {
      at = brace
    }
    at = at + 1
  }
}

function check_spawned(file, text,    at, name, open, close_at, parameters, plain) {
  at = 1
  while (match(substr(text, at), /[^A-Za-z0-9_]Spawn\([A-Za-z_:]+\(/)) {
    name = substr(text, at + RSTART - 1, RLENGTH - 1)
    at = at + RSTART + RLENGTH - 1
    sub(/.*Spawn\(/, "", name)
    sub(/.*:/, "", name)
    if (!match(text, "Task<[^;{}()]*>[ \n]+([A-Za-z0-9_:]*[^A-Za-z0-9_])?" name "\\(")) continue
    open = RSTART + RLENGTH - 1
    close_at = matching(text, open, "(", ")")
    if (substr(text, close_at, 40) !~ /^\)( |\n|const|override)*\{/) continue
    parameters = substr(text, open + 1, close_at - open - 1)
    plain = parameters
    gsub(/(net::)?Loop& [a-z_]+/, "", plain)
    if (plain ~ /[&*]|string_view|[Ss]pan</)
      complain(file, text, open, "'" name "' is spawned, and a parameter refers to something; own it, or say in a comment what outlives it")
    else if (parameters !~ /shared_ptr<|weak_ptr</ && substr(text, open - length(name) - 2, 2) == "::")
      complain(file, text, open, "'" name "' is spawned, and owns nothing; give it its object as a shared_ptr, or say in a comment what outlives it")
  }
}

function check_kept(file, text,    at) {
  at = 1
  while (match(substr(text, at), /[^A-Za-z0-9_](On[A-Z][A-Za-z]*|Post|Watch|Start[A-Z]?[A-Za-z]*)\(([^;{}()]*, *)?\[(this|&|[^]]*[ ,]&|[^]]*[ ,]this)[^]]*\]/)) {
    # What a batch undoes, or tells once it is applied, ends with it.
    if (substr(text, at + RSTART, 10) !~ /^On(Undo|Applied)\(/) complain(file, text, at + RSTART + RLENGTH - 2, "a callback that is kept captures what it does not own; capture an owner, or say in a comment what outlives it")
    at = at + RSTART + RLENGTH
  }
}

function check_file(file, text) {
  split("", told)
  check_functions(file, text)
  check_spawned(file, text)
  check_kept(file, text)
}

FNR == 1 && NR > 1 { check_file(name_, blanked(all)); all = ""; split("", raw) }
{ name_ = FILENAME; all = all $0 "\n"; raw[FNR] = $0 }
END {
  if (all != "") check_file(name_, blanked(all))
  exit found
}
