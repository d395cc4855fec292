"""The search for the best settings of a device, from several starting points.

A device whose bands together have few settings is searched in a table of their vectors and of all inner products: two
or three bands exhaustively, more by exchanging one or two of them at a time until no exchange helps. A larger device is
searched by steps of one band, over single controls, pairs of them and far jumps, then by steps of two bands at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from aether_lab.filters.device import Band
from aether_lab.filters.device_grid import OFF, Floats, Grid, Indices, every_setting, nearest, settings_near

LARGEST_TABLE = 3000  # settings of all bands together: 72 MB of inner products
EXHAUSTIVE = 4_000_000  # combinations of the settings of two or three bands
FEW_BANDS, RANDOM_STARTS = 5, 12  # random settings are starts too, where there are few bands in a table
PAIRED = 600  # settings of all bands whose pairs are compared at a time
ROUNDS = 300  # of exchanges of one or two bands
PAIR_ROUNDS = 8  # of a large device, of two bands at once
SWEEPS = (1, 5)  # over all bands of a large device: from each start, and on from the best
COARSE = (36, 6)  # frequencies and Q of the far jumps of a band
JUMPS = 3  # of them, the best for what is left
JUMP_DB = 6.0
JUMP_SCALES = np.array([0.7, 1.0, 1.3])  # of the best gain, because the shape of a section depends on its gain
IMPROVED = 1e-9  # of the squared error in dB², which an exchange must lower


class Table(NamedTuple):
    """Every setting of every band."""

    settings: Indices  # (M, 4)
    band: Indices  # (M,)
    vectors: Floats  # (M, P)
    products: Floats  # (M, M)


def settings_in_all(grid: Grid) -> int:
    """How many settings all bands together have."""
    return sum(band.size + band.off for band in grid.device.bands)


@lru_cache(maxsize=4)
def _table(device_grid: tuple) -> Table:
    device, tangents, root = device_grid
    grid = Grid(device, np.frombuffer(tangents), np.frombuffer(root))
    settings = [every_setting(band) for band in device.bands]
    vectors = np.concatenate([grid.band_vectors(band, each) for band, each in zip(device.bands, settings, strict=True)])
    band = np.repeat(np.arange(len(settings)), [len(each) for each in settings])
    return Table(np.concatenate(settings), band, vectors, vectors @ vectors.T)


def search(grid: Grid, target: Floats, starts: list[Indices]) -> tuple[Indices, float]:
    """The best settings `(S, 4)` found from starting points `(S, 4)`, and their squared error.

    Args:
        target: `(P,)`, a vector as of `Grid.centred`.
    """
    if settings_in_all(grid) > LARGEST_TABLE:
        found = [_descend(grid, target, start, SWEEPS[0]) for start in starts]
        best, _ = min(found, key=lambda each: each[1])
        settings, error = _descend(grid, target, best, SWEEPS[1])
        return _exchange_pairs(grid, target, settings, error)
    table = _table((grid.device, grid.tangents.tobytes(), grid.root.tobytes()))
    linear = table.vectors @ target
    constant = float(target @ target)
    sizes = np.bincount(table.band)
    if len(sizes) <= 3 and np.prod(sizes.astype(float)) <= EXHAUSTIVE:
        chosen = _exhaustive(table, linear, sizes)
    else:
        first = [_rows_of(table, start) for start in starts]
        if len(sizes) <= FEW_BANDS:
            random = np.random.default_rng(0)
            first += list(np.cumsum(sizes) - 1 - random.integers(0, sizes, (RANDOM_STARTS, len(sizes))))
        rows = [_exchange(table, linear, each) for each in first]
        chosen = min(rows, key=lambda each: _cost(table, linear, each))
    return table.settings[chosen], max(0.0, constant + _cost(table, linear, chosen))


def _cost(table: Table, linear: Floats, rows: Indices) -> float:
    return float(table.products[np.ix_(rows, rows)].sum() - 2 * linear[rows].sum())


def _rows_of(table: Table, settings: Indices) -> Indices:
    rows = []
    for band, wanted in enumerate(settings):
        own = np.flatnonzero(table.band == band)
        same = (table.settings[own] == wanted).all(1) if wanted[0] != OFF else table.settings[own, 0] == OFF
        rows.append(own[np.argmax(same)])
    return np.array(rows)


def _exhaustive(table: Table, linear: Floats, sizes: Indices) -> Indices:
    """The best of all combinations of one, two or three bands."""
    first, *others = np.split(np.arange(len(table.band)), np.cumsum(sizes)[:-1])
    alone = np.diag(table.products) - 2 * linear
    if not others:
        return np.array([first[np.argmin(alone[first])]])
    *middle, last = others
    best, chosen = np.inf, first[:1]
    outer = middle[0] if middle else [None]
    for row in outer:  # of the middle band, if there is one
        x, y = alone[first], alone[last]
        if row is not None:
            x, y = x + 2 * table.products[first, row], y + 2 * table.products[last, row] + alone[row]
        cost = x[:, None] + y[None] + 2 * table.products[np.ix_(first, last)]
        at = int(np.argmin(cost))
        if cost.flat[at] < best:
            i, j = np.unravel_index(at, cost.shape)
            best = cost.flat[at]
            chosen = np.array([first[i], *([] if row is None else [row]), last[j]])
    return chosen


def _exchange(table: Table, linear: Floats, rows: Indices) -> Indices:
    """Exchanges the settings of one or two bands for the best others until none is better."""
    products, band = table.products, table.band
    diagonal = np.diag(products)
    per_band = max(8, PAIRED // len(rows))
    for _ in range(ROUNDS):
        own = rows[band]  # (M,) the present setting of the same band
        gradient = products[:, rows].sum(1) - linear  # of a setting with the error
        change = 2 * (gradient - gradient[own]) + diagonal - 2 * products[np.arange(len(band)), own] + diagonal[own]
        best = int(np.argmin(change))
        if change[best] < -IMPROVED:
            rows = rows.copy()
            rows[band[best]] = best
            continue
        kept = _lowest_of_each(change, band, per_band)
        other, here = kept, own[kept]
        cross = products[np.ix_(other, other)] - products[np.ix_(other, here)]
        cross += products[np.ix_(here, here)] - products[np.ix_(here, other)]
        both = change[other][:, None] + change[other][None] + 2 * cross
        both[band[other][:, None] == band[other][None]] = np.inf
        i, j = np.unravel_index(int(np.argmin(both)), both.shape)
        if both[i, j] > -IMPROVED:
            break
        rows = rows.copy()
        rows[band[other[[i, j]]]] = other[[i, j]]
    return rows


def _lowest_of_each(change: Floats, band: Indices, count: int) -> Indices:
    """The rows of the `count` lowest changes of each band."""
    order = np.lexsort((change, band))
    starts = np.searchsorted(band[order], np.unique(band))
    rank = np.arange(len(band)) - np.repeat(starts, np.bincount(band))
    return order[rank < count]


def _descend(grid: Grid, target: Floats, settings: Indices, sweeps: int) -> tuple[Indices, float]:
    """Sets one band after the other to the best of its moves, until no band has a better one."""
    bands = grid.device.bands
    settings = settings.copy()
    parts = np.array([grid.band_vectors(band, row[None])[0] for band, row in zip(bands, settings, strict=True)])
    error = parts.sum(0) - target
    cost, last = float(error @ error), -1
    jumps = _coarse_bands(grid)
    for step in range(sweeps * len(bands)):
        i = step % len(bands)
        without = error - parts[i]
        moves = _moves(bands[i], settings[i])
        moves = np.concatenate([moves, _jumps(bands[i], jumps[i], without)])
        vectors = grid.band_vectors(bands[i], moves)
        costs = ((vectors + without) ** 2).sum(1)
        best = int(np.argmin(costs))
        if costs[best] < cost - IMPROVED - 1e-4 * cost:
            settings[i], parts[i], cost = moves[best], vectors[best], float(costs[best])
            error, last = without + vectors[best], step
        if step - last >= len(bands):
            break
    return settings, cost


def _exchange_pairs(grid: Grid, target: Floats, settings: Indices, cost: float) -> tuple[Indices, float]:
    """Sets two bands at once to the best of their near moves, until no two bands have better ones."""
    bands = grid.device.bands
    if len(bands) < 2:
        return settings, cost
    settings = settings.copy()
    parts = np.array([grid.band_vectors(band, row[None])[0] for band, row in zip(bands, settings, strict=True)])
    moves: list[Indices] = [np.empty((0, 4), int)] * len(bands)
    deltas: list[Floats] = [np.empty((0, 0))] * len(bands)
    changed = list(range(len(bands)))
    for _ in range(PAIR_ROUNDS):
        for i in changed:
            moves[i] = _moves(bands[i], settings[i], far=False)
            deltas[i] = grid.band_vectors(bands[i], moves[i]) - parts[i]
        error = parts.sum(0) - target
        all_deltas = np.concatenate(deltas)
        band = np.repeat(np.arange(len(bands)), [len(each) for each in moves])
        change = 2 * (all_deltas @ error) + (all_deltas**2).sum(1)
        both = change[:, None] + change[None] + 2 * (all_deltas @ all_deltas.T)
        both[band[:, None] == band[None]] = np.inf
        i, j = (int(at) for at in np.unravel_index(int(np.argmin(both)), both.shape))
        lowest = min(float(both[i, j]), float(change.min()))
        if lowest > -IMPROVED - 1e-5 * cost:
            break
        chosen = [i, j] if both[i, j] <= change.min() else [int(np.argmin(change))]
        rows = np.concatenate(moves)
        for at in chosen:
            settings[band[at]] = rows[at]
            parts[band[at]] += all_deltas[at]
        cost += lowest
        changed = [int(band[at]) for at in chosen]
    return settings, cost


def _moves(band: Band, setting: Indices, far: bool = True) -> Indices:
    """Settings `(N, 4)` near one: one control moved by 1, 2, 4, … values (up to 4 without `far`), or two by 1 or 2."""
    kind, at = int(setting[0]), setting[1:]
    shown = max(kind, 0)
    shapes = band.logs[band.types[shown]]
    lengths = (len(band.frequency_hz), len(shapes), len(band.gain_db))
    moved = at + _offsets(lengths, far)
    moved = moved[((moved >= 0) & (moved < lengths)).all(1)]
    rows = [np.insert(moved, 0, shown, axis=1)]
    for other, name in enumerate(band.types):
        if other != kind:
            q = int(nearest(band.logs[name], shapes[min(at[1], len(shapes) - 1)]))
            rows.append(np.array([[other, at[0], q, at[2]]]))
    if band.off and kind != OFF:
        rows.append(np.array([[OFF, *at]]))
    return np.concatenate(rows)


@lru_cache(maxsize=64)
def _offsets(lengths: tuple[int, ...], far: bool) -> Indices:
    steps = [[sign << k for k in range(length.bit_length() if far else 3) for sign in (-1, 1)] for length in lengths]
    alone = [np.eye(3, dtype=int)[axis] * step for axis in range(3) for step in steps[axis] if lengths[axis] > 1]
    near = (-2, -1, 1, 2)
    pairs = [(i, j) for i, j in ((0, 1), (0, 2), (1, 2)) if lengths[i] > 1 and lengths[j] > 1]
    two = [np.eye(3, dtype=int)[i] * a + np.eye(3, dtype=int)[j] * b for i, j in pairs for a in near for b in near]
    return np.array([*alone, *two], np.int64).reshape(-1, 3)


class Coarse(NamedTuple):
    """Few sections of a band that lie far apart."""

    kinds: Indices  # (N,)
    log_frequency: Floats
    log_q: Floats
    vectors: Floats  # (N, P), of 6 dB
    norm: Floats  # (N,), the squared length of each


def _coarse_bands(grid: Grid) -> list[Coarse]:
    """That of each band; bands of one kind, such as those of a `count` in the profile, share it."""
    known: dict[tuple, Coarse] = {}
    for band in grid.device.bands:
        if (key := _key(band)) not in known:
            known[key] = _coarse(grid, band)
    return [known[_key(band)] for band in grid.device.bands]


def _key(band: Band) -> tuple:
    return band.types, id(band.frequency_hz), id(band.q), id(band.gain_db)


def _coarse(grid: Grid, band: Band) -> Coarse:
    kinds, frequencies, qs, vectors = [], [], [], []
    for i, kind in enumerate(band.types):
        f, q = (_spread(values, n) for values, n in zip((band.frequency_hz, band.q_of(kind)), COARSE, strict=True))
        f, q = (each.ravel() for each in np.meshgrid(f, q, indexing="ij"))
        kinds.append(np.full(len(f), i))
        frequencies.append(np.log(f))
        qs.append(np.log(q))
        vectors.append(grid.vectors(kind, f, q, np.full(len(f), JUMP_DB)))
    table, norm = np.concatenate(vectors), (np.concatenate(vectors) ** 2).sum(1) + 1e-12
    return Coarse(np.concatenate(kinds), np.concatenate(frequencies), np.concatenate(qs), table, norm)


def _spread(values: Floats, count: int) -> Floats:
    """At most `count` of the values, about equally far apart in log scale."""
    if len(values) <= count:
        return values
    wanted = np.linspace(np.log(values[0]), np.log(values[-1]), count)
    return values[np.unique(nearest(np.log(values), wanted))]


def _jumps(band: Band, coarse: Coarse, without: Floats) -> Indices:
    """The settings `(N, 4)` of few far sections that best fit what the other bands leave, with the best gain."""
    wanted = -(coarse.vectors @ without) / coarse.norm  # in units of `JUMP_DB`
    gain = np.clip(wanted, band.gain_db[0] / JUMP_DB, band.gain_db[-1] / JUMP_DB)
    best = np.argsort((gain**2 - 2 * gain * wanted) * coarse.norm)[:JUMPS]
    rows = [
        settings_near(
            band,
            int(coarse.kinds[i]),
            coarse.log_frequency[[i] * len(JUMP_SCALES)],
            coarse.log_q[[i] * len(JUMP_SCALES)],
            JUMP_DB * gain[i] * JUMP_SCALES,
        )
        for i in best
    ]
    return np.concatenate(rows)


def greedy(grid: Grid, target: Floats, settings: Indices, order: int = 1) -> Indices:
    """Sets one band after the other, from `settings`, to the far section that best fits what is left.

    Bands with a choice of few frequencies come last, or first where `order` is -1.
    """
    bands = grid.device.bands
    settings = settings.copy()
    error, jumps = -target, _coarse_bands(grid)
    for i in sorted(range(len(bands)), key=lambda i: -order * len(bands[i].frequency_hz)):
        rows = np.concatenate([_jumps(bands[i], jumps[i], error), settings[i][None]])
        vectors = grid.band_vectors(bands[i], rows)
        best = int(np.argmin(((vectors + error) ** 2).sum(1)))
        settings[i], error = rows[best], error + vectors[best]
    return settings
