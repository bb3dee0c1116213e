#!/usr/bin/env bash
# Make target/dist/backstaff-VERSION-MACHINE-linux.tar.gz: program, libraries, examples, pages. It runs where it is
# unpacked, without Rust and without anything installed but glibc 2.34 or newer and libstdc++.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
program=$target/release/backstaff
version=$("$program" --version | cut -d ' ' -f 2)
name=backstaff-$version-$(uname -m)-linux
root=$target/dist/$name

rm -rf "$root"
mkdir -p "$root"/{bin,lib,licences}
install -m 755 "$program" "$root/bin/"
install -m 644 .deps/lightgbm/lib_lightgbm.so "$root/lib/"
# LightGBM runs its threads by GNU's OpenMP, which a bare system lacks; the library looks for it in its own folder.
openmp=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n "s/.*libgomp\.so\.1 .*=> //p" | head -n 1)
install -m 644 "$openmp" "$root/lib/libgomp.so.1"
patchelf --set-rpath '$ORIGIN' "$root/lib/lib_lightgbm.so"
packaging/needs-glibc.sh 2.34 "$root/bin/backstaff" "$root"/lib/*.so*

cp LICENSE-APACHE LICENSE-MIT "$root/"
cp .deps/lightgbm/LICENSE "$root/licences/LightGBM"
cp /usr/share/doc/libgomp1/copyright "$root/licences/libgomp"
cp README.md "$root/"
git ls-files -z docs examples | xargs -0 cp --parents -t "$root"

# Equal inputs give equal bytes: fixed owner, order and times.
time=$(git log -1 --format=%ct)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -C "$target/dist" -cf - "$name" | gzip -n9 >"$root.tar.gz.partial"
mv "$root.tar.gz.partial" "$root.tar.gz"
(cd "$target/dist" && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
echo "archive: $root.tar.gz ($(du -h "$root.tar.gz" | cut -f 1))"
