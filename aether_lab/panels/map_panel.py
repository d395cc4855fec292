"""A map of a space: landmarks and presets in a plane of z, and where z is among them."""

import os
from typing import Any

import numpy as np
import traitlets
from bokeh.models import UIElement
from numpy.typing import ArrayLike

from aether_lab import plots
from aether_lab.analysis.plane import Plane
from aether_lab.model.presets import Presets, model_name
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.panel import Panel, View, synced


class MapView(View):
    """The map in the browser (`static/views/map.js`, which says what the traits mean)."""

    _esm = module_text("hosts/map_widget.js")
    _css = style_text("hosts/map_widget.js")
    presets = synced(traitlets.Dict())


class MapPanel(Panel):
    """Where z is among named presets: click one to go there, or drag the ring over the plane.

    A space of two dimensions is all on the map. Of another it shows the plane in which the landmarks lie widest apart
    (their first two principal directions); the ring moves in that plane, and what is off it stays. A preset that is
    clicked sets the whole of z.

    `map.z` is as in every panel. `map.presets` are the user's own, read and set: `map.presets |= {"a": [0, 1, 0, 0]}`,
    `map.presets.save("mine.json")`, `map.presets = Presets.load("mine.json")`; observe them with
    `map.observe(f, names="presets")`.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        z: where to begin, `(Z,)`; default 0.
        presets: the user's presets, of this space.

    Raises:
        ValueError: z of another length or not finite; a space of one dimension, or one that cannot be read; presets of
            another space.
    """

    presets = traitlets.Instance(Presets, help="The user's own presets; the landmarks are `Presets.landmarks(space)`.")

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
        """Moves this map with a `LatentPanel` or `LivePanel`, and that with the map, in the browser; from there on.

        Unlike two panels of knobs, they begin where the other one is: a map is unrolled about what it shows.

        Raises:
            ValueError: if the other panel's space has another number of dimensions.
        """
        Panel.link(other, self)

    @traitlets.default("presets")
    def _no_presets(self) -> Presets:
        return Presets({}, self.space)

    @traitlets.validate("presets")
    def _of_this_space(self, proposal: dict[str, Any]) -> Presets:
        return proposal["value"].fit(self.space)

    @traitlets.observe("presets")
    def _push_presets(self, change: dict[str, Any]) -> None:
        self.view.presets = {name: list(z) for name, z in change["new"].items()}

    def _picture(self) -> UIElement:
        plane = Plane.of(self.space)
        families: dict[str, dict[str, np.ndarray]] = {}
        for name, z in Presets.landmarks(self.space).items():
            families.setdefault(name.split("/")[0] if "/" in name else "others", {})[name] = plane.project(z)
        if self.presets:
            families["saved"] = {name: plane.project(z) for name, z in self.presets.items()}
        labels = self.view.space["plane"]["labels"]
        return plots.latent_points(families, here=plane.project(self.z), labels=(labels[0], labels[1]))

    def _follow_presets(self, change: dict[str, Any]) -> None:
        """Takes over what was saved or forgotten in the browser."""
        if {name: list(z) for name, z in self.presets.items()} != change["new"]:
            self.presets = Presets(change["new"], self.space)


def map_state(space: FilterSpace) -> dict[str, Any]:
    """A space's landmarks and the plane they are shown in as the JSON that `static/views/map.js` reads.

    Raises:
        ValueError: a space of one dimension.
    """
    plane = Plane.of(space)
    captions = [str(caption) for caption in space.card.get("captions", [])]
    return {
        "name": model_name(space),
        "latent_dim": space.latent_dim,
        "landmarks": {name: list(z) for name, z in Presets.landmarks(space).items()},
        "plane": {
            "centre": np.asarray(plane.centre).tolist(),
            "axes": np.asarray(plane.axes).tolist(),
            "labels": [plane.label(0, captions), plane.label(1, captions)],
            "knobs": plane.share is None,
        },
    }
