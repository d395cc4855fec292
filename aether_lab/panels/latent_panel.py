"""The panel of knobs and the decoded filter.

The panel shows one anywidget, which contains the decoder and draws curve and knobs, so that they live without a kernel.
The kernel synchronises. `LatentPanel.knobs` are ipywidgets linked to it in the browser (`jslink`), to be put elsewhere.
"""

import json
import os
from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from aether_lab.filters.recipe import Recipe
from aether_lab.model.knobs import KNOB
from aether_lab.model.points import kind_text, whole_point
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.details import detail_share, full_details
from aether_lab.panels.explorer_picture import explorer_picture
from aether_lab.panels.panel import Knob, Panel, View, synced
from aether_lab.panels.slots import Slots, SlotTraits
from aether_lab.panels.state import DEFAULTS, KNOB_STEP, RESIDUAL_LIMIT, curve_state, model_state
from aether_lab.panels.user_presets import PresetTraits, UserPresets
from aether_lab.signals.target import Measured, as_target


class ExplorerView(SlotTraits, PresetTraits, View):
    """The view in the browser, which decodes z and draws; `static/views/explorer.js` documents the traits."""

    _esm = module_text("hosts/explorer_widget.js")
    _css = style_text("hosts/explorer_widget.js")
    target = traitlets.Dict(DEFAULTS["target"]).tag(sync=True)
    references = traitlets.List(traitlets.Dict(), DEFAULTS["references"]).tag(sync=True)
    residual = synced(traitlets.Dict(DEFAULTS["residual"]))
    locked = synced(traitlets.List(traitlets.Int(), DEFAULTS["locked"]))
    full_details = synced(traitlets.List(traitlets.Float(), DEFAULTS["full_details"]))

    def __init__(self, space: dict[str, Any], z: np.ndarray) -> None:
        self._knobs, self._details = space["knobs"], space["details"]
        # `static/ui/sliders.js` maps between slider and z, because a slider rounds and clips.
        super().__init__(space, z, **{f"knob{i}": synced(traitlets.Float()) for i in range(self._knobs)})

    def set_z(self, z: np.ndarray) -> None:
        """Sets z, the slider values and the details at 100 % in one message."""
        with self.hold_sync():
            super().set_z(z)
            for i, value in enumerate(z[: self._knobs]):
                setattr(self, f"knob{i}", clamp_to_knob(value))
            if self._details:
                details = z[self._knobs : self._knobs + self._details]
                self.full_details = full_details(self.full_details, details)


