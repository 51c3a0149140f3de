# The Debian packages behind each command of ./jiffy, which sources this file.
# Lists of package names are left unquoted: they are to fall into words.
# shellcheck shell=sh disable=SC2046,SC2086

# Prints the packages that a command needs.
packages_of() {
  # Bazel, the rules that it would otherwise download, and jiffy's own libraries.
  core='bazel-bootstrap bazel-rules-java bazel-rules-proto bazel-skylib g++
        libabsl-dev rapidjson-dev'
  case $1 in
    demo | lab) echo $core ;;
    build) echo $core googletest libbenchmark-dev ;;
    test) echo $core googletest libbenchmark-dev binutils gdb strace ;;
    format) echo clang-format git ;;
  esac
}

# Prints those of the given packages that are not installed.
missing_of() {
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p')
  for package; do
    printf '%s\n' "$installed" | grep -qxF -e "$package" || echo "$package"
  done
}

# Installs what a command lacks; without the right to do so, says how and ends.
require_packages() {
  command -v dpkg-query >/dev/null ||
    fail "this is not a Debian system; '$1' needs: $(packages_of "$1")"
  missing=$(missing_of $(packages_of "$1") | xargs)
  [ -n "$missing" ] || return 0
  [ "$(id -u)" -eq 0 ] || fail "'$1' needs packages that are not installed. Run:
  sudo apt-get install --no-install-recommends $missing"

  printf 'jiffy: installing %s\n' "$missing" >&2
  log=$(mktemp)
  if ! install_packages $missing >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    fail "could not install: $missing"
  fi
  rm -f "$log"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update &&
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
}
