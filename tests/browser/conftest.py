"""A real JupyterLab with settings of its own, and a page in Chromium that looks at it."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page
from servers import free_port, serving

from aether_lab.commands.lab import environment as settings


class Lab:
    """A JupyterLab that serves `folder`, with the settings of `aether_lab lab`."""

    def __init__(self, url: str, folder: Path, browser: Browser, environment: dict[str, str]) -> None:
        self.url, self.folder, self.browser, self.environment = url, folder, browser, environment

    def copy(self, path: Path) -> None:
        """Copies a shipped notebook and trusts it, as `aether_lab lab` does."""
        shutil.copy(path, self.folder)
        code = f"from pathlib import Path; from aether_lab.commands import lab; lab.trust(Path({str(self.folder)!r}))"
        subprocess.run([sys.executable, "-c", code], env=self.environment, check=True)

    def write(self, name: str, *cells: str) -> None:
        # Without a kernel's name in it JupyterLab asks for one, and waits.
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        code = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook = nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": kernel})
        nbformat.write(notebook, self.folder / name)

    @contextmanager
    def open(self, name: str, init: str = "", **context: Any) -> Iterator["Notebook"]:
        """Opens a notebook, waits for its kernel and ends it after; an error in the page fails the test at the end.

        `init` is JavaScript that runs before the page's own.
        """
        with closing(self.browser.new_context(viewport={"width": 1200, "height": 900}, **context)) as tab:
            tab.add_init_script(init)
            page = tab.new_page()
            errors: list[str] = []  # a test that shares the notebook with others looks at them itself
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{self.url}/lab/tree/{name}?reset")
            notebook = Notebook(page, errors)
            notebook.wait_until_ready()
            yield notebook
            assert errors == []
            # Its kernel would stay until the server ends; the many of a run take 5 GB.
            page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")


class Notebook:
    """The notebook in front."""

    def __init__(self, page: Page, errors: list[str]) -> None:
        self.page, self.errors = page, errors

    def wait_until_ready(self) -> None:
        """Waits for the notebook and its kernel."""
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context", timeout=60_000)
        self.page.evaluate(
            """async () => { const { context, sessionContext } = jupyterapp.shell.currentWidget;
            await context.ready; await sessionContext.ready; await sessionContext.session.kernel.info; }"""
        )

    def is_changed(self) -> bool:
        """Whether JupyterLab marks it as changed, once it has had time to."""
        self.page.wait_for_timeout(1000)
        return self.page.evaluate("() => jupyterapp.shell.currentWidget.context.model.dirty")

    def run_all(self) -> None:
        done = self.command("notebook:run-all-cells")
        if not done:
            said = self.page.locator(".jp-Dialog, .jp-RenderedText[data-mime-type*=stderr]").all_inner_texts()
            pytest.fail(f"a cell raised, or a dialog is open: {said}")

    def command(self, name: str, **arguments: Any) -> Any:
        return self.page.evaluate("([name, args]) => jupyterapp.commands.execute(name, args)", [name, arguments])

    def run(self, code: str) -> str:
        """Runs code in the notebook's kernel, outside its cells; returns what it printed."""
        return self.page.evaluate(
            """async (code) => {
                const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code });
                let text = "";
                future.onIOPub = ({ content }) => { text += content.text ?? content.traceback?.join("\\n") ?? ""; };
                await future.done;
                return text.trim();
            }""",
            code,
        )

    def wait_for(self, code: str, expected: str, seconds: float = 10) -> None:
        """Runs code until it prints `expected`."""
        end = time.monotonic() + seconds
        while (printed := self.run(code)) != expected:
            assert time.monotonic() < end, f"{code} printed {printed!r}, not {expected!r}"
            time.sleep(0.1)

    def knob(self, index: int) -> Locator:
        return self.page.locator(".jp-OutputArea .aether-knob [type=range]").nth(index)


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server with a fresh folder and fresh settings: nothing of the user's Jupyter takes part."""
    home = tmp_path_factory.mktemp("jupyter")
    (folder := home / "notebooks").mkdir()
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    port = free_port()
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    environment = {**settings(), "JAX_PLATFORMS": "cpu", **{key: str(home / at) for key, at in places.items()}}
    command = [sys.executable, "-m", "jupyterlab", *options, str(folder)]
    url = f"http://127.0.0.1:{port}"
    with serving(command, f"{url}/api/status", home / "log", env=environment):
        yield Lab(url, folder, browser, environment)
