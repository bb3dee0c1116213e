#!/usr/bin/env bash
# Put maturin, which builds the wheel of the Python module, and Zig, which links it for old systems, into the environment
# .deps/python.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.deps/python
wanted=$(sed -n 's/^requires = \["\(maturin==.*\)"\]$/\1/p' python/pyproject.toml)

zig=ziglang==0.17.0

if [ "$("$environment/bin/maturin" --version 2>/dev/null)" = "${wanted/==/ }" ] \
    && "$environment/bin/python" -c 'import ziglang' 2>/dev/null; then
    exit 0
fi
if ! python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if ! command -v apt-get >/dev/null; then
        echo "setup: the Python module needs Python 3.11 or newer with venv: install it and run this again" >&2
        exit 1
    fi
    echo "setup: installing python3 and python3-venv with apt (builds and tests the Python module)"
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null
fi
echo "setup: fetching $wanted and $zig from PyPI into $environment (builds the wheel of the Python module)"
python3 -m venv --clear "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check "$wanted" "$zig"
