import json

import numpy as np
import pytest

from aether_lab.analysis.prior import nearest_db, prior_match
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.spectrum import BAND, erb_weights, lsd
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")


@pytest.fixture(scope="module")
def corpus():
    return synthetic_responses(12, seed=4).corpus()


def test_the_nearest_of_another_source_is_found_where_both_were_measured(corpus):
    bands = np.array([BAND, (200.0, 8000.0), (100.0, 6000.0)])[np.arange(12) % 3]
    partly = Corpus(corpus.spectra_db, corpus.names, corpus.sources, bands_hz=bands)
    found = nearest_db(partly, partly)
    for i in (0, 1, 5):
        expected = []
        for j in range(12):
            weights = erb_weights(max(bands[i][0], bands[j][0]), min(bands[i][1], bands[j][1]))
            difference = corpus.spectra_db[i].astype(float) - corpus.spectra_db[j]
            if corpus.sources[i] != corpus.sources[j]:
                expected.append(lsd(difference - difference @ weights, np.zeros(513), weights))
        assert found[i] == pytest.approx(min(expected), rel=1e-6)


def test_bands_without_a_common_octave_are_not_compared(corpus):
    bands = np.array([(100.0, 1000.0), (2000.0, 20_000.0)])
    apart = Corpus(corpus.spectra_db[:2], corpus.names[:2], corpus.sources[:2], bands_hz=bands)
    assert np.isinf(nearest_db(apart, apart)).all()


def test_codes_and_draws_of_a_calibrated_space_match_the_prior(corpus):
    space = FilterSpace.untrained(latent_dim=2, num_filters=4).calibrated(corpus)
    found = prior_match(space, corpus, draws=50)
    np.testing.assert_allclose(found["codes"]["mean"], 0, atol=1e-3)
    np.testing.assert_allclose(found["codes"]["deviation"], 1, atol=1e-3)
    codes = np.asarray(space.encode(corpus.spectra_db)[0])
    assert found["codes"]["inside"] == pytest.approx((np.abs(codes) <= 2).all(-1).mean())
    measured = nearest_db(corpus, corpus)
    assert found["nearest_db"]["measured"]["mean"] == pytest.approx(measured.mean())
    assert json.loads(json.dumps(found)) == prior_match(space, corpus, draws=50)


def test_every_source_weighs_the_same_and_draws_may_lie_near_other_spectra(corpus):
    space = FilterSpace.untrained(latent_dim=2, num_filters=4)
    uneven = Corpus(corpus.spectra_db, corpus.names, ("a",) * 10 + ("b",) * 2)
    codes, found = np.asarray(space.encode(corpus.spectra_db)[0], float), prior_match(space, uneven, draws=20)
    np.testing.assert_allclose(found["codes"]["mean"], (codes[:10].mean(0) + codes[10:].mean(0)) / 2, atol=1e-5)
    drawn = Corpus(
        np.asarray(space.response_db(np.random.default_rng(0).standard_normal((20, 2)))), ("",) * 20, ("c",) * 20
    )
    near = prior_match(space, uneven, drawn, draws=20)
    assert near["nearest_db"]["draws"]["mean"] < 0.01 < found["nearest_db"]["draws"]["mean"]


def test_a_space_with_kinds_and_details_is_drawn_in_the_kinds_of_the_corpus(corpus):
    space = FilterSpace.untrained(latent_dim=4, details=2, kinds=("room", "ear"), num_filters=4)
    found = prior_match(space, corpus, draws=20)
    assert len(found["codes"]["mean"]) == 2 and np.isfinite(found["nearest_db"]["draws"]["median"])


def test_nothing_to_draw_or_to_compare_is_refused(corpus):
    space = FilterSpace.untrained(latent_dim=2, num_filters=4)
    with pytest.raises(ValueError, match="draws is 0"):
        prior_match(space, corpus, draws=0)
    with pytest.raises(ValueError, match="spectra of one source"):
        prior_match(space, corpus.where(corpus.sources[0]))
