#!/bin/sh
# Lays the built binaries and page out as images, ready for `nubo image import`: one of each tier, and one of both.
#
#   OUT_DIR/todo-backend/bin/todo-backend
#   OUT_DIR/todo-frontend/bin/todo-frontend
#   OUT_DIR/todo-frontend/web/index.html ...
#   OUT_DIR/todo/bin/todo-backend
#   OUT_DIR/todo/bin/todo-frontend
#   OUT_DIR/todo/web/index.html ...
#
# Needs `bazel build //examples/todo/backend:todo-backend //examples/todo/frontend:todo-frontend` and
# `npm run build` in examples/todo/web first. What OUT_DIR held of them before is replaced.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 OUT_DIR" >&2
  exit 2
fi
out=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
page="$root/examples/todo/web/dist"

# install_binary IMAGE TIER: replaced by rename, so that an instance that runs the old one is not disturbed.
install_binary() {
  built="$root/bazel-bin/examples/todo/${2#todo-}/$2"
  if [ ! -x "$built" ]; then
    echo "$0: $built is missing; build it first: bazel build //examples/todo/${2#todo-}:$2" >&2
    exit 1
  fi
  mkdir -p "$out/$1/bin"
  cp -f "$built" "$out/$1/bin/.$2.new"
  chmod 0755 "$out/$1/bin/.$2.new"
  mv -f "$out/$1/bin/.$2.new" "$out/$1/bin/$2"
}

# install_page IMAGE
install_page() {
  rm -rf "$out/$1/web.new"
  cp -R "$page" "$out/$1/web.new"
  rm -rf "$out/$1/web"
  mv "$out/$1/web.new" "$out/$1/web"
}

if [ ! -f "$page/index.html" ]; then
  echo "$0: $page/index.html is missing; build the page first: npm run build in examples/todo/web" >&2
  exit 1
fi
install_binary todo-backend todo-backend
install_binary todo-frontend todo-frontend
install_page todo-frontend
install_binary todo todo-backend
install_binary todo todo-frontend
install_page todo
