"""The joined module text, and the JSON of a model."""

import base64
import dataclasses
import html
import json
import re
import subprocess

import numpy as np
import pytest

from aether_lab.__main__ import main
from aether_lab.model.space import FilterSpace
from aether_lab.panels import page
from aether_lab.panels.bundle import module_text
from aether_lab.panels.state import model_state


def test_module_text_is_one_module_that_node_can_parse(node, tmp_path):
    text = module_text("hosts/explorer_widget.js")
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert [line[:14] for line in re.findall(r"^export .*", text, re.MULTILINE)] == ["export default"]
    (tmp_path / "joined.mjs").write_text(text)
    code = "import('./joined.mjs').then((m) => console.log(typeof m.default.render))"
    done = subprocess.run([*node, "-e", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "function"


def test_each_module_is_joined_once_and_after_what_it_imports():
    text = module_text("hosts/explorer_widget.js")
    positions = [text.index(f"function {name}(") for name in ("respond", "startDrag", "createCurveDrag", "mount")]
    assert positions == sorted(positions)
    assert text.count("function createDecoder(") == 1


def test_an_entry_keeps_its_own_exports():
    assert "export function respond(" in module_text("dsp/bank.js")


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ({}, "no module entry.js"),
        ({"entry.js": 'import { a } from "./gone.js";\n'}, "no module gone.js"),
        ({"entry.js": 'import * as a from "./b.js";\n', "b.js": ""}, "entry.js: cannot be joined: import"),
        ({"entry.js": 'import { a as b } from "./b.js";\n', "b.js": ""}, "entry.js: cannot be joined: import"),
        ({"ui/a.js": "", "entry.js": 'import { a } from "./ui/a.js";\n'}, "entry.js: cannot be joined: import"),
        ({"entry.js": 'import { a } from "../ui/a.js";\n'}, r"no module \.\./ui/a\.js"),
        ({"entry.js": "const a = 1;\nexport { a };\n"}, "entry.js: cannot be joined: export"),
        (
            {"entry.js": 'import { a } from "./b.js";\nconst a = 1;\n', "b.js": "export const a = 2;\n"},
            "a is declared both",
        ),
        (
            {"entry.js": 'import { b } from "./b.js";\nconst { c: a, d = 1 } = b;\n', "b.js": "const a = 2;\n"},
            "a is declared both",
        ),
        (
            {"entry.js": 'import { a } from "./b.js";\n', "b.js": "export const a = 1;\nexport default a;\n"},
            "b.js: only",
        ),
    ],
)
def test_modules_that_cannot_be_joined_raise_and_are_named(modules, words, tmp_path, monkeypatch):
    monkeypatch.setattr("aether_lab.panels.bundle.STATIC", tmp_path)
    for name, text in modules.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=words):
        module_text("entry.js")


def test_modules_import_from_their_own_folder_and_from_the_one_beside_it(tmp_path, monkeypatch):
    modules = {
        "views/entry.js": 'import { a } from "./part.js";\nimport { b } from "../dsp/sum.js";\na(b);\n',
        "views/part.js": 'import { b } from "../dsp/sum.js";\nexport function a() {}\n',
        "dsp/sum.js": "export const b = 1;\n",
    }
    for name, text in modules.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("aether_lab.panels.bundle.STATIC", tmp_path)
    assert page.module_text("views/entry.js").split() == ["const", "b", "=", "1;", "function", "a()", "{}", "a(b);"]


def test_documentation_comments_are_left_out_and_nothing_else(tmp_path, monkeypatch):
    text = (
        "// Kept.\n/** Left\n * out. */\nconst a = /** @type {any} */ (1); /** kept */\n  /** Left out. */\n  f(a);\n"
    )
    (tmp_path / "entry.js").write_text(text)
    monkeypatch.setattr("aether_lab.panels.bundle.STATIC", tmp_path)
    assert module_text("entry.js") == "// Kept.\nconst a = /** @type {any} */ (1); /** kept */\n  f(a);\n"


