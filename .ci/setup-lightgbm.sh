#!/usr/bin/env bash
# Put LightGBM's shared library into .deps/lightgbm/, where .cargo/config.toml tells what cargo starts to find it, and
# beside the programs that cargo builds, where they look for it themselves.
#
# It is the library of the wheel on PyPI, so that no C++ compiler is needed and models equal those of Python's
# LightGBM. Nothing is installed system-wide but what Debian must bring: pip to fetch the wheel, libgomp to run it.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=.ci/lightgbm.txt
target=.deps/lightgbm
stamp=$target/requirements.txt

# A program looks beside itself, never in the folder where it is run nor above it.
beside_programs() {
    local folder library
    library=$(find "$target/" -name 'lib_lightgbm.*' | head -n 1)
    for folder in "${CARGO_TARGET_DIR:-target}"/{debug,release}; do
        mkdir -p "$folder"
        cmp -s "$library" "$folder/$(basename "$library")" && continue
        ln -f "$library" "$folder/" 2>/dev/null || cp -f "$library" "$folder/"
    done
}

if cmp -s "$requirements" "$stamp" && [ -n "$(find "$target/" -name 'lib_lightgbm.*')" ]; then
    beside_programs
    exit 0
fi

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if [ "$(uname -s)" = Linux ]; then
    # Debian keeps ldconfig out of the path of ordinary users.
    case "$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null)" in
    *libgomp.so.1*) ;;
    *)
        if ! command -v apt-get >/dev/null; then
            echo "LightGBM needs libgomp.so.1: install it and run this again" >&2
            exit 1
        fi
        echo "setup: installing libgomp1 with apt (runs LightGBM's library)"
        as_root apt-get update -qq
        as_root apt-get install -y -qq --no-install-recommends libgomp1 >/dev/null
        ;;
    esac
fi

echo "setup: fetching LightGBM from PyPI into $target (the gradient-boosted trees of a study)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.ci/fetch-wheel.sh "$requirements" "$work"
mkdir -p "$target"
library=$(find "$work/lightgbm" -name 'lib_lightgbm.*' | head -n 1)
cp "$library" "$target/$(basename "$library").partial"
mv "$target/$(basename "$library").partial" "$target/$(basename "$library")"
cp "$(find "$work" -name LICENSE | head -n 1)" "$target/LICENSE"
cp "$requirements" "$stamp"
beside_programs
