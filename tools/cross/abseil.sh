# Abseil's sources for other architectures, which third_party/abseil_source.bzl
# builds. For ./jiffy, which sources this file.
# shellcheck shell=sh

# Fetches Debian's source package of the Abseil that this Debian has, into the
# user's cache, unless it is there. Needs apt and dpkg-source, but no root.
require_abseil_source() {
  abseil=${XDG_CACHE_HOME:-$HOME/.cache}/jiffy/abseil
  [ ! -e "$abseil" ] || return 0
  printf 'jiffy: fetching the sources of Abseil\n' >&2
  scratch=$(mktemp -d)
  if ! (fetch_abseil_source "$scratch") >"$scratch/log" 2>&1; then
    tail -n 30 "$scratch/log" >&2
    rm -rf "$scratch"
    fail "could not fetch the sources of Abseil by apt-get"
  fi
  mkdir -p "$(dirname "$abseil")"
  # Whoever else did the same meanwhile has done it as well.
  mv -T "$scratch/abseil" "$abseil" 2>/dev/null || [ -e "$abseil" ] ||
    fail "cannot write $abseil"
  rm -rf "$scratch"
}

# Downloads into a folder and unpacks to "abseil" there. The system's apt may know
# of no sources, so this asks the same archive with lists of its own.
fetch_abseil_source() {
  # shellcheck disable=SC2016  # The names are apt's.
  format='deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)'
  cd "$1" &&
    mkdir -p lists/partial cache/archives/partial &&
    apt-get indextargets --format "$format" \
      'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    sort -u >sources.list &&
    private_apt update &&
    private_apt source --download-only abseil &&
    dpkg-source --extract abseil_*.dsc abseil &&
    # Names of processors that Debian's Bazel has not heard of.
    sed -i '/":platforms_wasm/d' abseil/absl/BUILD.bazel
}

private_apt() {
  apt-get -q -o APT::Sandbox::User= \
    -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD/cache" "$@"
}