class LatentPanel(Slots, UserPresets, Panel):
    """The decoded filter with a slider for each knob of z; dragging the curve moves the knobs.

    `panel.z`, `(Z,)`, is the latent point on screen: read it, set it, `panel.observe(f, names="z")`. Any finite z is
    stored exactly. `panel.knobs` are sliders of ipywidgets that follow the panel and move it, to link, observe or show
    anywhere; they show the nearest step within their range. In a space with kinds and details, a list chooses
    the kind (`panel.kind`), and one slider (`panel.detail`) how much of the details of the last response, landmark or
    preset is heard. `panel.slots` are versions of z side by side, `panel.slot` the chosen one, `panel.permalink` z as
    text, and `panel.presets` the user's own, which the browser keeps.

    Args:
        space: a `FilterSpace`, or an argument of `FilterSpace.load`.
        z: the initial point, `(Z,)`; default: 0, of the first kind, or the encoded point of `target`.
        target: anything `as_target` accepts.

    Raises:
        ValueError: z of another length or not finite; an unreadable space or target.

    >>> from aether_lab import LatentPanel
    >>> panel = LatentPanel("2d", z=[0.5, 0])
    >>> panel.z = [1, -0.5]
    >>> panel
    LatentPanel(2d, z=[1.00, -0.50])
    >>> panel.close()
    """

    _view: type[ExplorerView] = ExplorerView

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        z: ArrayLike | None = None,
        target: Measured | None = None,
    ) -> None:
        names = self._begin(space)
        self._target: np.ndarray | None = None
        self._residual: Recipe | None = None
        self._knobs: list[Knob] = []
        self.view = self._view(model_state(self.space), self.z)
        super().__init__([self.view])
        self.view.observe(self._follow_view, names=names)
        self.view.observe(self._follow_residual, names="residual")
        self.view.observe(self._follow_presets, names="presets")
        if target is not None:
            self.show(target)
        if z is not None:
            self.z = z

    @property
    def knobs(self) -> list[Knob]:
        """A slider of ipywidgets for each knob, linked with the panel in both directions: `knobs[0].value`.

        >>> from aether_lab import LatentPanel
        >>> panel = LatentPanel("2d", z=[0.5, 0])
        >>> [knob.description for knob in panel.knobs], panel.knobs[0].value
        (['Tilt', 'Treble'], 0.5)
        >>> panel.close()
        """
        if not self._knobs and self.view is not None:
            self._knobs = self._linked_knobs()
        return self._knobs

    def _linked_knobs(self) -> list[Knob]:
        """These sliders are made when they are asked for: they are many messages to the browser, and most need none."""
        space = self.view.space
        captions = space["captions"] + [""] * self.space.knobs
        named = zip(self._names[: self.space.knobs], captions, strict=False)
        labels = space["names"] or [f"{name} {caption}".strip() for name, caption in named]
        width = max(map(len, labels)) + 1
        knobs = [_knob(label, width, clamp_to_knob(value)) for label, value in zip(labels, self.z, strict=False)]
        for i, knob in enumerate(knobs):
            # The view leads at first: in the browser z may have moved on since Python heard of it.
            self._links.append(ipywidgets.jslink((self.view, f"knob{i}"), (knob, "value")))
            knob.observe(self._follow_knob, names="value")
        return knobs

    @property
    def recipe(self) -> Recipe:
        """The filter on screen, without `residual`."""
        return self.space.decode(self.z)

    @property
    def target(self) -> np.ndarray | None:
        """The spectrum drawn behind the filter, `(513,)` dB, or None. Setting it leaves z unchanged, unlike `show`."""
        return self._target

    @target.setter
    def target(self, response: Measured | None) -> None:
        if response is None:
            self._target, self.view.target = None, {}
            return
        target = as_target(response, "target" if np.ndim(response) else None)  # type: ignore[arg-type]
        self._target = target.spectrum_db
        self.view.target = {
            **curve_state(target.spectrum_db, target.name),
            "weights": np.round(target.weights[1:].astype(np.float64), 8).tolist(),
        }

    @property
    def residual(self) -> Recipe | None:
        """A static cascade after the bank, drawn and played with it, or None; dragging the curve with Shift changes it.

        With `residual(panel.recipe, panel.target)` the filter equals the target at the present z. One recipe `(S,)`
        of at most 64 sections, at the sample rate of the space.

        Raises:
            ValueError: another value, including a parallel bank.
        """
        return self._residual

    @residual.setter
    def residual(self, recipe: Recipe | None) -> None:
        if recipe is None:
            self._residual, self.view.residual = None, {}
            return
        if not isinstance(recipe, Recipe) or recipe.topology != "cascade":
            what = f"a {recipe.topology} bank" if isinstance(recipe, Recipe) else repr(recipe)
            raise ValueError(f"residual is {what}; it must be a Recipe of topology cascade, or None")
        rate = self.space.settings.sample_rate
        if recipe.n_sections > RESIDUAL_LIMIT or recipe.sample_rate != rate:
            raise ValueError(
                f"residual has {recipe.n_sections} sections at {recipe.sample_rate:g} Hz; "
                f"allowed are at most {RESIDUAL_LIMIT}, at the {rate:g} Hz of this space"
            )
        state = json.loads(recipe.to_json())
        Recipe.from_json(json.dumps(state))  # raises if a value is not finite
        self._residual, self.view.residual = recipe, state

    def _follow_residual(self, change: dict[str, Any]) -> None:
        """Reads the residual after a drag in the browser moved the curve at one frequency only."""
        state = change["new"]
        if state != (json.loads(self._residual.to_json()) if self._residual else {}):
            self._residual = Recipe.from_json(json.dumps(state)) if state else None

    @property
    def locked(self) -> tuple[int, ...]:
        """The knobs that dragging the curve leaves unchanged: `panel.locked = [0, 3]`.

        Raises:
            ValueError: a knob that the space does not have.
        """
        return tuple(self.view.locked)

    @locked.setter
    def locked(self, dimensions: Sequence[int]) -> None:
        chosen = sorted(set(dimensions))
        if not set(chosen) <= set(range(self.space.knobs)):
            what = "knobs" if self.space.kinds else "dimensions"
            raise ValueError(f"locked is {list(dimensions)}; this space has {what} 0 to {self.space.knobs - 1}")
        self.view.locked = [int(k) for k in chosen]

    @property
    def kind(self) -> str:
        """The kind at z: a name, or "mixture, 60 % room"; "" in a space without kinds. Set a name or weights `(K,)`.

        Raises:
            ValueError: an unknown kind.
        """
        return kind_text(self.space, self.z)

    @kind.setter
    def kind(self, kind: str | ArrayLike) -> None:
        self.z = whole_point(self.space, self.z, kind)

    @property
    def detail(self) -> float:
        """The share of the details that is heard: 0, what the knobs say, to 1, as measured. 0 where nothing was.

        Raises:
            ValueError: another value.
        """
        return detail_share(full_details(self.view.full_details, self._details), self._details) or 0.0

    @detail.setter
    def detail(self, share: float) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"detail is {share}; allowed is 0 (what the knobs say) to 1 (as measured)")
        full = full_details(self.view.full_details, self._details)
        if self.space.details and full:
            start = self.space.knobs
            self.z = [*self.z[:start], *(share * np.array(full)), *self.z[start + len(full) :]]

    @property
    def _details(self) -> np.ndarray:
        return self.z[self.space.knobs : self.space.settings.latent_dim]

    def show(self, response: Measured) -> None:
        """Encodes a response, sets z to the encoder mean, and draws the spectrum behind the filter.

        In a space with kinds, z is `FilterSpace.locate`'s: with the kind that fits best, and all details.

        Args:
            response: anything `as_target` accepts.

        Raises:
            ValueError: as `as_target`; the panel is unchanged.
        """
        target = as_target(response)
        found = self.space.locate(target) if self.space.kinds else self.space.encode(target)[0]
        self.target = target
        self.z = np.asarray(found)

    def close(self) -> None:
        """Removes the panel from every page and frees its kernel resources."""
        for knob in self._knobs if self.view is not None else ():
            knob.style.close()
        super().close()

    def _widgets(self) -> list[ipywidgets.DOMWidget]:
        return [*self._knobs, *super()._widgets()]

    def _show_z(self) -> None:
        super()._show_z()
        for knob, value in zip(self._knobs, self.z, strict=False):  # the knobs are the first numbers
            knob.value = clamp_to_knob(value)

    def _follow_knob(self, change: dict[str, Any]) -> None:
        if not self._moving and not change["owner"].in_browser:
            index = self.knobs.index(change["owner"])
            self.z = [change["new"] if i == index else value for i, value in enumerate(self.z)]

    def _picture(self) -> str:
        return explorer_picture(
            self.view.space, self.z, self.recipe, self.residual, self.view.target, self.kind, self.detail
        )


def _knob(label: str, width: int, value: float) -> Knob:
    return Knob(
        value=value,
        min=-KNOB,
        max=KNOB,
        step=KNOB_STEP,
        description=label,
        readout_format=".2f",
        style={"description_width": f"{width}ch"},
        layout=ipywidgets.Layout(width="auto"),
    )


def clamp_to_knob(value: float) -> float:
    """The value of a slider: the nearest step within its range."""
    return round(min(max(float(value), -KNOB), KNOB), 2)
