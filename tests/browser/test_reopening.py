"""A notebook after a reload, and on the next day: what was shown lives again, and no cell need be run."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

FIGURES = """
from aether_lab import LivePanel, plots
for k in range(2):
    plots.show(plots.curves({"flat": [0, 0], "tilted": [k, 3]}, [100, 10_000], title=f"Figure {k}"))
"""
FIGURE = "plots.show(plots.curves({'flat': [0, 0]}, [100, 10_000], title='Figure 2'))"
PANEL = """
panel = LivePanel("2d")
panel
"""
DRAWN = """(count) => {
    const figures = [...document.querySelectorAll(".jp-OutputArea [role=figure]")];
    return figures.length === count && figures.every((each) => each.offsetHeight > 200);
}"""
SIGNS = """() => [...document.querySelectorAll(".jp-OutputArea .jupyter-widgets-disconnected")].map(
    (each) => getComputedStyle(each, "::before").display
)"""


def curve(notebook):
    """The curve of the panel, which says where z is."""
    return notebook.page.locator(".jp-OutputArea [aria-roledescription='response curve']")


def play(page):
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    page.wait_for_function("() => Number(document.querySelector('[role=meter]').ariaValueNow) > -40", timeout=60_000)


def test_figures_and_panels_live_again_after_run_all_twice_a_reload_and_on_the_next_day(lab):
    lab.write("again.ipynb", FIGURES, FIGURE, PANEL)
    with lab.open("again.ipynb") as notebook:
        page = notebook.page
        for _ in range(2):
            notebook.run_all()
            page.wait_for_function(DRAWN, arg=3, timeout=60_000)
        notebook.command("docmanager:save")
        page.goto(page.url)
        notebook.wait_until_ready()
        page.wait_for_function(DRAWN, arg=3, timeout=60_000)  # BokehJS comes back from the kernel
        notebook.run_all()
        page.wait_for_function(DRAWN, arg=3, timeout=60_000)
        notebook.run("panel.z = [1.25, -0.5]")
        page.wait_for_function(
            "() => document.querySelector('[aria-roledescription]').ariaLabel?.includes('1.25')", timeout=30_000
        )
        notebook.command("docmanager:save")
    with lab.open("again.ipynb") as notebook:  # the kernel is another
        notebook.page.wait_for_function(DRAWN, arg=3, timeout=60_000)
        curve(notebook).wait_for()
        notebook.page.wait_for_function(
            "() => document.querySelector('[aria-roledescription]').ariaLabel?.includes('1.25')", timeout=30_000
        )
        assert not notebook.is_changed()
        assert notebook.run("print('panel' in globals())") == "False"
        play(notebook.page)


def test_the_first_notebook_opens_with_a_panel_that_plays_and_without_a_question(lab):
    lab.copy(NOTEBOOKS / "00_start.ipynb")
    with lab.open("00_start.ipynb") as notebook:
        curve(notebook).wait_for()
        signs = notebook.page.evaluate(SIGNS)  # of ipywidgets: the panel and the box it is in have no kernel
        assert signs and set(signs) == {"none"}
        play(notebook.page)
        before = curve(notebook).get_attribute("aria-label")
        curve(notebook).focus()
        assert notebook.page.locator(".jp-Dialog, .Toastify__toast").count() == 0
        notebook.page.get_by_role("button", name="Random").click()
        notebook.page.wait_for_function(
            "(before) => document.querySelector('[aria-roledescription]').ariaLabel !== before", arg=before
        )
        links = notebook.page.locator(".jp-MarkdownCell a[href*='.ipynb']")
        led_to = {Path(link.get_attribute("href").partition("?")[0]).name for link in links.all()}
        assert led_to >= {path.name for path in NOTEBOOKS.glob("*.ipynb")} - {"00_start.ipynb"}


def test_an_exported_page_draws_its_figures_and_its_panel_plays_without_kernel_and_network(lab, browser):
    lab.write("page.ipynb", FIGURES, PANEL)
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", str(lab.folder / "page.ipynb")]
    subprocess.run(command, env=lab.environment, check=True, capture_output=True)
    address = (lab.folder / "page.html").as_uri()
    with closing(browser.new_context(offline=True)) as context:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        page.wait_for_function(DRAWN, arg=2, timeout=60_000)
        canvas = page.locator("[aria-roledescription='response curve']")
        canvas.wait_for(timeout=60_000)
        before = canvas.get_attribute("aria-label")
        page.get_by_role("button", name="Random").click()
        page.wait_for_function(
            "(before) => document.querySelector('[aria-roledescription]').ariaLabel !== before", arg=before
        )
        play(page)
        assert page.locator(".aether-stored > svg").count() == 0
    with closing(browser.new_context(offline=True, java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        picture = page.get_by_role("img", name="Filter of 2d at")
        picture.wait_for()
        assert picture.bounding_box()["height"] > 300
        assert page.get_by_role("figure", name="Figure 1: level, dB over frequency, Hz; flat, tilted").count() == 1
