"""Accessibility by axe-core: no violation in any panel or on the page, on light and dark, with everything open."""

import os
from pathlib import Path

import pytest

from aether_lab.model.space import FilterSpace
from aether_lab.panels.page import write_page

AXE = Path(__file__).parents[1] / "front" / "node_modules" / "axe-core" / "axe.min.js"
PANELS = ("EarPanel", "LatentPanel", "LivePanel", "MapPanel", "MatchPanel", "MorphPanel")
CELL = """
import aether_lab
space = aether_lab.FilterSpace.untrained(latent_dim=3, num_filters=8, seed=5)
def show(name):
    return getattr(aether_lab, name)(space)
"""
LISTENING_TEST = """
import numpy as np
from aether_lab.course import abx
abx(np.sin(np.arange(4800) / 10), np.sin(np.arange(4800) / 20), 48_000, ("low", "high"))
"""
OPEN = """() => {
    for (const each of document.querySelectorAll(".aether-explorer details")) each.open = true;
    for (const each of document.querySelectorAll(".aether-explorer [aria-expanded=false]")) each.click();
}"""
RUN = """async () => (await axe.run(".aether-explorer, main, header")).violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`))"""


@pytest.fixture(scope="module")
def axe():
    if not AXE.exists():
        reason = f"there is no {AXE.relative_to(AXE.parents[4])}: run `make lint-front`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(f"NOT TESTED with axe: {reason}")
    return AXE.read_text(encoding="utf-8")


def check(page, axe):
    page.evaluate(OPEN)
    page.wait_for_timeout(400)  # transitions of colours
    page.evaluate(axe)
    assert page.evaluate(RUN) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["2d", "nested"])
def test_the_page_has_no_violation(browser, axe, tmp_path, name, theme):
    context = browser.new_context(offline=True, color_scheme=theme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(write_page(FilterSpace.load(name), tmp_path / "page.html").as_uri())
    page.locator(".aether-plot canvas[aria-label]").first.wait_for()
    check(page, axe)
    context.close()


def test_no_panel_has_a_violation(lab, axe):
    cells = [*(f"show({name!r})" for name in PANELS), LISTENING_TEST]
    lab.write("panels.ipynb", CELL, *cells)
    with lab.open("panels.ipynb") as notebook:
        notebook.run_all()
        notebook.page.wait_for_function(
            "(n) => document.querySelectorAll('.jp-OutputArea .aether-explorer').length >= n", arg=len(cells)
        )
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            notebook.command("apputils:change-theme", theme=theme)
            light = str(theme.endswith("Light")).lower()
            notebook.page.wait_for_function("(light) => document.body.dataset.jpThemeLight === light", arg=light)
            check(notebook.page, axe)
        notebook.command("apputils:change-theme", theme="JupyterLab Light")
