"""A map of landmarks, presets and the current z in a plane of the latent space."""

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.plane import Plane
from aether_lab.model.presets import Presets
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.panel import Panel, View
from aether_lab.panels.picture import map_plane, picture, signed
from aether_lab.panels.state import model_state
from aether_lab.panels.user_presets import PresetTraits, UserPresets
from aether_lab.signals.names import pluralize


class MapView(PresetTraits, View):
    """The map in the browser; `static/views/map.js` documents the traits."""

    _esm = module_text("hosts/map_widget.js")
    _css = style_text("hosts/map_widget.js")


class MapPanel(UserPresets, Panel):
    """The current z among landmarks and presets: click one to set z, or drag the ring in the plane.

    Where the pointer is, the map shows the response. While "Listen as I point" is on, z is there too, and with it the
    sound of a linked `LivePanel`; it goes back when the pointer leaves.

    The plane of a larger space than 2-D is that of the first two principal directions of the landmarks. Dragging leaves
    the component of z outside the plane unchanged; a click on a preset sets all of z.

    `panel.presets` are the user's own: `panel.presets |= {"a": [0, 1, 0, 0]}`, `panel.presets.save("mine.json")`,
    `panel.presets = Presets.load("mine.json")`, `panel.observe(f, names="presets")`.

    Args:
        space: a `FilterSpace`, or an argument of `FilterSpace.load`.
        z: the initial point, `(Z,)`; default: 0.
        presets: presets of this space.

    Raises:
        ValueError: z of another length or not finite; an unreadable space, or one of one dimension; presets of another
            space.

    >>> from aether_lab import MapPanel
    >>> panel = MapPanel("2d")
    >>> panel.z = [1, -0.5]
    >>> panel
    MapPanel(2d, z=[1.00, -0.50])
    >>> panel.close()
    """

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        z: ArrayLike | None = None,
        presets: Presets | None = None,
    ) -> None:
        names = self._begin(space)
        self.view = MapView(map_state(self.space), self.z)
        super().__init__([self.view])
        self.view.observe(self._follow_view, names=names)
        self.view.observe(self._follow_presets, names="presets")
        if presets is not None:
            self.presets = presets
        if z is not None:
            self.z = z

    def link(self, other: Panel) -> None:
        """Links z with a `LatentPanel` or `LivePanel` in the browser, in both directions; the map takes the other z.

        Raises:
            ValueError: the spaces have different numbers of dimensions.
        """
        Panel.link(other, self)

    def _picture(self) -> str:
        plane = Plane.of(self.space)
        points = {name: plane.project(z) for name, z in [*Presets.landmarks(self.space).items(), *self.presets.items()]}
        where = ", ".join(signed(value, 2) for value in plane.project(self.z))
        words = f"Map of {self.view.space['name']}: {pluralize(len(points), 'point')}, and a ring at ({where})"
        return picture(words, map_plane(points, plane.project(self.z), self.view.space["plane"]["labels"]))


def map_state(space: FilterSpace) -> dict[str, Any]:
    """A space, with its decoder and its landmarks, and their plane as JSON for `static/views/map.js`.

    The `labels` of the axes say what these do to the response, and `terms` which knobs they are.

    Raises:
        ValueError: a space of one dimension.
    """
    plane = Plane.of(space)
    state = model_state(space)
    captions, names = state["captions"], state["names"]
    terms = [plane.label(axis, captions, names) for axis in (0, 1)]
    return {
        **state,
        "plane": {
            "centre": np.asarray(plane.centre).tolist(),
            "axes": np.asarray(plane.axes).tolist(),
            "labels": [words or term for words, term in zip(plane.words(space), terms, strict=True)],
            "terms": terms,
            "knobs": plane.share is None,
        },
    }
