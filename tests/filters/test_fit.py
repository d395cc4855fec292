from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from aether_lab.filters.fit import fit_recipe, residual
from aether_lab.filters.least_squares import solve
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.objective import EVALUATION_HZ, EVALUATION_WEIGHTS, at_evaluation_hz, smoothed_lsd
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import read_folder
from aether_lab.signals.spectrum import FREQUENCIES, erb_weights, lsd
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")


@pytest.fixture(scope="module")
def responses():
    return synthetic_responses(24, seed=2).corpus()


def test_the_evaluation_grid_covers_the_band_and_the_octave_below():
    ramp = np.log2(np.maximum(FREQUENCIES, 1))[None].astype(np.float32)
    np.testing.assert_allclose(at_evaluation_hz(ramp)[0], np.log2(EVALUATION_HZ), atol=1e-5)
    assert EVALUATION_HZ[0] == FREQUENCIES[1] and 19_900 < EVALUATION_HZ[-1] <= 20_000
    np.testing.assert_allclose(EVALUATION_WEIGHTS.sum(), 1)
    assert 0.003 < EVALUATION_WEIGHTS[EVALUATION_HZ < 100].sum() < 0.01  # a tenth of the ERB weight


@pytest.mark.slow
@pytest.mark.parametrize("settings", [ModelSettings(), Sections()])
def test_a_fit_has_no_peak_between_the_lowest_bins(responses, settings):
    between = np.geomspace(FREQUENCIES[1], FREQUENCIES[20], 200)
    fit = fit_recipe if isinstance(settings, Sections) else fit_bank
    fitted = np.asarray(fit(responses.spectra_db, settings, starts=2).response_db(between))
    line = [np.interp(np.log(between), np.log(FREQUENCIES[1:]), each[1:]) for each in responses.spectra_db]
    assert np.median(np.abs(fitted - line).max(-1)) < 2


def test_the_smoothed_distance_of_a_recipe_from_itself_is_small():
    space = FilterSpace.untrained(seed=3, num_filters=12)
    recipe = space.decode(np.ones((2, 4)))
    exact = np.asarray(recipe.response_db(), np.float32)
    assert np.all(smoothed_lsd(recipe, exact) < 0.3)


@pytest.mark.slow
def test_a_direct_fit_recovers_the_response_of_a_decoder():
    space = FilterSpace.untrained(seed=3, num_filters=12)
    target = np.asarray(space.response_db(np.random.default_rng(0).normal(size=(3, 4))))
    assert np.all(lsd(np.asarray(fit_bank(target, space.settings).response_db()), target) < 0.3)


@pytest.mark.long
@pytest.mark.slow
def test_alternating_polarity_and_the_log_map_reduce_the_error(responses):
    target = responses.spectra_db[:8]
    fitted = {
        (polarity, fmap): lsd(
            np.asarray(fit_bank(target, ModelSettings(polarity=polarity, frequency_map=fmap), starts=2).response_db()),
            target,
        ).mean()
        for polarity in ("positive", "alternating")
        for fmap in ("linear", "log")
    }
    assert fitted["alternating", "log"] < 0.5 * fitted["alternating", "linear"]
    assert fitted["alternating", "log"] < 0.3 * fitted["positive", "linear"]


def test_refining_recovers_z_and_is_never_worse():
    space = FilterSpace.untrained(seed=1)
    z = np.random.default_rng(1).normal(size=(4, 4))
    target = np.asarray(space.response_db(z))
    start = lsd(np.asarray(space.response_db(0.3 * z)), target)
    refined = space.refine(target, 0.3 * z)
    assert np.all(lsd(np.asarray(space.response_db(refined)), target) < 0.5 * start)
    refined = space.refine(target, z, steps=5)  # from the answer
    assert np.all(lsd(np.asarray(space.response_db(refined)), target) < 1e-3)


