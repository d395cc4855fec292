"""Knobs beside a picture: what a notebook shows and a finger moves.

The knobs are ipywidgets, linked in the browser (`jslink`) to one anywidget view that holds the decoder, so that a knob
moves the curve without asking the kernel, and a notebook opened again with no kernel is still alive. The kernel
follows.
"""

import base64
import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets
from bokeh.models import UIElement
from numpy.typing import ArrayLike

from aether_lab import atomic, audio, page, plots
from aether_lab.impulse import ImpulseResponse
from aether_lab.motion import Motion
from aether_lab.recipe import Recipe
from aether_lab.space import FilterSpace
from aether_lab.spectra import FREQUENCIES, N_BINS, spectrum_db

KNOB = 2.0
"""Knobs reach from -2 to 2: two standard deviations of the prior, either way."""


class Latent(traitlets.TraitType):
    """A place in the latent space of its owner's `space`: `(Z,)` float64, finite, read-only; set from any sequence."""

    def validate(self, obj: Any, value: ArrayLike) -> np.ndarray:
        dims = obj.space.latent_dim
        try:
            z = np.array(value, np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"z is {value!r}; it must be {dims} numbers") from error
        if z.shape != (dims,):
            raise ValueError(f"z has shape {z.shape}; this space has {dims} dimensions, so it must be ({dims},)")
        if not np.isfinite(z).all():
            raise ValueError(f"z is {z.tolist()}; every value must be finite")
        z.flags.writeable = False
        return z

    def set(self, obj: Any, value: ArrayLike) -> None:
        z = self.validate(obj, value)
        if not np.array_equal(z, obj.z):
            super().set(obj, z)


class Knob(ipywidgets.FloatSlider):
    """A slider that knows whether the browser or the kernel moved it."""

    in_browser = False
    # Not echoed: the echo of an old position would arrive after a newer one and be taken for a finger.
    value = traitlets.CFloat(0.0).tag(sync=True, echo_update=False)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        self.in_browser = True
        try:
            super().set_state(sync_data)
        finally:
            self.in_browser = False


def synced(trait: traitlets.TraitType) -> traitlets.TraitType:
    """Shared with the browser, which gets no echo of what it said itself: an old one would undo a newer value."""
    return trait.tag(sync=True, echo_update=False)


class View(anywidget.AnyWidget):
    """What is shown in the browser of a space, and of a place in it: one trait for each dimension."""

    space = traitlets.Dict().tag(sync=True)

    def __init__(self, space: dict[str, Any], z: np.ndarray, **traits: traitlets.TraitType) -> None:
        # `jslink` links to a trait, not to an element of one.
        self.add_traits(**{f"z{i}": synced(traitlets.Float()) for i in range(len(z))}, **traits)
        super().__init__(space=space)
        self.place(z)

    def place(self, z: np.ndarray) -> None:
        """Moves z, in one message."""
        with self.hold_sync():
            for i, value in enumerate(z):
                setattr(self, f"z{i}", float(value))


class Explorer(View):
    """The view: decodes z and draws, in the browser (`static/views/explorer.js`, which says what the traits mean)."""

    _esm = page.module_text("hosts/explorer_widget.js")
    _css = page.style_text("hosts/explorer_widget.js")
    target = traitlets.Dict().tag(sync=True)
    residual = traitlets.Dict().tag(sync=True)
    locked = synced(traitlets.List(traitlets.Int()))

    def __init__(self, space: dict[str, Any], z: np.ndarray) -> None:
        # Between a slider and z stands `static/ui/sliders.js`, because a slider rounds and clips what it is given.
        super().__init__(space, z, **{f"knob{i}": synced(traitlets.Float()) for i in range(len(z))})

    def place(self, z: np.ndarray) -> None:
        """Moves z, and where the knobs show it, in one message."""
        with self.hold_sync():
            super().place(z)
            for i, value in enumerate(z):
                setattr(self, f"knob{i}", _knob_place(value))


