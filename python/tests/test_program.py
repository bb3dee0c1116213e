"""The command line that comes with the module."""

import subprocess
import sys
from pathlib import Path

from conftest import program


def test_the_program_is_installed_beside_python():
    path = Path(sys.executable).with_name("backstaff")
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("backstaff ")


def test_exit_codes_and_messages_are_those_of_the_program(tmp_path):
    done = program("run", tmp_path / "none.yaml")
    assert done.returncode == 4
    assert "error: cannot read the study" in done.stderr
    assert program("no-such-verb").returncode == 2
    assert program("compute", "--data", tmp_path, "--feature", "x=$close", "--out", "x.parquet").returncode == 5