GRID_HZ = np.geomspace(20, 20_000, 300)
TILTED = {"frequency_hz": [60, 150, 700, 2e3, 6e3, 9e3], "q": [0.7, 4, 1, 6, 2, 0.7], "gain_db": [7, -9, 4, 8, -6, -12]}
TILTED |= {"shelves": True, "preamp_db": -3.0}
PEAKS = {"frequency_hz": [90, 400, 1500, 7e3], "q": [1, 5, 2, 0.8], "gain_db": [12, -7, 5, -10]}


@pytest.mark.slow
@pytest.mark.parametrize("values", [TILTED, PEAKS])
def test_a_cascade_is_recovered_from_its_response(values):
    """With its level, which is its preamp; within 0.01 dB everywhere."""
    bank = Recipe.of(**values)
    fitted = fit_recipe(
        bank.response_db(GRID_HZ), Sections(bank.n_sections, shelves=bank.shelves), frequency_hz=GRID_HZ
    )
    np.testing.assert_allclose(fitted.response_db(GRID_HZ), bank.response_db(GRID_HZ), atol=0.01)
    assert fitted.kinds == bank.kinds
    np.testing.assert_allclose(fitted.frequency_hz, bank.frequency_hz, rtol=0.02)
    np.testing.assert_allclose(fitted.preamp_db, values.get("preamp_db", 0.0), atol=0.1)


@pytest.mark.long
@pytest.mark.slow
def test_ten_peaks_have_a_smaller_error_than_five(responses):
    five, ten = (np.asarray(fit_recipe(responses.spectra_db[:4], Sections(n)).response_db()) for n in (5, 10))
    assert lsd(ten, responses.spectra_db[:4]).mean() < 0.7 * lsd(five, responses.spectra_db[:4]).mean()


@pytest.mark.slow
def test_every_section_is_within_its_ranges(responses):
    limits = Sections(
        6, shelves=True, frequency_range_hz=(200.0, 5000.0), q_range=(0.5, 2.0), gain_range_db=(-4.0, 3.0)
    )
    fitted = fit_recipe(responses.spectra_db[:4], limits)
    ranges = (limits.frequency_range_hz, limits.gain_range_db, limits.q_range)
    for value, (low, high) in zip((fitted.frequency_hz, fitted.gain_db, fitted.q), ranges, strict=True):
        assert np.all(value >= low - 1e-3) and np.all(value <= high + 1e-3)
    np.testing.assert_allclose(np.asarray(fitted.q)[:, [0, -1]], 0.5**0.5, rtol=1e-6)
    assert np.all(np.diff(fitted.frequency_hz[:, 1:-1]) >= 0)


FREE = {"gain_range_db": (-24.0, 24.0), "q_range": (0.1, 10.0), "preamp_range_db": (-60.0, 60.0), "nyquist_share": 1.0}


def change_at_96_khz(recipe):
    """Root mean square change in dB `(B,)` of the same Hz, Q and dB at 96 kHz."""
    moved = replace(recipe, sample_rate=96_000.0)
    return lsd(np.asarray(moved.response_db()), np.asarray(recipe.response_db()), erb_weights(20, 20_000))


@pytest.fixture(scope="module")
def steep():
    """Spectra with up to 40 dB less at both ends, as of cabinets and microphones."""
    spectra = synthetic_responses(16, seed=7).corpus().spectra_db
    octaves = np.log2(np.maximum(FREQUENCIES, 20))
    slopes = 12 * np.minimum(octaves - np.log2(200), 0) - 30 * np.maximum(octaves - np.log2(8000), 0)
    return (spectra + slopes).astype(np.float32)


@pytest.fixture(scope="module")
def limited_and_free(steep):
    return fit_recipe(steep, Sections(10)), fit_recipe(steep, Sections(10, **FREE))


@pytest.mark.slow
def test_a_list_is_by_default_within_what_equalisers_offer(steep, limited_and_free):
    """Regression: a list had a preamp of -28.9 dB, gains of 24 dB and a Q of 0.1."""
    limited, free = limited_and_free
    mean = steep @ erb_weights(20, 20_000)
    assert np.abs(limited.gain_db).max() < 18.001 and limited.q.min() > 0.2499 and limited.q.max() < 10.001
    assert limited.frequency_hz.max() < 18_001 and np.abs(limited.preamp_db - mean).max() < 20
    assert np.abs(free.gain_db).max() > 18.5 and free.q.min() < 0.2 and free.frequency_hz.max() > 19_000
    errors = [lsd(np.asarray(each.response_db()), steep, erb_weights(20, 20_000)).mean() for each in (limited, free)]
    assert errors[0] < errors[1] + 0.35 and errors[1] < 0.8, errors