class Instrument(Explorer):
    """The view with sound (`static/views/live.js`, which says what the traits mean)."""

    _esm = page.module_text("hosts/live_widget.js")
    _css = page.style_text("hosts/live_widget.js")
    processor = traitlets.Unicode(page.module_text("worklet/processor.js")).tag(sync=True)
    playing = synced(traitlets.Bool(False))
    source = synced(traitlets.Enum(page.SOURCES, "pink"))
    motion = synced(traitlets.Dict(page.motion_state(Motion())))
    mix = synced(traitlets.Float(1.0, min=0, max=1))
    bypass = synced(traitlets.Bool(False))
    volume_db = synced(traitlets.Float(0.0, min=-60, max=12))
    record = synced(traitlets.Bool(False))

    def __init__(self, space: dict[str, Any], z: np.ndarray) -> None:
        super().__init__(space, z)
        self.recording: np.ndarray | None = None
        self._chunks: list[np.ndarray] = []
        self.on_msg(self._receive)

    def _receive(self, _: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """A recording comes in pieces while it is made; the last one stays until the next is complete."""
        match content.get("type"):
            case "begin":
                self._chunks = []
            case "chunk":
                self._chunks.append(np.stack([np.frombuffer(buffer, "<f4") for buffer in buffers], axis=1))
            case "recorded" if self._chunks:
                self.recording, self._chunks = np.concatenate(self._chunks), []


def refuse_other_dimensions(follower: FilterSpace, leader: FilterSpace) -> None:
    """Raises a ValueError where z of one space cannot be set in the other."""
    if follower.latent_dim != leader.latent_dim:
        raise ValueError(
            f"a panel of {follower.latent_dim} dimensions cannot follow one of {leader.latent_dim}; both need as many"
        )


class Pictured:
    """A widget that shows itself; with `AETHER_LAB_PICTURES=static` also a picture, for a reader who runs nothing."""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]  # of ipywidgets or anywidget
        figure = self._picture() if os.environ.get("AETHER_LAB_PICTURES") == "static" else None
        if figure is not None:
            with tempfile.TemporaryDirectory() as folder:
                picture = Path(folder) / "panel.png"
                plots.save(figure, picture)
                data = bundle[0] if isinstance(bundle, tuple) else bundle  # anywidget adds metadata
                data["image/png"] = base64.b64encode(picture.read_bytes()).decode("ascii")
        return bundle

    def _picture(self) -> UIElement | None:
        """What is on screen; None while that is nothing."""
        raise NotImplementedError


class Panel(Pictured, ipywidgets.VBox):
    """A place in a space and a view of it in the browser, which both may move: what all panels have.

    `panel.z`, `(Z,)`, is the place: read it, set it, `panel.observe(f, names="z")`. Any finite z may be set and is kept
    exactly.
    """

    z = Latent()
    space: FilterSpace
    view: Any = None  # a `View`, from the end of `__init__` on

    def _begin(self, space: FilterSpace | str | os.PathLike) -> list[str]:
        """Takes the space, before there is a view of it; the names of its dimensions."""
        self.space = space if isinstance(space, FilterSpace) else FilterSpace.load(space)
        self._moving = False
        self._links: list[ipywidgets.jslink] = []
        self._names = [f"z{i}" for i in range(self.space.latent_dim)]
        return self._names

    @traitlets.default("z")
    def _origin(self) -> np.ndarray:
        return np.zeros(self.space.latent_dim)

    def link(self, other: "Panel") -> None:
        """Moves another panel with this one, and this one with it, in the browser; it begins where this one is.

        Raises:
            ValueError: if the other panel's space has another number of dimensions.
        """
        refuse_other_dimensions(other.space, self.space)
        other.z = self.z
        self._links += [ipywidgets.jslink((self.view, name), (other.view, name)) for name in self._names]

    def close(self) -> None:
        """Takes the panel off every page and frees what it holds in the kernel."""
        if self.view is None:  # refused before there was anything to show, and collected
            return
        for widget in self._widgets():
            widget.layout.close()
            widget.close()
        for part in (*self._links, self.layout):
            part.close()
        super().close()

    def _widgets(self) -> list[ipywidgets.DOMWidget]:
        return [self.view, *(child for child in self.children if child is not self.view)]

    @traitlets.observe("z")
    def _push(self, _: dict[str, Any]) -> None:
        """Moves the view to a z that was set in the kernel."""
        if not self._moving:
            with self._move():
                self._show_z()

    def _show_z(self) -> None:
        self.view.place(self.z)

    def _follow_view(self, _: dict[str, Any]) -> None:
        """Takes over a z that was set in the browser, which has moved what it shows itself."""
        if not self._moving:
            with self._move():
                self.z = [getattr(self.view, name) for name in self._names]

    @contextmanager
    def _move(self) -> Iterator[None]:
        self._moving = True
        try:
            yield
        finally:
            self._moving = False

    def __repr__(self) -> str:
        place = ", ".join(f"{value:.2f}" for value in self.z)
        return f"{type(self).__name__}({self.view.space['name']}, z=[{place}])"


