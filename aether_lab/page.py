"""The browser side as text: the modules of `static/` joined into one, its style, and a model as JSON.

Jupyter takes one module text and a page opened from disk cannot import its neighbours, so the modules are joined here
and not by a build step. What they keep to, so that joining is this simple: imports are one line, by name, from
`"./name.js"`, without aliases; declarations are exported where they stand; only the entry has a default export; no
top-level name occurs twice.
"""

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.space import FilterSpace

STATIC = Path(__file__).parent / "static"
_IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


def module_text(entry: str = "widget.js") -> str:
    """One ES module: `entry` of `static/` after everything that it imports, each file once. Its own exports stay.

    Raises:
        ValueError: for a file that is not there, an import or export of another form, or a name declared twice; the
            message names the file.
    """
    parts: list[str] = []
    owners: dict[str, str] = {}

    def add(name: str, exports: bool) -> None:
        try:
            text = (STATIC / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ValueError(
                f"no module {name} among {', '.join(sorted(p.name for p in STATIC.glob('*.js')))}"
            ) from error
        if name in read:
            return
        read.add(name)
        for imported in _IMPORT.findall(text):
            add(imported, exports=False)
        text = _IMPORT.sub("", text)
        if odd := re.search(r"^(import\b.*|export (?!default|async|function|class|const|let).*)", text, re.MULTILINE):
            raise ValueError(f"{name}: cannot be joined: {odd[0]}")
        for declared in _DECLARED.findall(text):
            if owners.setdefault(declared, name) != name:
                raise ValueError(f"{declared} is declared both in {owners[declared]} and in {name}")
        if not exports:
            if re.search(r"^export default", text, re.MULTILINE):
                raise ValueError(f"{name}: only the entry may have a default export")
            text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
        parts.append(text)

    read: set[str] = set()
    add(entry, exports=True)
    return "\n".join(parts)


def style_text() -> str:
    """The style sheet of everything in `static/`."""
    return (STATIC / "explorer.css").read_text(encoding="utf-8")


def model_state(space: FilterSpace) -> dict[str, Any]:
    """A space's decoder, bank and card as the JSON that `static/decoder.js` reads; weights are base64 of float32."""
    settings, card = space.settings, space.card
    return {
        "name": str(card.get("name", "filter space")),
        "latent_dim": space.latent_dim,
        "num_filters": space.num_filters,
        "frequency_map": settings.frequency_map,
        "topology": settings.topology,
        "polarity": settings.polarity,
        "sample_rate": float(settings.sample_rate),
        "learned_range": np.asarray(space.learned_range, np.float64).tolist(),
        "captions": [str(caption) for caption in card.get("captions", [])],
        "layers": [
            {"shape": list(kernel.shape), "kernel": _base64(kernel), "bias": _base64(bias)}
            for kernel, bias in space.decoder_layers
        ],
    }


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")
