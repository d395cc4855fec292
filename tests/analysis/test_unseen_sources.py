"""The shipped spaces on sources that they never saw, beside PCA of the mix that they learned from."""

from pathlib import Path

import numpy as np
import pytest

from aether_lab.analysis.baseline import baseline_of
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus, read_folder, read_splits

MOST = {0: 1.9, 2: 1.55, 4: 1.3}
"""dB of `nested` over the sources, by the number of details."""

GAP = 0.12  # dB, how much the encoder mean may be worse than the refined point


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("nested")


@pytest.fixture(scope="module")
def measured(real_folder: Path) -> tuple[Corpus, Corpus]:
    """The train and test sources of both folders."""
    folders = real_folder, real_folder.parent / "wide" / "ir"
    if not folders[1].is_dir():
        pytest.skip(f"NOT TESTED on wide data: no folder {folders[1]}")
    corpus, splits = read_folder(*folders), read_splits(*folders)
    return corpus.where(splits["train"]), corpus.where(splits["test"])


def over_sources(errors: np.ndarray, corpus: Corpus) -> float:
    sources = np.array(corpus.sources)
    return float(np.mean([errors[sources == source].mean() for source in sorted(set(corpus.sources))]))


def reconstructed(space: FilterSpace, corpus: Corpus, **options) -> float:
    spectra, weights = corpus.spectra_db, corpus.weights
    parts = [slice(i, i + 64) for i in range(0, len(corpus), 64)]
    levels = np.concatenate([space.reconstruct(spectra[part], weights[part], **options) for part in parts])
    return over_sources(np.sqrt((weights * (levels - spectra) ** 2).sum(1)), corpus)


@pytest.mark.long
@pytest.mark.slow
def test_more_details_lower_the_error_and_four_numbers_beat_pca(space, measured):
    train, test = measured
    baseline = baseline_of(space.card, train, [f"pca{k}" for k in (4, 6, 8)])
    distances = baseline.distances(test.spectra_db, test.weights)
    pca = {stage: over_sources(errors, test) for stage, errors in distances.items()}
    for details, most in MOST.items():
        refined, mean = (reconstructed(space, test, details=details, refine=steps) for steps in (8, 0))
        assert refined <= most and refined <= mean <= refined + GAP
        assert refined < pca[f"pca{4 + details}"] - 0.15


@pytest.mark.long
@pytest.mark.slow
def test_the_default_beats_pca_and_its_encoder_is_close_to_the_refined_point(measured):
    train, test = measured
    space = FilterSpace.load("4d")
    spectra, weights = test.spectra_db, test.weights
    pca = over_sources(baseline_of(space.card, train, ["pca4"]).distances(spectra, weights)["pca4"], test)
    refined, mean = (reconstructed(space, test, refine=steps) for steps in (8, 0))
    assert refined <= mean <= refined + GAP
    assert mean < pca and refined < pca - 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4d", "2d", "nested"])
def test_codes_of_new_sources_lie_within_the_knobs(name, measured):
    _, test = measured
    space = FilterSpace.load(name)
    knobs = np.asarray(space.encode(test.spectra_db, weights=test.weights)[0])[:, : space.knobs]
    assert over_sources((np.abs(knobs) <= 2).all(1), test) >= 0.9


def test_details_of_zero_leave_the_curve_of_the_knobs(space):
    z = [0.5, -1.0, 0.3, 1.2]
    np.testing.assert_allclose(space.response_db(z, "cabinet"), space.response_db([*z, 0, 0, 0, 0], "cabinet"))
