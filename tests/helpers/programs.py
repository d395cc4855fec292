"""Programs and packages that tests run where a machine has them. CI installs them all: there, absence is a failure."""

import importlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def program(name: str) -> str:
    """Path of a program. Without it the test is skipped, or fails where `CI` is set."""
    return shutil.which(name) or not_tested(f"no program {name}")


def package(name: str) -> ModuleType:
    """An optional package. Without it the test is skipped, or fails where `CI` is set."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return not_tested(f"no package {name}")


def play(node: list[str], script: str, job: dict[str, Any]) -> str:
    """What a script of `tests/front`, run in Node, makes of a job."""
    path = Path(__file__).parents[1] / "front" / script
    done = subprocess.run([*node, str(path)], input=json.dumps(job), capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


def not_tested(reason: str):
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"NOT TESTED: {reason}")
