"""The panel with audio playback."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from aether_lab.audio import render
from aether_lab.audio.motion import Motion
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.model.latent import latent_sizes
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.latent_panel import ExplorerView, LatentPanel
from aether_lab.panels.panel import synced
from aether_lab.panels.state import DEFAULTS, LONGEST_RECORDING, SOUND_RATE, SOURCES, VOLUME_RANGE, motion_state
from aether_lab.signals.files import write_bytes
from aether_lab.signals.target import Measured


class LiveView(ExplorerView):
    """The view with audio; `static/views/live.js` documents the traits."""

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
    record_motion = synced(traitlets.Bool(DEFAULTS["record_motion"]))
    replay = synced(traitlets.Bool(DEFAULTS["replay"]))
    recorded_motion = synced(traitlets.Dict(DEFAULTS["recorded_motion"]))
    ear = synced(traitlets.Dict(DEFAULTS["ear"]))

    def __init__(self, space: dict[str, Any], z: np.ndarray) -> None:
        super().__init__(space, z)
        self.recording: np.ndarray | None = None
        self._chunks: list[np.ndarray] = []
        self.on_msg(self._receive)

    def _receive(self, _: Any, content: Any, buffers: Sequence[memoryview]) -> None:
        """Collects the chunks of a recording; the previous one remains until the next is complete."""
        match content:
            case {"type": "begin"}:
                self._chunks = []
            case {"type": "chunk"}:
                self._add(buffers)
            case {"type": "recorded"} if self._chunks:
                self.recording, self._chunks = np.concatenate(self._chunks), []

    def _add(self, buffers: Sequence[memoryview]) -> None:
        """Adds a chunk of two channels; one that is malformed or beyond the longest recording is left out."""
        sizes = [memoryview(buffer).nbytes for buffer in buffers or ()]
        complete = sum(map(len, self._chunks)) > LONGEST_RECORDING * SOUND_RATE
        if not complete and len(sizes) == 2 and sizes[0] == sizes[1] > 0 and sizes[0] % 4 == 0:
            self._chunks.append(np.stack([np.frombuffer(buffer, "<f4") for buffer in buffers], axis=1))


class LivePanel(LatentPanel):
    """A `LatentPanel` that plays a source through the filter in the browser, with manual or automatic motion of z.

    A browser starts audio only after a click on Play. All traits are synchronised in both directions. `panel.z` is the
    centre of the motion, and z itself if the motion is manual. Of the panels on one page, one sounds at a time.
    `panel.record_motion` records how z moves, into `panel.recorded_motion`, and `panel.replay` moves z so again.

    Args:
        space: a `FilterSpace`, or an argument of `FilterSpace.load`.
        z: the initial point, `(Z,)`; default: 0, or the encoded point of `target`.
        target: anything `as_target` accepts.
        motion: a `Motion` or one of `motion.KINDS`.
        source: one of `SOURCES`.

    Raises:
        ValueError: as `LatentPanel`; an invalid motion.
        traitlets.TraitError: an unknown source.

    >>> from aether_lab import LivePanel
    >>> panel = LivePanel("2d", z=[1, -0.5], motion="spiral", source="saw")
    >>> panel, panel.motion.kind
    (LivePanel(2d, z=[1.00, -0.50]), 'spiral')
    >>> panel.close()
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
    record_motion = traitlets.Bool(
        DEFAULTS["record_motion"], help="Whether z is recorded while it sounds, into `recorded_motion`."
    )
    replay = traitlets.Bool(
        DEFAULTS["replay"], help="Whether `recorded_motion` moves z, from its beginning to its end."
    )

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        z: ArrayLike | None = None,
        target: Measured | None = None,
        motion: Motion | str = "manual",
        source: str = DEFAULTS["source"],
    ) -> None:
        super().__init__(space, z, target)
        for name in ("playing", "source", "mix", "bypass", "volume_db", "record", "record_motion", "replay"):
            traitlets.link((self.view, name), (self, name))
        self.motion = motion
        self.source = source

    @property
    def motion(self) -> Motion:
        """The motion of z about the sliders, as `render` accepts it; observe it on `panel.view`.

        Set it to a `Motion`, whose centre sets z (details and kind may be left out, as in z), or to one of
        `motion.KINDS`, which keeps the other settings. Phases are ignored: a playing motion continues.
        """
        return Motion(centre=tuple(self.z.tolist()), **self.view.motion)

    @motion.setter
    def motion(self, motion: Motion | str) -> None:
        if isinstance(motion, str):
            motion = dataclasses.replace(self.motion, kind=motion)
        elif not isinstance(motion, Motion):
            raise ValueError(f"motion is {motion!r}; it must be a Motion or the name of a kind")
        if motion.latent_dim not in latent_sizes(self.space.settings):
            raise ValueError(
                f"the motion's centre has {motion.latent_dim} dimensions; this space has {self.space.latent_dim}"
            )
        if motion.latent_dim < self.space.latent_dim:
            points = [tuple(self.completed(point)) for point in motion.points]
            motion = dataclasses.replace(motion, centre=tuple(self.completed(motion.centre)), points=tuple(points))
        self.z = motion.centre
        self.view.motion = motion_state(motion)

    @property
    def recording(self) -> np.ndarray | None:
        """The last complete recording, `(T, 2)` float32 at 48 kHz, or None."""
        return self.view.recording

    @property
    def recorded_motion(self) -> RecordedMotion | None:
        """How z moved while `record_motion` was True, or None; set it to what `replay` is to play.

        Raises:
            ValueError: another value, or a motion of other dimensions or of another rate than 48 kHz.
        """
        state = self.view.recorded_motion
        if not state:
            return None
        return RecordedMotion(np.frombuffer(state["rows"], "<f8").reshape(-1, state["dims"]))

    @recorded_motion.setter
    def recorded_motion(self, motion: RecordedMotion | None) -> None:
        if motion is None:
            self.view.recorded_motion = {}
            return
        dims = self.space.latent_dim
        if not isinstance(motion, RecordedMotion) or (motion.latent_dim, motion.sample_rate) != (dims, SOUND_RATE):
            raise ValueError(
                f"recorded_motion is {motion!r:.100}; it must be a RecordedMotion of {dims} dimensions at 48 kHz"
            )
        self.view.recorded_motion = {"dims": dims, "rows": motion.z.astype("<f8").tobytes()}

    def save_recording(self, path: str | os.PathLike) -> Path:
        """Writes the last recording as a 24-bit WAV file and returns the path.

        Raises:
            ValueError: there is no recording.
        """
        if self.recording is None:
            raise ValueError("nothing has been recorded: press Play and Record in the panel, then Stop recording")
        write_bytes(path, render.wav_bytes(self.recording, SOUND_RATE))
        return Path(path)
