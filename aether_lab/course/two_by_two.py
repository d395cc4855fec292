"""A blind listening experiment with two factors at two levels each: the rate of a motion and its stereo phase.

The four conditions are labelled A to D in an order that the seed hides. A listener rates each of them on both
`SCALES`; `describe` unblinds the ratings and gives the effect of each factor, for one listener or for a class.

Source of the analysis: Montgomery, *Design and Analysis of Experiments*, chapter 6 (the 2² factorial design).
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.audio.loudness import matched
from aether_lab.audio.motion import Motion
from aether_lab.audio.render import render
from aether_lab.course.listen import Sounds, address
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import pluralize

SCALES = {"movement": "does the sound move in space?", "timbre": "does it become another sound?"}
HIGHEST = 10  # of a rating; the lowest is 0
LABELS = "ABCD"
FEWEST = 3  # listeners, for an interval
_FIELDS = ("rate_hz", "stereo_offset", *SCALES)


@dataclass(frozen=True)
class Rating:
    """One condition and what a listener answered, 0 to 10 on each of the `SCALES`."""

    rate_hz: float
    stereo_offset: float
    movement: float
    timbre: float


class TwoByTwo:
    """The experiment: `listen`, then `unblind` the ratings.

    Args:
        rates_hz: slow and fast, Hz: rounds per second of (z0, z1).
        offsets: of the right channel, in cycles.
        seed: of the order of the labels.

    >>> experiment = TwoByTwo(seed=1)
    >>> sorted(experiment.unblind({label: (5, 5) for label in "ABCD"}), key=lambda row: row.rate_hz)[0].rate_hz
    0.05
    """

    def __init__(
        self,
        rates_hz: tuple[float, float] = (0.05, 2.0),
        offsets: tuple[float, float] = (0.0, 0.5),
        seed: int | None = None,
    ) -> None:
        conditions = list(product(rates_hz, offsets))
        order = np.random.default_rng(seed).permutation(len(conditions))
        self._conditions = {label: conditions[k] for label, k in zip(LABELS, order, strict=True)}

    def motion(self, label: str, latent_dim: int = 4) -> Motion:
        """The motion of a condition: z0 and z1 on a circle, the other numbers at 0."""
        rate, offset = self._conditions[label]
        return Motion("spiral", (0.0,) * latent_dim, rate=rate, slow_rate=0.0, slow_radius=0.0, stereo_offset=offset)

    def listen(self, x: ArrayLike, space: FilterSpace, sample_rate: float) -> Sounds:
        """Players of `x` `(T,)` in the four conditions, equally loud, as MP3, so that ten seconds of each fit."""
        stereo = np.stack([np.asarray(x, float)] * 2, axis=1)
        heard = [render(stereo, space, self.motion(label, space.settings.latent_dim), sample_rate) for label in LABELS]
        return Sounds(
            {
                label: address(each, sample_rate, lossy=True)
                for label, each in zip(LABELS, matched(*heard, sample_rate=sample_rate), strict=True)
            }
        )

    def unblind(self, ratings: Mapping[str, Sequence[float]]) -> list[Rating]:
        """The ratings with their conditions; an empty list while some are missing (`...`).

        Args:
            ratings: label -> one number from 0 to 10 for each of the `SCALES`.

        Raises:
            ValueError: other labels, or a rating out of range. The message says which.
        """
        if set(ratings) != set(LABELS):
            raise ValueError(
                f"ratings are for {', '.join(map(str, ratings)) or 'nothing'}; they must be for A, B, C, D"
            )
        if any(number is ... or number is None for each in ratings.values() for number in each):
            return []
        for label, each in ratings.items():
            if len(each) != len(SCALES) or not all(0 <= number <= HIGHEST for number in each):
                raise ValueError(
                    f"{label}: ratings {tuple(each)}; {len(SCALES)} numbers from 0 to {HIGHEST} are needed"
                )
        return [Rating(*self._conditions[label], *map(float, ratings[label])) for label in LABELS]


def describe(listeners: Sequence[Sequence[Rating]]) -> str:
    """Mean ratings of each condition, and the effect of each factor, as a table.

    The effect of a factor is the mean rating at its second level less that at its first; the interaction is half of
    what the second factor adds at the second level of the first less what it adds at the first. From three listeners
    on each has a 95 % confidence interval (Student's t).

    Args:
        listeners: the ratings of each; those who have not rated are left out.

    >>> rows = [Rating(0.05, 0, 1, 6), Rating(0.05, 0.5, 3, 6), Rating(2, 0, 2, 2), Rating(2, 0.5, 8, 2)]
    >>> print(describe([rows]).splitlines()[-1])
    timbre    rate -4.0, stereo phase +0.0, interaction +0.0
    """
    answered = [{(each.rate_hz, each.stereo_offset): each for each in rows} for rows in listeners if rows]
    if not answered:
        return "No ratings yet: replace every ... by a number from 0 to 10."
    slow, fast = sorted({rate for rate, _ in answered[0]})
    same, apart = sorted({offset for _, offset in answered[0]})
    lines = [f"{pluralize(len(answered), 'listener')}    " + "  ".join(f"{scale:>8}" for scale in SCALES)]
    for rate, offset in product((slow, fast), (same, apart)):
        means = [np.mean([getattr(rows[rate, offset], scale) for rows in answered]) for scale in SCALES]
        lines.append(f"{rate:g} Hz, phase {offset:g}".ljust(16) + "  ".join(f"{mean:8.1f}" for mean in means))
    for scale in SCALES:
        y = np.array(
            [[[getattr(rows[r, o], scale) for o in (same, apart)] for r in (slow, fast)] for rows in answered]
        )  # (listeners, rate, offset)
        effects = {
            "rate": y[:, 1].mean(-1) - y[:, 0].mean(-1),
            "stereo phase": y[:, :, 1].mean(-1) - y[:, :, 0].mean(-1),
            "interaction": ((y[:, 1, 1] - y[:, 1, 0]) - (y[:, 0, 1] - y[:, 0, 0])) / 2,
        }
        lines.append(f"{scale:8}  " + ", ".join(f"{name} {_interval(each)}" for name, each in effects.items()))
    return "\n".join(lines)


def save_ratings(path: str | os.PathLike, listeners: Sequence[Sequence[Rating]]) -> Path:
    """Writes ratings as CSV, one condition a line, to be pooled in a class."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(("listener", *_FIELDS))
    for k, each in enumerate(listeners):
        rows.writerows((k, *(getattr(rating, name) for name in _FIELDS)) for rating in each)
    return write_bytes(path, file.getvalue().encode())


def read_ratings(*paths: str | os.PathLike) -> list[list[Rating]]:
    """The listeners of one or more files of `save_ratings`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: another header, a value that is no number, or a listener without four conditions.
    """
    listeners: list[list[Rating]] = []
    for path in map(Path, paths):
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"))) or [[]]
        if tuple(header) != ("listener", *_FIELDS):
            raise ValueError(f"{path}: the first line is {','.join(header)!r}; it must be listener,{','.join(_FIELDS)}")
        found: dict[str, list[Rating]] = {}
        for number, row in enumerate(rows, 2):
            try:
                listener, *values = row
                found.setdefault(listener, []).append(Rating(*map(float, values)))
            except (ValueError, TypeError) as error:
                raise ValueError(f"{path}, line {number}: {','.join(row)!r} is not five numbers") from error
        for listener, each in found.items():
            if len({(rating.rate_hz, rating.stereo_offset) for rating in each}) != len(LABELS) or len(each) != 4:
                raise ValueError(
                    f"{path}: listener {listener} has {len(each)} ratings; one of each of 4 conditions is needed"
                )
        listeners += found.values()
    return listeners


def _interval(values: np.ndarray) -> str:
    """The mean, and its 95 % confidence interval where there are enough values."""
    mean = f"{values.mean():+.1f}"
    if len(values) < FEWEST:
        return mean
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{mean} ± {half:.1f}"