class LatentPanel(Panel):
    """A knob for each z and the filter that they decode to; the curve can be dragged, and z follows.

    `panel.z`, `(Z,)`, is the place of the filter on screen: read it, set it, `panel.observe(f, names="z")`. Any finite
    z may be set and is kept exactly; a knob shows it to its nearest step, and stands at its end when z is beyond it.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        z: where to begin, `(Z,)`; default 0, or where `target` is encoded.
        target: what `show` takes.

    Raises:
        ValueError: z of another length or not finite; a space or target that cannot be read.
    """

    _view: type[Explorer] = Explorer

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        z: ArrayLike | None = None,
        target: ImpulseResponse | ArrayLike | None = None,
    ) -> None:
        names = self._begin(space)
        self._target: np.ndarray | None = None
        self._residual: Recipe | None = None
        state = page.model_state(self.space)
        captions = state["captions"] + [""] * self.space.latent_dim
        labels = [f"{name} {caption}".strip() for name, caption in zip(names, captions, strict=False)]
        width = max(map(len, labels)) + 1
        self.knobs = [_knob(label, width) for label in labels]
        self.view = self._view(state, self.z)
        self._links = [ipywidgets.jslink((knob, "value"), (self.view, f"knob{i}")) for i, knob in enumerate(self.knobs)]
        columns = ipywidgets.Layout(
            grid_template_columns=f"repeat(auto-fit, minmax(min(max({width}ch + 200px, 34%), 100%), 1fr))",
            max_width="1100px",
            overflow="hidden",
        )
        super().__init__([ipywidgets.GridBox(self.knobs, layout=columns), self.view])
        self.view.observe(self._follow_view, names=names)
        for knob in self.knobs:
            knob.observe(self._follow_knob, names="value")
        if target is not None:
            self.show(target)
        if z is not None:
            self.z = z

    @property
    def recipe(self) -> Recipe:
        """The filter on screen, without `residual`."""
        return self.space.decode(self.z)

    @property
    def target(self) -> np.ndarray | None:
        """The spectrum drawn behind the filter, `(513,)` dB, or None. Setting it moves no knob; `show` does."""
        return self._target

    @target.setter
    def target(self, response: ImpulseResponse | ArrayLike | None) -> None:
        if response is None:
            self._target, self.view.target = None, {}
            return
        level, name = _spectrum(response)
        self._target = level
        self.view.target = {  # without DC, which a log axis does not have
            "frequency": FREQUENCIES[1:].tolist(),
            "level": np.round(level[1:].astype(np.float64), 2).tolist(),
            "name": name,
        }

    @property
    def residual(self) -> Recipe | None:
        """A cascade after the bank that stays as it is while z moves, drawn and heard with it, or None.

        With `fit.residual(panel.recipe, panel.target)` the filter is the target where z is now, and what the space has
        learned around it. One recipe `(S,)` of at most 64 sections, at the sample rate of the space.

        Raises:
            ValueError: when set to anything else, a parallel bank included.
        """
        return self._residual

    @residual.setter
    def residual(self, recipe: Recipe | None) -> None:
        if recipe is None:
            self._residual, self.view.residual = None, {}
            return
        if not isinstance(recipe, Recipe) or recipe.topology != "cascade":
            what = f"a {recipe.topology} bank" if isinstance(recipe, Recipe) else repr(recipe)
            raise ValueError(f"residual is {what}; it is a Recipe of topology cascade, or None")
        rate = self.space.settings.sample_rate
        if recipe.n_sections > page.RESIDUAL_LIMIT or recipe.sample_rate != rate:
            raise ValueError(
                f"residual has {recipe.n_sections} sections at {recipe.sample_rate:g} Hz; "
                f"at most {page.RESIDUAL_LIMIT} are played, at the {rate:g} Hz of this space"
            )
        state = json.loads(recipe.to_json())
        Recipe.from_json(json.dumps(state))  # refuses what is not finite, before a browser plays it
        self._residual, self.view.residual = recipe, state

    @property
    def locked(self) -> tuple[int, ...]:
        """The dimensions that stay where they are while the curve is dragged: `panel.locked = [0, 3]`.

        Raises:
            ValueError: when set to a dimension that the space does not have.
        """
        return tuple(self.view.locked)

    @locked.setter
    def locked(self, dimensions: Sequence[int]) -> None:
        chosen = sorted(set(dimensions))
        if not set(chosen) <= set(range(self.space.latent_dim)):
            raise ValueError(
                f"locked is {list(dimensions)}; this space has dimensions 0 to {self.space.latent_dim - 1}"
            )
        self.view.locked = [int(k) for k in chosen]

    def show(self, response: ImpulseResponse | ArrayLike) -> None:
        """Encodes a response, moves z to the mean of its encoding, and draws its spectrum behind the filter.

        Args:
            response: an `ImpulseResponse` (its first channel is taken) or a level-aligned spectrum, `(513,)` dB.

        Raises:
            ValueError: for anything else, or values that are not finite.
        """
        level, _ = _spectrum(response)
        mean = np.asarray(self.space.encode(level)[0])
        self.target = response
        self.z = mean

    def close(self) -> None:
        """Takes the panel off every page and frees what it holds in the kernel."""
        for knob in self.knobs if self.view is not None else ():
            knob.style.close()
        super().close()

    def _widgets(self) -> list[ipywidgets.DOMWidget]:
        return [*self.knobs, *super()._widgets()]

    def _show_z(self) -> None:
        super()._show_z()
        for knob, value in zip(self.knobs, self.z, strict=True):
            knob.value = _knob_place(value)

    def _follow_knob(self, change: dict[str, Any]) -> None:
        if not self._moving and not change["owner"].in_browser:
            moved = self.knobs.index(change["owner"])
            self.z = [change["new"] if i == moved else value for i, value in enumerate(self.z)]

    def _picture(self) -> UIElement:
        if self.residual is None:
            return plots.response(self.recipe, target_db=self.target)
        level = np.asarray(self.recipe.response_db()) + np.asarray(self.residual.response_db())
        target = {} if self.target is None else {"target": self.target}
        return plots.curves({"filter with its residual cascade": level, **target})


