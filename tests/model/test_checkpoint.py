"""Damaged checkpoints are refused whole."""

import dataclasses
import json
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from aether_lab.model.checkpoint import load_checkpoint, save_checkpoint
from aether_lab.model.run import Run, State, Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace

MODEL, TRAINING = ModelSettings(latent_dim=2, num_filters=8), Training(epochs=3, steps_per_epoch=4)
ENTRY = {"step": 4, "distance": 6.0, "kl": 3.0}


def fresh() -> Run:
    variables = FilterSpace.untrained(0, **dataclasses.asdict(MODEL)).variables
    return Run(MODEL, TRAINING, State(variables, TRAINING.optimizer.init(variables), jnp.zeros((), jnp.int32)))


@pytest.fixture
def checkpoint(tmp_path):
    """The checkpoint of a run after one of three epochs."""
    run = fresh()
    run.state = jax.tree.map(lambda leaf: leaf + 4 if leaf.dtype.kind == "i" else leaf, run.state)
    run.history = [ENTRY]
    path = tmp_path / "run.checkpoint"
    save_checkpoint(path, run, "corpus")
    return path


def rewrite(path, header=None, arrays=lambda stored: stored):
    with safetensors.safe_open(path, "numpy") as file:
        known = {**file.metadata(), **(header or {})}
        stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    path.write_bytes(safetensors.numpy.save(arrays(stored), {k: v for k, v in known.items() if v is not None}))


def changed(part, change):
    """Changes the first array whose name contains `part`."""

    def change_one(stored):
        key = next(key for key in stored if part in key)
        return {**stored, key: np.asarray(change(stored[key]))}

    return change_one


def test_a_whole_checkpoint_is_read(checkpoint):
    run = load_checkpoint(checkpoint, fresh(), "corpus")
    assert run.history == [ENTRY] and int(run.state.step) == 4


def test_a_run_of_more_steps_than_sixteen_bits_hold_is_read(checkpoint):
    rewrite(checkpoint, arrays=changed("count", lambda a: a * 0 + 70_000))
    with pytest.raises(ValueError, match="its steps are not the 4 of its history"):  # it is refused for nothing else
        load_checkpoint(checkpoint, fresh(), "corpus")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (changed("['mu']['bias']", lambda a: a[:-1]), r"expected \(2,\)"),
        (changed("mu", lambda a: a.astype(np.float64)), "is of type F64; expected F32"),
        (changed("step", lambda a: a.astype(np.int64)), "is of type I64; expected I32"),
        (changed("mu", lambda a: a * np.nan), "not finite"),
        (changed("decoder_2", lambda a: a + np.float32(1e30)), "not finite or beyond ±65504"),
        (changed(".nu", lambda a: a + np.inf), "not finite"),
        (changed("step", lambda a: a + 1), "its steps are not the 4 of its history"),
        (changed("count", lambda a: a * 0), "its steps are not the 4 of its history"),
        (lambda stored: dict(list(stored.items())[1:]), "is missing"),
        (lambda stored: {**stored, "more": np.zeros(2)}, "'more' is .*; expected none"),
        (lambda stored: {}, "is missing"),
    ],
)
def test_other_arrays_are_refused(arrays, words, checkpoint):
    rewrite(checkpoint, arrays=arrays)
    with pytest.raises(ValueError, match=rf"^{checkpoint}: .*{words}"):
        load_checkpoint(checkpoint, fresh(), "corpus")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"history": None}, "not JSON"),
        ({"history": "[" * 100_000}, "nested too deeply"),
        ({"history": "{}"}, "must have 1 to 3 epochs"),
        ({"history": "[]"}, "must have 1 to 3 epochs"),
        ({"history": json.dumps([ENTRY] * 4)}, "must have 1 to 3 epochs"),
        ({"history": "[3]"}, "epoch 1 of its history has no loss terms"),
        ({"history": json.dumps([{"step": 4}])}, "epoch 1 of its history has no loss terms"),
        ({"history": json.dumps([{**ENTRY, "kl": "3"}])}, "epoch 1 of its history has no loss terms"),
        ({"history": json.dumps([{**ENTRY, "kl": float("nan")}])}, "NaN is not a number of JSON"),
        ({"history": json.dumps([{**ENTRY, "step": 5}])}, "epoch 1 of its history has a wrong step"),
        ({"history": json.dumps([ENTRY, {**ENTRY, "step": 8}])}, "its steps are not the 8 of its history"),
        ({"model": None}, "checkpoint of another model: none"),
        ({"corpus": "another"}, "checkpoint of another corpus: another; expected corpus"),
    ],
)
def test_another_header_is_refused(header, words, checkpoint):
    rewrite(checkpoint, header)
    with pytest.raises(ValueError, match=rf"^{checkpoint}: .*{words}"):
        load_checkpoint(checkpoint, fresh(), "corpus")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_a_checkpoint_is_a_regular_file_of_the_size_of_its_arrays(checkpoint):
    os.truncate(checkpoint, 1 << 40)
    with pytest.raises(ValueError, match=rf"^{checkpoint}: 1,099,511,627,776 bytes; at most"):
        load_checkpoint(checkpoint, fresh(), "corpus")
    checkpoint.unlink()
    os.mkfifo(checkpoint)
    with pytest.raises(ValueError, match=rf"^{checkpoint}: a (pipe|device|folder), not a file"):
        load_checkpoint(checkpoint, fresh(), "corpus")
