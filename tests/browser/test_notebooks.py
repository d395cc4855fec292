"""Notebooks, top to bottom, in a real JupyterLab: what a stranger sees after `make lab`.

Those that show every panel; the cells of all are run by nbval.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = [FOLDER / f"{name}.ipynb" for name in ("00_start", "07_live_morphing")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_top_to_bottom_with_live_figures(lab, path):
    lab.copy(path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    widgets = stored["metadata"].get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {"state": {}})
    views = [name for name, each in widgets["state"].items() if "explorer" in each["state"].get("_css", "")]
    with lab.open(path.name) as notebook:
        if views:  # each panel lives, and no cell was run
            notebook.page.locator(".jp-OutputArea .aether-explorer").first.wait_for(timeout=60_000)
        assert not notebook.is_changed()
        notebook.run_all()
        saved = notebook.page.evaluate("() => jupyterapp.shell.currentWidget.context.model.toJSON()")
        code = [cell for cell in saved["cells"] if cell["cell_type"] == "code"]
        assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
        assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]
        shown = sum("".join(cell["source"]).count("plots.show(") for cell in code)
        assert shown or views
        # Each figure is a document of its own, and idle once it is drawn.
        drawn = "(n) => (window.Bokeh?.documents ?? []).filter((figure) => figure.is_idle).length >= n"
        notebook.page.wait_for_function(drawn, arg=shown, timeout=60_000)
        knob = notebook.page.locator(".jp-OutputArea .aether-knob").first
        if knob.count():
            shown = knob.locator(".aether-knob-value")
            before = settled(shown)
            notebook.knob(0).focus()
            step = "ArrowLeft" if before > 1 else "ArrowRight"
            for _ in range(4):
                notebook.page.keyboard.press(step)
            moved = settled(shown)
            begin = min(max(before, -2), 2)  # a z beyond the knob comes back to its end first
            assert abs(moved - begin) == pytest.approx(0.2, abs=0.051)  # a knob may begin between its steps
            notebook.wait_for("print(round(float(panel.z[0]), 2))", str(moved))


def settled(shown):
    """The value of a knob once it has not changed for half a second: some cells fit in the background."""
    before, now = None, shown.input_value()
    while now != before:
        shown.page.wait_for_timeout(500)
        before, now = now, shown.input_value()
    return float(now.replace("\N{MINUS SIGN}", "-"))


def test_each_of_them_has_a_panel():
    assert all("Panel(" in path.read_text(encoding="utf-8") for path in NOTEBOOKS)


def test_a_link_to_a_term_in_capitals_opens_the_glossary_at_this_term(lab):
    lab.copy(FOLDER / "00_start.ipynb")
    (site := lab.folder / "site").mkdir(exist_ok=True)
    shutil.copy(FOLDER / "site" / "glossary.md", site)
    with lab.open("00_start.ipynb") as notebook:
        notebook.page.locator(".jp-RenderedMarkdown a", has_text=re.compile("^Q$")).click()
        heading = notebook.page.locator('.jp-MarkdownViewer h3[data-jupyter-id="Q"]')
        heading.wait_for()
        notebook.page.wait_for_function(
            """() => {
                const viewer = document.querySelector(".jp-MarkdownViewer").getBoundingClientRect();
                const { top } = document.querySelector('[data-jupyter-id="Q"]').getBoundingClientRect();
                return viewer.top - 1 <= top && top < viewer.bottom;
            }"""
        )
        notebook.page.evaluate("() => jupyterapp.shell.currentWidget.close()")
