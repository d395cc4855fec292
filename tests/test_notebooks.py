"""What every stored notebook promises its reader, and that the gate which compares them can fail."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from aether_lab import LivePanel
from aether_lab.course.check import every_exercise

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = every_exercise()
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


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def stored(request):
    """A notebook of the course as it is stored."""
    return Stored(request.param)


class Stored:
    """A stored notebook: its words and its code."""

    def __init__(self, path):
        self.path = path
        self.notebook = nbformat.read(path, 4)
        self.words = [cell.source for cell in self.notebook.cells if cell.cell_type == "markdown"]
        self.code = [cell for cell in self.notebook.cells if cell.cell_type == "code" and cell.source.strip()]
        self.outputs = outputs(self.notebook)

    def links(self):
        """The targets of the links and images in its words, with their texts."""
        return [pair for words in self.words for pair in LINK.findall(words)]


LINK = re.compile(r"\[([^\]\[]*)\]\(([^)\s]+)\)")
COURSE = [
    "00_start",
    "01_data",
    "02_filters",
    "03_gradients",
    "04_vae",
    "05_training",
    "06_latent_sweeps",
    "07_live_morphing",
    "08_your_own_impulse_responses",
    "09_your_equaliser",
    "10_capstone",
]
HEADER = re.compile(
    r"# (?P<number>\d+) · .+\n\n\*\*Question\.\*\* (?s:.+?)\?(?s:.*?)\n\n"
    r"\*\*Objectives\.\*\* After this notebook you can\n\n(?:- (?s:.+?)[;.]\n)+\n"
    r"\*\*Minutes:\*\* \d+\. \*\*You need:\*\* (?s:.+?)\.\n\n(?P<links>.*\[Glossary\]\(site/glossary\.md\))"
)
STYLING = re.compile(
    r"bokeh|matplotlib|\bfig(?:ure)?[.(]|\b(?:\w+_)?(?:color|colour|alpha|font)=(?!=)|\bline_\w+=(?!=)"
)
CHECK = re.compile(r"^check\(\"(\d\d\.\d+)\", ", re.MULTILINE)


def test_the_course_is_complete_and_in_order():
    assert [path.stem for path in NOTEBOOKS] == COURSE


def test_a_notebook_is_stored_executed_without_errors_with_pictures_and_below_the_limit(stored):
    assert stored.path.stat().st_size < 1_500_000
    assert [cell.execution_count for cell in stored.code] == list(range(1, len(stored.code) + 1))
    assert not [output for output in stored.outputs if output.output_type == "error"]
    assert [each for each in stored.outputs if {"image/png", "image/svg+xml"} & set(each.get("data", {}))]


def test_a_notebook_begins_with_its_question_objectives_time_and_way(stored):
    header = HEADER.match(stored.words[0])
    assert stored.notebook.cells[0].cell_type == "markdown"
    assert header, "see HEADER: title, question, objectives, minutes, prerequisites, links"
    assert int(header["number"]) == int(stored.path.stem[:2])
    assert way(header["links"]) == way(stored.words[-1]) == neighbours(stored.path.stem)


def test_the_first_notebook_lists_all_others_with_their_minutes():
    table = "\n".join(Stored(NOTEBOOKS[0]).words)
    for path in NOTEBOOKS[1:]:
        minutes = re.search(r"\*\*Minutes:\*\* (\d+)", Stored(path).words[0])[1]
        assert re.search(rf"\]\({path.name}\)\*\* \| .+\? \| {minutes} \|$", table, re.MULTILINE), path.name


def way(words):
    """The links back and on in the last line of a cell."""
    line = words.splitlines()[-1]
    return [target for text, target in LINK.findall(line) if "←" in text or "→" in text]


def neighbours(name):
    k = COURSE.index(name)
    return [f"{other}.ipynb" for other in COURSE[max(k - 1, 0) : k + 2] if other != name]


def test_a_notebook_ends_with_references_that_have_links(stored):
    references = re.fullmatch(r"## References\n\n((?:- (?s:.+?)\n)+)\n.*", stored.words[-1])
    assert references
    for each in re.split(r"^- ", references[1], flags=re.MULTILINE)[1:]:
        assert re.search(r"\]\(https://", each), each


def test_every_link_leads_somewhere_and_every_image_has_a_text(stored):
    for text, target in stored.links():
        assert text.strip(), f"the link to {target} has no text"
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = stored.path.parent / path
        assert file.exists(), f"{target}: there is no such file"
        assert not anchor or anchor in anchors(file), f"{target}: there is no such heading"


def anchors(path):
    """The headings of a file as anchors that this site *and* JupyterLab have, which keeps capitals, or `<a id>`."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in nbformat.reads(text, 4).cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ (?:<a id=\"([^\"]+)\"></a>)?(.+)$", text, re.MULTILINE)
    addresses = [(anchor or words.replace(" ", "-"), words) for anchor, words in headings]
    return {address for address, words in addresses if address == slug(words)}


