"""Panels where notebooks are shown besides JupyterLab: Notebook 7, Voilà and marimo, each a real server."""

import os
import sys
from contextlib import closing

import nbformat
import pytest
from servers import free_port, serving

CELLS = (
    'from aether_lab import LivePanel, MapPanel, MatchPanel, MorphPanel\npanel = LivePanel("2d")\npanel',
    'MapPanel("2d")',
    'MatchPanel("2d")',
    'MorphPanel("2d")',
)
DRAWN = ("Map of 2d", "Match a response", "Morph")
"""What the others are called."""

APP = "import marimo\napp = marimo.App()\n" + "".join(
    f"""
@app.cell
def _({"" if "import" in cell else cell.partition("(")[0]}):
    {cell.replace(chr(10), chr(10) + "    ")}
    return {"LivePanel, MapPanel, MatchPanel, MorphPanel" if "import" in cell else ""}
"""
    for cell in CELLS
)
RUN_ALL = """async () => {
    const { context, sessionContext } = jupyterapp.shell.currentWidget;
    await context.ready; await sessionContext.ready; await sessionContext.session.kernel.info;
    await jupyterapp.commands.execute("notebook:run-all-cells");
}"""
METER = """() => {
    const find = (node) => node.querySelector("[role=meter]") ??
        [...node.querySelectorAll("*")].map((each) => each.shadowRoot && find(each.shadowRoot)).find(Boolean);
    return Number(find(document)?.ariaValueNow) > -40;
}"""
HOSTS = {
    "notebook": [
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ],
    "voila": ["panel.ipynb", "--no-browser"],
    "marimo": ["-q", "run", "panel.py", "--headless", "--host", "127.0.0.1", "--no-token"],
}


@pytest.mark.parametrize("host", HOSTS)
def test_panels_are_drawn_and_a_knob_moves_the_curve_which_plays(host, browser, tmp_path):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "panel.ipynb")
    (tmp_path / "panel.py").write_text(APP)
    port = free_port()
    url, command = f"http://127.0.0.1:{port}/", [sys.executable, "-m", host, *HOSTS[host], f"--port={port}"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    with (
        # Voilà runs the notebook before it answers.
        serving(command, url, tmp_path / "log", start=120, reply=60, cwd=tmp_path, env=environment),
        closing(browser.new_context(viewport={"width": 1100, "height": 900})) as tab,
    ):
        page = tab.new_page()
        page.goto(url + ("notebooks/panel.ipynb" if host == "notebook" else ""), wait_until="commit")
        if host == "notebook":
            page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context", timeout=60_000)
            page.evaluate(RUN_ALL)
        for name in DRAWN:
            page.get_by_role("group", name=name, exact=True).wait_for(timeout=60_000)
        knob = page.locator(".aether-knob [type=range]").first
        knob.wait_for(timeout=60_000)
        curve = page.locator("[aria-roledescription='response curve']").first
        curve.and_(page.locator("[aria-label*='Hz']")).wait_for()
        before = curve.get_attribute("aria-label")
        knob.focus()
        page.keyboard.press("ArrowRight")
        curve.and_(page.locator(f'[aria-label]:not([aria-label="{before}"])')).wait_for()
        assert knob.input_value() == "0.05"
        page.get_by_role("button", name="Play", exact=True).first.click()
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        page.wait_for_function(METER, timeout=60_000)
