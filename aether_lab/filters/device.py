"""Device profiles: the bands of an equaliser and the values that each of its controls can have.

A profile is a small JSON object, which `notebooks/site/profiles.md` describes:

    {"name": "Two bands", "source": "the manual, page 12", "sample_rate": 48000,
     "preamp": {"low": -12, "high": 0, "step": 0.5},
     "bands": [{"types": ["peaking", "lowshelf"], "frequency": {"low": 20, "high": 2000, "count": 61},
                "q": [0.5, 0.7, 1, 2], "gain": {"low": -12, "high": 12, "step": 0.5}, "off": true},
               {"frequency": 8000, "q": 0.7, "types": ["highshelf"], "gain": [-6, -3, 0, 3, 6]}]}

Values are a number, a list of numbers, or an object: `low`, `high` and `step` are equally spaced, `low`, `high` and
`count` equally spaced in log scale. Sections are those of Robert Bristow-Johnson's cookbook (`filters.biquad`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.filters import biquad
from aether_lab.filters.recipe import SECTION_KINDS
from aether_lab.signals.json_files import is_number, numbers, parse_json, read_parsed
from aether_lab.signals.limits import HIGHEST_RATE, LOWEST_RATE

LARGEST_PROFILE = 200_000
"""Bytes of a profile; that of a graphic equaliser of 31 bands has one thousand."""

MOST_BANDS = 64
MOST_VALUES = 50_000  # of one control
PROFILE_FIELDS = {"name", "source", "sample_rate", "preamp", "bands"}
BAND_FIELDS = {"count", "centres", "types", "frequency", "q", "shelf_q", "gain", "off"}
LIMITS = {
    "frequency": (1.0, HIGHEST_RATE / 2),
    "q": biquad.Q_RANGE,
    "shelf_q": biquad.Q_RANGE,
    "gain": (-120.0, 120.0),
    "preamp": (-200.0, 200.0),
}
SHIPPED = resources.files("aether_lab") / "devices"


@dataclass(frozen=True, eq=False)
class Band:
    """The controls of one band; each array is float64 and rising."""

    types: tuple[str, ...]  # of SECTION_KINDS
    frequency_hz: np.ndarray
    q: np.ndarray  # of peaking sections
    shelf_q: np.ndarray  # of shelves
    gain_db: np.ndarray
    off: bool  # whether it can be switched off

    def q_of(self, kind: str) -> np.ndarray:
        """The values of Q for a type of section."""
        return self.q if kind == "peaking" else self.shelf_q

    @cached_property
    def logs(self) -> dict[str, np.ndarray]:
        """The logarithms of the frequencies and, for each type, of Q."""
        return {"frequency": np.log(self.frequency_hz), **{kind: np.log(self.q_of(kind)) for kind in self.types}}

    @property
    def size(self) -> int:
        """The number of different settings, without off."""
        shapes = sum(len(self.q_of(kind)) for kind in self.types)
        return shapes * len(self.frequency_hz) * len(self.gain_db)


@dataclass(frozen=True, eq=False)
class DeviceProfile:
    """An equaliser and what it can be set to.

    >>> pedal = DeviceProfile.load("boss-ge-7")
    >>> pedal.name, len(pedal.bands), pedal.bands[0].gain_db[[0, -1]].tolist()
    ('Boss GE-7', 7, [-15.0, 15.0])
    """

    name: str
    source: str  # where the values are documented
    bands: tuple[Band, ...]
    preamp_db: np.ndarray | None  # (P,) rising, or None without a control of level
    sample_rate: float  # Hz, at which the device filters

    @classmethod
    def load(cls, name: str | os.PathLike) -> DeviceProfile:
        """A shipped profile by its name, or one from a JSON file.

        Raises:
            FileNotFoundError: neither a shipped name nor a file; the message lists the names.
            ValueError: not a profile; the message begins with the path and names the band, the field and what is
                allowed.
        """
        shipped = device_names()
        if str(name) in shipped:
            return cls.from_json((SHIPPED / f"{name}.json").read_bytes())
        if not Path(name).suffix and not Path(name).exists():
            raise FileNotFoundError(f"device {str(name)!r}; allowed are a .json file and {', '.join(shipped)}")
        return read_parsed(name, cls.from_json, LARGEST_PROFILE)

    @classmethod
    def from_json(cls, text: str | bytes) -> DeviceProfile:
        """The profile in JSON text.

        Raises:
            ValueError: as `load`.
        """
        state = parse_json(text, LARGEST_PROFILE)
        if not isinstance(state, dict):
            raise ValueError('not a device profile: expected {"name": …, "source": …, "bands": [{…}, …]}')
        _check_fields(state, PROFILE_FIELDS, {"name", "source", "bands"}, "the profile")
        for field in ("name", "source"):
            if not isinstance(state[field], str) or not state[field].strip():
                raise ValueError(f'"{field}" is {state[field]!r:.40}; it must be a text')
        rate = state.get("sample_rate", 48_000)
        if not is_number(rate) or not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise ValueError(f'"sample_rate" is {rate!r:.40}; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz')
        if not isinstance(state["bands"], list) or not all(isinstance(band, dict) for band in state["bands"]):
            raise ValueError('"bands" must be a list of objects, one for each band')
        bands = [band for i, each in enumerate(state["bands"], start=1) for band in _bands(each, f"band {i}", rate)]
        if not 1 <= len(bands) <= MOST_BANDS:
            raise ValueError(f"{len(bands)} bands; allowed are 1 to {MOST_BANDS}")
        preamp = None if state.get("preamp") is None else _values(state, "preamp", "the profile")
        return cls(state["name"], state["source"], tuple(bands), preamp, float(rate))


def device_names() -> list[str]:
    """The names of the shipped profiles, for `DeviceProfile.load`.

    >>> device_names()[:2]
    ['ada-peq', 'alesis-deq230']
    """
    return sorted(each.name.removesuffix(".json") for each in SHIPPED.iterdir() if each.name.endswith(".json"))


def as_device(device: DeviceProfile | str | os.PathLike) -> DeviceProfile:
    """A profile itself, or that of a shipped name or a file; see `DeviceProfile.load`."""
    return device if isinstance(device, DeviceProfile) else DeviceProfile.load(device)


def _bands(state: dict[str, Any], where: str, rate: float) -> list[Band]:
    """The bands of one object: `count` equal ones, or one at each of `centres`, else one."""
    required = {"gain"} | ({"centres"} if "centres" in state else {"frequency"})
    _check_fields(state, BAND_FIELDS - {"frequency"} if "centres" in state else BAND_FIELDS, required, where)
    types = state.get("types", ["peaking"])
    if not isinstance(types, list) or not types or not set(map(str, types)) <= set(SECTION_KINDS):
        raise ValueError(f'{where}: "types" is {types!r:.60}; allowed is a list of {", ".join(SECTION_KINDS)}')
    peaking, shelf = "peaking" in types, any("shelf" in kind for kind in types)
    if "q" not in state and (peaking or "shelf_q" not in state):
        raise ValueError(f'{where}: "q" is missing' + ("" if peaking else '; a shelf needs "q" or "shelf_q"'))
    q = _values(state, "q", where) if "q" in state else np.array([biquad.SHELF_Q])
    shelf_q = _values(state, "shelf_q", where) if "shelf_q" in state else q
    if "shelf_q" in state and not shelf:
        raise ValueError(f'{where}: "shelf_q" without a shelf among its types')
    gain = _values(state, "gain", where)
    off = state.get("off", False)
    if not isinstance(off, bool):
        raise ValueError(f'{where}: "off" is {off!r:.40}; allowed are true and false')
    if "centres" in state:
        if "count" in state or not numbers(state["centres"]) or not state["centres"]:
            raise ValueError(f'{where}: "centres" must be a list of numbers in Hz, without "count"')
        frequencies = [_values({"frequency": centre}, "frequency", where) for centre in state["centres"]]
    else:
        count = state.get("count", 1)
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_BANDS:
            raise ValueError(f'{where}: "count" is {count!r:.40}; allowed are 1 to {MOST_BANDS}')
        frequencies = [_values(state, "frequency", where)] * count
    highest = biquad.CENTRE_RANGE[1] * rate / 2
    if (top := max(each[-1] for each in frequencies)) > highest:
        raise ValueError(f'{where}: a frequency of {top:g} Hz; at "sample_rate" {rate:g} the highest is {highest:g} Hz')
    return [Band(tuple(dict.fromkeys(types)), each, q, shelf_q, gain, off) for each in frequencies]


def _check_fields(state: dict[str, Any], allowed: set[str], required: set[str], where: str) -> None:
    if unknown := sorted(set(state) - allowed):
        raise ValueError(f"{where}: unknown field {unknown[0]!r:.60}; allowed are {', '.join(sorted(allowed))}")
    if missing := sorted(required - set(state)):
        raise ValueError(f'{where}: "{missing[0]}" is missing')


def _values(state: dict[str, Any], field: str, where: str) -> np.ndarray:
    """The values of a control, float64, rising."""
    low, high = LIMITS[field]
    value = state[field]
    if is_number(value):
        values = np.array([value], np.float64)
    elif numbers(value) and value:
        values = np.unique(np.array(value, np.float64))
    elif isinstance(value, dict):
        values = _range(value, field, where)
    else:
        raise ValueError(
            f'{where}: "{field}" is {value!r:.60}; allowed are a number, a list of numbers, '
            '{"low", "high", "step"} and {"low", "high", "count"}'
        )
    if len(values) > MOST_VALUES:
        raise ValueError(f'{where}: "{field}" has {len(values):,} values; at most {MOST_VALUES:,} are read')
    if not low <= values[0] <= values[-1] <= high:
        raise ValueError(f'{where}: "{field}" is {values[0]:g} to {values[-1]:g}; allowed are {low:g} to {high:g}')
    return values


def _range(state: dict[str, Any], field: str, where: str) -> np.ndarray:
    """Values from an object of `low`, `high`, and `step` or `count`."""
    spacing = "count" if "count" in state else "step"
    label = f'{where}, "{field}"'
    _check_fields(state, {"low", "high", spacing}, {"low", "high", spacing}, label)
    for key, value in state.items():
        if not is_number(value):
            raise ValueError(f'{label}: "{key}" is {value!r:.40}; it must be a number')
    low, high, each = state["low"], state["high"], state[spacing]
    if not low < high:
        raise ValueError(f'{label}: "low" is {low:g} and "high" {high:g}; "high" must be larger')
    if spacing == "count":
        if not isinstance(each, int) or not 2 <= each <= MOST_VALUES or low <= 0:
            raise ValueError(f'{label}: "count" must be 2 to {MOST_VALUES:,} values between positive ends')
        return np.geomspace(low, high, each)
    steps = (high - low) / each if each > 0 else np.inf
    if not 1 - 1e-9 <= steps <= MOST_VALUES - 1:
        raise ValueError(
            f'{label}: "step" is {each:g}; allowed are {(high - low) / (MOST_VALUES - 1):.3g} to {high - low:g}'
        )
    values = low + each * np.arange(int(steps + 1e-9) + 1, dtype=np.float64)
    return np.round(values, 9)  # 0.1 * 3 is 0.30000000000000004
