"""The recipe of a filter: what the decoder emits, and what every bank, browser and export consumes.

A recipe is `S` sections of (frequency, Q, gain) and the bank that they drive. Leading axes are many recipes at once:
a batch, or the frames of a morph.
"""

import json

import jax.numpy as jnp
import numpy as np
from flax import struct
from jax import Array
from jax.typing import ArrayLike

from aether_lab import biquad

TOPOLOGIES = ("parallel", "cascade")
POLARITIES = ("positive", "alternating")
GRID = np.linspace(0, 1, 513)
"""Fractions of Nyquist at which a response is read unless told otherwise: the 513 bins of a spectrum."""


@struct.dataclass
class Recipe:
    """A bank of `S` biquads.

    In a parallel bank of `alternating` polarity every second section is subtracted: neighbours of the same sign
    cancel between their centres, where their phases are opposite, and such a bank can only roll off at 6 dB per
    octave. A cascade of peaking sections has no use for polarity and ignores it.
    """

    frequency: Array  # (..., S) fraction of Nyquist
    q: Array  # (..., S)
    gain_db: Array  # (..., S)
    topology: str = struct.field(pytree_node=False, default="parallel")
    polarity: str = struct.field(pytree_node=False, default="positive")
    sample_rate: float = struct.field(pytree_node=False, default=48_000.0)  # Hz, the rate the fractions refer to

    @property
    def n_sections(self) -> int:
        return self.frequency.shape[-1]

    @property
    def hertz(self) -> Array:
        """Centre frequencies, `(..., S)` Hz."""
        return self.frequency * (self.sample_rate / 2)

    @property
    def signs(self) -> Array:
        """`(S,)` of +1 and -1: the polarity of each section, the first positive."""
        alternates = self.topology == "parallel" and self.polarity == "alternating"
        return jnp.where(alternates & (jnp.arange(self.n_sections) % 2 == 1), -1.0, 1.0)

    @property
    def amplitude(self) -> Array:
        """Signed linear gains, `(..., S)`."""
        return jnp.broadcast_to(self.signs, self.gain_db.shape) * 10 ** (self.gain_db / 20)

    def response_db(self, frequency: ArrayLike | None = None) -> Array:
        """Magnitude of the bank, `(..., F)` dB, at `frequency` `(F,)` Hz (default: the 513 bins)."""
        grid = self._grid(frequency)
        if self.topology == "cascade":
            return biquad.peaking_db(self.frequency, self.q, self.gain_db, grid).sum(-2)
        return biquad.power_db(*biquad.parallel_response(self.frequency, self.q, self.amplitude, grid))

    def section_response_db(self, frequency: ArrayLike | None = None) -> Array:
        """Magnitude of each section alone, `(..., S, F)` dB."""
        grid = self._grid(frequency)
        if self.topology == "cascade":
            return biquad.peaking_db(self.frequency, self.q, self.gain_db, grid)
        real, imag = biquad.bandpass_response(self.frequency, self.q, grid)
        return biquad.power_db(self.amplitude[..., None] * real, self.amplitude[..., None] * imag)

    def _grid(self, frequency: ArrayLike | None) -> Array:
        grid = GRID if frequency is None else np.asarray(frequency) / (self.sample_rate / 2)
        return jnp.asarray(grid, jnp.result_type(self.frequency))  # the recipe's own precision

    def sos(self) -> np.ndarray:
        """Each section as a float64 row `[b0 b1 b2 1 a1 a2]`, `(..., S, 6)`, SciPy's order.

        The rows of a cascade are run in series (`scipy.signal.sosfilt`); those of a parallel bank carry their signed
        gain and each filters the input, the outputs being added. They are not a cascade.
        """
        if self.topology == "cascade":
            return biquad.peaking_sos(self.frequency, self.q, self.gain_db)
        sign = np.asarray(self.signs, np.float64)
        return biquad.bandpass_sos(self.frequency, self.q, sign * 10 ** (np.asarray(self.gain_db, np.float64) / 20))

    def filter(self, x: ArrayLike, hop: int = 128) -> Array:
        """Plays `(T,)` samples at `sample_rate` through the bank.

        A recipe `(S,)` stands still; one of shape `(N, S)` moves, row `n` being reached at the end of the `n`-th
        block of `hop` samples (see `biquad.filter_parallel`).

        Raises:
            ValueError: if the recipe moves and `N` is not `ceil(T / hop)`.
        """
        x = jnp.asarray(x)
        blocks = -(-x.shape[0] // hop)
        if self.frequency.ndim > 2 or (self.frequency.ndim == 2 and self.frequency.shape[0] != blocks):
            raise ValueError(
                f"{x.shape[0]} samples in blocks of {hop} take a recipe of shape (S,) or ({blocks}, S), "
                f"not {self.frequency.shape}"
            )
        if self.topology == "cascade":
            return biquad.filter_cascade(x, *map(jnp.atleast_2d, (self.frequency, self.q, self.gain_db)), hop=hop)
        return biquad.filter_parallel(x, *map(jnp.atleast_2d, (self.frequency, self.q, self.amplitude)), hop=hop)

    def to_json(self) -> str:
        """One recipe `(S,)` as text in the words of the Web Audio API's `BiquadFilterNode` (Hz, Q, dB)."""
        if self.frequency.ndim != 1:
            raise ValueError(f"one recipe of shape (S,) becomes JSON, not {self.frequency.shape}: index it first")
        kind = "peaking" if self.topology == "cascade" else "bandpass"
        rows = zip(np.asarray(self.hertz), np.asarray(self.q), np.asarray(self.gain_db), strict=True)
        sections = [{"type": kind, "frequency": float(f), "Q": float(q), "gain": float(g)} for f, q, g in rows]
        head = {"sampleRate": self.sample_rate, "topology": self.topology, "polarity": self.polarity}
        return json.dumps({**head, "sections": sections}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Reads what `to_json` wrote.

        Raises:
            ValueError: for text that is no recipe, naming the field that is missing or out of range.
        """
        try:
            state = json.loads(text)
            rate, topology, polarity = float(state["sampleRate"]), state["topology"], state["polarity"]
            columns = [[float(s[key]) for s in state["sections"]] for key in ("frequency", "Q", "gain")]
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a recipe: {type(error).__name__}: {error}") from error
        frequency, q, gain_db = (np.asarray(column) for column in columns)
        for name, value, allowed in (("topology", topology, TOPOLOGIES), ("polarity", polarity, POLARITIES)):
            if value not in allowed:
                raise ValueError(f"{name} is {value!r}; allowed are {', '.join(allowed)}")
        if not (np.isfinite(rate) and rate > 0):
            raise ValueError(f"sampleRate is {rate}; it must be a positive number of Hz")
        if not (frequency.size and np.all((frequency > 0) & (frequency <= rate / 2))):
            raise ValueError(f"a recipe needs sections with frequency in (0, {rate / 2:g}] Hz")
        if not (np.all(np.isfinite(q) & (q > 0)) and np.all(np.isfinite(gain_db))):
            raise ValueError("every Q must be a positive number and every gain a finite number of dB")
        centre = jnp.asarray(frequency / (rate / 2))
        return cls(centre, jnp.asarray(q), jnp.asarray(gain_db), topology, polarity, rate)
