"""The examples in docstrings run, and every public name has one."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import aether_lab

PACKAGE = Path(aether_lab.__file__).parent
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__main__.py"
]
TRAINING = {"aether_lab.analysis.beta", "aether_lab.analysis.finish"}  # half a minute each
VALUES = {"FREQUENCIES", "plots"}  # an array and a folder: no docstring of their own to hold an example
NAMES = [name for name in aether_lab.__all__ if name not in VALUES]


def examples(module):
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module), module)
    return [test for test in found if test.examples]


@pytest.mark.slow
@pytest.mark.usefixtures("float32")
@pytest.mark.parametrize(
    "module",
    [
        pytest.param(module, marks=[pytest.mark.long] * (module in TRAINING))
        for module in MODULES
        if ">>>" in inspect.getsource(importlib.import_module(module))
    ],
)
def test_the_examples_of_a_module_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for test in examples(module):
        report = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
        assert not report, "".join(report)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_an_example(name):
    public = getattr(aether_lab, name)
    module = inspect.getmodule(public).__name__
    assert any(test.name == f"{module}.{public.__name__}" for test in examples(module)), f"{name} has no example"


def test_a_star_import_brings_every_public_name():
    space = {}
    exec("from aether_lab import *", space)
    assert set(aether_lab.__all__) <= set(space) and callable(space["export"])


@pytest.mark.parametrize("name", NAMES)
def test_no_signature_prints_the_values_of_an_array(name):
    assert len(str(inspect.signature(getattr(aether_lab, name)))) < 1500 and "array(" not in str(
        inspect.signature(getattr(aether_lab, name))
    )
