"""The values that Python and JavaScript share."""

import json
import re
import subprocess

import numpy as np

from aether_lab.audio.motion import Motion
from aether_lab.model.space import FilterSpace
from aether_lab.panels.constants import PATH, constants_text
from aether_lab.panels.live_panel import LivePanel, LiveView
from aether_lab.panels.page import page_text
from aether_lab.panels.state import model_state


def test_the_constants_of_javascript_are_those_of_python():
    assert PATH.read_text(encoding="utf-8") == constants_text(), "run python -m aether_lab.panels.constants"


def test_javascript_reads_them_exactly(node):
    code = f"import({json.dumps(PATH.as_uri())}).then((all) => console.log(JSON.stringify(all)))"
    done = subprocess.run([*node, "-e", code], capture_output=True, text=True, check=True)
    values = json.loads(done.stdout)
    assert values["LIMITER_KNEE"] == 10 ** (-3 / 20)
    assert values["LEVEL_CORRECTION"] == [10 ** (-48 / 20), 10 ** (24 / 20)]
    fields = values["MOTION_DEFAULTS"]
    assert Motion(**{**fields, "ratio": tuple(fields["ratio"])}) == Motion()


def test_no_other_module_declares_one_of_them():
    names = set(re.findall(r"^export const (\w+)", constants_text(), re.MULTILINE))
    for path in PATH.parent.glob("*/*.js"):
        declared = re.findall(r"^(?:export )?(?:const|let|function|class) (\w+)", path.read_text(), re.MULTILINE)
        assert not names & set(declared), path


def test_a_page_begins_where_a_live_view_does():
    space = FilterSpace.untrained(latent_dim=2, num_filters=3)
    view = LiveView(model_state(space), np.zeros(2))
    (text,) = re.findall(
        r'<script type="application/json" id="aether-state">(.*?)</script>', page_text(space), re.DOTALL
    )
    state = {name: value for name, value in json.loads(text).items() if name not in ("encoder", "digest")}
    assert state == json.loads(json.dumps({name: getattr(view, name) for name in state}))
    panel = LivePanel(space)
    for name in ("playing", "source", "mix", "bypass", "volume_db", "record"):
        assert getattr(panel, name) == state[name]
