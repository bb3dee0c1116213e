#!/usr/bin/env bash
# Put LightGBM's shared library where `backstaff` looks for it: .deps/lightgbm/.
#
# It is the library of the wheel on PyPI, so that no C++ compiler is needed and models equal those of Python's
# LightGBM. Nothing is installed system-wide but what Debian must bring: pip to fetch the wheel, libgomp to run it.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.7.0
target=.deps/lightgbm
stamp=$target/VERSION

if [ "$(cat "$stamp" 2>/dev/null)" = "$version" ] && [ -n "$(find "$target" -name 'lib_lightgbm.*')" ]; then
    exit 0
fi

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

missing=()
command -v python3 >/dev/null || missing+=(python3)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
if [ "$(uname -s)" = Linux ]; then
    # Debian keeps ldconfig out of the path of ordinary users.
    case "$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null)" in
    *libgomp.so.1*) ;;
    *) missing+=(libgomp1) ;;
    esac
fi
if [ "${#missing[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "LightGBM needs ${missing[*]}: install them and run this again" >&2
        exit 1
    fi
    echo "installing ${missing[*]} with apt: to fetch and run LightGBM's library"
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

echo "fetching LightGBM $version from PyPI into $target: the gradient-boosted trees of a study"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$work" \
    "lightgbm==$version"
python3 -m zipfile -e "$work"/lightgbm-*.whl "$work/wheel"
mkdir -p "$target"
library=$(find "$work/wheel/lightgbm" -name 'lib_lightgbm.*' | head -n 1)
cp "$library" "$target/$(basename "$library").partial"
mv "$target/$(basename "$library").partial" "$target/$(basename "$library")"
licence=$(find "$work/wheel" -name LICENSE | head -n 1)
cp "$licence" "$target/LICENSE"
echo "$version" >"$stamp"
