#!/bin/sh
# Lays the built binaries and page out as two images, ready for `nubo image import`:
#
#   OUT_DIR/todo-backend/bin/todo-backend
#   OUT_DIR/todo-frontend/bin/todo-frontend
#   OUT_DIR/todo-frontend/web/index.html ...
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

# install_binary TIER: replaced by rename, so that an instance that runs the old one is not disturbed.
install_binary() {
  built="$root/bazel-bin/examples/todo/${1#todo-}/$1"
  if [ ! -x "$built" ]; then
    echo "$0: $built is missing; build it first: bazel build //examples/todo/${1#todo-}:$1" >&2
    exit 1
  fi
  mkdir -p "$out/$1/bin"
  cp -f "$built" "$out/$1/bin/.$1.new"
  chmod 0755 "$out/$1/bin/.$1.new"
  mv -f "$out/$1/bin/.$1.new" "$out/$1/bin/$1"
}

if [ ! -f "$page/index.html" ]; then
  echo "$0: $page/index.html is missing; build the page first: npm run build in examples/todo/web" >&2
  exit 1
fi
install_binary todo-backend
install_binary todo-frontend
rm -rf "$out/todo-frontend/web.new"
cp -R "$page" "$out/todo-frontend/web.new"
rm -rf "$out/todo-frontend/web"
mv "$out/todo-frontend/web.new" "$out/todo-frontend/web"
