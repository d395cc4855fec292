"""The exported page: a model with panel and audio in one HTML file."""

import base64
import hashlib
import html
import json
import os
from pathlib import Path

from aether_lab.model.points import whole_point
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.encoder_state import encoder_state
from aether_lab.panels.state import DEFAULTS, model_state
from aether_lab.signals.files import is_replaceable, write_bytes
from aether_lab.signals.json_files import script_json


def page_text(space: FilterSpace) -> str:
    """The live panel as one HTML page that needs no network, kernel or other file, and measures what is dropped on it.

    Text of the card is escaped, and the content security policy allows only the page's own script.
    """
    model = model_state(space)
    state = {
        "space": model,
        "encoder": encoder_state(space),
        "digest": _digest(json.dumps(model)),
        "processor": module_text("worklet/processor.js"),
        **{f"z{i}": value for i, value in enumerate(whole_point(space).tolist())},
        **DEFAULTS,
    }
    script, style = module_text("hosts/page.js"), style_text("hosts/page.js")
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}' data:; style-src 'sha256-{_digest(style)}'; "
        "img-src data:"
    )
    name = html.escape(model["name"])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Filter explorer: {name} · aether_lab</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Filter explorer: <small>{name}</small></h1>
<p>Press Play, then turn a knob or drag the curve: every position is another filter.</p>
<details class="help">
<summary aria-label="Help"><span aria-hidden="true">?</span></summary>
<dl>
<dt>z and the knobs</dt>
<dd>A model has learned a space of filters from responses. A point of it, z, is a few numbers: the knobs. The mark on a
track shows which values the responses had.</dd>
<dt>Sections</dt>
<dd>The filter is a bank of {model["num_filters"]} second-order sections, each with a frequency, a Q and a gain.
“Take this filter” fits as many sections as another program has, and states how far they are off.</dd>
<dt>Lock</dt>
<dd>A locked knob stays where it is while the curve is dragged.</dd>
<dt>Your own measurement</dt>
<dd>Open or drop a WAV of an impulse response, or a CSV of frequency in Hz and level in dB. It is read in this page and
sent nowhere.</dd>
</dl>
</details>
<div id="aether-lab"></div>
<noscript>This page makes its sound with JavaScript, which is switched off.</noscript>
</main>
<script type="application/json" id="aether-state">{script_json(state)}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def write_page(space: FilterSpace, path: str | os.PathLike) -> Path:
    """Writes the live panel of a space as one HTML page that works offline; returns the path.

    Raises:
        ValueError: the path does not end in .html.
        FileNotFoundError: there is no such folder.

    >>> import tempfile
    >>> from aether_lab import FilterSpace, write_page
    >>> write_page(FilterSpace.load("2d"), f"{tempfile.mkdtemp()}/explorer.html").name
    'explorer.html'
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm") and is_replaceable(path):  # a device needs no suffix
        raise ValueError(f"{path}: a page is saved as .html; use a .html name")
    write_bytes(path, page_text(space).encode("utf-8"))
    return path


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
