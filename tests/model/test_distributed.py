"""Training by several processes on one machine, each with a CPU of its own, as a command."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from sampling import sampled, some
from servers import free_port

from aether_lab.__main__ import main
from aether_lab.model import distributed
from aether_lab.model.space import FilterSpace

pytestmark = pytest.mark.usefixtures("float32")
TINY = ["--epochs", 2, "--steps", 3, "--batch", 8, "--synthetic", 20, "--latent", 1, "--filters", 4]


@pytest.fixture
def folder(tmp_path):
    for name, count in (("irs", 4), ("fewer", 3)):
        (tmp_path / name).mkdir()
        for i in range(count):
            noise = np.random.default_rng(i).normal(size=300) * np.exp(-np.arange(300) / 50)
            soundfile.write(tmp_path / name / f"{i}.wav", 0.1 * noise, 48_000)
    return tmp_path / "irs"


def together(*commands, environment):
    """The processes of some commands, which know of each other by flags or by the environment."""
    address = f"localhost:{free_port()}"
    for k, words in enumerate(commands):
        named = {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": str(len(commands)), "JAX_PROCESS_ID": str(k)}
        flags = ["--distributed", "--coordinator", address, "--num-processes", len(commands), "--process-id", k]
        yield subprocess.Popen(
            [sys.executable, "-m", "aether_lab", *map(str, words), *([] if environment else map(str, flags))],
            env={**os.environ, "JAX_PLATFORMS": "cpu", **(named if environment else {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.mark.slow(seconds=30)
@pytest.mark.parametrize("environment", some([False, True], 0))
def test_two_processes_train_the_model_of_one_and_the_first_writes_it(environment, folder, monkeypatch):
    alone, out = folder.parent / "alone.safetensors", folder.parent / "m.safetensors"
    assert main([*map(str, ["train", folder, "--out", alone, *TINY])]) == 0
    words = ["train", folder, "--out", out, *TINY]
    first, second = list(together(words, words, environment=environment))
    printed, _ = first.communicate(timeout=500)
    assert (first.returncode, second.wait(timeout=100)) == (0, 0)
    quiet, _ = second.communicate()
    assert f"{out}: distance" in printed and str(out) not in quiet and "spectra of" not in quiet
    one, two = FilterSpace.load(alone), FilterSpace.load(out)
    assert two.card["training_distance"] == pytest.approx(one.card["training_distance"], rel=1e-3)
    np.testing.assert_allclose(two.response_db(np.zeros(1)), one.response_db(np.zeros(1)), atol=0.02)
    names = ["alone.md", "alone.safetensors", "fewer", "irs", "m.md", "m.safetensors"]
    assert sorted(path.name for path in folder.parent.iterdir()) == names


@pytest.mark.slow(seconds=30)
@pytest.mark.parametrize(
    ("other", "messages"),
    [
        ("nowhere", ("error: process 1 of 2 failed; it says why", "nowhere: no such folder")),
        ("fewer", ("the 2 processes have different corpora", "the 2 processes have different corpora")),
    ][: sampled(2, 1)],
)
def test_what_one_process_refuses_ends_all(other, messages, folder):
    commands = [
        ["train", each, "--out", folder.parent / "m.safetensors", *TINY] for each in (folder, folder.parent / other)
    ]
    for process, message in zip(list(together(*commands, environment=False)), messages, strict=True):
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 2 and message in errors
    assert sorted(path.name for path in folder.parent.iterdir()) == ["fewer", "irs"]


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_a_killed_process_does_not_keep_the_other_waiting_for_ever(folder):
    words = ["train", folder, "--out", folder.parent / "m.safetensors", *TINY, "--epochs", 5000]
    first, second = list(together(words, words, environment=False))
    while not (folder.parent / "m.safetensors.checkpoint").exists():
        assert first.poll() is None, first.communicate()
        time.sleep(0.02)
    second.kill()
    first.communicate(timeout=200)
    second.communicate()
    assert first.returncode != 0


def test_incomplete_addresses_are_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("JAX_NUM_PROCESSES", "two")
    assert main(["train", ".", "--out", str(tmp_path / "m.safetensors"), "--distributed"]) == 2
    assert "error: JAX_NUM_PROCESSES=two: a whole number is needed" in capsys.readouterr().err
    assert not distributed.is_requested()
    monkeypatch.setenv("JAX_COORDINATOR_ADDRESS", "localhost:1")
    assert distributed.is_requested()


def test_a_part_of_one_process_fails_as_it_would_alone():
    with pytest.raises(json.JSONDecodeError), distributed.together():
        json.loads("{")