def test_a_style_is_what_stands_beside_the_modules_that_are_joined():
    match, page_style = page.style_text("hosts/match_widget.js"), page.style_text("hosts/page.js")
    assert match.index("\n.aether-button {") < match.index("\n.aether-drop {") < match.index("\n.aether-losses {")
    assert ".aether-pad" not in match
    assert page_style.index("\n.aether-pad {") < page_style.index("\n.aether-live {") < page_style.index("\nbody {")


def test_model_state_is_json_that_holds_the_decoder_bit_for_bit():
    space = FilterSpace.untrained(latent_dim=3, num_filters=5)
    state = json.loads(json.dumps(model_state(space)))
    assert (state["latent_dim"], state["num_filters"], state["topology"]) == (3, 5, "parallel")
    assert np.shape(state["learned_range"]) == (3, 2)
    for layer, (kernel, bias) in zip(state["layers"], space.decoder_layers, strict=True):
        stored = np.frombuffer(base64.b64decode(layer["kernel"]), "<f4").reshape(layer["shape"])
        np.testing.assert_array_equal(stored, kernel)
        np.testing.assert_array_equal(np.frombuffer(base64.b64decode(layer["bias"]), "<f4"), bias)


def test_model_state_has_the_landmarks_of_the_card():
    space = FilterSpace.load("2d")
    state = model_state(space)
    assert state["landmarks"] == space.card["landmarks"]
    assert model_state(dataclasses.replace(space, card={}))["landmarks"] == {}
    assert state["landmark_kinds"]["EMT 140 medium plate"] == "plate or spring"
    older = {"landmarks": {"rooms/otala · a": [0, 0], "mine": [0, 0]}}
    assert list(model_state(dataclasses.replace(space, card=older))["landmark_kinds"].values()) == ["room", ""]


@pytest.fixture(scope="module")
def hostile():
    """A space whose card does its worst."""
    space = FilterSpace.untrained(latent_dim=4)
    words = "</script><img src=x onerror=window.bad=1><!--"
    card = {"name": words, "captions": [words, "&amp;", "b", "c"], "landmarks": {words: [0, 0, 0, 0]}}
    return dataclasses.replace(space, card={**space.card, **card})


def test_text_of_a_card_is_escaped_on_the_page(hostile):
    text = page.page_text(hostile)
    assert "<img" not in text
    assert html.escape(hostile.card["name"]) in text
    (state,) = re.findall(r'<script type="application/json" id="aether-state">(.*?)</script>', text, re.DOTALL)
    assert "<" not in state
    assert json.loads(state)["space"]["captions"] == hostile.card["captions"]


def test_the_page_is_one_small_file_without_network_requests():
    text = page.page_text(FilterSpace.load("4d"))
    assert len(text.encode()) < 1_000_000
    assert not re.search(r"https?://(?!localhost|www\.w3\.org/2000/svg)\w|url\(|@import|src=", text)
    assert "default-src 'none'" in text


def test_nothing_in_the_modules_ends_the_script_that_holds_them():
    assert not re.search(r"</script|<!--", module_text("hosts/page.js"), re.IGNORECASE)


def test_a_page_is_written_where_it_can_be_opened(tmp_path):
    space = FilterSpace.untrained()
    assert page.write_page(space, tmp_path / "a.html").read_text(encoding="utf-8") == page.page_text(space)
    with pytest.raises(ValueError, match=r"a\.pdf: a page is saved as \.html"):
        page.write_page(space, tmp_path / "a.pdf")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        page.write_page(space, tmp_path / "none" / "a.html")


def test_the_command_writes_the_page_of_a_model(tmp_path, capsys):
    out = tmp_path / "two.html"
    assert main(["page", "--model", "2d", "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == page.page_text(FilterSpace.load("2d"))
    assert capsys.readouterr().out.strip() == str(out)
    assert main(["page", "--out", "two.pdf"]) == 2
    assert "a page is saved as .html" in capsys.readouterr().err
