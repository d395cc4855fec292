"""The site of the course, built as by `make site` and opened from disk in Chromium, without network."""

import html
import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest

import aether_lab
from aether_lab.course.check import every_exercise

pytestmark = pytest.mark.slow(seconds=40)  # all of them need the build

ROOT = Path(__file__).parents[2]
SITE = ROOT / "notebooks" / "site"
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
PACKAGES = ROOT / "tests" / "front" / "node_modules"
AXE = PACKAGES / "axe-core" / "axe.min.js"
RUN = """async () => (await axe.run({ preload: false })).violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`))"""
LIGHT_AND_DARK = ("site/index", NOTEBOOKS[-1], "site/glossary", "site/design", "site/api/filters")
# Of headings, tables and code: what a page is wide, besides what scrolls by itself.
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a fresh build, in which any warning would have been an error."""
    missing = "Sphinx" if importlib.util.find_spec("myst_nb") is None else None
    if not (PACKAGES / "mathjax").exists():
        missing = "MathJax"
    if missing:
        reason = f"there is no {missing}: run `make site`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(f"NOT TESTED: {reason}")
    folder = tmp_path_factory.mktemp("build") / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", SITE, ROOT / "notebooks", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """The text of every page, by its path in the site."""
    paths = [path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts]
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture
def visit(site, browser):
    """Opens a page offline; an error in it, or a request to anywhere else, fails the test at the end."""
    wrong = []

    def note(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            wrong.append(request.url)

    with closing(browser.new_context(offline=True, viewport={"width": 1280, "height": 900})) as context:
        page = context.new_page()
        page.on("request", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))

        def visit(name):
            page.goto((site / f"{name}.html").as_uri())
            return page

        yield visit
    assert wrong == []


def test_every_page_is_whole_without_network_on_a_screen_and_on_a_phone(visit, pages):
    for name in pages:
        page = visit(name.removesuffix(".html"))
        equations = page.locator("span.math, div.math").count()
        page.wait_for_function("(n) => document.querySelectorAll('.math mjx-container svg').length >= n", arg=equations)
        assert page.locator("mjx-merror, [data-mjx-error]").count() == 0, name
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate(OVERFLOW) <= 0, name
        page.set_viewport_size({"width": 1280, "height": 900})


def test_a_printed_table_keeps_its_columns_on_a_phone_and_a_printed_sentence_is_read_whole(visit):
    page = visit("04_vae")
    page.set_viewport_size({"width": 390, "height": 844})
    lines = "(pre) => pre.scrollWidth > pre.clientWidth"
    assert page.locator(".cell_output pre", has_text="std of means").evaluate(lines)
    assert not page.locator(".cell_output pre", has_text="04.1: not answered yet").evaluate(lines)


def test_the_first_page_lists_pages_and_not_their_headings(visit):
    listed = visit("site/index").locator(".toctree-wrapper a").evaluate_all("(all) => all.map((each) => each.hash)")
    assert len(listed) > len(NOTEBOOKS) and not any(listed)


def test_every_link_and_file_that_a_page_names_is_there(site, pages):
    targets = defaultdict(set)
    for path, text in pages.items():
        for reference in re.findall(r'<(?:a|link|script|img|iframe|audio)\b[^>]*? (?:href|src)="([^"]*)"', text):
            where, _, anchor = html.unescape(reference).partition("#")
            if not re.match(r"(https?|data|mailto):", where):
                file = ((site / path).parent / unquote(where.split("?")[0])).resolve() if where else site / path
                targets[file].add((path, anchor))
    for file, named in targets.items():
        assert file.exists(), f"{file}: named on {sorted(named)[:3]}"
        anchors = {anchor for _, anchor in named} - {""}
        if anchors and file.suffix == ".html":
            ids = set(re.findall(r' id="([^"]*)"', file.read_text(encoding="utf-8")))
            assert {unquote(anchor) for anchor in anchors} <= ids, sorted(named)[:3]


def test_every_picture_is_described(pages):
    for path, text in pages.items():
        for picture in re.findall(r"<img\b[^>]*>", text):
            described = re.search(r' alt="([^"]+)"', picture)
            assert described and not described[1].endswith((".png", ".svg")), f"{path}: {picture}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_have_no_violation_of_accessibility(visit, theme):
    if not AXE.exists():
        reason = f"there is no {AXE.relative_to(ROOT)}: run `make lint-front`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(f"NOT TESTED with axe: {reason}")
    axe = AXE.read_text(encoding="utf-8")
    for name in LIGHT_AND_DARK:
        page = visit(name)
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=theme)
        page.wait_for_timeout(400)  # transitions of colours
        page.evaluate(axe)
        assert page.evaluate(RUN) == [], name


def test_previous_and_next_lead_through_the_course(visit):
    page = visit(NOTEBOOKS[0])
    forth = [page.url]
    while Path(page.url).stem != NOTEBOOKS[-1]:
        page.locator("a.right-next").click()
        forth.append(page.url)
    assert [Path(url).stem for url in forth] == NOTEBOOKS
    page.locator("a.left-prev").click()
    assert page.url == forth[-2]


def test_the_search_finds_a_word_of_the_glossary(visit):
    page = visit(NOTEBOOKS[0])
    page.keyboard.press("Control+k")
    page.keyboard.type("reparameterisation")
    page.keyboard.press("Enter")
    page.locator("#search-results a", has_text="Glossary").first.wait_for()


def test_the_panels_of_a_notebook_live_without_a_kernel(visit, pages):
    living = [name for name in NOTEBOOKS if "aether-stored" in pages[f"{name}.html"]]
    page = visit(living[0])
    assert moves(page)
    for theme, is_bright in (("light", False), ("dark", True)):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=theme)
        ink = page.locator(".aether-explorer").first.evaluate("(el) => getComputedStyle(el).color")
        assert (min(map(int, re.findall(r"\d+", ink)[:3])) > 128) == is_bright, ink


def test_the_first_page_has_the_explorer(visit):
    page = visit("site/index")
    frame = page.frame_locator("iframe.explorer")
    frame.locator(".aether-plot canvas[aria-label]").first.wait_for()
    assert moves(frame)


def moves(page):
    """Whether the description of the curve changes when the first knob does."""
    curve = page.locator(".aether-plot canvas[aria-label]").first
    before = curve.get_attribute("aria-label")
    page.locator(".aether-knob [type=range]").first.focus()
    for _ in range(5):
        page.locator(".aether-knob [type=range]").first.press("ArrowLeft")
    for _ in range(50):
        if curve.get_attribute("aria-label") != before:
            return True
        curve.page.wait_for_timeout(50)
    return False


def test_the_players_of_a_page_have_their_sound(visit, pages):
    name = next(name for name in NOTEBOOKS if "<audio" in pages[f"{name}.html"])
    page = visit(name)
    page.wait_for_function("() => [...document.querySelectorAll('audio')].every(({ duration }) => duration > 0)")


def test_the_reference_has_every_public_name_and_every_folder(pages):
    known = set(re.findall(r' id="(aether_lab[\w.]*)"', "".join(pages.values())))
    public = set(aether_lab.__all__) - {"plots"}
    assert not {name for name in public if f"aether_lab.{name}" not in known}
    aside = {"commands", "jupyter", "models", "static"}  # a page of its own; files; what makes the models; JavaScript
    folders = {path.parent.name for path in (ROOT / "aether_lab").glob("*/__init__.py")} - aside
    assert {path.stem for path in (SITE / "api").glob("*.md")} - {"index"} == folders


def test_every_exercise_has_its_worked_solution_and_its_hints(pages):
    text = pages["site/solutions.html"]
    for name, exercise in every_exercise().items():
        assert f"Solution of {name}" in text
        assert text.count(f"hints for {name}<") == 1, exercise.name


def test_every_statement_of_the_design_is_taught_and_held_by_tests(pages):
    statements = tomllib.loads((SITE / "design.toml").read_text(encoding="utf-8"))["statement"]
    assert len(statements) == 33
    for each in statements:
        for file, name in (test.split("::") for test in each["tests"]):
            assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), each
        if "10_capstone" in NOTEBOOKS:  # the course is whole
            assert each["taught"] and set(each["taught"]) <= set(NOTEBOOKS), each
    assert pages["site/design.html"].count("<tr") == 34
