"""Ctrl-C, SIGTERM and SIGHUP at every stage of a real command: one line, the right status, nothing left behind."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import product

import numpy as np
import pytest
import soundfile
from sampling import sampled, some

from aether_lab.signals.corpus_store import build_corpus

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to another process")
LINE = {
    signal.SIGINT: "interrupted; call corpus again to continue it, train with --resume",
    signal.SIGTERM: "terminated; call corpus again to continue it, train with --resume",
    signal.SIGHUP: "hung up; call corpus again to continue it, train with --resume",
}
SECONDS = 20  # to end, on a machine with other work; alone it takes up to 2 s


def responses(folder, count, samples=400):
    folder.mkdir()
    for i in range(count):
        noise = np.random.default_rng(i).normal(size=samples) * np.exp(-np.arange(samples) / 50)
        soundfile.write(folder / f"{i:04d}.wav", 0.1 * noise, 48_000)
    return folder


@pytest.fixture
def folder(tmp_path):
    return responses(tmp_path / "irs", 6)


started = []
HEEDING = ["env", "--default-signal=INT,TERM,HUP"] if sys.platform == "linux" else []
"""Tests may run in the background of a shell, where Ctrl-C is ignored, or under nohup."""


def start(*words):
    command = [*HEEDING, sys.executable, "-m", "aether_lab", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started.append(subprocess.Popen(command, **pipes, start_new_session=True))
    return started[-1]


@pytest.fixture(autouse=True)
def nothing_goes_on():
    yield
    while started:
        process = started.pop()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def training(folder, *more):
    words = ["--epochs", 5000, "--steps", 4, "--batch", 8, "--filters", 8, "--synthetic", 50]
    return start("train", folder, "--out", folder.parent / "m.safetensors", *words, *more)


def until(condition, process):
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


def handles_signals(pid):
    """Whether a process has a handler for SIGTERM, on Linux."""
    if sys.platform != "linux":
        time.sleep(0.15)
        return True
    with open(f"/proc/{pid}/status") as status:
        caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def ended(process, number, group=False):
    """What it printed after the signal, which must be one line."""
    (os.killpg if group else os.kill)(process.pid, number)
    output, errors = process.communicate(timeout=SECONDS)
    assert (errors, process.returncode) == (LINE[number] + "\n", 128 + number)
    return output


def running(session):
    """The processes of a session that have not ended."""
    listed = subprocess.run(["ps", "-e", "-o", "sess=,stat="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.split()[0] == str(session)]


def hidden(folder):
    return [path.name for path in folder.rglob(".*")]


@pytest.mark.parametrize("number", LINE)
@pytest.mark.parametrize("delay", some([0.15, 0.6], 0))
def test_a_signal_during_the_imports_ends_it_at_once(number, delay, folder):
    process = training(folder)
    until(lambda: handles_signals(process.pid), process)  # the interpreter itself takes a while on a busy machine
    time.sleep(delay - 0.15)
    ended(process, number)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["irs"]


@pytest.mark.slow
@pytest.mark.parametrize("number", LINE)
def test_a_signal_during_training_keeps_the_checkpoint_and_nothing_else(number, folder):
    process, checkpoint = training(folder), folder.parent / "m.safetensors.checkpoint"
    until(checkpoint.exists, process)
    ended(process, number)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["irs", checkpoint.name]


@pytest.mark.slow(seconds=20)
@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, sampled(6, 3)), (signal.SIGTERM, sampled(2, 1))])
def test_a_signal_at_any_moment_of_training_is_neither_swallowed_nor_a_traceback(number, times, folder):
    """At four moments; at eight where `AETHER_LAB_ALL_CASES` is set."""
    moments = random.Random(number)
    for _ in range(times):
        process = training(folder, "--restart")
        until(partial(handles_signals, process.pid), process)  # before that, Python itself is still starting
        time.sleep(moments.uniform(0, 8))
        ended(process, number)
        assert not hidden(folder.parent)


@pytest.mark.slow(seconds=15)
@pytest.mark.parametrize(("number", "group"), some([*product(LINE, [False, True])], 1, 2))
def test_a_signal_during_a_corpus_leaves_no_worker_and_the_journal(number, group, tmp_path):
    """To the builder alone, and to its whole group, as a terminal sends it: also while the workers still start."""
    folder = responses(tmp_path / "irs", 600, samples=20_000)
    for wait in (lambda: True, lambda: (tmp_path / "irs.corpus" / "journal.sqlite-wal").stat().st_size > 20_000):
        process = start("corpus", folder)
        until(lambda: (tmp_path / "irs.corpus" / "journal.sqlite-wal").exists(), process)
        until(wait, process)
        time.sleep(0.1)
        ended(process, number, group)
        deadline = time.monotonic() + SECONDS
        while running(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not running(process.pid) and not hidden(tmp_path)
    assert len(build_corpus(folder, progress=False)) == 600


@pytest.mark.slow
def test_a_second_signal_does_not_print_a_traceback(folder):
    process, checkpoint = training(folder), folder.parent / "m.safetensors.checkpoint"
    until(checkpoint.exists, process)
    for _ in range(5):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.01)
    assert ended(process, signal.SIGINT)


@pytest.mark.slow
@pytest.mark.parametrize("number", LINE)
def test_a_signal_that_python_discards_still_ends_the_command(number, tmp_path):
    """In a callback of a weak reference; what is open is deleted, the lock too."""
    code = (
        "import sys, time, weakref\n"
        "from aether_lab import interruption\n"
        "from aether_lab.signals.files import replacing\n"
        "from aether_lab.signals.locks import delete_leftovers, sole_writer\n"
        "def wait(_): print('open', flush=True); time.sleep(100)\n"
        "class Thing: pass\n"
        "def command():\n"
        "    with sole_writer('model'), replacing('model'):\n"
        "        thing = Thing(); alive = weakref.ref(thing, wait); del thing\n"
        "        while True: time.sleep(1)\n"
        "interruption.install()\n"
        "try: interruption.guard(command, clean=delete_leftovers)\n"
        "except KeyboardInterrupt: sys.exit(interruption.report())\n"
    )
    process = subprocess.Popen(
        [*HEEDING, sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "open\n"
    ended(process, number)
    assert not list(tmp_path.iterdir())


def test_a_signal_that_the_parent_has_it_ignore_stays_ignored(tmp_path):
    """As `nohup` and a background job of a shell script do."""
    code = "import os, signal; from aether_lab import interruption\n"
    code += "interruption.install(); os.kill(os.getpid(), signal.SIGHUP); print('on')"
    words = [sys.executable, "-c", f"import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); {RUN}", code]
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout == "on\n"


RUN = "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"


def test_help_and_unknown_commands_load_no_heavy_module():
    code = (
        "import sys; from aether_lab.__main__ import main\n"
        "try: main([sys.argv[1]])\n"
        "except SystemExit as end: print(end.code, {'numpy', 'jax'} & set(sys.modules))"
    )
    for word, told in (("--help", "0 set()"), ("tune", "2 set()")):
        done = subprocess.run([sys.executable, "-c", code, word], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == told
