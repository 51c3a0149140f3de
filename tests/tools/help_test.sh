#!/bin/sh
# ./jiffy prints help, its own and that of its commands, where nothing is installed
# but a shell, Python and what every Debian has.
#
#   help_test.sh JIFFY
set -eu

jiffy=$1
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
for tool in cat dirname python3 readlink sh; do
  ln -s "$(python3 -c 'import os, shutil, sys
path = shutil.which(sys.argv[1])
print(sys.executable if sys.argv[1] == "python3" else os.path.realpath(path))' "$tool")" \
    "$tools/$tool"
done

status=0
# expect_help ARGUMENT...: with these it prints help, and nothing else.
expect_help() {
  if ! PATH=$tools "$tools/sh" "$jiffy" "$@" >"$tools/out" 2>"$tools/err"; then
    echo "'jiffy $*' failed"
    status=1
  fi
  grep -q '^usage: ./jiffy' "$tools/out" || {
    echo "'jiffy $*' prints no usage"
    status=1
  }
  if [ -s "$tools/err" ]; then
    cat "$tools/err"
    status=1
  fi
}
for option in -h --help; do
  expect_help "$option"
  for command in bench build format fuzz test; do expect_help "$command" "$option"; done
done
expect_help help
PATH=$tools "$tools/sh" "$jiffy" bench --list | grep -q '^ring/2 '
if PATH=$tools "$tools/sh" "$jiffy" bench --list >/dev/full 2>"$tools/err"; then
  echo 'what cannot be written is no failure'
  status=1
fi
exit "$status"
