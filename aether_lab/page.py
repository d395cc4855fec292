"""The browser side as text: modules of `static/` joined into one, their style, a model as JSON, and all in one page.

Jupyter takes one module text and a page opened from disk cannot import its neighbours, so the modules are joined here
and not by a build step. What they keep to, so that joining is this simple: imports are one line, by name, from
`"./name.js"` or `"../folder/name.js"`, without aliases; declarations are exported where they stand; only the entry has
a default export; no top-level name occurs twice.
"""

import base64
import dataclasses
import hashlib
import html
import json
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab import atomic
from aether_lab.motion import Motion
from aether_lab.places import Places, model_name
from aether_lab.space import FilterSpace

STATIC = Path(__file__).parent / "static"

SOURCES = ("pink", "white", "pulses", "saw", "drums", "file", "microphone")
"""What the instrument can filter."""

SOUND_RATE = 48_000.0
"""Hz: the rate at which the instrument sounds and is recorded."""

RESIDUAL_LIMIT = 64
"""Sections that the instrument plays after the bank (`static/worklet/residual.js`)."""

_IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "(\./\w+\.js|\.\./\w+/\w+\.js)";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


def module_text(entry: str) -> str:
    """One ES module: `entry`, as `"folder/name.js"`, after all that it imports, each file once. Its exports stay.

    Raises:
        ValueError: for a file that is not there, an import or export of another form, or a name declared twice; the
            message names the file.
    """
    owners: dict[str, str] = {}
    parts = []
    for name, text in _modules(entry):
        if odd := re.search(r"^(import\b.*|export (?!default|async|function|class|const|let).*)", text, re.MULTILINE):
            raise ValueError(f"{name}: cannot be joined: {odd[0]}")
        for declared in _DECLARED.findall(text):
            if owners.setdefault(declared, name) != name:
                raise ValueError(f"{declared} is declared both in {owners[declared]} and in {name}")
        if name != entry:
            if re.search(r"^export default", text, re.MULTILINE):
                raise ValueError(f"{name}: only the entry may have a default export")
            text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
        parts.append(text)
    return "\n".join(parts)


def style_text(entry: str) -> str:
    """The style sheets beside the modules of `module_text(entry)`, `"folder/name.css"` for `"folder/name.js"`."""
    sheets = [(STATIC / name).with_suffix(".css") for name, _ in _modules(entry)]
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())


def _modules(entry: str) -> Iterator[tuple[str, str]]:
    """Name and text, without its imports, of each module that `entry` needs, after those that it imports itself."""
    paths = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*.js")}
    read: set[str] = set()

    def visit(name: str) -> Iterator[tuple[str, str]]:
        if name in read:
            return
        if name not in paths:
            raise ValueError(f"no module {name} among {', '.join(sorted(paths))}")
        read.add(name)
        text = paths[name].read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            yield from visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
        yield name, _IMPORT.sub("", text)

    return visit(entry)


def model_state(space: FilterSpace) -> dict[str, Any]:
    """A space's decoder, bank and card as the JSON that `dsp/decoder.js` reads; weights are base64 of float32."""
    settings, card = space.settings, space.card
    return {
        "name": model_name(space),
        "latent_dim": space.latent_dim,
        "num_filters": space.num_filters,
        "frequency_map": settings.frequency_map,
        "topology": settings.topology,
        "polarity": settings.polarity,
        "sample_rate": float(settings.sample_rate),
        "learned_range": np.asarray(space.learned_range, np.float64).tolist(),
        "captions": [str(caption) for caption in card.get("captions", [])],
        "landmarks": {name: list(z) for name, z in Places.landmarks(space).items()},
        "layers": [
            {"shape": list(kernel.shape), "kernel": _base64(kernel), "bias": _base64(bias)}
            for kernel, bias in space.decoder_layers
        ],
    }


def motion_state(motion: Motion) -> dict[str, Any]:
    """A motion as the JSON that `static/dsp/motion.js` reads, without centre, which is z, and phases, which go on."""
    state = dataclasses.asdict(motion)
    for name in ("centre", "phase", "slow_phase"):
        del state[name]
    return {**state, "ratio": list(motion.ratio), "places": [list(place) for place in motion.places]}


def page_text(space: FilterSpace) -> str:
    """The instrument as one HTML page, which needs no network, no kernel and no other file.

    Text from the card is text there, whatever it contains, and the page's policy runs no script but its own.
    """
    model = model_state(space)
    state = {
        "space": model,
        "processor": module_text("worklet/processor.js"),
        **{f"z{i}": 0.0 for i in range(space.latent_dim)},
        "target": {},
        "residual": {},
        "locked": [],
        "playing": False,
        "source": "pink",
        "motion": motion_state(Motion()),
        "mix": 1.0,
        "bypass": False,
        "volume_db": 0.0,
        "record": False,
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
<title>{name} · aether_lab</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{name}</h1>
<p>Press Play, then move a knob, or choose a motion and let z move by itself.</p>
<div id="aether-lab"></div>
<noscript>This page makes its sound with JavaScript, which is switched off.</noscript>
</main>
<script type="application/json" id="aether-state">{_script_json(state)}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def write_page(space: FilterSpace, path: str | os.PathLike) -> Path:
    """Writes `page_text(space)`; returns where.

    Raises:
        ValueError: if the path does not end in .html.
        FileNotFoundError: if there is no such folder.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{path}: a page ends in .html")
    atomic.write_bytes(path, page_text(space).encode("utf-8"))
    return path


def _script_json(state: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(state, separators=(",", ":")).replace("<", "\\u003c")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")
