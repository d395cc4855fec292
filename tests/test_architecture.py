"""Facts about the package as a whole: what it imports, and what it costs to import."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import aether_lab

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "aether_lab"
# What a folder may import: those to its left in
# signals ← filters ← {formats, model, plots} ← audio ← {instrument, analysis} ← panels ← {models, course} ← commands
# ← __main__.
LEFT_OF = {
    "signals": set(),
    "filters": {"signals"},
    "formats": {"signals", "filters"},
    "model": {"signals", "filters"},
    "plots": {"signals", "filters"},
    "audio": {"signals", "filters", "formats", "model", "plots"},
    "instrument": {"signals", "filters", "model", "audio"},
    "analysis": {"signals", "filters", "formats", "model", "plots", "audio"},
    "panels": {"signals", "filters", "formats", "model", "plots", "audio", "instrument", "analysis"},
    "models": {"signals", "filters", "formats", "model", "plots", "audio", "analysis"},
}
LEFT_OF["course"] = set(LEFT_OF) - {"models"}
LEFT_OF["commands"] = set(LEFT_OF) - {"models"}
LEFT_OF["interruption"] = set()
LEFT_OF["__main__"] = set(LEFT_OF)
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imports(path):
    """Every dotted module name that a file imports, also inside functions, but not for type checkers alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for part in node.body
        for inner in ast.walk(part)
    }
    for node in ast.walk(tree):
        if node in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name} imports relatively; write aether_lab.name"
            if node.module == "aether_lab":
                yield from (f"aether_lab.{alias.name}" for alias in node.names)
            else:
                yield node.module


def fresh(code):
    """What `code` prints in a new interpreter."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_importing_the_package_loads_nothing_heavy_and_takes_less_than_a_fifth_of_a_second():
    code = (
        "import sys, time; start = time.perf_counter(); import aether_lab; took = time.perf_counter() - start;"
        "print(took, sorted({'jax', 'numpy', 'bokeh', 'ipywidgets', 'scipy'} & set(sys.modules)))"
    )
    took, heavy = min((fresh(code).split(" ", 1) for _ in range(3)), key=lambda pair: float(pair[0]))
    assert heavy == "[]"
    assert float(took) < 0.2


@pytest.mark.parametrize("name", [name for name in dir(aether_lab) if name != "__version__"])
def test_every_name_of_the_package_is_there_when_asked_for(name):
    assert getattr(aether_lab, name).__doc__


def test_a_name_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(AttributeError, match=r"no name 'FilterSpaces'; it has .*FilterSpace"):
        _ = aether_lab.FilterSpaces


def test_type_checkers_see_the_same_names_as_python():
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    seen = {alias.asname for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(dir(aether_lab)) - {"__version__"}


def test_the_version_is_written_in_one_place():
    assert aether_lab.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_folder_imports_only_from_its_left(path):
    folder = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    ours = {module.split(".")[1] for module in imports(path) if module.startswith("aether_lab.")}
    assert ours - {folder} <= LEFT_OF[folder]


@pytest.mark.parametrize(
    ("folder", "heavy"),
    [
        ("signals", {"jax", "flax", "optax", "bokeh", "ipywidgets"}),
        ("filters", {"flax", "optax", "safetensors", "h5py", "soundfile", "bokeh", "ipywidgets"}),
        ("formats", {"flax", "optax", "safetensors", "h5py", "soundfile", "bokeh", "ipywidgets"}),
        ("model", {"bokeh", "ipywidgets"}),
        ("plots", {"flax", "optax", "safetensors", "h5py", "soundfile", "ipywidgets"}),
        ("audio", {"bokeh", "ipywidgets"}),
        ("analysis", {"bokeh", "ipywidgets"}),
    ],
)
def test_a_folder_loads_only_the_libraries_that_it_needs(folder, heavy):
    modules = [path.relative_to(ROOT).with_suffix("") for path in MODULES if path.parent.name == folder]
    names = ", ".join(".".join(module.parts).removesuffix(".__init__") for module in modules)
    assert fresh(f"import sys, {names}; print(sorted({heavy!r} & set(sys.modules)))") == "[]"


def test_every_dependency_is_imported_and_every_import_is_a_dependency():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=!\[ ]", line)[0] for line in listed} - {"jupyterlab"}  # the application, not a library
    used = {module.split(".")[0] for path in PACKAGE.rglob("*.py") for module in imports(path)}
    # These come with ipywidgets: the display of Jupyter, and the traits its widgets are made of.
    used -= {*sys.stdlib_module_names, "aether_lab", "IPython", "traitlets"}
    assert used == names


def test_no_file_names_a_place_of_the_machine_it_was_written_on():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    home = re.compile(rb"(?<![\w.:/])/(?:home|Users|root|work|tmp)/\w")
    found = {
        name
        for name in tracked
        if (ROOT / name).suffix in {".py", ".js", ".md", ".toml", ".yml", ".json", ".ipynb", ".cfg"}
        and home.search((ROOT / name).read_bytes())
    }
    assert not found


def test_conda_users_get_the_dependencies_of_pyproject():
    text = (ROOT / "environment.yml").read_text()
    assert re.findall(r"^ +- (.+)$", text, re.M) == ["python>=3.11", "pip", "pip:", "-e ."]
    assert "//" not in text  # no registry and no channel by address
