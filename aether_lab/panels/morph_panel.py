"""Two responses and one slider."""

import os
from dataclasses import dataclass
from functools import partial
from typing import Any

import ipywidgets
import numpy as np
import traitlets
from bokeh.models import UIElement

from aether_lab import plots
from aether_lab.filters.fit import residual
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.live_panel import LivePanel
from aether_lab.panels.panel import StaticPicture
from aether_lab.panels.upload import FilePanel
from aether_lab.signals.target import Measured, Target, as_target


class MorphPanel(StaticPicture, ipywidgets.VBox):
    """Two responses and one slider: z moves along the line between their latent points, heard in the `LivePanel` below.

    `panel.t` is 0 at `a` and 1 at `b`; `panel.live` is the live panel.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        a, b: what `as_target` takes; or dropped on the panel later.
        exact: each end is the response itself and not only what the space makes of it: a cascade after the bank makes
            up for the rest, and fades to that of the other end.

    Raises:
        ValueError: a space or file that cannot be read.
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
        """Where between the two: 0 at `a`, 1 at `b`."""
        return self.view.t

    @t.setter
    def t(self, t: float) -> None:
        if not 0 <= t <= 1:
            raise ValueError(f"t is {t}; it is 0 at a and 1 at b")
        self.view.t = float(t)

    @property
    def z(self) -> np.ndarray:
        """Where the live panel is, `(Z,)`."""
        return self.live.z

    def show(self, slot: str, target: Measured) -> None:
        """Puts a response, what `as_target` takes, at one end: `"a"` or `"b"`.

        Raises:
            ValueError: another slot, or a file that cannot be read; the panel stays as it was.
        """
        if slot not in ("a", "b"):
            raise ValueError(f"slot is {slot!r}; it is 'a' or 'b'")
        self.view.put(slot, self.view.end(as_target(target)))

    def close(self) -> None:
        for part in (*self._links, self.live, self.view, self.layout):
            part.close()
        super().close()

    def __repr__(self) -> str:
        a, b = (self.view.ends[slot].name if slot in self.view.ends else "nothing yet" for slot in "ab")
        return f"{type(self).__name__}({self.live.space.card.get('name', 'filter space')}, {a} to {b}, t={self.t:g})"

    def _picture(self) -> UIElement | None:
        here = self.view.here()
        if here is None:
            return None

        def level_db(z: np.ndarray, residual: Recipe | None) -> np.ndarray:
            series = [self.live.space.decode(z), *([] if residual is None else [residual])]
            return np.sum([np.asarray(recipe.response_db()) for recipe in series], axis=0)

        ends = {end.name: level_db(end.z, end.residual) for end in self.view.ends.values()}
        return plots.curves(ends | {f"t = {self.t:g}": level_db(*here)})

    def _follow(self, _: Any) -> None:
        here = self.view.here()
        if here is not None:
            self.live.z, self.live.residual = here


@dataclass(frozen=True, eq=False)
class End:
    """One end of a morph."""

    name: str
    z: np.ndarray  # (Z,), refined
    residual: Recipe | None  # the cascade that is still missing there


class MorphView(FilePanel):
    """The two zones and the slider (`static/views/morph.js`, which says what the traits mean)."""

    _esm = module_text("hosts/morph_widget.js")
    _css = style_text("hosts/morph_widget.js")
    a = traitlets.Dict().tag(sync=True)
    b = traitlets.Dict().tag(sync=True)
    t = traitlets.Float(0.0, min=0, max=1).tag(sync=True, echo_update=False)

    def __init__(self, space: FilterSpace, exact: bool) -> None:
        self.space, self.exact = space, exact
        self.ends: dict[str, End] = {}
        names = [f"z{i}" for i in range(space.latent_dim)]
        self.add_traits(**{name: traitlets.Float().tag(sync=True, echo_update=False) for name in names})
        super().__init__({})

    def end(self, target: Target) -> End:
        """Where a response is in the space."""
        z = np.asarray(self.space.refine(target), np.float64)
        missing = residual(self.space.decode(z), target, Sections()) if self.exact else None
        return End(target.label, z, missing)

    def put(self, slot: str, end: End) -> None:
        self.ends[slot] = end
        setattr(self, slot, {"name": end.name, "z": end.z.tolist()})

    def here(self) -> tuple[np.ndarray, Recipe | None] | None:
        """A part `t` of the way, z `(Z,)` and the residual; None before both responses are there."""
        if len(self.ends) < 2:
            return None
        a, b = self.ends["a"], self.ends["b"]
        z = (1 - self.t) * a.z + self.t * b.z
        if a.residual is None or b.residual is None:
            return z, None
        return z, _blended(((a.residual, 1 - self.t), (b.residual, self.t)))

    def receive(self, slot: str, target: Target) -> None:
        if slot in ("a", "b"):
            busy = f"Encoding {target.label}…"
            self._latest(slot, busy, partial(self.end, target), partial(self.put, slot))


def _blended(shares: tuple[tuple[Recipe, float], ...]) -> Recipe:
    """Cascades in series, each with its decibels times its share: with shares of 1 and 0, the one alone."""
    return Recipe.of(
        np.concatenate([recipe.frequency_hz for recipe, _ in shares]),
        np.concatenate([recipe.q for recipe, _ in shares]),
        np.concatenate([recipe.gain_db * share for recipe, share in shares]),
        preamp_db=sum(share * float(0 if recipe.preamp_db is None else recipe.preamp_db) for recipe, share in shares),
    )