class LivePanel(LatentPanel):
    """A `LatentPanel` that sounds: a source through the filter, z moved by hand or by itself, in the browser.

    Sound begins with a click on Play; a browser allows no other way. Then the panel obeys both sides: what is set here
    moves what is there, and what is moved there is read here. `panel.z` is where the knobs are: the centre of a motion,
    and the place itself when the motion is manual.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        z: where to begin, `(Z,)`; default 0, or where `target` is encoded.
        target: what `show` takes.
        motion: what `motion` can be set to.
        source: one of `page.SOURCES`.

    Raises:
        ValueError: as `LatentPanel`; a motion that cannot be.
        traitlets.TraitError: a source that does not exist.
    """

    _view = Instrument
    playing = traitlets.Bool(False, help="Whether it sounds; True works only after a first click on Play.")
    source = traitlets.Enum(page.SOURCES, "pink", help="One of `page.SOURCES`; a file is chosen in the browser.")
    mix = traitlets.Float(1.0, min=0, max=1, help="0 dry to 1 wet.")
    bypass = traitlets.Bool(False, help="The dry sound, as loud as the filtered one.")
    volume_db = traitlets.Float(0.0, min=-60, max=12, help="-60 to 12 dB, before the limiter.")
    record = traitlets.Bool(False, help="Whether what is heard is recorded, into `recording`.")

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        z: ArrayLike | None = None,
        target: ImpulseResponse | ArrayLike | None = None,
        motion: Motion | str = "manual",
        source: str = "pink",
    ) -> None:
        super().__init__(space, z, target)
        for name in ("playing", "source", "mix", "bypass", "volume_db", "record"):
            traitlets.link((self.view, name), (self, name))
        self.motion = motion
        self.source = source

    @property
    def motion(self) -> Motion:
        """How z moves about the knobs, from now on: what `audio.render` takes. `panel.view` observes its changes.

        Set it to a `Motion`, whose centre moves the knobs, or to one of `motion.KINDS`, which keeps all the rest.
        Phases are not kept: a motion that plays goes on from where it is.
        """
        return Motion(centre=tuple(self.z.tolist()), **self.view.motion)

    @motion.setter
    def motion(self, motion: Motion | str) -> None:
        if isinstance(motion, str):
            motion = dataclasses.replace(self.motion, kind=motion)
        elif not isinstance(motion, Motion):
            raise ValueError(f"motion is {motion!r}; it is a Motion or the name of a kind")
        if motion.latent_dim != self.space.latent_dim:
            raise ValueError(
                f"the centre of the motion has {motion.latent_dim} numbers; this space has "
                f"{self.space.latent_dim} dimensions"
            )
        self.z = motion.centre
        self.view.motion = page.motion_state(motion)

    @property
    def recording(self) -> np.ndarray | None:
        """The last complete recording, `(T, 2)` float32 at `page.SOUND_RATE`, or None."""
        return self.view.recording

    def save_recording(self, path: str | os.PathLike) -> Path:
        """Writes the last recording as a WAV file of 24 bits.

        Raises:
            ValueError: if there is none yet.
        """
        if self.recording is None:
            raise ValueError("nothing has been recorded: press Play and Record in the panel, then Stop recording")
        atomic.write_bytes(path, audio.wav_bytes(self.recording, page.SOUND_RATE))
        return Path(path)


def _knob(label: str, width: int) -> Knob:
    return Knob(
        min=-KNOB,
        max=KNOB,
        step=0.01,
        description=label,
        readout_format=".2f",
        style={"description_width": f"{width}ch"},
        layout=ipywidgets.Layout(width="auto"),
    )


def _knob_place(value: float) -> float:
    return round(min(max(float(value), -KNOB), KNOB), 2)


def _spectrum(response: ImpulseResponse | ArrayLike) -> tuple[np.ndarray, str]:
    """`(513,)` dB and a name."""
    if isinstance(response, ImpulseResponse):
        return spectrum_db(response.samples[0], response.sample_rate), response.name
    level = np.asarray(response)
    if level.shape != (N_BINS,) or level.dtype.kind not in "fi" or not np.isfinite(level).all():
        raise ValueError(
            f"target must be an ImpulseResponse or a spectrum of {N_BINS} finite dB values, "
            f"not {type(response).__name__} of shape {level.shape}"
        )
    return level.astype(np.float32), "target"
