# The Debian packages behind each command of ./jiffy, which sources this file.
# Lists of package names are left unquoted: they are to fall into words.
# shellcheck shell=sh disable=SC2046,SC2086

# Prints the packages that a command needs.
packages_of() {
  # Bazel, the rules that it would otherwise download, and jiffy's own libraries.
  core='bazel-bootstrap bazel-rules-java bazel-rules-proto bazel-skylib g++
        libabsl-dev rapidjson-dev'
  # For other architectures: an emulator, and what unpacks a source package.
  test="$core googletest libbenchmark-dev binutils cmake gdb pkg-config python3 strace"
  cross="$test qemu-user dpkg-dev"
  case $1 in
    demo | lab | doctor | install) echo $core ;;
    fuzz) echo $core clang libclang-rt-14-dev ;;
    build) echo $core googletest libbenchmark-dev ;;
    bench)
      echo $core libbenchmark-dev libboost-context-dev libboost-fiber-dev libpth-dev \
        libst-dev python3
      ;;
    test) echo $test ;;
    test-aarch64) echo $cross g++-aarch64-linux-gnu ;;
    test-valgrind) echo $test valgrind ;;
    test-clang) echo $test clang ;;
    test-riscv64) echo $cross g++-riscv64-linux-gnu ;;
    test-i386) echo $cross g++-i686-linux-gnu ;;
    test-all)
      echo $cross g++-aarch64-linux-gnu g++-riscv64-linux-gnu g++-i686-linux-gnu
      ;;
    format) echo clang-format git ;;
  esac
}

# Prints the packages that a command can do without; it then does less.
optional_packages_of() {
  case $1 in
    # Tests that look at a page in a browser are skipped without, and so are those
    # of traces, for which Go's sources have the viewer.
    test | test-all) echo chromium golang-src ;;
    # Go's rows are left out without.
    bench) echo golang-go ;;
  esac
}

# Prints those of the given packages that are not installed.
missing_of() {
  [ $# -gt 0 ] || return 0
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p')
  for package; do
    printf '%s\n' "$installed" | grep -qxF -e "$package" || echo "$package"
  done
}

# Installs what a command lacks; without the right to do so, says how and ends. What
# it can do without is installed as well, if that can be done.
require_packages() {
  command -v dpkg-query >/dev/null ||
    fail "this is not a Debian system; '$1' needs: $(packages_of "$1")"
  missing=$(missing_of $(packages_of "$1") | xargs)
  wanted=$(missing_of $(optional_packages_of "$1") | xargs)
  [ -n "$missing$wanted" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    how="sudo apt-get install --no-install-recommends $missing${missing:+${wanted:+ }}$wanted"
    [ -z "$missing" ] || fail "'$1' needs packages that are not installed. Run:
  $how"
    printf "jiffy: '%s' does less without packages that are not installed. Run:\n  %s\n" \
      "$1" "$how" >&2
    return 0
  fi
  [ -z "$missing" ] || install_aloud $missing || fail "could not install: $missing"
  [ -z "$wanted" ] || install_aloud $wanted ||
    printf "jiffy: could not install %s; '%s' does less without\n" "$wanted" "$1" >&2
}

# Says what it installs, and why it could not if so.
install_aloud() {
  printf 'jiffy: installing %s\n' "$*" >&2
  log=$(mktemp)
  status=0
  install_packages "$@" >"$log" 2>&1 || status=$?
  [ "$status" -eq 0 ] || tail -n 30 "$log" >&2
  rm -f "$log"
  return "$status"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update &&
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
}
