#!/usr/bin/env bash
# What uses a guarded member without its lock does not compile, and what uses it with the lock does (unlocked.cc).
set -euo pipefail
clang++-19 -std=c++20 -fsyntax-only -Ilib -Wthread-safety -Werror=thread-safety -Xclang -verify tests/base/unlocked.cc
