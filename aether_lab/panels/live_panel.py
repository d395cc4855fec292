"""The panel with sound."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from aether_lab.audio import render
from aether_lab.audio.motion import Motion
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.latent_panel import ExplorerView, LatentPanel
from aether_lab.panels.panel import synced
from aether_lab.panels.state import DEFAULTS, SOUND_RATE, SOURCES, VOLUME_RANGE, motion_state
from aether_lab.signals.files import write_bytes
from aether_lab.signals.target import Measured


class LiveView(ExplorerView):
    """The view with sound (`static/views/live.js`, which says what the traits mean)."""

    _esm = module_text("hosts/live_widget.js")
    _css = style_text("hosts/live_widget.js")
    processor = traitlets.Unicode(module_text("worklet/processor.js")).tag(sync=True)
    playing = synced(traitlets.Bool(DEFAULTS["playing"]))
    source = synced(traitlets.Enum(SOURCES, DEFAULTS["source"]))
    motion = synced(traitlets.Dict(DEFAULTS["motion"]))
    mix = synced(traitlets.Float(DEFAULTS["mix"], min=0, max=1))
    bypass = synced(traitlets.Bool(DEFAULTS["bypass"]))
    volume_db = synced(traitlets.Float(DEFAULTS["volume_db"], min=VOLUME_RANGE[0], max=VOLUME_RANGE[1]))
    record = synced(traitlets.Bool(DEFAULTS["record"]))

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


class LivePanel(LatentPanel):
    """A `LatentPanel` that sounds: a source through the filter, z moved by hand or by itself, in the browser.

    Sound begins with a click on Play; a browser allows no other way. Then the panel obeys both sides: what is set here
    moves what is there, and what is moved there is read here. `panel.z` is where the knobs are: the centre of a motion,
    and z itself when the motion is manual.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        z: where to begin, `(Z,)`; default 0, or where `target` is encoded.
        target: what `show` takes.
        motion: what `motion` can be set to.
        source: one of `state.SOURCES`.

    Raises:
        ValueError: as `LatentPanel`; a motion that cannot be.
        traitlets.TraitError: a source that does not exist.
    """

    _view = LiveView
    playing = traitlets.Bool(
        DEFAULTS["playing"], help="Whether it sounds; True works only after a first click on Play."
    )
    source = traitlets.Enum(
        SOURCES, DEFAULTS["source"], help="One of `state.SOURCES`; a file is chosen in the browser."
    )
    mix = traitlets.Float(DEFAULTS["mix"], min=0, max=1, help="0 dry to 1 wet.")
    bypass = traitlets.Bool(DEFAULTS["bypass"], help="The dry sound, as loud as the filtered one.")
    volume_db = traitlets.Float(
        DEFAULTS["volume_db"], min=VOLUME_RANGE[0], max=VOLUME_RANGE[1], help="dB, before the limiter."
    )
    record = traitlets.Bool(DEFAULTS["record"], help="Whether what is heard is recorded, into `recording`.")

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        z: ArrayLike | None = None,
        target: Measured | None = None,
        motion: Motion | str = "manual",
        source: str = DEFAULTS["source"],
    ) -> None:
        super().__init__(space, z, target)
        for name in ("playing", "source", "mix", "bypass", "volume_db", "record"):
            traitlets.link((self.view, name), (self, name))
        self.motion = motion
        self.source = source

    @property
    def motion(self) -> Motion:
        """How z moves about the knobs, from now on: what `render.render` takes. `panel.view` observes its changes.

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
        self.view.motion = motion_state(motion)

    @property
    def recording(self) -> np.ndarray | None:
        """The last complete recording, `(T, 2)` float32 at `state.SOUND_RATE`, or None."""
        return self.view.recording

    def save_recording(self, path: str | os.PathLike) -> Path:
        """Writes the last recording as a WAV file of 24 bits.

        Raises:
            ValueError: if there is none yet.
        """
        if self.recording is None:
            raise ValueError("nothing has been recorded: press Play and Record in the panel, then Stop recording")
        write_bytes(path, render.wav_bytes(self.recording, SOUND_RATE))
        return Path(path)
