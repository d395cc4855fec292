"""The drop zone of the file panels and their export buttons in Chromium, with a stand-in for the kernel."""

import base64
from contextlib import closing

import pytest

from aether_lab.panels.bundle import module_text

MOUNT = """async (text) => {
  const { createFileDrop } = await import("data:text/javascript;base64," + text);
  window.state = { about: { limit: 3e6, accept: [".csv"] }, error: "" };
  window.sent = [];
  const model = {
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    save_changes() {},
    send({ type, slot, ...content }, _, buffers = []) {
      if (window.dead) throw new Error("Cannot send");
      sent.push([type, ...Object.values(content), ...buffers.map(({ byteLength }) => byteLength)]);
    },
  };
  window.zone = createFileDrop(model, "target", "A response").node;
  document.body.append(zone);
  window.drop = async (files, items = []) => {
    const event = new Event("drop", { cancelable: true });
    Object.defineProperty(event, "dataTransfer", { value: { files, items } });
    [state.error, sent.length] = ["", 0];
    zone.dispatchEvent(event);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { sent: [...sent], error: state.error };
  };
}"""


@pytest.fixture
def tab(browser, tmp_path):
    (tmp_path / "empty.html").write_text("<!doctype html>")
    with closing(browser.new_page()) as tab:
        errors = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto((tmp_path / "empty.html").as_uri())
        tab.evaluate(MOUNT, base64.b64encode(module_text("ui/file_drop.js").encode()).decode())
        yield tab
        assert errors == []


def test_a_file_is_announced_and_sent_in_pieces_and_an_empty_one_without(tab):
    sent = tab.evaluate("() => drop([new File([new Uint8Array(2e6)], 'a.csv')])")
    assert sent["sent"] == [["file", "a.csv", 2e6], ["piece", 1 << 20], ["piece", 2e6 - (1 << 20)], ["end"]]
    assert tab.evaluate("() => drop([new File([], 'b.csv')])")["sent"] == [["file", "b.csv", 0], ["end"]]
    assert tab.evaluate("() => drop([])") == {"sent": [], "error": ""}  # text was dropped


GONE = "Object.assign(new File(['1,2'], 'gone.csv'), { slice: () => ({ arrayBuffer: () => Promise.reject(Error()) }) })"
SHORTER = "Object.assign(new File(['1,2'], 'less.csv'), { slice: () => new Blob(['1']) })"
FOLDER = "[{ webkitGetAsEntry: () => ({ isDirectory: true }) }]"


@pytest.mark.parametrize(
    ("dropped", "sent", "error"),
    [
        (f"[{GONE}]", ["file", "stop"], "gone.csv: this browser cannot read it"),
        (f"[{SHORTER}]", ["file", "stop"], "less.csv: this browser cannot read it"),
        (f"[new File([], 'irs')], {FOLDER}", [], "irs: a folder; this zone takes one file"),
        ("[1, 2, 3].map((n) => new File(['1,2'], n + '.csv'))", [], "3 files; this zone takes one at a time"),
        ("[new File([new Uint8Array(4e6)], 'big.csv')]", [], "big.csv: 4.0 MB; a panel takes files of at most 3.0 MB"),
    ],
)
def test_what_cannot_be_sent_is_a_sentence_and_the_kernel_forgets_it(tab, dropped, sent, error):
    found = tab.evaluate(f"() => drop({dropped})")
    assert [kind for kind, *_ in found["sent"]] == sent
    assert found["error"].startswith(error)


def test_a_kernel_that_is_out_of_reach_is_a_sentence(tab):
    tab.evaluate("() => (window.dead = true)")
    found = tab.evaluate("() => drop([new File(['1,2'], 'a.csv')])")
    assert found == {"sent": [], "error": "a.csv: the kernel is out of reach; run the cell of this panel again"}


EXPORT = """async (text) => {
  const { createMatchExport } = await import("data:text/javascript;base64," + text);
  const formats = [{ name: "json", title: "JSON", suffix: ".json" }];
  const send = () => { throw new Error("Cannot send"); };
  const { node } = createMatchExport({ get: () => ({ formats }), on() {}, off() {}, send });
  document.body.append(node);
  node.querySelector("button").click();
  return node.querySelector("[role=status]").textContent;
}"""


def test_an_export_from_a_kernel_that_is_out_of_reach_is_a_sentence(tab):
    text = base64.b64encode(module_text("views/match_export.js").encode()).decode()
    assert tab.evaluate(EXPORT, text) == "The kernel is out of reach; run the cell of this panel again."
