"""Notebooks as pages: pictures with the description that is stored with them, and panels that live without a kernel."""

import base64
import hashlib
import shutil
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from aether_lab.model.space import FilterSpace
from aether_lab.panels.page import write_page
from aether_lab.panels.stored_page import StoredPanels
from aether_lab.signals.json_files import script_json

ROOT = Path(__file__).parents[2]
MATHJAX = ROOT / "tests" / "front" / "node_modules" / "mathjax" / "es5" / "tex-svg.js"
_VIEW, _STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"

_descriptions: dict[str, str] = {}
"""Of each picture that was read, by the name that MyST-NB gives its file."""


def read(text: str) -> nbformat.NotebookNode:
    """A notebook as MyST-NB shall render it, from the text of its file."""
    notebook = nbformat.reads(text, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    for output in outputs:
        if png := output.get("data", {}).get("image/png"):
            name = hashlib.sha256(base64.b64decode(png)).hexdigest()
            _descriptions[name] = output.metadata.get("image/png", {}).get("alt", "")
    StoredPanels().preprocess(notebook, {})
    widgets = notebook.metadata.pop("widgets", {}).get(_STATE)  # MyST-NB would load them from a network
    live = [output.data for output in outputs if "aether-stored" in output.get("data", {}).get("text/html", "")]
    if live and widgets:
        live[-1]["text/html"] = f'<script type="{_STATE}">{script_json(widgets)}</script>{live[-1]["text/html"]}'
    for cell in notebook.cells:  # what has neither picture nor view here, such as the progress of a training
        cell.outputs = [output for output in cell.get("outputs", ()) if _VIEW not in output.get("data", {})]
    return notebook


def _describe(app: Sphinx, doctree: nodes.document) -> None:
    for image in doctree.findall(nodes.image):
        if description := _descriptions.get(Path(image["uri"]).stem):
            image["alt"] = description


def _add_files(app: Sphinx, error: Exception | None) -> None:
    """MathJax, the explorer, and the first page where a server looks for it."""
    if error:
        return
    static = Path(app.outdir) / "_static"
    (static / "mathjax").mkdir(exist_ok=True)
    shutil.copy(MATHJAX, static / "mathjax")
    write_page(FilterSpace.load("4d"), static / "explorer.html")
    first = app.config.root_doc + ".html"
    (Path(app.outdir) / "index.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>aether_lab</title>'
        f'<meta http-equiv="refresh" content="0; url={first}"><a href="{first}">aether_lab</a></html>\n',
        encoding="utf-8",
    )


def _check_mathjax(app: Sphinx) -> None:
    if not MATHJAX.exists():
        raise ConfigError(f"there is no {MATHJAX.relative_to(ROOT)}, which renders equations: run `make site`")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", _check_mathjax)
    app.connect("doctree-read", _describe)
    app.connect("build-finished", _add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
