#!/usr/bin/env bash
# Unpack the archive into a bare Debian root and run the example there: packaging/try-on-debian.sh ARCHIVE
#
# The root has what debootstrap's smallest variant has: no Rust, no Python, no OpenMP. It needs root, and a mirror of
# Debian once: the root is kept in target/dist/debian.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=$1
root=${CARGO_TARGET_DIR:-target}/dist/debian
release=bookworm
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)

if ! [ -e "$root/.whole" ]; then
    "${as_root[@]}" rm -rf "$root"
    "${as_root[@]}" debootstrap --variant=minbase "$release" "$root" >/dev/null
    "${as_root[@]}" touch "$root/.whole"
fi
"${as_root[@]}" rm -rf "$root/opt/backstaff"
"${as_root[@]}" mkdir -p "$root/opt/backstaff"
"${as_root[@]}" tar -xzf "$archive" -C "$root/opt/backstaff" --strip-components=1
# A program knows where it lies from /proc, as on every machine.
"${as_root[@]}" mount -t proc proc "$root/proc"
trap '"${as_root[@]}" umount "$root/proc"' EXIT
inside() { "${as_root[@]}" chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root "$@"; }
inside sh -c 'command -v cargo python3 && { echo "the root is not bare" >&2; exit 1; } || true'
inside /opt/backstaff/bin/backstaff --version
inside /opt/backstaff/bin/backstaff demo
echo "the archive runs in a bare Debian $release"
