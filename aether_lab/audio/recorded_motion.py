"""A motion that was recorded: z block by block, as a table and as a Standard MIDI file."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aether_lab.audio.midi_file import midi_bytes
from aether_lab.audio.motion import HOP, MOVED
from aether_lab.model.knobs import KNOB
from aether_lab.model.permalink import number_text
from aether_lab.signals.files import write_bytes

SOUND_RATE = 48_000.0
"""Hz: sample rate of playback and recording in the live panel."""


@dataclass(frozen=True, eq=False)
class RecordedMotion:
    """z over time as it was heard, of the left channel: a point at the end of each block of `HOP` samples.

    `render` takes it in place of a `Motion`, and at its own sample rate decodes exactly these points; between them z is
    interpolated. `z[:-1]` and other parts are motions too: `RecordedMotion(motion.z[100:200])`.

    Args:
        z: `(N, Z)`, finite, one row or more.
        sample_rate: Hz; `HOP / sample_rate` seconds from row to row, the first at that time.

    Raises:
        ValueError: another shape, or values that are not finite.

    >>> from aether_lab import RecordedMotion
    >>> motion = RecordedMotion([[0.0, 1.0], [0.5, 1.0]])
    >>> print(motion.to_csv(), end="")
    time,z0,z1
    0.0026666666666666666,0,1
    0.005333333333333333,0.5,1
    """

    z: NDArray[np.float64]
    sample_rate: float = SOUND_RATE
    stereo_offset: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        z = np.array(self.z, np.float64)
        if z.ndim != 2 or not z.size or not np.isfinite(z).all():
            raise ValueError(f"a recorded motion has shape {z.shape}; it must be (N, Z) finite numbers, N at least 1")
        if not 0 < self.sample_rate < np.inf:
            raise ValueError(f"sample_rate is {self.sample_rate}; it must be a finite number above 0")
        z.flags.writeable = False
        object.__setattr__(self, "z", z)

    @property
    def latent_dim(self) -> int:
        return self.z.shape[1]

    @property
    def times(self) -> NDArray[np.float64]:
        """`(N,)` seconds."""
        return HOP * (1 + np.arange(len(self.z))) / self.sample_rate

    def at(self, t: ArrayLike, channel: int = 0) -> NDArray[np.float64]:
        """z at times `t` `(N,)` seconds, `(N, Z)`: exact at `times`, and the ends are held."""
        t = np.asarray(t, np.float64)
        return np.stack([np.interp(t, self.times, axis) for axis in self.z.T], axis=1)

    def within(self, knobs: int) -> "RecordedMotion":
        """As `Motion.within`: itself, for it has no figure."""
        return self

    def to_csv(self) -> str:
        """A table of seconds and z, one row a block; `from_csv` gives back the same bits."""
        names = ",".join(["time", *(f"z{k}" for k in range(self.latent_dim))])
        rows = (",".join(map(number_text, row)) for row in np.column_stack([self.times, self.z]))
        return "\n".join([names, *rows]) + "\n"

    @classmethod
    def from_csv(cls, text: str) -> "RecordedMotion":
        """Reads what `to_csv` wrote.

        Raises:
            ValueError: another text, or rows that are not evenly spaced.
        """
        header, *lines = text.strip().splitlines() or [""]
        names = header.split(",")
        if not lines or names != ["time", *(f"z{k}" for k in range(len(names) - 1))]:
            raise ValueError(f"the table begins with {header!r:.100}; expected time,z0,z1,… and a row for each block")
        try:
            table = np.array([[float(number) for number in line.split(",")] for line in lines])
        except ValueError:
            table = np.empty((0, 0))
        if table.shape[-1] != len(names):
            raise ValueError(f"the table has a row that is not {len(names)} numbers")
        times = table[:, 0]
        rate = round(HOP / times[0], 6) if times[0] > 0 else np.inf
        motion = cls(table[:, 1:], rate)
        if not np.allclose(times, motion.times, rtol=0, atol=1e-9):
            raise ValueError(f"the rows of the table are not {HOP} samples apart")
        return motion

    def to_midi(self, knobs: int | None = None) -> bytes:
        """A Standard MIDI file of 14-bit controllers, 16 and 48 for z0, 17 and 49 for z1; -2 to 2, clipped.

        Args:
            knobs: how many of the first numbers of z it holds; default: up to four.
        """
        knobs = min(MOVED, self.latent_dim) if knobs is None else knobs
        return midi_bytes(self.z[:, :knobs], KNOB, self.sample_rate)

    def save(self, path: str | os.PathLike) -> Path:
        """Writes a `.csv` or `.mid` file and returns the path.

        Raises:
            ValueError: another suffix.
            FileNotFoundError: there is no such folder.
        """
        path = Path(path)
        match path.suffix.lower():
            case ".csv":
                return write_bytes(path, self.to_csv().encode("ascii"))
            case ".mid" | ".midi":
                return write_bytes(path, self.to_midi())
        raise ValueError(f"{path}: a recorded motion is saved as .csv or .mid; use such a name")

    @classmethod
    def load(cls, path: str | os.PathLike) -> "RecordedMotion":
        """Reads a `.csv` file that `save` wrote.

        Raises:
            ValueError: another text; names the file.
            FileNotFoundError: there is no such file.
        """
        try:
            return cls.from_csv(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:  # UnicodeDecodeError is one
            raise ValueError(f"{path}: {error}") from error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.times[-1]:.2f} s, {self.latent_dim} dimensions)"
