#!/usr/bin/env bash
# Put the program, LightGBM's library and the completions where a user's programs live: packaging/install.sh PREFIX
#
# The program looks for the library in ../lib, so that PREFIX/bin and PREFIX/lib belong together.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$1
program=${CARGO_TARGET_DIR:-target}/release/backstaff
case $(uname -s) in
Darwin) library=.deps/lightgbm/lib_lightgbm.dylib ;;
*) library=.deps/lightgbm/lib_lightgbm.so ;;
esac

put() { # put FILE MODE PLACE: whole or not at all, also where the old file is in use
    mkdir -p "$(dirname "$3")"
    install -m "$2" "$1" "$3.new"
    mv -f "$3.new" "$3"
}

put "$program" 755 "$prefix/bin/backstaff"
put "$library" 644 "$prefix/lib/$(basename "$library")"
completions=$(mktemp -d)
trap 'rm -rf "$completions"' EXIT
for shell in bash zsh fish; do "$program" completions "$shell" >"$completions/$shell"; done
put "$completions/bash" 644 "$prefix/share/bash-completion/completions/backstaff"
put "$completions/zsh" 644 "$prefix/share/zsh/site-functions/_backstaff"
put "$completions/fish" 644 "$prefix/share/fish/vendor_completions.d/backstaff.fish"

echo "installed: $prefix/bin/backstaff, with LightGBM in $prefix/lib and completions for bash, zsh and fish"
case ":$PATH:" in
*":$prefix/bin:"*) ;;
*) echo "note:      $prefix/bin is not on your PATH; add it: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
