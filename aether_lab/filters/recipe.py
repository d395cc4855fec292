"""The recipe of a filter: what the decoder emits, and what every bank, browser and export consumes.

A recipe is `S` sections of (frequency in Hz, Q, gain in dB) and the bank that they drive. Leading axes are many recipes
at once: a batch, or the frames of a morph.
"""

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.signal
from jax import Array
from numpy.typing import ArrayLike

from aether_lab.filters import biquad, time_varying
from aether_lab.signals.spectrum import FREQUENCIES

TOPOLOGIES = ("parallel", "cascade")
POLARITIES = ("positive", "alternating")
Values = Array | np.ndarray  # jax, or float64 where a file must hold it to the last digit
MUTED_DB = -200.0  # gain of a band-pass that a rate cannot hold


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["frequency_hz", "q", "gain_db", "preamp_db"],
    meta_fields=["topology", "polarity", "sample_rate", "shelves"],
)
@dataclass(frozen=True, eq=False)
class Recipe:
    """A bank of `S` biquads.

    In a parallel bank of `alternating` polarity every second section is subtracted: neighbours of the same sign
    cancel between their centres, where their phases are opposite, and such a bank can only roll off at 6 dB per
    octave. A cascade of peaking sections has no use for polarity and ignores it. A cascade with `shelves` begins with
    a low shelf and ends with a high shelf, both of Q 1/sqrt(2), whatever their entry of `q` says.

    >>> bell = Recipe.of(frequency_hz=[1000], q=[1], gain_db=[6])
    >>> bell.response_db([100, 1000, 10_000]).round(2).tolist()
    [0.04, 6.0, 0.03]

    A recipe is a pytree: `jax.jit`, `vmap` and `grad` take it, with the topology, polarity, rate and shelves static.

    Raises:
        ValueError: `shelves` in a parallel bank.
    """

    frequency_hz: Values  # (..., S) centres
    q: Values  # (..., S)
    gain_db: Values  # (..., S)
    topology: str = "parallel"
    polarity: str = "positive"
    sample_rate: float = 48_000.0  # Hz, at which the bank runs
    shelves: bool = False
    preamp_db: Values | None = None  # (...) dB, one gain before all sections; None is 0 dB

    def __post_init__(self) -> None:
        if self.shelves and self.topology != "cascade":
            raise ValueError(f"shelves belong in a cascade, not in a {self.topology} bank")

    @classmethod
    def of(
        cls,
        frequency_hz: ArrayLike,
        q: ArrayLike,
        gain_db: ArrayLike,
        topology: str = "cascade",
        polarity: str = "positive",
        shelves: bool = False,
        preamp_db: ArrayLike = 0.0,
        sample_rate: float = 48_000.0,
    ) -> "Recipe":
        """A recipe from numbers of the user's or of a file, all of them checked.

        Args:
            frequency_hz, q, gain_db: `(..., S)`, or what broadcasts to it.
            preamp_db: `(...)` dB.

        Raises:
            ValueError: naming what is out of range and what is allowed.
        """
        for name, word, allowed in (("topology", topology, TOPOLOGIES), ("polarity", polarity, POLARITIES)):
            if word not in allowed:
                raise ValueError(f"{name} is {word!r}; allowed are {', '.join(allowed)}")
        if not (np.isfinite(sample_rate) and sample_rate > 0):
            raise ValueError(f"sample rate is {sample_rate}; it must be a positive number of Hz")
        hertz, q, gain_db = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (frequency_hz, q, gain_db)))
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
        frequency, q, gain_db = map(jnp.asarray, (hertz, q, gain_db))
        return cls(frequency, q, gain_db, topology, polarity, float(sample_rate), bool(shelves), preamp)

    @property
    def n_sections(self) -> int:
        return self.frequency_hz.shape[-1]

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

    def at_rate(self, sample_rate: float) -> "Recipe":
        """The same sections, in Hz, Q and dB, run at another rate; those above its Nyquist frequency are silent.

        They are muted (0 dB in a cascade) and not dropped, since polarity goes by position. The bilinear transform
        bends what lies near Nyquist, so that the response there differs: a filter *for* another rate is fitted there.
        """
        if sample_rate == self.sample_rate:
            return self
        highest = biquad.CENTRE_RANGE[1] * sample_rate / 2
        silent = MUTED_DB if self.topology == "parallel" else 0.0
        xp = jnp if isinstance(self.gain_db, Array) else np  # in the precision that it has
        return replace(
            self,
            frequency_hz=xp.minimum(self.frequency_hz, highest),
            gain_db=xp.where(self.frequency_hz > highest, silent, self.gain_db),
            sample_rate=float(sample_rate),
        )

    def response_db(self, frequency_hz: ArrayLike | None = None) -> Array:
        """Magnitude of the bank, `(..., F)` dB.

        Args:
            frequency_hz: `(F,)` Hz; by default the 513 bins of a spectrum, 0 to 24 kHz, whatever the recipe's rate:
                bins above its Nyquist frequency have the level at that frequency.
        """
        grid = self._grid(frequency_hz)
        if self.topology == "cascade":
            response = biquad.cascade_db(self.normalized_frequency, self.q, self.gain_db, grid, self.shelves).sum(-2)
        else:
            parts = biquad.parallel_response(self.normalized_frequency, self.q, self.amplitude, grid)
            response = biquad.power_db(*parts)
        return response if self.preamp_db is None else response + jnp.asarray(self.preamp_db)[..., None]

    def section_response_db(self, frequency_hz: ArrayLike | None = None) -> Array:
        """Magnitude of each section alone, `(..., S, F)` dB, without the preamp; `frequency_hz` as in `response_db`."""
        grid = self._grid(frequency_hz)
        if self.topology == "cascade":
            return biquad.cascade_db(self.normalized_frequency, self.q, self.gain_db, grid, self.shelves)
        real, imag = biquad.bandpass_response(self.normalized_frequency, self.q, grid)
        return biquad.power_db(self.amplitude[..., None] * real, self.amplitude[..., None] * imag)

    @property
    def normalized_frequency(self) -> Values:
        """`(..., S)`, the centres as fractions of Nyquist, as `biquad` takes them."""
        return self.frequency_hz / (self.sample_rate / 2)

    def _grid(self, frequency_hz: ArrayLike | None) -> Array:
        nyquist = self.sample_rate / 2
        grid = np.minimum(FREQUENCIES, nyquist) if frequency_hz is None else np.asarray(frequency_hz, np.float64)
        return jnp.asarray(grid / nyquist, jnp.result_type(self.frequency_hz))  # the recipe's own precision

    def sos(self) -> np.ndarray:
        """Each section as a float64 row `[b0 b1 b2 1 a1 a2]`, `(..., S, 6)`, SciPy's order.

        The rows of a cascade are run in series (`scipy.signal.sosfilt`); those of a parallel bank carry their signed
        gain and each filters the input, the outputs being added. They are not a cascade. The preamp is in the first
        row of a cascade and in each of a parallel bank.
        """
        level = np.asarray(10 ** (np.asarray(0.0 if self.preamp_db is None else self.preamp_db, np.float64) / 20))
        centre = np.asarray(self.frequency_hz, np.float64) / (self.sample_rate / 2)
        if self.topology == "cascade":
            rows = biquad.cascade_sos(centre, self.q, self.gain_db, self.shelves)
            rows[..., 0, :3] *= level[..., None]
            return rows
        gains = np.asarray(self.signs, np.float64) * 10 ** (np.asarray(self.gain_db, np.float64) / 20)
        return biquad.bandpass_sos(centre, self.q, gains * level[..., None])

    def filter(self, x: ArrayLike, hop: int = 128) -> Array:
        """Plays `(T,)` samples at `sample_rate` through the bank.

        A recipe `(S,)` stands still; one of shape `(N, S)` moves smoothly from row to row, one a block of `hop`
        samples (see `biquad.filter_parallel`).

        Raises:
            ValueError: if the recipe moves and `N` is not `ceil(T / hop)`, or has shelves or a preamp, which do not.
        """
        x = jnp.asarray(x)
        blocks = -(-x.shape[0] // hop)
        shape = self.frequency_hz.shape
        if len(shape) > 2 or (len(shape) == 2 and shape[0] != blocks):
            raise ValueError(
                f"{x.shape[0]} samples in blocks of {hop} take a recipe of shape (S,) or ({blocks}, S), not {shape}"
            )
        if self.shelves or self.preamp_db is not None:
            if len(shape) > 1:
                raise ValueError("a recipe with shelves or a preamp stands still: give one of shape (S,)")
            if self.shelves:
                return jnp.asarray(scipy.signal.sosfilt(self.sos(), x))
            x = x * 10 ** (jnp.asarray(self.preamp_db) / 20)
        rows = [jnp.atleast_2d(each) for each in (self.normalized_frequency, self.q)]
        if self.topology == "cascade":
            return time_varying.filter_cascade(x, *rows, jnp.atleast_2d(self.gain_db), hop=hop)
        return time_varying.filter_parallel(x, *rows, jnp.atleast_2d(self.amplitude), hop=hop)

    def to_json(self) -> str:
        """One recipe `(S,)` as text in the words of the Web Audio API's `BiquadFilterNode` (Hz, Q, dB)."""
        if self.frequency_hz.ndim != 1:
            raise ValueError(f"one recipe of shape (S,) becomes JSON, not {self.frequency_hz.shape}: index it first")
        q = np.where(["shelf" in kind for kind in self.kinds], biquad.SHELF_Q, np.asarray(self.q))
        rows = zip(self.kinds, np.asarray(self.frequency_hz), q, np.asarray(self.gain_db), strict=True)
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
