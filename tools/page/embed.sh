#!/bin/sh
# usage: embed.sh PAGE.html STYLE.css SCRIPT.js...
#
# Prints C++ that defines what assets.h declares. In the page, the lines @STYLE@,
# @DATA@ and @SCRIPT@ stand for the style sheet, the data and the scripts, which
# become one: what they define is seen in all of them and nowhere else.
set -eu
export LC_ALL=C

page=$1
style=$2
shift 2

script() {
  printf '(() => {\n"use strict";\n'
  cat -- "$@"
  printf '})();\n'
}

before_data() {
  sed -n '1,/^@STYLE@$/p' "$page" | sed '$d'
  cat -- "$style"
  sed -n '/^@STYLE@$/,/^@DATA@$/p' "$page" | sed '1d;$d'
}

after_data() {
  sed -n '/^@DATA@$/,/^@SCRIPT@$/p' "$page" | sed '1d;$d'
  script "$@"
  sed -n '/^@SCRIPT@$/,$p' "$page" | sed '1d'
}

# Prints the definition of a constant with what comes from standard input.
define() {
  printf 'constexpr char %sBytes[] = {\n' "$1"
  # As characters: some machines have signed ones, some not.
  od -An -v -tx1 | sed "s/\([0-9a-f][0-9a-f]\)/'\\\\x\1',/g"
  printf '};\nconst std::string_view %s(%sBytes, sizeof %sBytes);\n' "$1" "$1" "$1"
}

# A script element would end there, whatever the script means by it.
if grep -ni '</script' -- "$@" /dev/null >&2; then
  echo 'embed.sh: a script must not contain the end of a script element' >&2
  exit 1
fi
cat <<'END'
#include "tools/page/assets.h"

namespace jiffy::page {
END
before_data | define kPageBeforeData
after_data "$@" | define kPageAfterData
echo '}  // namespace jiffy::page'
