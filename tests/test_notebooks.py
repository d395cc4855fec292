"""What every stored notebook promises its reader, and that the gate which compares them can fail."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CELLS = ("import numpy as np", "print(round(float(np.float64(2) ** 0.5), 3))")


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]), path)
    return path


def store(path):
    command = [sys.executable, ROOT / "tests" / "store_notebooks.py", path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def compare(path):
    options = ["-q", "-p", "no:cacheprovider", "--nbval", "--nbval-sanitize-with", ROOT / "tests" / "nbval.cfg"]
    command = [sys.executable, "-m", "pytest", *options, "-c", ROOT / "pyproject.toml", "--rootdir", path.parent, path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.slow
def test_a_stored_notebook_agrees_with_the_next_run_and_a_changed_number_is_noticed(notebook):
    assert store(notebook).returncode == 0
    assert outputs(nbformat.read(notebook, 4))[0].text == "1.414\n"
    agreed = compare(notebook)
    assert agreed.returncode == 0, agreed.stdout
    notebook.write_text(notebook.read_text().replace("1.414", "1.415"))
    differed = compare(notebook)
    assert differed.returncode == 1 and "1.415" in differed.stdout


@pytest.mark.slow
def test_storing_twice_gives_the_same_bytes_widgets_included(notebook):
    cells = ["import ipywidgets", "ipywidgets.IntSlider(3, description='z0')"]
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), notebook)
    assert store(notebook).returncode == 0
    once = notebook.read_bytes()
    assert b"application/vnd.jupyter.widget-state+json" in once
    assert store(notebook).returncode == 0
    assert notebook.read_bytes() == once


@pytest.mark.slow
def test_a_notebook_that_raises_is_left_as_it_was(notebook):
    notebook.write_text(notebook.read_text().replace("import numpy as np", "1 / 0"))
    before = notebook.read_bytes()
    failed = store(notebook)
    assert failed.returncode != 0 and "ZeroDivisionError" in failed.stderr
    assert notebook.read_bytes() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_executed_without_errors_with_pictures_and_below_the_limit(path):
    stored = nbformat.read(path, 4)
    assert path.stat().st_size < 1_500_000
    code = [cell for cell in stored.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for output in outputs(stored) if output.output_type == "error"]
    assert [output for output in outputs(stored) if {"image/png", "image/svg+xml"} & set(output.get("data", {}))]
