"""The linear start of a network of kinds, beside principal components of each kind."""

import dataclasses

import numpy as np
import pytest

from aether_lab.analysis.baseline import Baseline
from aether_lab.analysis.linear_start import linear_start, linear_teacher
from aether_lab.model.objective import EVALUATION_HZ, EVALUATION_WEIGHTS
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.training import train
from aether_lab.signals.spectrum import lsd
from aether_lab.signals.synthetic import synthetic_responses

SETTINGS = ModelSettings(4, details=2, kinds=("room", "cabinet", "microphone"), gain_limit_db=60)
FAMILIES = ("rooms", "cabinets", "microphones")
BRIEF = Training(epochs=1, steps_per_epoch=2, batch_size=8, augment=0, uniformity=0)


@pytest.fixture(scope="module")
def corpus():
    return synthetic_responses(600, families=FAMILIES).corpus()


@pytest.fixture(scope="module")
def teacher(corpus):
    return linear_teacher(SETTINGS, corpus)


@pytest.fixture(scope="module")
def start(teacher):
    return linear_start(SETTINGS, teacher)


def distance(space, corpus, details):
    levels = np.asarray(space.reconstruct(corpus.spectra_db, corpus.weights, details, refine=0))
    return float(np.sqrt((corpus.weights * (levels - corpus.spectra_db) ** 2).sum(1)).mean())


def test_it_is_nearly_as_close_as_pca_of_each_kind(start, corpus):
    unseen = synthetic_responses(120, seed=1, families=FAMILIES).corpus()
    baseline = Baseline.fit(corpus, stages=("kinds_pca2", "kinds_pca4"))
    pca = {stage: errors.mean() for stage, errors in baseline.distances(unseen.spectra_db).items()}
    assert distance(start, unseen, 0) < pca["kinds_pca2"] + 0.4
    assert distance(start, unseen, 2) < min(pca["kinds_pca4"] + 0.4, distance(start, unseen, 0))


def test_codes_of_each_kind_have_mean_0_and_deviation_1(start, corpus):
    kinds = np.array(corpus.kinds)
    for kind in SETTINGS.kinds:
        z = np.asarray(start.encode(corpus.spectra_db[kinds == kind], kind=kind)[0])[:, :4]
        np.testing.assert_allclose(z.mean(0), 0, atol=1e-3)
        np.testing.assert_allclose(z.std(0), 1, atol=1e-3)


def test_a_step_of_a_knob_moves_the_curve_alike_everywhere(start):
    """Straight lines: uniform traversals, but for what a bank cannot do."""
    along = np.asarray(start.response_db(np.linspace(-1, 1, 9)[:, None] * [1, 0, 0, 0], "cabinet"))
    steps = np.linalg.norm(np.diff(along, axis=0), axis=1)
    assert steps.std() < 0.1 * steps.mean()


def test_a_kind_with_few_spectra_has_the_components_of_all(corpus):
    few = [*np.flatnonzero(np.array(corpus.kinds) != "room"), *np.flatnonzero(np.array(corpus.kinds) == "room")[:4]]
    start = linear_start(SETTINGS, linear_teacher(SETTINGS, corpus.at(few)))
    mean = np.asarray(start.response_db(np.zeros(4), "room"))
    overall = corpus.at(few).spectra_db.mean(0)
    weights = corpus.weights[0]
    assert np.sqrt((weights * (mean - (weights * mean).sum() - overall + (weights * overall).sum()) ** 2).sum()) < 0.5


@pytest.mark.parametrize(
    ("settings", "count", "message"),
    [
        (ModelSettings(4), 600, "the settings have no kinds"),
        (SETTINGS, 4, "4 spectra; 4 components need more"),
    ],
)
def test_what_has_no_linear_start_is_refused(settings, count, message, corpus):
    with pytest.raises(ValueError, match=message):
        linear_teacher(settings, corpus.at(np.arange(count)))


def test_what_a_network_learns_stays_near_its_teacher(start, teacher, corpus):
    """In the corners of the cube too, where no spectrum is."""
    brief = Training(epochs=1, steps_per_epoch=400, batch_size=16, learning_rate=3e-3, augment=0, uniformity=0)
    corners = 2.0 * np.array(list(np.ndindex(2, 2, 2, 2))) - 1

    def off(space):
        return np.mean([_distance_from(teacher, space, corners, kind) for kind in SETTINGS.kinds])

    alone = train(corpus, SETTINGS, brief, start=start, progress=False).space
    taught = train(corpus, SETTINGS, brief, start=start, teacher=teacher, progress=False)
    assert off(taught.space) < 0.7 * min(off(alone), off(start))
    assert taught.history[-1]["teaching"] > 0


def _distance_from(teacher, space, z, kind):
    curves = np.asarray(teacher.curve_db(z, np.eye(len(SETTINGS.kinds))[[SETTINGS.kinds.index(kind)] * len(z)]))
    return lsd(np.asarray(space.decode(z, kind).response_db(EVALUATION_HZ)), curves, EVALUATION_WEIGHTS).mean()


def test_training_begins_there(start, teacher, corpus, tmp_path):
    begun = train(corpus, SETTINGS, BRIEF, start=start, progress=False)
    untrained = train(corpus, SETTINGS, BRIEF, progress=False)
    assert begun.history[0]["distance"] < 0.7 * untrained.history[0]["distance"]
    with pytest.raises(ValueError, match="start has other settings than the model"):
        train(corpus, dataclasses.replace(SETTINGS, details=1), BRIEF, start=start, progress=False)
    with pytest.raises(ValueError, match="teacher has 3 kinds and 4 numbers, the model 2 and 4"):
        train(corpus, dataclasses.replace(SETTINGS, kinds=("room", "cabinet")), BRIEF, teacher=teacher, progress=False)
    path = tmp_path / "run.checkpoint"
    train(corpus, SETTINGS, BRIEF, start=start, checkpoint=path, progress=False)
    with pytest.raises(ValueError, match="another corpus"):
        train(corpus, SETTINGS, BRIEF, checkpoint=path, resume=True, progress=False)
