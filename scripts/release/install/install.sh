#!/bin/sh
# Installs the polyloop command for this user: downloads the binary of this system, checks its SHA-256, and puts it into
# ~/.polyloop/bin or --to FOLDER. An older one stays until the new one is whole.
#
#     sh install.sh [--to FOLDER] [--version 1.2.3]
set -eu

# The release's address, which `deno task release` fills in.
releases=${POLYLOOP_RELEASES:-@RELEASES@}
to=${HOME:-.}/.polyloop/bin
version=

fail() {
  echo "polyloop: $1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --to | --version)
      if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value"; fi
      if [ "$1" = --to ]; then to=$2; else version=${2#v}; fi
      shift 2
      ;;
    *) fail "unknown argument $1. Usage: install.sh [--to FOLDER] [--version 1.2.3]" ;;
  esac
done

case $(uname -s) in
  Linux) system=unknown-linux-gnu ;;
  Darwin) system=apple-darwin ;;
  *) fail "there is no binary for $(uname -s). Use the npm package: npx @polyloop/polyloop" ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=aarch64 ;;
  *) fail "there is no binary for $(uname -m). Use the npm package: npx @polyloop/polyloop" ;;
esac
if [ "$system" = unknown-linux-gnu ] && ldd --version 2>&1 | grep -qi musl; then
  fail "the binary needs glibc, and this system has musl. Use the npm package: npx @polyloop/polyloop"
fi
name=polyloop-$machine-$system

if command -v curl >/dev/null; then
  fetch() { curl -fsSL --retry 2 -o "$2" "$1"; }
elif command -v wget >/dev/null; then
  fetch() { wget -q -O "$2" "$1"; }
else
  fail "curl or wget is needed"
fi
if command -v sha256sum >/dev/null; then
  digest() { sha256sum "$1"; }
elif command -v shasum >/dev/null; then
  digest() { shasum -a 256 "$1"; }
else
  fail "sha256sum or shasum is needed"
fi

mkdir -p "$to" 2>/dev/null || fail "cannot make the folder $to. Choose another one: --to FOLDER"
work=$(mktemp -d "$to/.install-XXXXXX" 2>/dev/null) || fail "cannot write to $to. Choose another one: --to FOLDER"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if [ -n "$version" ]; then from=$releases/download/v$version; else from=$releases/latest/download; fi
fetch "$from/SHA256SUMS" "$work/sums" || fail "cannot download $from/SHA256SUMS"
expected=$(awk -v file="$name.tar.xz" '$2 == file { print $1 }' "$work/sums")
[ -n "$expected" ] || fail "$from has no $name.tar.xz"
echo "Downloading $from/$name.tar.xz"
fetch "$from/$name.tar.xz" "$work/packed" || fail "cannot download $from/$name.tar.xz"
found=$(digest "$work/packed" | cut -d ' ' -f 1)
[ "$found" = "$expected" ] ||
  fail "the download is not what was released (SHA-256 $found, expected $expected). Nothing was installed"

tar -xJf "$work/packed" -C "$work" || fail "cannot unpack the download: tar and xz are needed"
installed=$("$work/$name" --version) || fail "the binary does not run on this system. Nothing was installed"
mv -f "$work/$name" "$to/polyloop" || fail "cannot replace $to/polyloop"
echo "Installed $installed in $to"
case :${PATH:-}: in
  *:"$to":*) ;;
  *) echo "Add it to your PATH: export PATH=\"$to:\$PATH\"" ;;
esac
