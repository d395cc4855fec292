"""Names that do their worst are text on every view, and their control and direction marks are visible."""

import base64
import dataclasses
import json
import re
from contextlib import closing

from ipywidgets import DOMWidget

from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text
from aether_lab.panels.latent_panel import LatentPanel
from aether_lab.panels.live_panel import LivePanel
from aether_lab.panels.map_panel import MapPanel
from aether_lab.panels.match_panel import MatchPanel
from aether_lab.panels.morph_panel import MorphPanel
from aether_lab.panels.page import write_page
from aether_lab.signals.curve import Curve

MARKUP = "</script><img src=x onerror=window.bad=1>"
WORST = f"{MARKUP}\u202egpj\x1b[2J\nb"
SHOWN = rf"{MARKUP}\u202egpj\x1b[2J\x0ab"
INVISIBLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
CARD = {"name": WORST, "captions": [WORST, "&amp;"], "landmarks": {MARKUP: [0.5, 0.5]}}
SPACE = dataclasses.replace(FilterSpace.untrained(latent_dim=2, num_filters=6), card=CARD)
BELL = Curve([20, 500, 20_000], [0, 6, 0], f"folder/{WORST.replace('/', '')}.csv")

MOUNT = """async ([host, createModel, state]) => {
  const load = (text) => import("data:text/javascript;base64," + text);
  const model = (await load(createModel)).createModel(JSON.parse(state));
  const module = (await load(host)).default;
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const widget = typeof module === "function" ? module() : module;
  await widget.initialize?.({ model });
  await widget.render({ model, el });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const texts = [...document.querySelectorAll("*")].flatMap((node) => [
    ...[...node.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data),
    ...[...node.attributes].map(({ value }) => value),
  ]);
  return { texts, images: document.querySelectorAll("img, script").length, bad: window.bad ?? null };
}"""


def panels():
    """The module that draws, the panel, and the widget that is drawn."""
    match, morph = MatchPanel(SPACE, BELL), MorphPanel(SPACE, BELL, BELL)
    match.error = f"{WORST}: cannot be read"
    yield "hosts/match_widget.js", match, match
    yield "hosts/morph_widget.js", morph, morph.view
    explorer, live = LatentPanel(SPACE, target=BELL), LivePanel(SPACE, target=BELL)
    for name, panel in {"map": MapPanel(SPACE, z=[0.5, 0.5]), "explorer": explorer, "live": live}.items():
        yield f"hosts/{name}_widget.js", panel, panel.view


def test_a_name_that_does_its_worst_is_visible_text_in_every_panel(browser, tmp_path):
    (tmp_path / "empty.html").write_text("<!doctype html>")
    with closing(browser.new_page()) as tab:
        for host, panel, widget in panels():
            tab.goto((tmp_path / "empty.html").as_uri())
            own = set(widget.traits(sync=True)) - set(DOMWidget.class_traits(sync=True))
            state = json.dumps(widget.get_state(key for key in own if not key.startswith("_")))
            modules = [base64.b64encode(module_text(name).encode()).decode() for name in (host, "hosts/model.js")]
            found = tab.evaluate(MOUNT, [*modules, state])
            assert repr(panel).isprintable()
            panel.close()
            assert (found["images"], found["bad"]) == (0, None), host
            for part in ("<img src=x onerror=window.bad=1>", r"\u202egpj\x1b[2J\x0ab"):
                assert any(part in each for each in found["texts"]), host
            assert not INVISIBLE.search("".join(found["texts"])), host


def test_a_name_that_does_its_worst_is_visible_text_on_the_page(browser, tmp_path):
    with closing(browser.new_page()) as page:
        page.goto(write_page(SPACE, tmp_path / "worst.html").as_uri())
        page.get_by_role("button", name="Play", exact=True).wait_for()
        title = f"Filter explorer: {SHOWN}"
        assert page.get_by_role("heading").inner_text() == page.title().removesuffix(" · aether_lab") == title
        assert page.get_by_label("Go to").locator("option").all_inner_texts()[1:] == [MARKUP]
        assert page.locator("img").count() == 0 and page.evaluate("() => window.bad") is None
        choosing = {"name": "a\u202egpj\x07.wav", "mimeType": "audio/wav", "buffer": b"no sound"}
        page.get_by_label("Source", exact=True).select_option("file")
        page.get_by_label("Sound file").set_input_files(choosing)
        page.get_by_text(r"a\u202egpj\x07.wav cannot be read as sound").wait_for()