def slug(words):
    """The anchor of a heading in the site and on code-hosting pages."""
    return re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")


def test_every_link_of_the_glossary_leads_to_one_of_its_terms():
    glossary = ROOT / "notebooks" / "site" / "glossary.md"
    targets = [target for _, target in LINK.findall(glossary.read_text(encoding="utf-8"))]
    assert not {target[1:] for target in targets if target.startswith("#")} - anchors(glossary)


def test_words_of_the_field_are_linked_to_the_glossary_once(stored):
    linked = [target for _, target in stored.links() if target.startswith("site/glossary.md#")]
    assert len(linked) >= 5
    assert len(linked) == len(set(linked)), "a word is linked where it is used first"


def test_cells_are_short_and_have_no_styling_and_no_bare_assertion(stored):
    sizes = [sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in stored.code]
    assert statistics.median(sizes[1:]) <= 4  # the first imports
    assert max(sizes[1:]) <= 16
    for cell in stored.code:
        assert not STYLING.search(cell.source), cell.source
        for statement in ast.walk(ast.parse(cell.source)):
            assert not isinstance(statement, ast.Assert) or statement.msg, "say what is wrong: `claim` does"


def test_every_picture_is_described_in_words(stored):
    for output in stored.outputs:
        if "image/png" in output.get("data", {}):
            assert output.metadata["image/png"]["alt"].strip()
        if "image/svg+xml" in output.get("data", {}):
            assert re.search(r'<svg[^>]* role="img"[^>]* aria-label="[^"]', output.data["image/svg+xml"])


def test_every_notebook_can_be_heard(stored):
    shown = "".join(str(output.get("data", {}).get(kind, "")) for output in stored.outputs for kind in HEARD)
    assert re.search(r"<audio|LivePanel\(|ABX\(", shown)


HEARD = ("text/html", "text/plain")


def test_every_notebook_has_three_exercises_of_which_half_are_functions_that_the_student_writes(stored):
    used = CHECK.findall("\n".join(cell.source for cell in stored.code))
    prefix = stored.path.stem[:2]
    mine = [name for name in EXERCISES if name.startswith(f"{prefix}.")]
    assert used == [f"{prefix}.{k}" for k in range(1, len(used) + 1)]
    assert used == mine, "exercises in the notebook are those that are registered"
    assert prefix == "00" or len(used) >= 3
    assert 2 * sum(EXERCISES[name].is_code for name in used) >= len(used)


def test_the_stored_curve_of_the_first_panel_is_that_of_its_filter():
    """The gate leaves curves out (`nbval.cfg`): processors differ in a tenth of a pixel."""
    stored = [
        output.data for output in outputs(nbformat.read(NOTEBOOKS[0], 4)) if "image/svg+xml" in output.get("data", {})
    ]
    pictures = stored[0]["image/svg+xml"], LivePanel(z=[1.0, -0.5, 0.0, 0.5])._repr_mimebundle_()["image/svg+xml"]
    drawn, expected = (re.findall(r"M(\d+\.\d(?: \d+\.\d){20,})", picture) for picture in pictures)
    assert len(drawn) == len(expected) == 1
    np.testing.assert_allclose(*(np.array(each[0].split(), float) for each in (drawn, expected)), atol=0.15)
