"""`make bench` is no part of the tests. Here a row that would break unseen is run once, without its peer."""

import runpy
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from aether_lab.model.space import FilterSpace
from aether_lab.signals.synthetic import synthetic_responses

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return runpy.run_path(str(BENCHMARKS))


def test_the_training_step_that_is_timed_is_that_of_training(benchmarks, monkeypatch):
    import training_step

    states = []
    monkeypatch.setattr(training_step, "SCANNED", 1)
    monkeypatch.setattr(training_step, "median_seconds", lambda work: states.append(work()) or 1.0)
    corpus = synthetic_responses(training_step.TRAINING.batch_size, seed=0).corpus()
    training_step._ours(FilterSpace.untrained(latent_dim=4), corpus, training_step.TRAINING)
    (state,) = states
    assert state.step == 1 and all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.variables))


def test_a_row_that_fails_stops_no_other_and_is_reported(benchmarks, monkeypatch, tmp_path, capsys):
    def broken():
        raise ZeroDivisionError("no time at all")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["benchmarks"])
    rows = {"first": broken, "second": lambda: (1.0, 2.0, "ms", "of a test")}
    monkeypatch.setitem(benchmarks["main"].__globals__, "ROWS", rows)
    with pytest.raises(SystemExit, match="1"):
        benchmarks["main"]()
    printed = capsys.readouterr().out
    assert "FAILED: ZeroDivisionError: no time at all" in printed and "ratio   2.00  of a test" in printed
    assert (tmp_path / "build" / "bench.json").exists()
