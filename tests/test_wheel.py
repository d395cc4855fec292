"""The wheel alone, without the repository: the commands, the notebooks, and the examples of the public names."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aether_lab.commands import COMMANDS

ROOT = Path(__file__).parents[1]
EXAMPLES = """
import doctest, importlib, inspect, sys
import aether_lab
failed = tried = 0
for module in sorted({inspect.getmodule(getattr(aether_lab, name)).__name__ for name in aether_lab.__all__
                      if inspect.getmodule(getattr(aether_lab, name))}):
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    failed, tried = failed + result.failed, tried + result.attempted
print(failed, tried, aether_lab.__file__)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Runs a program of an environment that holds the wheel, in an empty folder; the dependencies are those of here."""
    home = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = home.glob("*.whl")
    venv.create(home / "env", with_pip=True)
    programs = home / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [programs / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    found = subprocess.run(
        [programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    # A path file brings the dependencies; those in the folder that it names, such as an editable install, are not read.
    (Path(found.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    folder = home / "work"
    folder.mkdir()

    def run(program, *arguments, status=0):
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environment["JAX_PLATFORMS"] = "cpu"
        done = subprocess.run(
            [programs / program, *map(str, arguments)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr[-3000:]
        return done.stdout

    run.folder = folder
    return run


@pytest.mark.slow
def test_the_program_says_what_it_can_do(installed):
    printed = installed("aether_lab", "--help")
    for command in COMMANDS:
        assert f"\n    {command} " in printed or f"\n    {command}\n" in printed


@pytest.mark.slow(seconds=20)
def test_its_commands_work_without_the_repository(installed):
    folder = installed.folder
    samples = np.random.default_rng(0).normal(size=4800) * np.exp(-np.arange(4800) / 300)
    soundfile.write(folder / "mine.wav", samples / np.abs(samples).max(), 48_000)
    installed("aether_lab", "page", "--model", "2d", "--out", "explorer.html")
    assert "aether-state" in (folder / "explorer.html").read_text()
    installed("aether_lab", "sweep", "--model", "2d", "--curves", "5", "--out", "sweep.html")
    assert (folder / "sweep.html").stat().st_size > 100_000
    assert "LSD" in installed("aether_lab", "recipe", "mine.wav", "--sections", "4", "--format", "equalizerapo")
    assert "Filter 4: ON PK" in (folder / "mine.txt").read_text()
    installed("aether_lab", "evaluate", "mine.wav", "--model", "2d", "--json", "errors.json")
    assert set(json.loads((folder / "errors.json").read_text())) == {"overall", "over_sources", "by_kind", "by_source"}


@pytest.mark.slow
def test_it_brings_the_notebooks(installed):
    assert "11 notebooks" in installed("aether_lab", "notebooks", "course")
    copied = sorted(path.name for path in (installed.folder / "course").glob("*.ipynb"))
    assert copied == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    installed("aether_lab", "notebooks", "course", status=2)  # the user's own work there is not replaced


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_the_examples_of_its_public_names_run(installed):
    failed, tried, where = installed("python", "-c", EXAMPLES).split()[-3:]
    assert int(failed) == 0 and int(tried) > 20 and str(ROOT) not in where
