# What layering.sh knows. Reads the files of lib/nubo, one a line, then their includes, as FILE:LINE:#include "...".
#
# A place is a folder of lib/nubo: a module (dns), or a room of one (region/state). Each has its line in the table:
#   PLACE: what it may include, each a place, a module with all its rooms, one header, or "protos";
#     more of it

BEGIN { read_table() }

!/:/ {
  if ($0 == "") next
  files[++file_count] = below_nubo($0)
  exists[files[file_count]] = 1
  next
}

{
  split($0, part, ":")
  ++include_count
  file_of[include_count] = below_nubo(part[1])
  line_of[include_count] = part[2]
  match($0, /["<][^">]*/)
  text_of[include_count] = substr($0, RSTART + 1, RLENGTH - 1)
  # dns/wire.h of nubo/dns/wire.h; nothing for a header that is not ours.
  header_of[include_count] = text_of[include_count] ~ /^nubo\// ? substr(text_of[include_count], length("nubo/") + 1) : ""
}

END {
  find_components()
  if (count == 1) {
    print_counts()
    exit
  }
  check_table()
  check_places()
  check_includes()
  check_permissions()
  check_parts()
  check_circles()
  exit bad
}

function wrong(where, what) {
  print where ": " what
  bad = 1
}

function below_nubo(path) { return substr(path, length("lib/nubo/") + 1) }
function parent(path) { return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : "" }
function within(place, outer) { return index(place "/", outer "/") == 1 }
function is_generated(header) { return header ~ /\.pb\.h$/ }
function where_of(i) { return "lib/nubo/" file_of[i] ":" line_of[i] }

function read_table(    row, text, place) {
  while ((getline text < table) > 0) {
    ++row
    sub(/#.*/, "", text)
    if (text ~ /:/) {
      place = substr(text, 1, index(text, ":") - 1)
      text = substr(text, index(text, ":") + 1)
      if (place in row_of) wrong(table ":" row, place " has a line above")
      place_at[row] = place
      row_of[place] = last_row = row
    }
    add_permissions(row, place, text)
  }
}

function add_permissions(row, place, text,    names, total, i) {
  total = split(text, names, " ")
  for (i = 1; i <= total; ++i) {
    ++permission_count
    permission_row[permission_count] = row
    place_of[permission_count] = place
    permission_of[permission_count] = names[i]
    number_of[place, names[i]] = permission_count
    may_use[place] = may_use[place] " " names[i]
  }
}

# Whether every place that the name stands for stands above this one.
function stands_above(name, place,    other, found) {
  if (name == "protos") return 1
  for (other in row_of) {
    if (name ~ /\.h$/ ? other != parent(name) : !covers(name, other, place)) continue
    if (row_of[other] >= row_of[place]) return 0
    found = 1
  }
  return found
}

# A module's name stands for all its rooms; said by one of them, for what lies at the module's top.
function covers(name, other, place) { return other == name || (within(other, name) && !within(place, name)) }

function check_table(    p) {
  for (p = 1; p <= permission_count; ++p) {
    if (stands_above(permission_of[p], place_of[p])) continue
    wrong(table ":" permission_row[p], place_of[p] " is allowed " permission_of[p] ", which does not stand above it")
  }
}

function check_places(    i, place, row, told) {
  for (i = 1; i <= file_count; ++i) {
    place = parent(files[i])
    has_files[place] = 1
    if (place in row_of || place in told) continue
    told[place] = 1
    wrong("lib/nubo/" files[i] ":1", "lib/nubo/" place " has no line in " table)
  }
  for (row = 1; row <= last_row; ++row) {
    if (row in place_at && !(place_at[row] in has_files)) wrong(table ":" row, "lib/nubo/" place_at[row] " has no file")
  }
}

# The narrowest of the place's permissions that the header falls under, or 0.
function permission_for(place, header,    name) {
  if (is_generated(header)) return number_of[place, "protos"] + 0
  for (name = header; name != ""; name = parent(name)) {
    if ((place, name) in number_of && (name == header || covers(name, parent(header), place))) return number_of[place, name]
  }
  return 0
}

function check_includes(    i, place, p) {
  for (i = 1; i <= include_count; ++i) {
    place = parent(file_of[i])
    if (text_of[i] ~ /(^|\/)(tests|examples)\//) {
      wrong(where_of(i), "lib may not include \"" text_of[i] "\"")
    } else if (text_of[i] ~ /^\.\.?\// || (place "/" text_of[i]) in exists) {
      wrong(where_of(i), "\"" text_of[i] "\" is to be named from lib: \"nubo/...\"")
    }
    if (header_of[i] == "" || !(place in row_of) || place == parent(header_of[i])) continue
    p = permission_for(place, header_of[i])
    used[p] = 1
    if (p == 0) {
      wrong(where_of(i), place " may not include \"" text_of[i] "\"; it may use:" (place in may_use ? may_use[place] : " nothing"))
    }
  }
}

function check_permissions(    p) {
  for (p = 1; p <= permission_count; ++p) {
    if (p in used) continue
    wrong(table ":" permission_row[p], place_of[p] " may include " permission_of[p] ", and no file of it does")
  }
}
