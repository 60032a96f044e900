# Components, and the circles in which they include each other; beside layering.awk, which reads the files.
#
# A component is what x.h and x.cc are together. A .cc without a header of its own name (executor_update.cc) implements a part
# of another: its first include, which stands apart, is that header. A program's main file is a component by itself.

function stem(file) { return match(file, /\.[^.\/]*$/) ? substr(file, 1, RSTART - 1) : file }

function is_without_header(file) { return file ~ /\.cc$/ && file !~ /(^|[\/_])main\.cc$/ && !((stem(file) ".h") in exists) }

function find_components(    i, file, stands_apart) {
  for (i = 1; i <= include_count; ++i) {
    file = file_of[i]
    if (file in component_of) continue
    component_of[file] = stem(file)
    if (!is_without_header(file)) continue
    stands_apart = file_of[i + 1] != file || line_of[i + 1] > line_of[i] + 1
    if (header_of[i] in exists && parent(header_of[i]) == parent(file) && stands_apart) component_of[file] = stem(header_of[i])
  }
}

function check_parts(    i, file, told) {
  for (i = 1; i <= include_count; ++i) {
    file = file_of[i]
    if (!is_without_header(file) || component_of[file] != stem(file) || parent(header_of[i]) != parent(file)) continue
    if (file in told) continue
    told[file] = 1
    wrong(where_of(i), "no header has this file's name; the one that it implements is to be its first include, apart")
  }
}

# The graph: arrow_at[FROM, TO] is the number of an arrow.
function forget_arrows() {
  arrow_count = 0
  split("", arrow_at)
  split("", way_back)
}

function add_arrow(from, to) {
  if (from == to || (from, to) in arrow_at) return
  arrow_at[from, to] = ++arrow_count
  tail[arrow_count] = from
  head[arrow_count] = to
}

function add_component_arrows(    i) {
  forget_arrows()
  for (i = 1; i <= include_count; ++i) if (joins_components(i)) add_arrow(component_of[file_of[i]], stem(header_of[i]))
}

function joins_components(i) { return header_of[i] != "" && !is_generated(header_of[i]) }

# Sets way_back[ARROW], the path from its head to its tail, for each arrow of a circle.
function find_circles(    left, a) {
  leave_what_may_circle(left)
  for (a = 1; a <= arrow_count; ++a) if (a in left) follow(a, left)
}

# What leads nowhere and what nothing leads to is in no circle: of a tree without circles nothing is left.
function leave_what_may_circle(left,    a, changed, has_out, has_in) {
  for (a = 1; a <= arrow_count; ++a) left[a] = 1
  do {
    changed = 0
    split("", has_out)
    split("", has_in)
    for (a in left) {
      has_out[tail[a]] = 1
      has_in[head[a]] = 1
    }
    for (a = 1; a <= arrow_count; ++a) {
      if (!(a in left) || (head[a] in has_out && tail[a] in has_in)) continue
      delete left[a]
      changed = 1
    }
  } while (changed)
}

# The shortest way from the arrow's head to its tail, step by step outward.
function follow(arrow, left,    path, queue, first, last, a) {
  path[head[arrow]] = head[arrow]
  queue[last = 1] = head[arrow]
  for (first = 1; first <= last && !(tail[arrow] in path); ++first) {
    for (a = 1; a <= arrow_count; ++a) {
      if (!(a in left) || tail[a] != queue[first] || head[a] in path) continue
      path[head[a]] = path[queue[first]] " -> " head[a]
      queue[++last] = head[a]
    }
  }
  if (tail[arrow] in path) way_back[arrow] = path[tail[arrow]]
}

function check_circles(    i, a) {
  add_component_arrows()
  find_circles()
  for (i = 1; i <= include_count; ++i) {
    if (!joins_components(i)) continue
    a = arrow_at[component_of[file_of[i]], stem(header_of[i])]
    if (a in way_back) wrong(where_of(i), "a circle: " tail[a] " -> " way_back[a])
  }
}

function print_counts(    i, a, up) {
  forget_arrows()
  for (i = 1; i <= include_count; ++i) if (joins_components(i)) add_arrow(parent(file_of[i]), parent(header_of[i]))
  find_circles()
  for (a = 1; a <= arrow_count; ++a) {
    # Where there is no line, nothing says what is down.
    if (!(tail[a] in row_of && head[a] in row_of && row_of[head[a]] < row_of[tail[a]])) ++up
  }
  print_count("arrows between modules and rooms", arrow_count)
  print_count("  up, or to or from what has no line", up)
  print_count("  in a circle", circling())
  add_component_arrows()
  find_circles()
  print_count("arrows between components", arrow_count)
  print_count("  in a circle", circling())
}

function circling(    a, number) {
  for (a in way_back) ++number
  return number
}

function print_count(what, number) { printf "%-40s %5d\n", what, number }