@pytest.mark.slow
def test_a_list_changes_less_at_another_rate(real_folder):
    """Regression: a section of 19.4 kHz, Q 0.34 and -24 dB moved the whole response."""
    sources = "rooms/bbc_listening_room", "microphones/micirp", "cabinets/guitarix_builtin"
    spectra = read_folder(*(real_folder / each for each in sources)).spectra_db
    spectra = spectra[np.linspace(0, len(spectra) - 1, 48).astype(int)]
    change = change_at_96_khz(fit_recipe(spectra, Sections(10), band_hz=(20.0, 20_000.0)))
    assert change.mean() < 2.4 and change.max() < 6, (change.mean(), change.max())


def test_centres_stay_below_a_share_of_nyquist_unless_asked_otherwise():
    assert Sections(sample_rate=44_100.0).centre_range_hz == (20.0, 16_537.5)
    assert Sections(sample_rate=96_000.0).centre_range_hz == (20.0, 20_000.0)
    assert Sections(frequency_range_hz=(12_000.0, 20_000.0)).centre_range_hz == (12_000.0, 20_000.0)
    assert Sections(topology="parallel").centre_range_hz == (20.0, 20_000.0)


@pytest.mark.slow
def test_a_preamp_is_limited_around_the_level_of_the_target():
    bell = np.asarray(Recipe.of([1000], [1], [6]).response_db(GRID_HZ)) - 70
    fitted = fit_recipe(bell, Sections(1), frequency_hz=GRID_HZ)
    np.testing.assert_allclose(fitted.response_db(GRID_HZ), bell, atol=0.01)
    held = fit_recipe(bell, Sections(1, preamp_range_db=(2.0, 3.0)), frequency_hz=GRID_HZ)
    assert -69 < float(held.preamp_db) < -65.5


def test_levels_outside_of_the_band_or_with_weight_0_are_ignored(responses):
    target = responses.spectra_db[0]
    outside = (FREQUENCIES < 300) | (FREQUENCIES > 4000)
    other = np.where(outside, 20 * np.sin(FREQUENCIES), target)
    fitted = [fit_recipe(each, Sections(5), band_hz=(500.0, 3500.0)).response_db() for each in (target, other)]
    np.testing.assert_allclose(*fitted, atol=1e-4)
    weights = np.where(outside, 0.0, 1.0)
    fitted = [fit_recipe(each, Sections(5), weights=weights).response_db() for each in (target, other)]
    np.testing.assert_allclose(np.asarray(fitted)[0, ~outside], np.asarray(fitted)[1, ~outside], atol=1e-3)


@pytest.mark.slow
def test_a_fit_to_a_narrow_band_has_a_smaller_error_there(responses):
    target, inside = responses.spectra_db[:4], erb_weights(500.0, 2000.0)
    whole, band = (
        np.asarray(fit_recipe(target, Sections(5), band_hz=b).response_db()) for b in (None, (500.0, 2000.0))
    )
    assert lsd(band, target, inside).mean() < 0.3 * lsd(whole, target, inside).mean()


def test_the_fit_of_a_target_does_not_depend_on_the_batch(responses):
    target = responses.spectra_db[:4]
    together = fit_recipe(target, Sections(5))
    alone = [lsd(np.asarray(fit_recipe(each, Sections(5)).response_db()), each) for each in target]
    np.testing.assert_allclose(lsd(np.asarray(together.response_db()), target), alone, rtol=0.05)
    shaped = fit_recipe(target[:, None], Sections(5))
    assert shaped.frequency_hz.shape == (4, 1, 5) and shaped.preamp_db.shape == (4, 1)


