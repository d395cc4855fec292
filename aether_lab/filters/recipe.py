"""The recipe of a filter: what the decoder emits, and what every bank, browser and export consumes.

A recipe is `S` sections of (frequency, Q, gain) and the bank that they drive. Leading axes are many recipes at once:
a batch, or the frames of a morph.
"""

import json
from typing import Any

import jax.numpy as jnp
import numpy as np
import scipy.signal
from flax import struct
from jax import Array
from numpy.typing import ArrayLike

from aether_lab.filters import biquad, time_varying
from aether_lab.signals.spectrum import FREQUENCIES

TOPOLOGIES = ("parallel", "cascade")
POLARITIES = ("positive", "alternating")
GRID = FREQUENCIES / FREQUENCIES[-1]
"""Fractions of Nyquist at which a response is read unless told otherwise: the 513 bins of a spectrum."""


@struct.dataclass
class Recipe:
    """A bank of `S` biquads.

    In a parallel bank of `alternating` polarity every second section is subtracted: neighbours of the same sign
    cancel between their centres, where their phases are opposite, and such a bank can only roll off at 6 dB per
    octave. A cascade of peaking sections has no use for polarity and ignores it. A cascade with `shelves` begins with
    a low shelf and ends with a high shelf, both of Q 1/sqrt(2), whatever their entry of `q` says.

    Raises:
        ValueError: `shelves` in a parallel bank.
    """

    frequency: Array  # (..., S) fraction of Nyquist
    q: Array  # (..., S)
    gain_db: Array  # (..., S)
    topology: str = struct.field(pytree_node=False, default="parallel")
    polarity: str = struct.field(pytree_node=False, default="positive")
    sample_rate: float = struct.field(pytree_node=False, default=48_000.0)  # Hz, the rate the fractions refer to
    shelves: bool = struct.field(pytree_node=False, default=False)
    preamp_db: Array | None = None  # (...) dB, one gain before all sections; None is 0 dB

    def __post_init__(self) -> None:
        if self.shelves and self.topology != "cascade":
            raise ValueError(f"shelves belong in a cascade, not in a {self.topology} bank")

    @classmethod
    def of(
        cls,
        hertz: ArrayLike,
        q: ArrayLike,
        gain_db: ArrayLike,
        topology: str = "cascade",
        polarity: str = "positive",
        shelves: bool = False,
        preamp_db: ArrayLike = 0.0,
        sample_rate: float = 48_000.0,
    ) -> "Recipe":
        """A recipe made by hand, or read from a file: centres in Hz; all of it is checked.

        Args:
            hertz, q, gain_db: `(..., S)`, or what broadcasts to it.
            preamp_db: `(...)` dB.

        Raises:
            ValueError: naming what is out of range and what is allowed.
        """
        for name, word, allowed in (("topology", topology, TOPOLOGIES), ("polarity", polarity, POLARITIES)):
            if word not in allowed:
                raise ValueError(f"{name} is {word!r}; allowed are {', '.join(allowed)}")
        if not (np.isfinite(sample_rate) and sample_rate > 0):
            raise ValueError(f"sample rate is {sample_rate}; it must be a positive number of Hz")
        hertz, q, gain_db = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (hertz, q, gain_db)))
        if not (hertz.ndim and hertz.size and np.all((hertz > 0) & (hertz <= sample_rate / 2))):
            raise ValueError(f"a recipe needs sections with frequency in (0, {sample_rate / 2:g}] Hz")
        if not (np.all(np.isfinite(q) & (q > 0)) and np.isfinite(gain_db).all()):
            raise ValueError("every Q must be a positive number and every gain a finite number of dB")
        if shelves and hertz.shape[-1] < 2:
            raise ValueError("a cascade with shelves needs two sections at least, one for each shelf")
        preamp_db = np.asarray(preamp_db, np.float64)
        if not np.isfinite(preamp_db).all():
            raise ValueError("preamp_db must be a finite number of dB")
        if shelves:
            q = np.where(np.isin(np.arange(q.shape[-1]), [0, q.shape[-1] - 1]), biquad.SHELF_Q, q)
        preamp = jnp.broadcast_to(jnp.asarray(preamp_db), hertz.shape[:-1]) if preamp_db.any() else None
        centre, q, gain_db = (jnp.asarray(each) for each in (hertz / (sample_rate / 2), q, gain_db))
        return cls(centre, q, gain_db, topology, polarity, float(sample_rate), bool(shelves), preamp)

    @property
    def n_sections(self) -> int:
        return self.frequency.shape[-1]

    @property
    def hertz(self) -> Array:
        """Centre frequencies, `(..., S)` Hz."""
        return self.frequency * (self.sample_rate / 2)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What each of the `S` sections is, in the words of Web Audio's `BiquadFilterNode`."""
        if self.topology == "parallel":
            return ("bandpass",) * self.n_sections
        if not self.shelves:
            return ("peaking",) * self.n_sections
        return "lowshelf", *("peaking",) * (self.n_sections - 2), "highshelf"

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
            response = biquad.cascade_db(self.frequency, self.q, self.gain_db, grid, self.shelves).sum(-2)
        else:
            response = biquad.power_db(*biquad.parallel_response(self.frequency, self.q, self.amplitude, grid))
        return response if self.preamp_db is None else response + jnp.asarray(self.preamp_db)[..., None]

    def section_response_db(self, frequency: ArrayLike | None = None) -> Array:
        """Magnitude of each section alone, `(..., S, F)` dB, without the preamp."""
        grid = self._grid(frequency)
        if self.topology == "cascade":
            return biquad.cascade_db(self.frequency, self.q, self.gain_db, grid, self.shelves)
        real, imag = biquad.bandpass_response(self.frequency, self.q, grid)
        return biquad.power_db(self.amplitude[..., None] * real, self.amplitude[..., None] * imag)

    def _grid(self, frequency: ArrayLike | None) -> Array:
        grid = GRID if frequency is None else np.asarray(frequency) / (self.sample_rate / 2)
        return jnp.asarray(grid, jnp.result_type(self.frequency))  # the recipe's own precision

    def sos(self) -> np.ndarray:
        """Each section as a float64 row `[b0 b1 b2 1 a1 a2]`, `(..., S, 6)`, SciPy's order.

        The rows of a cascade are run in series (`scipy.signal.sosfilt`); those of a parallel bank carry their signed
        gain and each filters the input, the outputs being added. They are not a cascade. The preamp is in the first
        row of a cascade and in each of a parallel bank.
        """
        level = np.asarray(10 ** (np.asarray(0.0 if self.preamp_db is None else self.preamp_db, np.float64) / 20))
        if self.topology == "cascade":
            rows = biquad.cascade_sos(self.frequency, self.q, self.gain_db, self.shelves)
            rows[..., 0, :3] *= level[..., None]
            return rows
        gains = np.asarray(self.signs, np.float64) * 10 ** (np.asarray(self.gain_db, np.float64) / 20)
        return biquad.bandpass_sos(self.frequency, self.q, gains * level[..., None])

    def filter(self, x: ArrayLike, hop: int = 128) -> Array:
        """Plays `(T,)` samples at `sample_rate` through the bank.

        A recipe `(S,)` stands still; one of shape `(N, S)` moves smoothly from row to row, one a block of `hop`
        samples (see `biquad.filter_parallel`).

        Raises:
            ValueError: if the recipe moves and `N` is not `ceil(T / hop)`, or has shelves or a preamp, which do not.
        """
        x = jnp.asarray(x)
        blocks = -(-x.shape[0] // hop)
        if self.frequency.ndim > 2 or (self.frequency.ndim == 2 and self.frequency.shape[0] != blocks):
            raise ValueError(
                f"{x.shape[0]} samples in blocks of {hop} take a recipe of shape (S,) or ({blocks}, S), "
                f"not {self.frequency.shape}"
            )
        if self.shelves or self.preamp_db is not None:
            if self.frequency.ndim > 1:
                raise ValueError("a recipe with shelves or a preamp stands still: give one of shape (S,)")
            if self.shelves:
                return jnp.asarray(scipy.signal.sosfilt(self.sos(), x))
            x = x * 10 ** (jnp.asarray(self.preamp_db) / 20)
        if self.topology == "cascade":
            return time_varying.filter_cascade(x, *map(jnp.atleast_2d, (self.frequency, self.q, self.gain_db)), hop=hop)
        return time_varying.filter_parallel(x, *map(jnp.atleast_2d, (self.frequency, self.q, self.amplitude)), hop=hop)

    def to_json(self) -> str:
        """One recipe `(S,)` as text in the words of the Web Audio API's `BiquadFilterNode` (Hz, Q, dB)."""
        if self.frequency.ndim != 1:
            raise ValueError(f"one recipe of shape (S,) becomes JSON, not {self.frequency.shape}: index it first")
        q = np.where(["shelf" in kind for kind in self.kinds], biquad.SHELF_Q, np.asarray(self.q))
        rows = zip(self.kinds, np.asarray(self.hertz), q, np.asarray(self.gain_db), strict=True)
        sections = [{"type": k, "frequency": float(f), "Q": float(q), "gain": float(g)} for k, f, q, g in rows]
        head: dict[str, Any] = {"sampleRate": self.sample_rate, "topology": self.topology, "polarity": self.polarity}
        if self.preamp_db is not None:
            head["preamp"] = float(self.preamp_db)  # dB
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
            preamp = float(state.get("preamp", 0.0))
            kinds = tuple(section["type"] for section in state["sections"])
            hertz, q, gain_db = ([float(s[key]) for s in state["sections"]] for key in ("frequency", "Q", "gain"))
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a recipe: {type(error).__name__}: {error}") from error
        recipe = cls.of(hertz, q, gain_db, topology, polarity, "lowshelf" in kinds[:1], preamp, rate)
        if kinds != recipe.kinds:
            raise ValueError(
                f"sections of types {', '.join(kinds)}; a parallel bank has bandpass, a cascade peaking, with or "
                "without a lowshelf first and a highshelf last"
            )
        return recipe
