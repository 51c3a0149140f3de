#!/bin/sh
# Programs build and run with the installed files alone: by pkg-config with several
# compilers and standards, and by CMake. Each installed public header compiles by
# itself. Errors of ./jiffy install name the argument; uninstall leaves nothing.
#
#   install_test.sh INSTALL_SCRIPT TREE SOURCE...
set -eu

install=$(readlink -f "$1")
tree=$(readlink -f "$2")
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/program"
for source; do cp "$source" "$scratch/program/"; done
status=0

wrong() {
  echo "WRONG: $1"
  status=1
}

# refused TEXT ARGUMENT...: the installation is refused with that text.
refused() {
  text=$1
  shift
  if "$install" install "$tree" "$@" 2>"$scratch/err"; then wrong "'$*' is taken"; fi
  grep -qF -e "$text" "$scratch/err" || wrong "'$*' says: $(cat "$scratch/err")"
}
refused "unknown argument '--prefx'; allowed: --prefix DIR, --destdir DIR" --prefx /x
refused "--prefix lacks its value" --prefix
refused "--prefix 'usr': must be an absolute path" --prefix usr
refused "letters, digits" --prefix '/tmp/a b'
touch "$scratch/file"
refused "'$scratch/file' is no folder" --prefix "$scratch/file/x"
refused "'$scratch/file' is no folder" --prefix "$scratch/file"

# A file that is somebody else's is not overwritten, and nothing is installed.
mkdir -p "$scratch/other/lib"
echo mine >"$scratch/other/lib/libjiffy.a"
refused "libjiffy.a': is there, and not jiffy's" --prefix "$scratch/other"
[ "$(cd "$scratch/other" && find . -type f)" = ./lib/libjiffy.a ] ||
  wrong "a refused installation leaves files"

prefix=$scratch/prefix
if "$install" uninstall --prefix "$prefix" 2>"$scratch/err"; then
  wrong "removes what is not there"
fi
grep -qF "jiffy is not installed there" "$scratch/err" || wrong "uninstall says no reason"
"$install" install "$tree" --prefix "$prefix"
# Over itself, and with a file that the user has put beside.
echo mine >"$prefix/share/jiffy/mine"
"$install" install "$tree" --prefix="$prefix"
[ -f "$prefix/share/jiffy/mine" ] || wrong "a file of the user's is gone"

cd "$scratch/program"
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
# build SOURCE PACKAGE COMPILER [FLAG...]: builds it and prints what it prints.
build() {
  source=$1
  package=$2
  shift 2
  # shellcheck disable=SC2046
  "$@" "$source" -o program $(pkg-config --cflags --libs "$package") && ./program
}
hello() {
  said=$(build hello.cc jiffy "$@") || said=
  case $said in
    'two spinners were preempted, jiffy '[0-9]*) ;;
    *) wrong "$*: hello.cc says '$said'" ;;
  esac
}
hello g++ -std=c++20
hello g++ -std=c++23 -O2 -flto -Wall -Wextra -Werror
hello g++ -std=c++20 -O0 -g
if command -v clang++ >/dev/null; then
  hello clang++ -std=c++20 -O1
else
  echo "SKIPPED: clang++, which is not installed"
fi
said=$(build parks.cc jiffy_interpose g++ -std=c++20) || said=
[ "$said" = parked ] || wrong "parks.cc says '$said'"
# Libraries that are opened later find these.
for name in pthread_mutex_lock sem_wait clock_nanosleep sigaction read; do
  nm -D --defined-only program | grep -q " [TWi] $name\$" || wrong "$name is not exported"
done
readelf -p .debug_gdb_scripts program | grep -q jiffy-gdb.py ||
  wrong "the program has no script for gdb"

if ! {
  cmake -S . -B built -DCMAKE_PREFIX_PATH="$prefix" && cmake --build built
} >cmake.log 2>&1; then
  cat cmake.log
  wrong "CMake does not build"
fi
case $(built/hello) in 'two spinners'*) ;; *) wrong "CMake's hello" ;; esac
[ "$(built/parks)" = parked ] || wrong "CMake's parks"

# The public headers, each by itself.
cd "$prefix/include/jiffy"
for header in jiffy.h runtime/*.h runtime/sync/*.h sched/scheduler.h sched/registry.h; do
  g++ -std=c++20 -fsyntax-only -Wall -Werror -x c++ -I"$prefix/include" "$header" ||
    wrong "$header does not compile by itself"
done

cd "$scratch"
"$install" uninstall --prefix "$prefix"
[ "$(cd "$prefix" && find . -type f)" = ./share/jiffy/mine ] ||
  wrong "uninstall leaves $(find "$prefix" -type f | head -n 3)"

# --destdir is no part of what the files say.
"$install" install "$tree" --destdir "$scratch/stage" --prefix /opt/jiffy
grep -qx 'prefix=/opt/jiffy' "$scratch/stage/opt/jiffy/lib/pkgconfig/jiffy.pc" ||
  wrong "--destdir is in jiffy.pc"
exit $status
