"""Panels in a notebook that nbconvert makes a page of: a picture each, which comes alive without kernel and network.

    jupyter nbconvert --to html mine.ipynb

calls it where `aether_lab/jupyter` is among the settings of Jupyter, as after an installation and in `aether_lab lab`.
"""

import html
from typing import Any

from nbconvert.preprocessors import Preprocessor

from aether_lab.panels.bundle import module_text

_VIEW, _STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"


class StoredPanels(Preprocessor):
    """Puts the picture of each panel in place of its widget, which would need a network, and adds one script."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        shown = [
            output.data for cell in nb.cells for output in cell.get("outputs", ()) if _VIEW in output.get("data", {})
        ]
        panels = [data for data in shown if "image/svg+xml" in data]
        for data in panels:
            model = html.escape(data.pop(_VIEW)["model_id"])
            data["text/html"] = f'<div class="aether-stored" data-model="{model}">{data["image/svg+xml"]}</div>'
        if panels and _STATE in nb.metadata.get("widgets", {}):
            panels[-1]["text/html"] += f'<script type="module">{module_text("hosts/stored.js")}</script>'
        return nb, resources
