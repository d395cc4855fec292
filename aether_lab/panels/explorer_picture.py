"""The picture of a latent point: its curve and knobs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from aether_lab.filters.recipe import Recipe
from aether_lab.panels.picture import FREQUENCIES, Curve, Slider, extremes, heading, levels, picture, signed, sliders


def explorer_picture(
    space: Mapping[str, Any],
    z: np.ndarray,
    recipe: Recipe,
    residual: Recipe | None,
    target: Mapping[str, Any],
    kind: str = "",
    detail: float = 0.0,
) -> str:
    """An SVG of what the explorer shows at `z`.

    Args:
        space: `state.model_state`.
        z: `(Z,)`.
        recipe: decoded at z.
        residual: a cascade after it.
        target: `{frequency, level, name}`, drawn behind, or `{}`.
        kind: the kind at z, "" where the space has none.
        detail: the share of the details that is heard.
    """
    level, name = recipe.level_db(FREQUENCIES), "filter"  # in NumPy, which need not compile first
    if residual is not None:
        level += residual.level_db(FREQUENCIES)
        name = "filter with its residual cascade"
    curves = [Curve(name, level, "sum")]
    if target:
        curves.append(Curve(target["name"] or "impulse response", target["level"], "target", target["frequency"]))
    each = [_knob(space, i, value) for i, value in enumerate(z[: space["knobs"]])]
    if space["kinds"] and space["details"]:
        each.append(Slider("Detail", f"kind: {kind}", detail, f"{detail:.0%}", (0, 1)))
    where = ", ".join(f"{slider.name} {slider.text}" for slider in each)
    words = f"Filter of {space['name']} at {where}: {extremes(level)}"
    return picture(words, heading(f"Filter of {space['name']}"), levels(curves), sliders(each))


def _knob(space: Mapping[str, Any], index: int, value: float) -> Slider:
    effect = space["captions"][index] if index < len(space["captions"]) else ""
    named = index < len(space["names"])
    title = space["names"][index] if named else f"z{index} {effect}".strip()
    below = f"z{index} {effect}".strip() if named else ""
    return Slider(title, below, value, signed(value, 2), learned=space["learned_range"][index])
