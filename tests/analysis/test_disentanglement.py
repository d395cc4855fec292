import numpy as np
import pytest
from scipy.stats import ortho_group

from aether_lab.analysis.alignment import alignment, varimax
from aether_lab.analysis.codes import compare, factor_codes, pca_codes
from aether_lab.analysis.disentanglement import BINS, SCORES, disentanglement, mutual_information
from aether_lab.model.space import FilterSpace
from aether_lab.signals.known_factors import KNOWN, known_factors, known_responses
from aether_lab.signals.spectrum import WEIGHTS


@pytest.fixture(scope="module")
def factors():
    """Five independent ones, one of them uniform, one skewed."""
    drawn = np.random.default_rng(0).normal(size=(2000, 5))
    drawn[:, 1] = np.random.default_rng(1).uniform(size=2000)
    drawn[:, 2] = np.exp(drawn[:, 2] / 2)
    return drawn


@pytest.fixture(scope="module")
def responses():
    return known_responses(2000, seed=3)


def rotated(codes, degrees):
    """Neighbouring dimensions, rotated in pairs."""
    angle, standard = np.radians(degrees), (codes - codes.mean(0)) / codes.std(0)
    turned = standard.copy()
    for j in range(0, codes.shape[1] - 1, 2):
        pair = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turned[:, j : j + 2] = standard[:, j : j + 2] @ pair
    return turned


def test_the_factors_themselves_score_one_and_four_of_five_the_ceiling(factors):
    whole = disentanglement(factors, factors)
    assert whole["ceiling"] == 1
    np.testing.assert_allclose([whole[name] for name in SCORES], 1, atol=0.01)
    part = disentanglement(factors[:, :4], factors)
    assert part["ceiling"] == 0.8
    np.testing.assert_allclose([part[name] for name in ("mig", "sap", "completeness")], 0.8, atol=0.01)
    assert part["disentanglement"] == pytest.approx(1, abs=0.01)


def test_an_independent_code_scores_zero(factors):
    """Raw counts of 2,000 responses in 16 by 16 bins would show 2 % of information between any two columns."""
    for seed in range(5):
        noise = np.random.default_rng(100 + seed).normal(size=(2000, 4))
        scores = disentanglement(noise, factors)
        assert max(scores[name] for name in SCORES) < 0.01
        assert np.mean(scores["information"]) < 0.005


def test_rotating_an_aligned_code_lowers_every_score_but_informativeness(factors):
    before = disentanglement(factors[:, :4], factors)
    half, full = (disentanglement(rotated(factors[:, :4], degrees), factors) for degrees in (20, 45))
    for name in ("mig", "sap", "disentanglement", "completeness"):
        assert before[name] > 1.1 * half[name] > 1.1 * full[name]
    assert full["mig"] < 0.05 and full["sap"] < 0.05
    assert full["informativeness"] > 0.97 * before["informativeness"]


def test_scores_are_invariant_to_order_sign_shift_and_scale(factors):
    code = rotated(factors[:, :4], 20) + 0.3 * np.random.default_rng(5).normal(size=(2000, 4))
    before = disentanglement(code, factors)
    after = disentanglement(code[:, [2, 0, 3, 1]] * [-3, 0.01, 200, -1] + [5, 0, -80, 1], factors)
    for name in SCORES:
        assert after[name] == pytest.approx(before[name], abs=0.01)
    monotone = disentanglement(np.exp(code), factors)
    assert monotone["mig"] == pytest.approx(before["mig"], abs=1e-6)  # MIG depends on the order only


@pytest.mark.parametrize("correlation", [0.3, 0.6, 0.9])
def test_mutual_information_of_gaussians_is_the_closed_form(correlation):
    """I = -1/2 ln(1 - r²) nats; bins can only lose some."""
    x, y = np.random.default_rng(7).normal(size=(2, 20_000, 1))
    found = mutual_information(x, correlation * x + np.sqrt(1 - correlation**2) * y)[0, 0] * np.log(BINS)
    assert found == pytest.approx(-0.5 * np.log(1 - correlation**2), rel=0.08, abs=0.003)


def test_a_constant_dimension_has_no_importance(factors):
    scores = disentanglement(np.c_[factors[:, :2], np.zeros(2000)], factors)
    assert scores["mig"] == pytest.approx(0.4, abs=0.01) and not np.any(scores["importance"][2])


def test_known_factors_are_independent_of_each_other_and_of_the_family(responses):
    factors = known_factors(responses)
    family = np.unique(responses.family, return_inverse=True)[1][:, None]
    information = mutual_information(np.c_[factors, family], factors)
    np.fill_diagonal(information[:5], 0)
    assert factors.shape == (2000, len(KNOWN)) and information.max() < 0.015


