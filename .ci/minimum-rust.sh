#!/usr/bin/env bash
# Check that `rust-version` of Cargo.toml is a promise that holds: the toolchain in use is of that version, or the
# workspace also compiles with one that is.
set -euo pipefail
cd "$(dirname "$0")/.."

promised=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
version=$(rustc --version | cut -d ' ' -f 2)
if [ "${version%.*}" = "$promised" ]; then
    echo "minimum Rust: $promised, which is the toolchain in use ($version)"
    exit 0
fi
if [ "$(printf '%s\n' "$promised" "${version%.*}" | sort -V | head -n 1)" != "$promised" ]; then
    echo "minimum Rust: Cargo.toml wants $promised, the toolchain in use is $version" >&2
    exit 1
fi
if ! rustup run --install "$promised" rustc --version >/dev/null; then
    echo "minimum Rust: $promised is promised, $version is in use and rustup can't get $promised:" >&2
    echo "get it, or raise rust-version in Cargo.toml to ${version%.*}" >&2
    exit 1
fi
CARGO_TARGET_DIR=target/minimum-rust rustup run "$promised" cargo check --workspace --all-targets --locked
echo "minimum Rust: $promised compiles the workspace ($version is in use)"
