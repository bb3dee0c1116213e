"""The notebooks, the scripts and the reference of the project do what they say with the module that is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "python").glob("*.ipynb"))
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


def test_there_are_notebooks_and_scripts():
    assert len(NOTEBOOKS) >= 3 and len(SCRIPTS) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_its_first_cell_to_its_last(path, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs"), "a notebook is kept without its outputs: clear them"
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    told = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("text/html" in output.get("data", {}) for output in told)
    assert not any(output.output_type == "error" for output in told)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_runs(path, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    command = [sys.executable, "-P", "-W", "ignore", str(tmp_path / "examples" / path.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_reference_is_that_of_the_docstrings(tmp_path):
    made = tmp_path / "reference.md"
    subprocess.run([sys.executable, "-P", str(ROOT / "python" / "reference.py"), str(made)], check=True)
    written = ROOT / "docs" / "python" / "reference.md"
    assert written.read_text() == made.read_text(), "run `python -P python/reference.py docs/python/reference.md`"
