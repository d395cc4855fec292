"""A panel that morphs between two responses."""

import os
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import ipywidgets
import numpy as np
import traitlets

from aether_lab.filters.fit import residual
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.points import located
from aether_lab.model.presets import model_name
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.live_panel import LivePanel
from aether_lab.panels.panel import StaticPicture, synced
from aether_lab.panels.picture import FREQUENCIES, Curve, Slider, extremes, levels, picture, sliders
from aether_lab.panels.state import curve_state
from aether_lab.panels.upload import FilePanel
from aether_lab.signals.names import printable
from aether_lab.signals.target import Measured, Target, as_target


class MorphPanel(StaticPicture, ipywidgets.VBox):
    """Morphs between two responses: a slider moves z along the line between their latent points in a `LivePanel`.

    `panel.t` is 0 at `a` and 1 at `b`; `panel.live` is the live panel.

    Args:
        space: a `FilterSpace`, or an argument of `FilterSpace.load`.
        a, b: anything `as_target` accepts; can be dropped on the panel later.
        exact: add a residual cascade at each end, so that it equals the response, and interpolate between the two.

    Raises:
        ValueError: an unreadable space or file.

    >>> from aether_lab import MorphPanel
    >>> panel = MorphPanel("2d")
    >>> panel.t = 0.5
    >>> panel
    MorphPanel(2d, no response to no response, t=0.5)
    >>> panel.close()
    """

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        a: Measured | None = None,
        b: Measured | None = None,
        exact: bool = False,
    ) -> None:
        self.live = LivePanel(space)
        self.view = MorphView(self.live.space, exact)
        names = [f"z{i}" for i in range(self.live.space.latent_dim)]
        self._links = [ipywidgets.jslink((self.view, name), (self.live.view, name)) for name in names]
        super().__init__([self.view, self.live])
        self.view.observe(self._follow, ["a", "b", "t"])
        for slot, target in (("a", a), ("b", b)):
            if target is not None:
                self.show(slot, target)

    @property
    def t(self) -> float:
        """The position between the ends: 0 at `a`, 1 at `b`."""
        return self.view.t

    @t.setter
    def t(self, t: float) -> None:
        if not 0 <= t <= 1:
            raise ValueError(f"t is {t}; allowed is 0 (a) to 1 (b)")
        self.view.t = float(t)

    @property
    def z(self) -> np.ndarray:
        """z of the live panel, `(Z,)`."""
        return self.live.z

    def show(self, slot: str, target: Measured) -> None:
        """Sets the response at one end, `"a"` or `"b"`, to anything `as_target` accepts.

        Raises:
            ValueError: another slot, or an unreadable file; the panel is unchanged.
        """
        if slot not in ("a", "b"):
            raise ValueError(f"slot is {slot!r}; allowed are 'a' and 'b'")
        self.view.replace(slot, self.view.end(as_target(target)))

    def close(self) -> None:
        for part in (*self._links, self.live, self.view, self.layout):
            part.close()
        super().close()

    def __repr__(self) -> str:
        a, b = (self.view.ends[slot].name if slot in self.view.ends else "no response" for slot in "ab")
        return f"{type(self).__name__}({model_name(self.live.space)}, {a} to {b}, t={self.t:g})"

    def _display_(self) -> Any:
        """What marimo shows: it calls this, and draws anywidgets, but none of the boxes of ipywidgets."""
        return sys.modules["marimo"].vstack([self.view, self.live.view])

    def _picture(self) -> str | None:
        here = self.view.here()
        if here is None:
            return self.live._picture()

        def level_db(z: np.ndarray, residual: Recipe | None) -> np.ndarray:
            series = [self.live.space.decode(z), *([] if residual is None else [residual])]
            return np.sum([recipe.level_db(FREQUENCIES) for recipe in series], axis=0)

        a, b = (self.view.ends[slot] for slot in "ab")
        filter = Curve(f"t = {self.t:g}", level_db(*here), "sum")
        ends = [Curve(end.name, level_db(end.z, end.residual), style) for end, style in ((a, "target"), (b, "other"))]
        slider = Slider(f"{a.name} to {b.name}", "", self.t, f"{self.t:.0%} B", (0, 1))
        words = f"Morph from {a.name} to {b.name} at t = {self.t:g}: {extremes(filter.level_db)}"
        return picture(words, levels([filter, *ends]), sliders([slider]))

    def _follow(self, change: dict[str, Any]) -> None:
        if change["name"] != "t":
            ends = [(slot, self.view.ends[slot]) for slot in self.view.slots if slot in self.view.ends]
            self.live.view.references = [
                curve_state(end.spectrum_db, f"{slot.upper()}: {end.name}") for slot, end in ends
            ]
        here = self.view.here()
        if here is not None:
            self.live.z, self.live.residual = here


@dataclass(frozen=True, eq=False)
class End:
    """One end of a morph."""

    name: str
    spectrum_db: np.ndarray  # (513,), measured
    z: np.ndarray  # (Z,), refined
    residual: Recipe | None  # in series with the decoded z it equals the response


class MorphView(FilePanel):
    """The two drop zones and the slider; `static/views/morph.js` documents the traits."""

    slots = ("a", "b")
    _esm = module_text("hosts/morph_widget.js")
    _css = style_text("hosts/morph_widget.js")
    a = traitlets.Dict().tag(sync=True)
    b = traitlets.Dict().tag(sync=True)
    t = synced(traitlets.Float(0.0, min=0, max=1))

    def __init__(self, space: FilterSpace, exact: bool) -> None:
        self.space, self.exact = space, exact
        self.ends: dict[str, End] = {}
        names = [f"z{i}" for i in range(space.latent_dim)]
        self.add_traits(**{name: synced(traitlets.Float()) for name in names})
        super().__init__({})

    def end(self, target: Target) -> End:
        """The refined latent point of a response and, if `exact`, its residual."""
        z = located(self.space, target)
        cascade = residual(self.space.decode(z), target, Sections()) if self.exact else None
        return End(printable(target.label), target.spectrum_db, z, cascade)

    def put(self, slot: str, end: End) -> None:
        self.ends[slot] = end
        setattr(self, slot, {"name": end.name, "z": end.z.tolist()})

    def replace(self, slot: str, end: End) -> None:
        """As `put`, in place of a file that is still being read or encoded."""
        for key in (slot, f"read {slot}"):
            self._drop(key)
        self.put(slot, end)

    def here(self) -> tuple[np.ndarray, Recipe | None] | None:
        """z `(Z,)` and the residual at `t`; None until both ends are set."""
        if len(self.ends) < 2:
            return None
        a, b = self.ends["a"], self.ends["b"]
        z = (1 - self.t) * a.z + self.t * b.z
        if a.residual is None or b.residual is None:
            return z, None
        return z, _blended(((a.residual, 1 - self.t), (b.residual, self.t)))

    def receive(self, slot: str, target: Target) -> None:
        self._latest(slot, f"Encoding {target.label}…", partial(self.end, target), partial(self.put, slot))


def _blended(shares: tuple[tuple[Recipe, float], ...]) -> Recipe:
    """Cascades in series, their gains in dB scaled by their shares; shares 1 and 0 give the first alone."""
    return Recipe.of(
        np.concatenate([recipe.frequency_hz for recipe, _ in shares]),
        np.concatenate([recipe.q for recipe, _ in shares]),
        np.concatenate([recipe.gain_db * share for recipe, share in shares]),
        preamp_db=sum(share * float(0 if recipe.preamp_db is None else recipe.preamp_db) for recipe, share in shares),
    )