def test_equal_seeds_give_equal_recipes(responses):
    first, again, other = (fit_recipe(responses.spectra_db[:4], Sections(5), seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.frequency_hz, again.frequency_hz)
    assert np.abs(first.response_db() - other.response_db()).max() > 1e-3


@pytest.mark.parametrize("polarity", ["positive", "alternating"])
def test_a_fit_is_never_worse_than_the_recipe_it_starts_from(polarity):
    bank = {"topology": "parallel", "polarity": polarity}
    start = Recipe.of(np.geomspace(90, 9000, 6), 1.5, [3, -2, 5, 0, 2, -3], **bank)
    target = np.asarray(start.response_db(GRID_HZ))
    fitted = fit_recipe(target, Sections(6, **bank), steps=4, starts=1, frequency_hz=GRID_HZ, start=start)
    np.testing.assert_allclose(fitted.response_db(GRID_HZ), target, atol=1e-3)
    assert fitted.preamp_db is None and fitted.polarity == polarity


@pytest.mark.slow
def test_dense_targets_are_averaged_before_they_are_fitted():
    """Ten thousand levels with 3 dB of noise are fitted like the curve below them."""
    frequency_hz = np.linspace(1, 20_000, 10_000)
    bank = Recipe.of([120, 1500, 7e3], [1, 2, 1], [8, -9, 6])
    noisy = np.asarray(bank.response_db(frequency_hz)) + np.random.default_rng(0).normal(0, 3, frequency_hz.size)
    fitted = fit_recipe(noisy, Sections(3), frequency_hz=frequency_hz, band_hz=(100.0, 20_000.0))
    assert np.abs(fitted.response_db(GRID_HZ) - bank.response_db(GRID_HZ))[GRID_HZ > 100].max() < 1.5


@pytest.mark.slow
def test_a_latent_point_in_series_with_the_residual_equals_the_target():
    space = FilterSpace.load("4d")
    decoded = space.decode(np.array([[0.3, -0.5, 0.8, 0.1], [-1.0, 0.4, 0.2, -0.6]]))
    target = np.asarray(decoded.response_db(GRID_HZ)) + np.asarray(Recipe.of(**TILTED).response_db(GRID_HZ))
    left = residual(decoded, target, Sections(6, shelves=True), frequency_hz=GRID_HZ)
    np.testing.assert_allclose(decoded.response_db(GRID_HZ) + left.response_db(GRID_HZ), target, atol=0.01)


@pytest.mark.slow
def test_the_residual_reduces_the_error_of_the_encoded_point(responses):
    space = FilterSpace.load("4d")
    target = responses.spectra_db[:4]
    decoded = space.decode(space.encode(target)[0])
    series = np.asarray(decoded.response_db() + residual(decoded, target, Sections(10)).response_db())
    assert lsd(series, target).mean() < 0.4 * lsd(np.asarray(decoded.response_db()), target).mean()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"topology": "series"}, "topology is 'series'; allowed are parallel, cascade"),
        ({"polarity": "both"}, "polarity is 'both'"),
        ({"topology": "parallel", "shelves": True}, "shelves are allowed in a cascade"),
        ({"n_sections": 1, "shelves": True}, "n_sections is 1; it must be at least 2"),
        ({"n_sections": 0}, "n_sections is 0; it must be at least 1"),
        ({"frequency_range_hz": (20.0, 30e3)}, "frequency_range_hz is 20 to 30000; it must rise within 2.4 to 23988"),
        ({"q_range": (2.0, 1.0)}, "q_range is 2 to 1; it must rise within 0.025 to 1000"),
        ({"gain_range_db": (-np.inf, 6.0)}, "gain_range_db is -inf to 6"),
        ({"preamp_range_db": (3.0, -3.0)}, "preamp_range_db is 3 to -3; it must rise within -120 to 120"),
        ({"nyquist_share": 0.0}, "nyquist_share is 0.0; it must be above 0 and at most 1"),
        ({"sample_rate": 0.0}, "sample_rate is 0.0"),
    ],
)
def test_invalid_sections_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Sections(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frequency_hz": GRID_HZ[::-1]}, "frequency_hz must be .* rising"),
        ({"frequency_hz": GRID_HZ[:-1]}, r"a target must be 299 finite values in dB, not of shape \(300,\)"),
        ({"frequency_hz": GRID_HZ, "weights": -np.ones(300)}, "weights must be 300 finite numbers >= 0"),
        (
            {"frequency_hz": GRID_HZ, "band_hz": (20_001.0, 22_000.0)},
            "band_hz is 20001 to 22000 Hz; it must contain at least two",
        ),
        ({"frequency_hz": GRID_HZ, "steps": 0}, "steps are 0 and starts 8; both must be at least 1"),
        (
            {"frequency_hz": GRID_HZ, "start": Recipe(*[np.ones(6)] * 3, "cascade", shelves=True)},
            "start is cascade .* of 6 sections, shelves True, .* it must match Sections",
        ),
    ],
)
def test_invalid_targets_and_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        fit_recipe(np.zeros(300), Sections(6), **options)


