#!/bin/sh
# ./jiffy version, MODULE.bazel and CHANGELOG.md state the same version.
#
#   version_test.sh JIFFY
set -eu

jiffy=$(readlink -f "$1")
root=$(dirname "$jiffy")
version=$("$jiffy" version)
status=0

expect() {
  [ "$2" = "$version" ] && return
  echo "$1 says '$2', ./jiffy version '$version'"
  status=1
}

case $version in
  'jiffy '[0-9]*.[0-9]*.[0-9]*) ;;
  *)
    echo "./jiffy version prints '$version'"
    status=1
    ;;
esac
expect MODULE.bazel \
  "jiffy $(sed -n '/^module(/,/^)/s/.*version = "\(.*\)",$/\1/p' "$root/MODULE.bazel")"
# The newest entry.
expect CHANGELOG.md \
  "jiffy $(sed -n 's/^## \([0-9.]*\).*/\1/p' "$root/CHANGELOG.md" | head -n 1)"
if "$jiffy" version now 2>/dev/null; then
  echo "./jiffy version takes an argument"
  status=1
fi
exit $status
