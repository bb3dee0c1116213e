"""Pythons with the packages of the peers, one environment a bench, in .deps.

    python benches/environment.py NAME PACKAGE ...    prints the interpreter of .deps/NAME, made if it isn't there
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def python_of(name: str, packages: list[str]) -> pathlib.Path:
    """The interpreter of an environment with these packages, made if it isn't there."""
    environment = ROOT / ".deps" / name
    python = environment / "bin" / "python"
    wanted = environment / "packages.json"
    if not wanted.exists() or json.loads(wanted.read_text()) != packages:
        print(f"setup: installing {' '.join(packages)} into {environment.relative_to(ROOT)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        wanted.write_text(json.dumps(packages))
    return python


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    print(python_of(sys.argv[1], sys.argv[2:]))
