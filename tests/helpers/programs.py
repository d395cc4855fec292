"""Programs and packages that tests run where a machine has them. CI installs them all: there, absence is a failure."""

import importlib
import os
import shutil
from types import ModuleType

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


def not_tested(reason: str):
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"NOT TESTED: {reason}")
