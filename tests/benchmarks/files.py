"""Files that leave, in dB off the filter, beside the plain way: at 96 kHz, in float32, and with shelves for REW."""

import io
from collections.abc import Iterable
from functools import cache

import numpy as np

from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.adjust import adjusted, with_slope
from aether_lab.formats.cascade import series_sos
from aether_lab.formats.export import export
from aether_lab.formats.format import Coefficients, in_float64
from aether_lab.formats.rates import moved_deviation, refitted
from aether_lab.formats.response import comparison_hz, deviation_db, level_db
from aether_lab.formats.single_precision import single_precision_error
from aether_lab.model.space import FilterSpace
from aether_lab.signals.synthetic import synthetic_responses

TARGETS = 32
RATE = 96_000.0  # Hz
REW_SLOPE = 0.9

Row = tuple[float, float, str, str]


def cascades_at_another_rate() -> Row:
    return _at_another_rate(_cascades(shelves=False), "fits of 10 sections")


def banks_at_another_rate() -> Row:
    return _at_another_rate(_banks(), "banks that 4d decodes")


def rows_in_float32() -> Row:
    files = [np.load(io.BytesIO(export(bank, "npy").content)) for bank in _banks()]
    plain = [series_sos(in_float64(bank)) for bank in _banks()]
    ours, peer = (
        max(single_precision_error(Coefficients(rows, False), 48_000) for rows in each) for each in (files, plain)
    )
    return ours, peer, "dB worst", f"npy of {TARGETS} decoded banks filtered in float32; the rows of SciPy's zpk2sos"


def shelves_of_rew() -> Row:
    ours, peer = [], []
    for cascade in map(in_float64, _cascades(shelves=True)):
        grid_hz = comparison_hz(cascade.sample_rate, cascade)
        target = level_db(cascade, grid_hz)
        for errors, each in ((ours, adjusted(cascade, cascade, REW_SLOPE)), (peer, cascade)):
            errors.append(deviation_db(level_db(with_slope(each, REW_SLOPE), grid_hz), target)[0])
    return max(ours), max(peer), "dB worst", f"{TARGETS} fits with LS and HS in EqualizerAPO; the values unadjusted"


def _at_another_rate(recipes: Iterable[Recipe], what: str) -> Row:
    ours, peer = zip(*((refitted(each, RATE)[1], moved_deviation(each, RATE)[0]) for each in recipes), strict=True)
    note = f"{TARGETS} {what}, median {np.median(ours):.3f}; the same Hz, Q and dB, median {np.median(peer):.2f}"
    return max(ours), max(peer), "dB worst", note


@cache
def _spectra() -> np.ndarray:
    return synthetic_responses(TARGETS, seed=3).corpus().spectra_db[:TARGETS]


@cache
def _cascades(shelves: bool) -> list[Recipe]:
    return [fit_recipe(each, Sections(10, shelves=shelves)) for each in _spectra()]


@cache
def _banks() -> list[Recipe]:
    space = FilterSpace.load("4d")
    return [space.decode(z) for z in np.asarray(space.encode(_spectra())[0])]
