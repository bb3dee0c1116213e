#!/usr/bin/env bash
# Check that programs and libraries run with a version of glibc, by the versions of the symbols that they ask for:
# packaging/needs-glibc.sh 2.34 FILE...
set -euo pipefail
allowed=$1
shift
failed=no
for file in "$@"; do
    versions=$(readelf --version-info --wide "$file" | grep -o 'GLIBC_[0-9][0-9.]*' | sed 's/GLIBC_//' | sort -Vu)
    if [ -z "$versions" ]; then
        echo "glibc: $file asks for no version at all: not an ELF file of this system?" >&2
        failed=yes
        continue
    fi
    newest=$(tail -n 1 <<<"$versions")
    if [ "$(printf '%s\n' "$allowed" "$newest" | sort -V | tail -n 1)" = "$allowed" ]; then
        echo "glibc: $(basename "$file") needs $newest, $allowed is promised"
    else
        echo "glibc: $file needs $newest, but $allowed is promised: build it on a system with an older glibc" >&2
        readelf --dyn-syms --wide "$file" | grep -F "@GLIBC_$newest" | head -n 5 >&2
        failed=yes
    fi
done
[ $failed = no ]
