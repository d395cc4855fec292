import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from jax.test_util import check_grads

from aether_lab.filters import biquad, time_varying

GRID = np.linspace(0, 1, 513)
SECTION_CASES = json.loads((Path(__file__).parents[1] / "reference" / "section_cases.json").read_text())


def sections(n=12, seed=0):
    rng = np.random.default_rng(seed)
    return np.geomspace(0.002, 0.98, n), rng.uniform(0.3, 12, n), rng.uniform(-15, 15, n)


def scipy_response(sos, parallel):
    with np.errstate(divide="ignore"):
        each = np.array([scipy.signal.freqz_sos(row[None], np.pi * GRID)[1] for row in sos])
    return each.sum(0) if parallel else each.prod(0)


def test_band_pass_is_1_at_its_centre_and_0_at_dc_and_nyquist():
    real, imag = biquad.bandpass_response(np.array([0.25]), np.array([3.0]), np.array([0.0, 0.25, 1.0]))
    np.testing.assert_allclose(real[0], [0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(imag[0], 0, atol=1e-15)


def test_band_pass_falls_by_3_db_at_the_edges_of_its_bandwidth():
    # Half-power points of 1/(1 + j Q (u - 1/u)): u = ±1/(2Q) + sqrt(1 + 1/(4Q²)), on the tan(w/2) scale.
    q, centre = 2.0, 0.3
    u = np.array([-1, 1]) / (2 * q) + np.sqrt(1 + 1 / (4 * q * q))
    edges = 2 / np.pi * np.arctan(u * np.tan(np.pi * centre / 2))
    real, imag = biquad.bandpass_response(np.array([centre]), np.array([q]), edges)
    np.testing.assert_allclose(10 * np.log10(real[0] ** 2 + imag[0] ** 2), -10 * np.log10(2), atol=1e-12)


def test_parallel_bank_agrees_with_freqz_in_magnitude_and_phase():
    f, q, g = sections()
    c = (-1.0) ** np.arange(len(f)) * 10 ** (g / 20)
    real, imag = biquad.parallel_response(f, q, c, GRID)
    reference = scipy_response(biquad.bandpass_sos(f, q, c), parallel=True)
    np.testing.assert_allclose(real + 1j * imag, reference, atol=1e-11)


def test_cascade_agrees_with_freqz():
    f, q, g = sections()
    reference = 20 * np.log10(np.abs(scipy_response(biquad.peaking_sos(f, q, g), parallel=False)))
    np.testing.assert_allclose(biquad.peaking_db(f, q, g, GRID).sum(0), reference, atol=1e-9)


@pytest.mark.parametrize(
    ("respond", "rows"), [(biquad.low_shelf_db, biquad.low_shelf_sos), (biquad.high_shelf_db, biquad.high_shelf_sos)]
)
def test_shelves_agree_with_freqz_also_at_dc_and_nyquist(respond, rows):
    f, _, g = sections()
    reference = np.array([20 * np.log10(np.abs(scipy.signal.freqz_sos(r[None], np.pi * GRID)[1])) for r in rows(f, g)])
    np.testing.assert_allclose(respond(f, g, GRID), reference, atol=1e-9)
    assert np.all(np.abs([np.roots(row[3:]) for row in rows(f, g)]) < 1)


def test_a_shelf_has_its_gain_at_one_end_half_of_it_at_its_corner_and_0_db_at_the_other():
    at = np.array([0.0, 0.2, 1.0])
    np.testing.assert_allclose(biquad.low_shelf_db(at[1:2], np.array([-9.0]), at)[0], [-9, -4.5, 0], atol=1e-12)
    np.testing.assert_allclose(biquad.high_shelf_db(at[1:2], np.array([-9.0]), at)[0], [0, -4.5, -9], atol=1e-12)


def test_a_shelf_never_overshoots():
    for gain in (-24.0, 24.0):
        slope = np.diff(biquad.low_shelf_db(np.array([0.1]), np.array([gain]), GRID)[0])
        assert np.all(slope * np.sign(gain) <= 1e-12)


@pytest.mark.usefixtures("float32")
def test_shelves_agree_with_freqz_to_a_thousandth_of_a_decibel_in_single_precision():
    f, g = np.array([1e-4, 0.002, 0.1, 0.98, 0.9995]), np.array([24.0, -24.0, 6.0, -12.0, 20.0])
    reference = 20 * np.log10(np.abs(scipy_response(biquad.low_shelf_sos(f, g), parallel=False)))
    level = biquad.low_shelf_db(*(jnp.asarray(a, jnp.float32) for a in (f, g, GRID))).sum(0)
    assert level.dtype == jnp.float32
    np.testing.assert_allclose(level, reference, atol=1e-3)


@pytest.mark.usefixtures("float32")
def test_single_precision_agrees_with_freqz_to_a_thousandth_of_a_decibel():
    f, q, g = sections(32)
    c = 10 ** (g / 20)
    single = [jnp.asarray(a, jnp.float32) for a in (f, q, c, GRID)]
    reference = scipy_response(biquad.bandpass_sos(f, q, c), parallel=True)[1:-1]
    level = biquad.power_db(*biquad.parallel_response(*single))[1:-1]
    assert level.dtype == jnp.float32
    np.testing.assert_allclose(level, 20 * np.log10(np.abs(reference)), atol=1e-3)


def test_peaking_reaches_its_gain_at_its_centre_and_mirrors_when_the_gain_is_negated():
    boost, cut = (biquad.peaking_db(np.array([0.2]), np.array([4.0]), np.array([g]), GRID) for g in (9.0, -9.0))
    at_centre = biquad.peaking_db(np.array([0.2]), np.array([4.0]), np.array([9.0]), np.array([0.2]))
    np.testing.assert_allclose(at_centre, 9.0, atol=1e-12)
    np.testing.assert_allclose(boost, -cut, atol=1e-12)
    np.testing.assert_allclose(boost[0, [0, -1]], 0, atol=1e-12)


def test_positive_neighbours_cancel_between_their_centres_and_alternating_ones_add():
    f, q, middle = np.array([0.1, 0.2]), np.array([12.0, 12.0]), np.array([np.sqrt(0.02)])
    one = biquad.power_db(*biquad.parallel_response(f[:1], q[:1], np.ones(1), middle))
    same = biquad.power_db(*biquad.parallel_response(f, q, np.array([1.0, 1.0]), middle))
    opposite = biquad.power_db(*biquad.parallel_response(f, q, np.array([1.0, -1.0]), middle))
    assert same < one - 10
    assert opposite > one + 5


@pytest.mark.parametrize("frequency", [-1.0, 0.0, 1e-9, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("q", [0.0, 0.1, 1e6, np.inf])
def test_every_section_is_stable_and_finite_for_any_input(frequency, q):
    f, q, g = np.array([frequency]), np.array([q]), np.array([20.0])
    shelves = biquad.low_shelf_sos(f, g, q), biquad.high_shelf_sos(f, g, q)
    for sos in (biquad.bandpass_sos(f, q, 10.0), biquad.peaking_sos(f, q, g), *shelves):
        assert np.all(np.isfinite(sos))
        assert np.all(np.abs(np.roots(sos[0, 3:])) < 1)
    assert np.all(np.isfinite(biquad.power_db(*biquad.parallel_response(f, q, np.array([10.0]), GRID))))
    assert np.all(np.isfinite(biquad.sections_db(("lowshelf",), f, q, g, GRID)))
    assert np.all(np.isfinite(biquad.peaking_db(f, q, g, GRID)))


@pytest.mark.parametrize("case", SECTION_CASES, ids=lambda case: f"{case['type']}, Q {case['Q']}")
def test_a_section_of_any_type_and_q_responds_as_the_cookbook_filtered_by_scipy(case):
    parameters = [np.array([each]) for each in (case["frequency"] / 24e3, case["Q"], case["gain"])]
    at = np.array(case["hertz"]) / 24e3
    level = biquad.sections_db((case["type"],), *parameters, at)[0]
    rows = biquad.sections_sos((case["type"],), *parameters)
    np.testing.assert_allclose(level, case["response_db"], atol=1e-6)
    np.testing.assert_allclose(20 * np.log10(np.abs(scipy.signal.freqz_sos(rows, np.pi * at)[1])), level, atol=1e-6)


@pytest.mark.slow
def test_gradients_of_both_responses_are_right():
    f, q, g = jnp.array([0.1, 0.3, 0.5, 0.7]), jnp.array([0.5, 1.0, 2.0, 1.5]), jnp.array([3.0, -2.0, 1.0, 4.0])
    grid = GRID[16:-16:16]
    check_grads(lambda f, q, c: biquad.power_db(*biquad.parallel_response(f, q, c, grid)), (f, q, g), 1)
    check_grads(lambda f, q, g: biquad.peaking_db(f, q, g, grid).sum(-2), (f, q, g), 1)
    check_grads(lambda f, q, g: biquad.cascade_db(f, q, g, grid, shelves=True).sum(-2), (f, q, g), 1)


def test_gradients_are_finite_at_the_ends_of_every_range_and_for_a_silent_bank():
    f, q = jnp.array([0.0, 1e-4, 0.9995, 1.0]), jnp.array([0.0, 0.025, 1000.0, 1e6])

    def total(f, q, c):
        each = (biquad.power_db(*biquad.parallel_response(f, q, c, GRID)), biquad.peaking_db(f, q, c, GRID))
        return sum(x.sum() for x in (*each, biquad.cascade_db(f, q, c, GRID, shelves=True)))

    for c in (jnp.zeros(4), jnp.full(4, 10.0)):
        assert all(np.isfinite(gradient).all() for gradient in jax.grad(total, (0, 1, 2))(f, q, c))


@pytest.mark.parametrize("n", [1, 127, 128, 1001])
def test_a_time_invariant_bank_filters_as_sosfilt(n):
    f, q, g = sections(6)
    x = np.random.default_rng(1).standard_normal(n)
    row = [a[None] for a in (f, q, g)]
    c = 10 ** (g / 20)
    expected = sum(scipy.signal.sosfilt(sos[None], x) for sos in biquad.bandpass_sos(f, q, c))
    np.testing.assert_allclose(
        time_varying.filter_parallel(jnp.asarray(x), row[0], row[1], c[None]), expected, atol=1e-10
    )
    expected = scipy.signal.sosfilt(biquad.peaking_sos(f, q, g), x)
    np.testing.assert_allclose(time_varying.filter_cascade(jnp.asarray(x), *row), expected, atol=1e-9)


@pytest.mark.parametrize("run", [time_varying.filter_parallel, time_varying.filter_cascade])
def test_a_time_varying_bank_follows_the_spline_of_its_rows_and_is_widened_where_it_rises_fast(run):
    """Against the same recursion as a loop over samples."""
    rng = np.random.default_rng(2)
    hop, n, s = 16, 5, 3
    f, q, c = rng.uniform(0.05, 0.9, (n, s)), rng.uniform(0.5, 8, (n, s)), rng.uniform(-2, 2, (n, s))
    x = rng.standard_normal(n * hop)
    g, k = np.tan(np.pi / 2 * f), 1 / q
    if run is time_varying.filter_parallel:
        mix = c * k
    else:
        a = 10 ** (c / 40)
        k = k / a
        mix = k * (a * a - 1)
    rise = np.log(g[1:] / g[:-1])
    assert (rise > time_varying.RISE).any()
    k[1:] += time_varying.RELEASE * np.maximum(rise - time_varying.RISE, 0) / (hop * g[1:])
    y, state = np.zeros(n * hop), np.zeros((2, s))
    for t in range(n * hop):
        at, u = np.array([-2, -1, 0]) + t // hop, (t % hop + 1) / hop
        weights = np.array([(1 - u) ** 2, 1 + 2 * u - 2 * u * u, u * u]) / 2  # of a quadratic B-spline
        gt, kt, mt = (weights @ p[np.maximum(at, 0)] for p in (g, k, mix))
        u = x[t]
        for i in range(s):
            v1 = (state[0, i] + gt[i] * (mt[i] * u - state[1, i])) / (1 + gt[i] * (gt[i] + kt[i]))
            v2 = state[1, i] + gt[i] * v1
            state[:, i] = 2 * v1 - state[0, i], 2 * v2 - state[1, i]
            if run is time_varying.filter_parallel:
                y[t] += v1
            else:
                u = u + v1
        if run is time_varying.filter_cascade:
            y[t] = u
    np.testing.assert_allclose(run(jnp.asarray(x), f, q, c, hop=hop), y, atol=1e-11)


@pytest.mark.parametrize("run", [time_varying.filter_parallel, time_varying.filter_cascade])
def test_a_time_varying_bank_sounds_the_same_however_many_blocks_are_filtered_side_by_side(run, monkeypatch):
    rng = np.random.default_rng(3)
    f, q, c = rng.uniform(0.05, 0.9, (7, 3)), rng.uniform(0.5, 8, (7, 3)), rng.uniform(-2, 2, (7, 3))
    x = jnp.asarray(rng.standard_normal(7 * 16 - 5))
    expected = run(x, f, q, c, hop=16)
    for lanes in (1, 2, 9):  # one, or two or three blocks of the bank, the last of a tile perhaps missing
        monkeypatch.setattr(time_varying, "LANES", lanes)
        jax.clear_caches()
        np.testing.assert_allclose(run(x, f, q, c, hop=16), expected, atol=1e-12)


@pytest.mark.parametrize("sections", [1, 2, 5])
def test_the_shares_of_a_parallel_bank_add_up_to_it(sections):
    rng = np.random.default_rng(5)
    f, q, c = (rng.uniform(*ends, (7, sections)) for ends in ((0.05, 0.9), (0.5, 8), (-2, 2)))
    x = jnp.asarray(rng.standard_normal(7 * 16 - 5))
    y = time_varying.filter_parallel_in_shares(x, f, q, c, hop=16)
    np.testing.assert_allclose(y, time_varying.filter_parallel(x, f, q, c, hop=16), atol=1e-12)


@pytest.mark.parametrize("cut", [16, 48])
def test_a_time_varying_bank_continues_from_the_state_of_the_piece_before(cut, monkeypatch):
    monkeypatch.setattr(time_varying, "LANES", 6)  # two blocks side by side; of the odd pieces one is missing
    jax.clear_caches()
    rng = np.random.default_rng(4)
    rows = rng.uniform(0.05, 0.9, (7, 3)), rng.uniform(0.5, 8, (7, 3)), rng.uniform(-2, 2, (7, 3))
    x, at = jnp.asarray(rng.standard_normal(7 * 16)), cut // 16
    for whole, resume in (
        (time_varying.filter_parallel, time_varying.resume_parallel),
        (time_varying.filter_cascade, time_varying.resume_cascade),
    ):
        state, first = resume(None, x[:cut], *(each[:at] for each in rows), hop=16)
        second = resume(state, x[cut:], *(each[at:] for each in rows), hop=16)[1]
        np.testing.assert_allclose(np.concatenate([first, second]), whole(x, *rows, hop=16), atol=1e-12)


def test_a_spline_has_no_corner_and_no_overshoot_and_reaches_equal_rows():
    rows = jnp.asarray([[0.0], [0.0], [0.0], [1.0], [-0.3], [0.1], [0.1], [0.1], [0.1]])
    path = np.asarray(time_varying.spline(rows, 128)).ravel()
    assert path.min() >= -0.3 and path.max() <= 1
    assert np.abs(np.diff(path, 2)).max() < 3 / 128**2  # a corner of this path has 1 / 128
    np.testing.assert_array_equal(path[-128:], 0.1)


def test_a_narrow_section_that_rises_fast_does_not_sweep_its_ringing_up():
    n, rate = 128 * 40, 48_000
    log_hz = np.interp(np.arange(40), [20, 25], np.log([1000, 16_000]))
    x = np.where(np.arange(n) < 20 * 128, np.sin(2 * np.pi * 1000 / rate * np.arange(n)), 0)
    y = time_varying.filter_parallel(
        jnp.asarray(x), np.exp(log_hz)[:, None] / (rate / 2), np.full((40, 1), 50.0), np.ones((40, 1))
    )
    assert np.abs(y[19 * 128 : 20 * 128]).max() > 0.5
    assert np.abs(y[26 * 128 :]).max() < 1e-4


def test_a_bank_with_random_parameters_stays_bounded():
    rng = np.random.default_rng(3)
    n, s, hop = 1000, 4, 16
    f, q = rng.uniform(0, 1, (n, s)), 10 ** rng.uniform(-1, 2, (n, s))
    y = time_varying.filter_parallel(jnp.asarray(rng.uniform(-1, 1, n * hop)), f, q, np.ones((n, s)), hop=hop)
    assert np.abs(y).max() < 10 * s


@pytest.mark.parametrize("resume", [time_varying.resume_parallel, time_varying.resume_cascade])
def test_filtering_in_pieces_equals_filtering_at_once(resume):
    rng = np.random.default_rng(4)
    f, q, c = (jnp.asarray(rng.uniform(*ends, (6, 3))) for ends in ((0.05, 0.9), (0.5, 8), (-2, 2)))
    x = jnp.asarray(rng.standard_normal(6 * 16))
    _, whole = resume(None, x, f, q, c, hop=16)
    state, first = resume(None, x[:64], f[:4], q[:4], c[:4], hop=16)
    _, second = resume(state, x[64:], f[4:], q[4:], c[4:], hop=16)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, atol=1e-14)
