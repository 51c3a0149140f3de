#!/bin/sh
# usage: policies_doc_test.sh PAGE EXAMPLE
#
# Every block of C++ on PAGE must stand in EXAMPLE, but for comments and where lines
# are broken: what the page shows is what is built and tested.
set -eu
page=$1
example=$2

# Leaves comments and white space out.
squeeze() { sed 's://.*$::' "$@" | tr -d ' \n'; }

all=$(squeeze "$example")
number=0
while :; do
  number=$((number + 1))
  block=$(awk -v wanted="$number" '
    /^```/ { inside = 0 }
    inside && blocks == wanted { print }
    /^```c\+\+/ { inside = 1; blocks++ }' "$page" | squeeze)
  [ -n "$block" ] || break
  case $all in
    *"$block"*) ;;
    *)
      echo "block $number of $page is not in $example:"
      echo "$block"
      exit 1
      ;;
  esac
done
if [ "$number" -le 3 ]; then
  echo "found $((number - 1)) blocks of C++ on $page, expected at least 3"
  exit 1
fi
