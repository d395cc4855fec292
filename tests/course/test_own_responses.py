"""The notebooks on measured impulse responses, as a user runs them: `AETHER_LAB_IRS` names a folder.

Another folder than the shared one is tried by setting that variable before the tests are run.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from aether_lab.signals.course_corpus import FOLDER_VARIABLE, load_corpus

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
DATA = "01_data"  # takes some seconds, and reads the whole folder


def printed(path, folder, monkeypatch):
    """What the cells of a notebook print when the folder is the user's; the first cell that raises fails the test."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    notebook = nbformat.read(path, 4)
    # In the folder of the notebooks, as JupyterLab runs them; what is executed is not stored.
    NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")


@pytest.mark.slow(seconds=15)
def test_the_notebook_on_data_runs_on_measured_responses_and_counts_them(real_folder, monkeypatch):
    path = next(path for path in NOTEBOOKS if path.stem == DATA)
    text = printed(path, real_folder, monkeypatch)
    assert f"\n{load_corpus()}\n" in text, "the corpus is not that of the folder"


@pytest.mark.long
@pytest.mark.slow(seconds=600)
@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.stem != DATA], ids=lambda path: path.stem)
def test_every_notebook_runs_on_measured_responses(real_folder, monkeypatch, path):
    printed(path, real_folder, monkeypatch)
