#!/bin/sh
# Makes the tree that ./jiffy install copies.
#
#   make_tree.sh LIST TREE TEMPLATE...
#
# LIST has lines of kind, value and name, with tabs between (tree.bzl).
set -eu

list=$1
tree=$2
shift 2
tab=$(printf '\t')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir -p "$tree/include/jiffy" "$tree/lib/pkgconfig" "$tree/lib/cmake/jiffy" \
  "$tree/share/jiffy"

# Headers of ours include each other below jiffy/.
sed -n 's/^header\t//p' "$list" | sort -u | while IFS=$tab read -r path name; do
  mkdir -p "$tree/include/jiffy/$(dirname "$name")"
  sed 's,^\( *# *include "\)\(\(arch\|runtime\|sched\|signals\|trace\)/\),\1jiffy/\2,' \
    "$path" >"$tree/include/jiffy/$name"
done
cat >"$tree/include/jiffy/jiffy.h" <<'END'
// All of jiffy.
#include "jiffy/runtime/jiffy.h"
END

# merge NAME: makes one archive of all with that name. Archives of the library
# before are not repeated in one that builds on it.
merge() {
  sed -n "s/^archive\t\(.*\)\t$1\$/\1/p" "$list" | sort -u >"$scratch/$1"
  if [ "$1" != jiffy ]; then
    grep -vxF -f "$scratch/jiffy" "$scratch/$1" >"$scratch/own"
    mv "$scratch/own" "$scratch/$1"
  fi
  {
    echo "create $tree/lib/lib$1.a"
    sed 's/^/addlib /' "$scratch/$1"
    echo save
    echo end
  } | ar -M
}
merge jiffy
merge jiffy_interpose

flags_of() { sed -n "s/^flag\t\(.*\)\t$1\$/\1/p" "$list" | awk '!seen[$0]++'; }
system=$(sed -n 's/^system\t\(.*\)\t$/\1/p' "$list" | awk '!seen[$0]++')
# As in .bazelrc: the dynamic linker must never run on a green thread's stack.
own=$(printf '%s\n' -Wl,-z,now "$(flags_of jiffy)" "$system" | xargs)
# Exported names, each in full: pkg-config puts a backslash before a star.
names=$(nm --defined-only --extern-only -P "$tree"/lib/*.a 2>/dev/null | awk '$2 ~ /^[TWi]$/ { print $1 }' |
  sort -u)
interpose=$(flags_of jiffy_interpose | while read -r flag; do
  case $flag in
    *export-dynamic-symbol=*[*]*)
      for name in $names; do
        # The pattern is one: no quotes.
        # shellcheck disable=SC2254
        case $name in ${flag#*=}) printf '%s=%s\n' "${flag%%=*}" "$name" ;; esac
      done
      ;;
    *) printf '%s\n' "$flag" ;;
  esac
done | awk '!seen[$0]++' | xargs)

for template; do
  case $template in
    */version.h)
      version=$(sed -n 's/^inline constexpr char kVersion\[\] = "\(.*\)";$/\1/p' "$template")
      ;;
  esac
done
for template; do
  case $template in
    *.pc) to=$tree/lib/pkgconfig/${template##*/} ;;
    *.cmake) to=$tree/lib/cmake/jiffy/${template##*/} ;;
    *.py)
      cat "$template" >>"$tree/share/jiffy/jiffy-gdb.py"
      continue
      ;;
    *) continue ;;
  esac
  sed -e "s|@VERSION@|$version|" -e "s|@FLAGS@|$own|" \
    -e "s|@INTERPOSE_FLAGS@|$interpose|" \
    -e "s|@CMAKE_FLAGS@|$(echo "$own" | tr ' ' ';')|" \
    -e "s|@CMAKE_INTERPOSE_FLAGS@|$(echo "$interpose" | tr ' ' ';')|" \
    "$template" >"$to"
done
cat >"$tree/lib/cmake/jiffy/jiffy-config-version.cmake" <<END
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
END
