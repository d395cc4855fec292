"""Recipes: the parameters of a filter, which decoders produce and banks, browsers and exports use.

A recipe is `S` sections of (frequency in Hz, Q, gain in dB) and the kind of bank. Leading axes are several recipes: a
batch, or the frames of a morph.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from aether_lab.filters import biquad, time_invariant, time_varying
from aether_lab.filters.signs import MUTED_DB, arranged
from aether_lab.signals.json_files import LARGEST_JSON, is_number, parse_json, read_parsed
from aether_lab.signals.spectrum import FREQUENCIES

TOPOLOGIES = ("parallel", "cascade")
POLARITIES = ("positive", "alternating")
SECTION_KINDS = ("peaking", "lowshelf", "highshelf")
Values = Array | np.ndarray  # jax, or NumPy where float64 is needed

USUAL_Q = 1e-4  # by which a Q of 1/sqrt(2) is rounded in files

MOST_SECTIONS = 4096
"""The largest number of sections that `Recipe.from_json` reads."""

JSON_LIMITS = {
    "sampleRate": (1.0, 1e7),  # Hz
    "preamp": (-200.0, 200.0),  # dB
    "frequency": (0.0, 5e6),  # Hz, and at most half the sample rate
    "Q": biquad.Q_RANGE,
    "gain": (MUTED_DB, 200.0),  # dB
}
"""The numbers that `Recipe.from_json` reads; in decibels ±200, beyond any equaliser and any converter."""


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["frequency_hz", "q", "gain_db", "preamp_db"],
    meta_fields=["topology", "polarity", "sample_rate", "shelves", "section_kinds"],
)
@dataclass(frozen=True, eq=False)
class Recipe:
    """A bank of `S` biquads.

    A parallel bank of `alternating` polarity subtracts every second section. With `positive` polarity, neighbours
    cancel between their centres, where their phases are opposite, and the bank rolls off at no more than 6 dB per
    octave. A cascade ignores the polarity. A cascade with `shelves` begins with a low shelf and ends with a high shelf,
    both of Q 1/sqrt(2); their entries of `q` are ignored. The cascade of a device has `section_kinds` instead, the type
    of each section: shelves in any place, of the Q in `q`.

    >>> bell = Recipe.of(frequency_hz=[1000], q=[1], gain_db=[6])
    >>> bell.response_db([1, 1000, 24_000]).round(1).tolist()
    [0.0, 6.0, 0.0]

    A recipe is a pytree for `jax.jit`, `vmap` and `grad`; its other fields than arrays are static.

    Raises:
        ValueError: `shelves` or `section_kinds` in a parallel bank, both of them, or unknown types.
    """

    frequency_hz: Values  # (..., S) centres
    q: Values  # (..., S)
    gain_db: Values  # (..., S)
    topology: str = "parallel"
    polarity: str = "positive"
    sample_rate: float = 48_000.0  # Hz
    shelves: bool = False
    preamp_db: Values | None = None  # (...) dB, a gain before all sections; None is 0 dB
    section_kinds: tuple[str, ...] | None = None  # the type of each section, of `SECTION_KINDS`

    def __post_init__(self) -> None:
        if (self.shelves or self.section_kinds) and self.topology != "cascade":
            raise ValueError(f"shelves are allowed in a cascade, not in a {self.topology} bank")
        if self.section_kinds is not None and (self.shelves or not set(self.section_kinds) <= set(SECTION_KINDS)):
            raise ValueError(
                f"section_kinds are {', '.join(map(str, self.section_kinds)):.200}, shelves {self.shelves}; "
                f"allowed are {', '.join(SECTION_KINDS)}, without shelves"
            )

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
        section_kinds: Sequence[str] | None = None,
    ) -> "Recipe":
        """A recipe from checked values.

        Args:
            frequency_hz, q, gain_db: `(..., S)`, broadcast against each other.
            preamp_db: `(...)`.
            section_kinds: the types of the `S` sections, where they are others than `shelves` gives.

        Raises:
            ValueError: a value out of range; the message states what is allowed.
        """
        for name, value, allowed in (("topology", topology, TOPOLOGIES), ("polarity", polarity, POLARITIES)):
            if value not in allowed:
                raise ValueError(f"{name} is {value!r}; allowed are {', '.join(allowed)}")
        if not (np.isfinite(sample_rate) and sample_rate > 0):
            raise ValueError(f"sample_rate is {sample_rate}; it must be a positive number of Hz")
        parameters = (np.asarray(each, np.float64) for each in (frequency_hz, q, gain_db))
        frequency_hz, q, gain_db = np.broadcast_arrays(*parameters)
        valid = (frequency_hz > 0) & (frequency_hz <= sample_rate / 2)
        if not (frequency_hz.ndim and frequency_hz.size and valid.all()):
            raise ValueError(f"every frequency must be in (0, {sample_rate / 2:g}] Hz, with at least one section")
        if not (np.all(np.isfinite(q) & (q > 0)) and np.isfinite(gain_db).all()):
            raise ValueError("every Q must be a positive number and every gain a finite number of dB")
        if section_kinds is not None and len(section_kinds) != frequency_hz.shape[-1]:
            raise ValueError(f"{len(section_kinds)} section_kinds; allowed is one for each of {frequency_hz.shape[-1]}")
        if shelves and frequency_hz.shape[-1] < 2:
            raise ValueError("a cascade with shelves must have at least two sections, one for each shelf")
        preamp_db = np.asarray(preamp_db, np.float64)
        if not np.isfinite(preamp_db).all():
            raise ValueError("preamp_db must be a finite number of dB")
        if shelves:
            q = np.where(np.isin(np.arange(q.shape[-1]), [0, q.shape[-1] - 1]), biquad.SHELF_Q, q)
        preamp = jnp.broadcast_to(jnp.asarray(preamp_db), frequency_hz.shape[:-1]) if preamp_db.any() else None
        centre, q, gain_db = map(jnp.asarray, (frequency_hz, q, gain_db))
        types = None if section_kinds is None else tuple(section_kinds)
        return cls(centre, q, gain_db, topology, polarity, float(sample_rate), bool(shelves), preamp, types)

    @property
    def n_sections(self) -> int:
        return self.frequency_hz.shape[-1]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The type of each of the `S` sections, named as in Web Audio's `BiquadFilterNode`."""
        if self.section_kinds is not None:
            return self.section_kinds
        if self.topology == "parallel":
            return ("bandpass",) * self.n_sections
        if not self.shelves:
            return ("peaking",) * self.n_sections
        return "lowshelf", *("peaking",) * (self.n_sections - 2), "highshelf"

    @property
    def signs(self) -> Array:
        """The polarity of each section, `(S,)` of +1 and -1."""
        alternates = self.topology == "parallel" and self.polarity == "alternating"
        return jnp.where(alternates & (jnp.arange(self.n_sections) % 2 == 1), -1.0, 1.0)

    @property
    def amplitude(self) -> Array:
        """Signed linear gains, `(..., S)`."""
        return jnp.broadcast_to(self.signs, self.gain_db.shape) * 10 ** (self.gain_db / 20)

    def at_rate(self, sample_rate: float) -> "Recipe":
        """The same sections in Hz, Q and dB at another sample rate; those above its Nyquist frequency are muted.

        They are muted (0 dB in a cascade), not removed, because the polarity depends on the position. This is a move,
        not a fit: the bilinear transform bends the response near Nyquist, from 48 to 96 kHz by 1 to 9 dB at 20 kHz.
        `formats.rates.refitted` keeps the response instead.
        """
        if sample_rate == self.sample_rate:
            return self
        highest = biquad.CENTRE_RANGE[1] * sample_rate / 2
        muted = MUTED_DB if self.topology == "parallel" else 0.0
        xp = jnp if isinstance(self.gain_db, Array) else np  # in its own precision
        return replace(
            self,
            frequency_hz=xp.minimum(self.frequency_hz, highest),
            gain_db=xp.where(self.frequency_hz > highest, muted, self.gain_db),
            sample_rate=float(sample_rate),
        )

    def response_db(self, frequency_hz: ArrayLike | None = None) -> Array:
        """Magnitude of the bank, `(..., F)` dB.

        Args:
            frequency_hz: `(F,)`; by default the 513 bins from 0 to 24 kHz. Bins above the Nyquist frequency of the
                recipe have the level at that frequency.
        """
        grid = self._grid(frequency_hz)
        if self.topology == "cascade":
            response = self._sections_db(grid).sum(-2)
        else:
            parts = biquad.parallel_response(self.normalized_frequency, self.q, self.amplitude, grid)
            response = biquad.power_db(*parts)
        return response if self.preamp_db is None else response + jnp.asarray(self.preamp_db)[..., None]

    def level_db(self, frequency_hz: ArrayLike | None = None) -> np.ndarray:
        """`response_db` of one recipe `(S,)` in NumPy and double precision.

        JAX compiles `response_db` again for each number of sections and of frequencies; this needs no compiling.
        """
        w = np.pi * np.asarray(self._fractions(frequency_hz))
        response = biquad.sos_response(self.sos(), w, self.topology == "parallel")
        return 10 * np.log10(np.abs(response) ** 2 + biquad.POWER_FLOOR)

    def section_response_db(self, frequency_hz: ArrayLike | None = None) -> Array:
        """Magnitude of each section alone, `(..., S, F)` dB, without the preamp; `frequency_hz` as in `response_db`."""
        grid = self._grid(frequency_hz)
        if self.topology == "cascade":
            return self._sections_db(grid)
        real, imag = biquad.bandpass_response(self.normalized_frequency, self.q, grid)
        return biquad.power_db(self.amplitude[..., None] * real, self.amplitude[..., None] * imag)

    @property
    def normalized_frequency(self) -> Values:
        """The centres as fractions of Nyquist, `(..., S)`, as in `biquad`."""
        return self.frequency_hz / (self.sample_rate / 2)

    def _sections_db(self, grid: Array) -> Array:
        parameters = self.normalized_frequency, self.q, self.gain_db
        if self.section_kinds is not None:
            return biquad.sections_db(self.section_kinds, *parameters, grid)
        return biquad.cascade_db(*parameters, grid, self.shelves)

    @property
    def shelf_q(self) -> Values:
        """Q `(..., S)` of each section as every response and file has it: that of a shelf of `shelves` is 1/sqrt(2)."""
        if self.section_kinds is not None or not self.shelves:
            return self.q
        return np.where(["shelf" in kind for kind in self.kinds], biquad.SHELF_Q, np.asarray(self.q, np.float64))

    def _grid(self, frequency_hz: ArrayLike | None) -> Array:
        return jnp.asarray(self._fractions(frequency_hz), jnp.result_type(self.frequency_hz))

    def _fractions(self, frequency_hz: ArrayLike | None) -> np.ndarray:
        """The frequencies of a response as fractions of Nyquist."""
        nyquist = self.sample_rate / 2
        grid = np.minimum(FREQUENCIES, nyquist) if frequency_hz is None else np.asarray(frequency_hz, np.float64)
        return grid / nyquist

    def sos(self) -> np.ndarray:
        """The sections as float64 rows `[b0 b1 b2 1 a1 a2]` in SciPy's order, `(..., S, 6)`.

        The rows of a cascade are filters in series (`scipy.signal.sosfilt`). Those of a parallel bank include the
        signed gain; each filters the input, and the outputs are added. The first row of a cascade, or every row of a
        parallel bank, includes the preamp.
        """
        level = np.asarray(10 ** (np.asarray(0.0 if self.preamp_db is None else self.preamp_db, np.float64) / 20))
        centre = np.asarray(self.frequency_hz, np.float64) / (self.sample_rate / 2)
        if self.topology == "cascade":
            if self.section_kinds is not None:
                rows = biquad.sections_sos(self.section_kinds, centre, self.q, self.gain_db)
            else:
                rows = biquad.cascade_sos(centre, self.q, self.gain_db, self.shelves)
            rows[..., 0, :3] *= level[..., None]
            return rows
        gains = np.asarray(self.signs, np.float64) * 10 ** (np.asarray(self.gain_db, np.float64) / 20)
        return biquad.bandpass_sos(centre, self.q, gains * level[..., None])

    def filter(self, x: ArrayLike, hop: int = 128) -> Array:
        """Filters `(T,)` samples at `sample_rate`.

        A recipe `(S,)` is time-invariant: SciPy filters, in double precision, outside of `jax.jit` and `jax.grad`.
        With one of shape `(N, S)`, parameters follow its rows smoothly, one row per block of `hop` samples (see
        `time_varying.filter_parallel`).

        Raises:
            ValueError: other samples than `(T,)`; a time-varying recipe with shelves, a preamp, or `N` other than
                `ceil(T / hop)`; shelves within `jax.jit`.
        """
        if np.ndim(x) != 1:
            raise ValueError(f"samples have shape {np.shape(x)}; allowed is (T,)")
        blocks = -(-np.shape(x)[0] // hop)
        shape = self.frequency_hz.shape
        if len(shape) > 2 or (len(shape) == 2 and shape[0] != blocks):
            raise ValueError(
                f"{np.shape(x)[0]} samples in blocks of {hop} need a recipe of shape (S,) or ({blocks}, S), not {shape}"
            )
        traced = any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((self, x)))
        if len(shape) == 1 and not traced:
            run = time_invariant.filter_cascade if self.topology == "cascade" else time_invariant.filter_parallel
            return jnp.asarray(run(np.asarray(x), self.sos()), jnp.result_type(x, self.frequency_hz, self.q))
        shelves = any("shelf" in kind for kind in self.kinds)
        if shelves or (self.preamp_db is not None and len(shape) > 1):
            raise ValueError(
                "a recipe with shelves or a preamp must be time-invariant, of shape (S,); shelves not in jit"
            )
        y = jnp.asarray(x)
        if self.preamp_db is not None:
            y *= 10 ** (jnp.asarray(self.preamp_db) / 20)
        centre, q = jnp.atleast_2d(self.normalized_frequency, self.q)
        if self.topology == "cascade":
            return time_varying.filter_cascade(y, centre, q, jnp.atleast_2d(self.gain_db), hop=hop)
        moving = time_varying.filter_parallel if traced else time_varying.filter_parallel_in_shares
        return moving(y, centre, q, jnp.atleast_2d(self.amplitude), hop=hop)

    def to_json(self) -> str:
        """One recipe `(S,)` as JSON, with the names of the Web Audio API's `BiquadFilterNode` (Hz, Q, dB).

        Each section of a parallel bank also has its sign, 1 or -1.
        """
        if self.frequency_hz.ndim != 1:
            raise ValueError(f"to_json needs one recipe of shape (S,), not {self.frequency_hz.shape}: index it first")
        q = np.clip(np.asarray(self.shelf_q, np.float64), *biquad.Q_RANGE)  # as every response does
        rows = zip(self.kinds, np.asarray(self.frequency_hz), q, np.asarray(self.gain_db), strict=True)
        sections: list[dict[str, Any]] = [
            {"type": k, "frequency": float(f), "Q": float(q), "gain": float(g)} for k, f, q, g in rows
        ]
        if self.topology == "parallel":
            sections = [{**each, "sign": int(sign)} for each, sign in zip(sections, self.signs.tolist(), strict=True)]
        head: dict[str, Any] = {"sampleRate": self.sample_rate, "topology": self.topology, "polarity": self.polarity}
        if self.preamp_db is not None:
            head["preamp"] = float(self.preamp_db)  # dB
        return json.dumps({**head, "sections": sections}, indent=1)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Recipe":
        """The recipe in a file of `to_json`, or of `export` as "json".

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: as `from_json`; the message begins with the path.
        """
        return read_parsed(path, cls.from_json, LARGEST_JSON)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Recipe":
        """The recipe in the JSON of `to_json`; signs of sections, if there are any, overrule the polarity.

        Raises:
            ValueError: other text, or a value out of range; the message names the field and what is allowed.
        """
        try:
            state = parse_json(text)
        except ValueError as error:
            raise ValueError(f"not a recipe: {error}") from error
        sections = state.get("sections") if isinstance(state, dict) else None
        if not isinstance(sections, list) or not all(isinstance(section, dict) for section in sections):
            raise ValueError('not a recipe: expected {"sampleRate": …, "topology": …, "sections": [{"type": …}, …]}')
        if not 1 <= len(sections) <= MOST_SECTIONS:
            raise ValueError(f"{len(sections)} sections; allowed are 1 to {MOST_SECTIONS}")
        rate, preamp = _json_number(state, "sampleRate"), _json_number({"preamp": 0.0, **state}, "preamp")
        frequency_hz, q, gain_db = (
            [_json_number(section, key, f" of section {i}") for i, section in enumerate(sections, start=1)]
            for key in ("frequency", "Q", "gain")
        )
        kinds = tuple(section.get("type") for section in sections)
        topology, polarity = state.get("topology"), state.get("polarity")
        signs = [section["sign"] for section in sections if "sign" in section]
        if signs and topology == "parallel" and polarity in POLARITIES:
            if len(signs) != len(kinds) or not all(is_number(sign) and sign in (-1, 1) for sign in signs):
                raise ValueError("sign is 1 or -1, in every section or in none")
            polarity, (frequency_hz, q, gain_db) = arranged(signs, frequency_hz, q, gain_db=gain_db)
            kinds += kinds[:1] * (len(q) - len(kinds))  # muted sections
        allowed = SECTION_KINDS if topology == "cascade" else ("bandpass",)
        if topology in TOPOLOGIES and not all(kind in allowed for kind in kinds):
            raise ValueError(
                f"sections of types {', '.join(map(str, kinds)):.200}; a parallel bank has bandpass, a cascade "
                f"{', '.join(SECTION_KINDS)}"
            )
        types = kinds_of(kinds, q) if topology == "cascade" else {}
        return cls.of(frequency_hz, q, gain_db, topology, polarity, preamp_db=preamp, sample_rate=rate, **types)


def kinds_of(kinds: Sequence[Any], q: ArrayLike) -> dict[str, Any]:
    """The fields `shelves` or `section_kinds` of a cascade of sections of the types `kinds`.

    `shelves` is for a low shelf first, a high shelf last, both of Q 1/sqrt(2), and peaking sections in between.
    """
    if "lowshelf" not in kinds and "highshelf" not in kinds:
        return {}
    inner = all(kind == "peaking" for kind in kinds[1:-1])
    ends = len(kinds) > 1 and (kinds[0], kinds[-1]) == ("lowshelf", "highshelf")
    usual = np.allclose(np.asarray(q, np.float64)[[0, -1]], biquad.SHELF_Q, atol=USUAL_Q)
    return {"shelves": True} if ends and inner and usual else {"section_kinds": tuple(kinds)}


def _json_number(state: dict[str, Any], key: str, where: str = "") -> float:
    value: Any = state.get(key)
    if not is_number(value):
        raise ValueError(f'not a recipe: "{key}"{where} is {value!r:.40}; it must be a number')
    low, high = JSON_LIMITS[key]
    if not low <= value <= high:
        raise ValueError(f'"{key}"{where} is {value:g}; allowed are {low:g} to {high:g}')
    return float(value)
