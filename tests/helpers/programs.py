"""Programs that tests run where a machine has them. CI installs them all: there, absence is a failure."""

import os
import shutil

import pytest


def program(name: str) -> str:
    """Path of a program. Without it the test is skipped, or fails where `CI` is set."""
    return shutil.which(name) or not_tested(f"no program {name}")


def not_tested(reason: str):
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"NOT TESTED: {reason}")