def test_each_known_factor_shows_in_the_spectrum(responses):
    """A straight line from each factor alone explains 1.5 to 5 dB (rms over responses) of the spectrum."""
    factors, spectra = known_factors(responses), responses.spectra_db.astype(float)
    standard = (factors - factors.mean(0)) / factors.std(0)
    moved = np.linalg.lstsq(standard, spectra - spectra.mean(0), rcond=None)[0]
    assert np.all((np.sqrt(moved**2 @ WEIGHTS) > 1.5) & (np.sqrt(moved**2 @ WEIGHTS) < 5))


@pytest.mark.slow
def test_other_variation_hides_the_known_factors():
    mig = []
    for others in (0, 1):
        responses, learned = known_responses(1500, 1, others), known_responses(1500, 2, others)
        code = factor_codes(responses.spectra_db, learned.spectra_db, known_factors(learned), 5)
        mig.append(disentanglement(code, known_factors(responses))["mig"])
    assert mig[0] > 0.75 and mig[1] < 0.5 * mig[0]


def test_varimax_undoes_a_rotation():
    """Loadings with one column per row, turned: the rotation back is a permutation with signs."""
    simple = np.kron(np.eye(3), np.ones((5, 1))) * np.linspace(0.5, 1.5, 15)[:, None]
    hidden = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    back = hidden @ varimax(simple @ hidden)
    np.testing.assert_allclose(np.sort(np.abs(back)), np.sort(np.eye(3)), atol=1e-3)
    np.testing.assert_allclose(back @ back.T, np.eye(3), atol=1e-12)


def test_pca_codes_are_uncorrelated_with_unit_deviation_and_varimax_only_rotates_them(responses):
    plain, turned = (pca_codes(responses.spectra_db, 4, rotated=r) for r in (False, True))
    for code in (plain, turned):
        np.testing.assert_allclose(np.cov(code.T, ddof=0), np.eye(4), atol=1e-9)
    rotation = plain.T @ turned / len(plain)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(4), atol=1e-9)
    assert np.abs(rotation).max() < 0.999


@pytest.mark.slow
@pytest.mark.usefixtures("float32")
def test_a_space_is_compared_with_reference_codes():
    table = compare({name: FilterSpace.load(name) for name in ("4d", "2d")}, n=1500, seeds=range(2))
    bounds = [f"{code}{z}" for z in (2, 4) for code in ("pca", "varimax", "read", "truth")]
    assert list(table) == ["4d", "2d", *bounds] and set(table["4d"]) == set(SCORES)
    mig = {name: scores["mig"]["mean"] for name, scores in table.items()}
    assert mig["varimax4"] > mig["pca4"]
    assert mig["read4"] > 2 * max(mig["2d"], mig["pca4"], mig["varimax4"])
    assert mig["4d"] > mig["read4"]  # the space that learned with the factors
    assert mig["truth4"] == pytest.approx(0.8, abs=0.01) and mig["truth2"] == pytest.approx(0.4, abs=0.01)


def test_invalid_codes_and_factors_raise(factors):
    with pytest.raises(
        ValueError, match=r"codes have shape \(2000,\), factors \(2000, 5\); expected \(N, Z\) and \(N, K\)"
    ):
        disentanglement(factors[:, 0], factors)
    with pytest.raises(ValueError, match=r"500 responses; .* needs at least 1024"):
        disentanglement(factors[:500], factors[:500])
    with pytest.raises(ValueError, match="some codes are not finite"):
        disentanglement(np.full((2000, 2), np.nan), factors)
    with pytest.raises(ValueError, match=r"factors \[5\] are constant"):
        disentanglement(factors, np.c_[factors, np.ones(2000)])
    with pytest.raises(ValueError, match="others is 2; allowed is 0 to 1"):
        known_responses(10, others=2)


@pytest.mark.slow
@pytest.mark.usefixtures("float32")
def test_alignment_undoes_a_rotation(responses):
    """The aligned axes do not depend on the trained ones: each covaries with a factor and raises the level."""
    space = FilterSpace.load("4d")
    hidden = ortho_group.rvs(4, size=12, random_state=0)
    first, second = (s.rotated(alignment(s)) for s in (space, space.rotated(hidden[0])))
    codes = [np.asarray(s.encode(responses.spectra_db)[0]) for s in (first, second)]
    np.testing.assert_allclose(*codes, atol=0.02)
    factors = known_factors(responses)
    seen = disentanglement(codes[1], factors)
    blind = [disentanglement(space.rotated(axes).encode(responses.spectra_db)[0], factors) for axes in hidden]
    for score in ("mig", "sap"):
        assert seen[score] > 1.5 * np.mean([each[score] for each in blind])
    assert seen["informativeness"] == pytest.approx(blind[0]["informativeness"], abs=0.01)