def test_a_parallel_residual_is_refused():
    with pytest.raises(ValueError, match="topology of spec is 'parallel'; a residual must be a cascade"):
        residual(Recipe.of(**PEAKS), np.zeros(513), Sections(topology="parallel"))


def test_a_large_batch_is_fitted_in_pieces_with_a_progress_bar(responses, monkeypatch, capfd):
    whole = fit_recipe(responses.spectra_db[:4], Sections(5))
    monkeypatch.setattr("aether_lab.filters.fit.MEMORY", 8 * 15 * 250)  # one curve at a time
    pieces = fit_recipe(responses.spectra_db[:4], Sections(5), progress=True)
    assert abs(lsd(np.asarray(pieces.response_db()), np.asarray(whole.response_db())).max()) < 0.5
    assert "4/4" in capfd.readouterr().err


def test_a_target_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="spectrum of 513 finite dB values"):
        fit_recipe(np.zeros(512))


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [{}, {"shelves": True}, {"topology": "parallel"}], ids=["peaks", "shelves", "parallel"]
)
def test_sections_left_free_of_a_capacity_change_no_fit(responses, kind):
    """The same starts and steps, but for rounding: over 20 targets the mean distance is within 1 %."""
    spectra = responses.spectra_db[:20]
    distances = [
        lsd(np.asarray(fit_recipe(spectra, Sections(3, **kind), **options).response_db()), spectra).mean()
        for options in ({}, {"capacity": 8})
    ]
    assert distances[1] <= 1.01 * distances[0]


def test_one_compiled_fit_serves_every_number_of_sections_up_to_its_capacity():
    target = Recipe.of([120, 900, 5000], 1.0, [6, -9, 5]).response_db(GRID_HZ)
    fit = partial(fit_recipe, target, frequency_hz=GRID_HZ, capacity=4)
    rough, compiled = fit(Sections(1)), solve._cache_size()
    fine = fit(Sections(3))
    assert solve._cache_size() == compiled
    assert (rough.n_sections, fine.n_sections) == (1, 3)
    np.testing.assert_allclose(fine.response_db(GRID_HZ), target, atol=0.01)
    again = fit(Sections(3), start=fine, steps=1)
    np.testing.assert_allclose(again.response_db(GRID_HZ), target, atol=0.01)  # it begins at the given sections
    with pytest.raises(ValueError, match="capacity is 4; it must be at least the 5 sections"):
        fit(Sections(5))


def test_another_number_of_sections_is_not_compiled_again():
    target = Recipe.of([120, 900, 5000], 1.0, [6, -9, 5]).response_db(GRID_HZ)
    fit_recipe(target, Sections(4), frequency_hz=GRID_HZ)
    compiled = solve._cache_size()
    fitted = fit_recipe(target, Sections(3), frequency_hz=GRID_HZ)
    assert solve._cache_size() == compiled and fitted.n_sections == 3
    np.testing.assert_allclose(fitted.response_db(GRID_HZ), target, atol=0.01)
