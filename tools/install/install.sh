#!/bin/sh
# Copies the tree that tree.bzl makes, or removes what was copied.
#
#   install.sh install TREE [--prefix DIR] [--destdir DIR]
#   install.sh uninstall [--prefix DIR] [--destdir DIR]
#   install.sh check install|uninstall [--prefix DIR] [--destdir DIR]
#
# The files are listed in PREFIX/share/jiffy/manifest; uninstall removes these.
set -eu

fail() {
  printf 'jiffy: %s\n' "$1" >&2
  exit "${2:-1}"
}

command=$1
shift
tree=
check=false
if [ "$command" = check ]; then
  check=true
  command=$1
  shift
elif [ "$command" = install ]; then
  tree=$1
  shift
fi
prefix=/usr/local
destdir=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --destdir)
      [ $# -ge 2 ] || fail "$1 lacks its value" 2
      option=${1#--}
      value=$2
      shift
      ;;
    --prefix=* | --destdir=*)
      option=${1%%=*}
      option=${option#--}
      value=${1#*=}
      ;;
    *) fail "$command: unknown argument '$1'; allowed: --prefix DIR, --destdir DIR" 2 ;;
  esac
  shift
  case $value in
    /*) ;;
    *) fail "--$option '$value': must be an absolute path" 2 ;;
  esac
  # It gets into files that others parse, by words and lines.
  case $value in
    *[!A-Za-z0-9/._+~@-]*)
      fail "--$option '$value': may have letters, digits and / . _ + ~ @ - only" 2
      ;;
  esac
  case $option in
    prefix) prefix=${value%/} ;;
    destdir) destdir=${value%/} ;;
  esac
done
root=$destdir$prefix
root=${root:-/}
manifest=$root/share/jiffy/manifest
if [ "$command" = install ]; then
  # What is there already of the way to the prefix.
  there=$root
  while [ ! -e "$there" ]; do there=$(dirname "$there"); done
  [ -d "$there" ] || fail "--prefix '$root': cannot be made: '$there' is no folder"
  [ -w "$there" ] || fail "--prefix '$root': cannot be made: '$there' cannot be written to"
fi
if $check; then exit; fi

# Removes the files of the manifest, and the folders that are empty then.
remove_installed() {
  files=$(cat "$manifest")
  printf '%s\n' "$files" | while read -r file; do rm -f "$root/$file"; done
  printf '%s\n' "$files" | sed 's,/[^/]*$,,' | sort -ru | while read -r folder; do
    while [ "$folder" != . ] && rmdir "$root/$folder" 2>/dev/null; do
      folder=$(dirname "$folder")
    done
  done
}

case $command in
  install)
    mkdir -p "$root"
    # Beside the place, so that moving each file is one step.
    stage=$(mktemp -d "$root/.jiffy-XXXXXX") || fail "--prefix '$root': cannot be written to"
    trap 'rm -rf "$stage"' EXIT
    cp -rL "$tree/." "$stage"
    chmod -R u+w,a+rX "$stage"
    sed -i "s|@PREFIX@|$prefix|" "$stage"/lib/pkgconfig/*.pc
    (cd "$stage" && find . -type f | sed 's,^\./,,' | sort) >"$stage.list"
    trap 'rm -rf "$stage" "$stage.list"' EXIT
    echo share/jiffy/manifest >>"$stage.list"
    # A file of the same name that is somebody else's stays.
    while read -r file; do
      [ ! -e "$root/$file" ] || { [ -f "$manifest" ] && grep -qxF -e "$file" "$manifest"; } ||
        fail "'$root/$file': is there, and not jiffy's; remove it or choose another --prefix"
    done <"$stage.list"
    # Files of the version before that this one has not.
    if [ -f "$manifest" ]; then remove_installed; fi
    (cd "$stage" && find . -type d) | while read -r folder; do mkdir -p "$root/$folder"; done
    while read -r file; do
      [ ! -f "$stage/$file" ] || mv -f "$stage/$file" "$root/$file"
    done <"$stage.list"
    cp "$stage.list" "$manifest"
    printf 'installed in %s\n' "$root"
    ;;
  uninstall)
    [ -f "$manifest" ] || fail "--prefix '$root': jiffy is not installed there"
    [ -w "$manifest" ] || fail "--prefix '$root': cannot be written to"
    remove_installed
    printf 'removed from %s\n' "$root"
    ;;
esac
