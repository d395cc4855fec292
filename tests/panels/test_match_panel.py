"""The match panel in the kernel: uploads, errors, messages of the browser."""

import asyncio
import json
import threading
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matching import HERTZ, SPACE, THREE, curve, settle, text, upload, wav

from aether_lab.filters.least_squares import solve
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats import export
from aether_lab.model.match import match_target
from aether_lab.model.space import FilterSpace
from aether_lab.panels.latent_panel import LatentPanel
from aether_lab.panels.match_panel import MatchPanel
from aether_lab.panels.morph_panel import MorphPanel
from aether_lab.panels.upload import LIMIT
from aether_lab.signals.spectrum import lsd

pytestmark = pytest.mark.usefixtures("outside_a_loop")


@pytest.fixture
def panel():
    panel = MatchPanel(SPACE, sections=THREE)
    yield panel
    panel.close()


@pytest.mark.slow
def test_the_residual_in_series_with_the_space_is_the_response(panel):
    panel.sections = Sections(n_sections=4)
    panel.show(curve())
    series = np.asarray(panel.match.refined.response_db()) + np.asarray(panel.residual().response_db())
    assert lsd(series, panel.match.target.spectrum_db) < 0.3 * panel.match.distance["refined"]


def test_a_file_uploaded_in_chunks_is_complete(panel, matched):
    upload(panel, "bells.csv", text())
    settle(panel)
    assert panel.error == ""
    np.testing.assert_allclose(panel.match.target.spectrum_db, matched.target.spectrum_db, atol=1e-3)
    np.testing.assert_allclose(panel.z, matched.z, atol=1e-2)
    assert panel.shown["name"] == "bells.csv"


def test_what_the_reader_chose_is_shown_with_the_match(panel):
    both = b"Frequency (Hz),Target (dB),Measured (dB)\n" + b"".join(
        b"%s,70,%s\n" % tuple(line.split(b",")) for line in text().split()
    )
    upload(panel, "two.csv", both)
    settle(panel)
    assert panel.shown["notes"] == ["the level is column 3 of 3 (Measured (dB))"]


def test_an_impulse_response_of_the_same_filter_is_the_same_target(panel, matched):
    upload(panel, "C:/sounds/bells.wav", wav(), piece=1 << 20)
    settle(panel)
    assert panel.match.target.name == "bells.wav"
    assert lsd(panel.match.target.spectrum_db, matched.target.spectrum_db) < 0.5


BAD = {
    "one column": ("a.csv", b"100\n200\n", "line 1: 1 column.*frequency in Hz and level in dB"),
    "words": ("a.txt", b"once upon a time\n", "no numbers"),
    "unordered": ("a.csv", b"100,1\n400,2\n200,1\n", "line 3: 200 Hz after 400 Hz"),
    "nan": ("a.csv", b"100,1\n200,nan\n400,nan\n", "one point only"),
    "empty": ("a.csv", b"", r"empty \(0 bytes\)"),
    "half": ("a.wav", wav()[:-400], "truncated"),
    "picture": ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(99), "a picture"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "content", "words"), BAD.values(), ids=BAD)
def test_an_invalid_file_raises_in_python_and_is_reported_by_the_panel(tmp_path, name, content, words):
    panel = MatchPanel(SPACE, curve(), THREE)
    before = panel.match
    upload(panel, name, content)
    settle(panel)
    assert panel.error.startswith(name)
    with pytest.raises(ValueError, match=f"{name}.*{words}"):
        raise ValueError(panel.error)
    (path := tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words):
        panel.show(path)
    assert panel.match is before
    upload(panel, "bells.csv", text())
    settle(panel)
    assert panel.error == "" and panel.match is not before
    panel.close()


def test_a_file_of_2_gb_is_rejected_unread(panel, tmp_path):
    upload(panel, "long.csv", b"", size=2 * 10**9)
    assert panel.error == "long.csv: 2,000 MB; a panel takes files of at most 50 MB"
    assert panel._uploads == {}
    with (path := tmp_path / "long.csv").open("wb") as file:
        file.write(text())
        file.truncate(2 * 10**9)  # takes no room on disk
    with pytest.raises(ValueError, match=r"long\.csv: 2,000 MB; at most"):
        panel.show(path)


def test_an_incomplete_or_too_long_upload_is_rejected(panel):
    upload(panel, "bells.csv", text()[:500], size=2000)
    assert panel.error == "bells.csv: received 500 of 2000 bytes; drop it again"
    panel._handle_custom_msg({"type": "file", "slot": "target", "name": "bells.csv", "size": 2000}, [])
    panel._handle_custom_msg({"type": "piece", "slot": "target"}, [memoryview(bytes(1500))])
    panel._handle_custom_msg({"type": "piece", "slot": "target"}, [memoryview(bytes(10**6))])
    assert panel.error == "bells.csv: more than the 2000 bytes that were announced; drop it again"
    panel._handle_custom_msg({"type": "piece", "slot": "target"}, [memoryview(b"late")])
    panel._handle_custom_msg({"type": "end", "slot": "target"}, [])
    assert panel._uploads == {} and panel.error.startswith("bells.csv: more than") and not panel.busy


NO_SIZE = "a.csv: its size is not a number of bytes; drop it again"
NO_NAME = "a file without a name cannot be read; drop it again"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        *[({"name": "a.csv", "size": size}, NO_SIZE) for size in (-1, 2.5, "7", None, True, [1], 1e9, {})],
        *[({"name": name, "size": 9}, NO_NAME) for name in (None, "", "  ", 7, ["a.csv"], "folder/")],
        ({"name": "a.csv"}, NO_SIZE),
        ({"size": 9}, NO_NAME),
        ({"name": "../x/\u202egpj\n.csv", "size": 10**10}, r"\u202egpj\x0a.csv: 10,000 MB; a panel takes"),
        ({"name": "x" * 10**6, "size": 10**10}, f"{80 * 'x'} … {80 * 'x'}: 10,000 MB"),
    ],
)
def test_a_malformed_announcement_is_refused_with_a_sentence(panel, fields, error):
    panel._handle_custom_msg({"type": "file", "slot": "target", **fields}, [])
    assert panel.error.startswith(error) and "\n" not in panel.error
    assert panel._uploads == {}


@pytest.mark.parametrize(
    ("content", "buffers"),
    [
        *[(content, []) for content in (None, [], "file", 7, {}, {"type": None}, {"type": ["file"]}, {"type": "sing"})],
        *[({"type": kind, "slot": slot}, []) for kind in ("piece", "end") for slot in ("target", ["target"], None, 0)],
        ({"type": "file", "slot": {"a": 1}, "name": "a.csv", "size": 9}, []),
        ({"type": "export"}, []),
        ({"type": "export", "format": {"a": 1}, "id": [1]}, []),
        ({"type": "piece", "slot": "target"}, None),
        ({"type": "piece", "slot": "target"}, [7]),
    ],
)
def test_no_message_of_the_browser_raises_in_the_kernel(panel, content, buffers):
    panel._receive(panel, content, buffers)  # `_handle_custom_msg` would log an error and go on
    panel._receive(panel, {"type": "file", "slot": "target", "name": "a.csv", "size": 9}, [])
    panel._receive(panel, content, buffers)
    assert set(panel._uploads) <= {"target"}


def test_slots_that_the_panel_does_not_have_take_no_room(panel):
    for slot in range(100):
        panel._receive(panel, {"type": "file", "slot": f"slot {slot}", "name": "a.csv", "size": 9}, [])
        panel._receive(panel, {"type": "piece", "slot": f"slot {slot}"}, [memoryview(bytes(9))])
    assert panel._uploads == {} and panel.error == ""


def test_a_file_is_read_in_the_thread_and_of_many_that_wait_only_the_last(panel, monkeypatch):
    threads, gate = [], threading.Event()

    def read(content, name):
        threads.append((threading.current_thread(), name))
        return curve(name=name)

    monkeypatch.setattr("aether_lab.panels.upload.read_target", read)
    panel._thread.submit(gate.wait)  # a long fit
    for count in range(5):
        upload(panel, f"{count}.csv", text())
        assert panel.busy == f"Reading {count}.csv…"
    assert [len(waiting.data) for waiting in panel._waiting.values()] == [len(text())]
    gate.set()
    settle(panel)
    ((thread, name),) = threads
    assert thread is not threading.current_thread() and name == panel.match.target.name == "4.csv"
    assert not panel._waiting["target"].data


def test_a_response_shown_from_python_takes_the_place_of_a_file_that_waits(panel):
    gate = threading.Event()
    panel._thread.submit(gate.wait)
    upload(panel, "late.csv", text())
    panel.show(curve())
    gate.set()
    settle(panel)
    assert panel.match.target.name == "bells.csv"


def test_a_closed_panel_keeps_no_file_and_takes_none():
    panel, gate = MatchPanel(SPACE, sections=THREE), threading.Event()
    panel._thread.submit(gate.wait)
    upload(panel, "a.csv", text())
    panel._receive(panel, {"type": "file", "slot": "target", "name": "b.csv", "size": 9}, [])
    panel.close()
    gate.set()
    assert panel._uploads == panel._waiting == {}
    upload(panel, "c.csv", text())
    assert panel.match is None


def test_a_file_that_the_browser_stops_sending_is_forgotten(panel):
    panel._receive(panel, {"type": "file", "slot": "target", "name": "a.csv", "size": 9}, [])
    panel._receive(panel, {"type": "stop", "slot": "target"}, [])
    panel._receive(panel, {"type": "end", "slot": "target"}, [])
    assert panel._uploads == {} and panel.error == "" and not panel.busy


@pytest.mark.slow
def test_a_slider_fits_again_and_cancels_earlier_positions(panel):
    panel.show(curve())
    seen, gate = [], threading.Event()
    panel.observe(lambda change: seen.append(change["new"].sections.n_sections), "match")
    panel._thread.submit(gate.wait)  # a long fit
    for count in (6, 5, 4):
        panel.set_state({"settings": {**panel.settings, "count": count}})
    assert panel.busy == "Fitting 4 sections in series…"
    gate.set()
    settle(panel)
    assert seen == [4]
    assert panel.recipe.n_sections == panel.sections.n_sections == 4


def test_a_slider_that_is_dragged_shows_the_fit_in_progress_and_then_the_last_value(panel, monkeypatch):
    panel.show(curve())
    seen, begun, gate = [], threading.Event(), threading.Event()
    panel.observe(lambda change: seen.append(change["new"].sections.n_sections), "match")

    def slow(*arguments):
        begun.set()
        gate.wait()
        return match_target(*arguments)

    monkeypatch.setattr("aether_lab.panels.match_panel.match_target", slow)
    for count in (6, 5, 4):
        panel.set_state({"settings": {**panel.settings, "count": count}})
        begun.wait()
    gate.set()
    settle(panel)
    assert seen == [6, 4] and panel.recipe.n_sections == 4


def test_another_number_of_sections_compiles_no_fit(panel):
    panel.show(curve())
    compiled = solve._cache_size()
    for count in (1, 7, 32):
        panel.set_state({"settings": {**panel.settings, "count": count}})
        settle(panel)
        assert panel.recipe.n_sections == panel.shown["count"] == count
    assert solve._cache_size() == compiled
    panel.correct("flat")
    compiled = solve._cache_size()
    panel.set_state({"settings": {**panel.settings, "count": 9}})
    settle(panel)
    assert panel.recipe.n_sections == 9 and panel.correction is not None
    assert solve._cache_size() <= compiled + 1  # a correction that exceeds its limit is fitted again from its own start


@pytest.mark.slow
def test_a_slider_moved_during_a_match_applies_to_that_file(panel):
    gate = threading.Event()
    panel._thread.submit(gate.wait)
    upload(panel, "bells.csv", text())
    panel.set_state({"settings": {**panel.settings, "topology": "shelves", "count": 4}})
    gate.set()
    settle(panel)
    assert (panel.match.target.name, panel.recipe.kinds[0]) == ("bells.csv", "lowshelf")


def test_an_invalid_slider_value_is_reported_and_the_next_one_works(panel):
    panel.show(curve())
    before = panel.match
    panel.set_state({"settings": {**panel.settings, "count": 1, "topology": "shelves"}})
    settle(panel)
    assert "shelves" in panel.error and panel.match is before
    panel.set_state({"settings": {**panel.settings, "count": 4}})
    settle(panel)
    assert panel.error == "" and panel.match.sections == Sections(n_sections=4, shelves=True)


def test_sections_set_in_python_are_fitted_at_once_with_all_their_settings(panel):
    panel.show(curve())
    panel.sections = Sections(n_sections=4, gain_range_db=(-3.0, 3.0))
    assert panel.recipe.n_sections == 4
    assert panel.settings == {"count": 4, "topology": "cascade", "low": 20.0, "high": 20_000.0, "rate": 48_000.0}
    panel.set_state({"settings": {**panel.settings, "low": 100}})
    settle(panel)
    assert panel.match.sections == Sections(
        n_sections=4, gain_range_db=(-3.0, 3.0), frequency_range_hz=(100.0, 20_000.0)
    )
    assert np.abs(panel.recipe.gain_db).max() <= 3 + 1e-6


def test_the_kernel_is_responsive_during_a_fit_and_receives_the_result_in_its_loop():
    async def scene():
        panel, gate, threads = MatchPanel(SPACE, sections=THREE), threading.Event(), []
        panel.observe(lambda _: threads.append(threading.current_thread()), "match")
        panel._thread.submit(gate.wait)
        upload(panel, "bells.csv", text())
        assert panel.busy == "Reading bells.csv…"
        asyncio.get_running_loop().call_later(0.1, gate.set)  # only a loop that turns comes to that
        while panel.busy:
            await asyncio.sleep(0.01)
        panel.close()
        return threads

    assert asyncio.run(asyncio.wait_for(scene(), 60)) == [threading.current_thread()]


def test_the_file_holds_the_filter_on_screen_without_a_second_fit(panel, tmp_path):
    panel.show(curve())
    file = panel.export("json", tmp_path / "bells.json")
    assert json.loads((tmp_path / "bells.json").read_text()) == json.loads(file.content)
    on_screen = np.interp(HERTZ, panel.shown["frequency"], panel.shown["curves"]["fitted"])
    again = np.asarray(Recipe.from_json(file.content.decode()).response_db(HERTZ))
    np.testing.assert_allclose(again, on_screen, atol=0.05)  # dB, of the straight lines between the picture's points
    assert file.worst_db < 1e-6
    with pytest.raises(ValueError, match="allowed are json"):
        panel.export("mp3")


@pytest.mark.parametrize("name", export.FORMATS)
def test_the_button_of_each_format_sends_the_file_and_its_worst_deviation(panel, monkeypatch, name):
    panel.show(curve())
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append((content, buffers)))
    panel._handle_custom_msg({"type": "export", "id": "7", "format": name}, [])
    panel._thread.submit(int).result()  # behind it in the queue
    ((content, (file,)),) = sent
    assert content["id"] == "7" and content["file"].startswith(f"bells-{name}.")
    assert file == panel.export(name).content
    assert content["words"].endswith("dB, 20 Hz to 20 kHz.")


@pytest.mark.slow
def test_a_filter_is_fitted_at_the_rate_at_which_it_will_run(panel):
    panel.show(curve())
    panel.set_state({"settings": {**panel.settings, "rate": 44_100}})
    settle(panel)
    assert panel.recipe.sample_rate == 44_100
    assert panel.match.distance["fitted"] < 0.2
    assert panel.export("npy").sample_rate == 44_100
    assert panel.residual().sample_rate == 48_000  # it goes in series with the space


def test_a_failed_export_is_reported(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append(content))
    panel._handle_custom_msg({"type": "export", "id": "1", "format": "json"}, [])
    assert "there is no match" in panel.error
    panel.show(curve())
    panel._handle_custom_msg({"type": "export", "id": "2", "format": "mp3"}, [])
    panel._thread.submit(int).result()
    assert sent == [{"type": "export", "id": "2", "file": "bells-mp3", "error": True}]
    assert "mp3" in panel.error


def test_a_linked_panel_moves_to_the_matched_z_and_not_when_sections_change(panel):
    other = LatentPanel(SPACE)
    panel.link(other)
    assert other.z.tolist() == [0, 0, 0]
    panel.show(curve())
    np.testing.assert_array_equal(other.z, panel.z)
    np.testing.assert_array_equal(other.target, panel.match.target.spectrum_db)
    other.z = [1, 1, 1]
    panel.sections = Sections(n_sections=4)
    assert other.z.tolist() == [1, 1, 1] and other.residual is None
    with pytest.raises(ValueError, match="cannot link a 2-dimensional panel to a 3-dimensional one"):
        panel.link(LatentPanel(FilterSpace.untrained(latent_dim=2)))
    other.close()


@pytest.mark.slow
def test_an_exactly_linked_panel_receives_the_residual_of_each_response(panel):
    other = LatentPanel(SPACE)
    panel.sections = Sections(n_sections=4)
    panel.link(other, exact=True)
    for response in (curve(), curve(Recipe.of([300], [1.0], [10]))):
        panel.show(response)
        settle(panel)
        series = np.asarray(other.recipe.response_db() + other.residual.response_db())
        assert lsd(series, response.spectrum_db) < 0.5 * panel.match.distance["refined"]
    other.close()


def test_repr_names_the_response_and_closing_leaves_no_widget():
    before = set(_instances)
    panel = MatchPanel(SPACE, sections=THREE)
    assert repr(panel) == "MatchPanel(untrained, no response)"
    panel.show(curve())
    assert repr(panel) == "MatchPanel(untrained, bells.csv)"
    panel.close()
    MorphPanel(SPACE).close()
    assert [type(_instances[key]).__name__ for key in set(_instances) - before] == []


@pytest.mark.slow
def test_viewers_without_javascript_get_a_picture():
    lean = curve(Recipe.of([400], [1.0], [6]), "lean.csv")
    empty, morph = MatchPanel(SPACE), MorphPanel(SPACE)
    bundle = empty._repr_mimebundle_()
    assert "image/svg+xml" not in (bundle[0] if isinstance(bundle, tuple) else bundle)
    assert morph._picture() == morph.live._picture()  # its filter at z
    assert all("no response" in repr(each) for each in (empty, morph))
    empty.close()
    morph.close()
    panel, morph = MatchPanel(SPACE, curve(), THREE), MorphPanel(SPACE, curve(), lean)
    for full in (panel, morph):
        bundle = full._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "bells.csv" in ElementTree.fromstring(data["image/svg+xml"]).get("aria-label")
        assert data["text/plain"] == repr(full)
    assert repr(morph) == "MorphPanel(untrained, bells.csv to lean.csv, t=0)"
    panel.close()
    morph.close()


def test_the_browser_receives_the_upload_limit():
    panel = MatchPanel(SPACE)
    assert panel.about["limit"] == LIMIT == 50_000_000
    assert ".sofa" in panel.about["accept"] and ".csv" in panel.about["accept"]
    assert [each["name"] for each in panel.about["formats"]] == list(export.FORMATS)
    assert Sections().n_sections == panel.settings["count"]
    panel.close()


def test_the_panel_corrects_a_response_to_a_target_and_exports_that_filter(panel):
    panel.show(curve())
    fitted = panel.recipe
    panel.correct("tilt:-0.5", max_boost_db=9)
    assert panel.purpose["mode"] == "correct" and (panel.purpose["goal"], panel.purpose["tilt"]) == ("tilt", -0.5)
    made = panel.correction
    assert panel.recipe is made.recipe and made.distance["after"] < made.distance["before"]
    assert panel.shown["correction"]["after"] == made.distance["after"]
    exported = Recipe.from_json(panel.export("json").content.decode())
    assert np.asarray(exported.response_db(HERTZ)).max() <= 0.01
    ElementTree.fromstring(panel._picture())
    panel.copy()
    assert panel.correction is None and panel.recipe is fitted and panel.shown["correction"] is None


def test_the_switch_in_the_browser_corrects_to_the_file_that_is_dropped(panel):
    panel.show(curve())
    panel.set_state({"purpose": {**panel.purpose, "mode": "correct", "goal": "file"}})
    assert panel.correction is None and not panel.busy  # the file is still to come
    upload(panel, "house.csv", text(-0.8 * np.log2(HERTZ / 1000)), slot="goal")
    settle(panel)
    assert panel.error == "" and panel.purpose["name"] == "house.csv"
    assert panel.correction.target_label == panel.shown["correction"]["target_name"] == "house.csv"
    panel.set_state({"purpose": {**panel.purpose, "goal": "flat", "boost": 2}})
    settle(panel)
    assert panel.correction.target_label == "flat" and panel.correction.gain_db.max() <= 2.1
    panel.set_state({"purpose": {**panel.purpose, "mode": "copy"}})
    settle(panel)
    assert panel.correction is None and panel.purpose["name"] == "house.csv"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mode": "sing"}, "modes are copy and correct"),
        ({"tilt": "steep"}, "tilt is 'steep'"),
        ({"boost": 99}, "0 to 60"),
    ],
)
def test_a_bad_switch_is_reported_and_the_filter_stays(panel, change, words):
    panel.show(curve())
    before = panel.recipe
    panel.set_state({"purpose": {**panel.purpose, "mode": "correct", **change}})
    settle(panel)
    assert words in panel.error and panel.recipe is before
    with pytest.raises(ValueError, match="'warm' is no file; allowed are flat"):
        panel.correct("warm")


def test_a_device_in_the_list_is_fitted_and_its_settings_are_shown_and_exported(panel):
    panel.show(curve())
    free = panel.match.distance["fitted"]
    panel.set_state({"device_name": "behringer-x32"})
    settle(panel)
    assert panel.error == "" and panel.device.name.startswith("Behringer X32") and len(panel.shown["device"]) == 4
    assert panel.shown["sections"] == f"4 bands of {panel.device.name}"
    assert panel.shown["device"][0].startswith("band 1: ")
    assert abs(panel.match.distance["fitted"] - panel.match.device_fit.distance_db) < 0.1  # at other frequencies
    assert panel.match.distance["fitted"] < free + 1
    error = np.asarray(panel.shown["error"]["fitted"])
    hertz = np.asarray(panel.shown["target"]["frequency"])
    assert abs(error[(hertz > 100) & (hertz < 20_000)].mean()) < 1  # drawn at the level of the response
    text = panel.export("equalizerapo").content.decode()
    assert "for Behringer" not in text and text.count("Filter ") == 4 and "--rate" not in text
    panel.set_state({"device_name": ""})
    settle(panel)
    assert panel.match.device_fit is None and panel.shown["device"] == []


def test_a_device_from_a_file_is_in_the_list_and_a_path_from_the_browser_is_not(tmp_path):
    path = tmp_path / "mine.json"
    bands = [{"centres": [100], "q": 1, "gain": [0, 3]}]
    path.write_text(json.dumps({"name": "Mine", "source": "a test", "bands": bands}))
    panel = MatchPanel(SPACE, device=path)
    assert panel.device_name == "Mine" and panel.about["devices"][-1] == {"name": "Mine", "title": "Mine"}
    with pytest.raises(ValueError, match=r"device '/etc/hosts\.json'; allowed are ada-peq"):
        panel.device_name = "/etc/hosts.json"
    panel.close()


def test_a_correction_is_set_on_the_device_in_the_list(panel):
    panel.device_name = "spotify"
    panel.show(curve())
    copied = panel.recipe
    panel.correct("flat", max_boost_db=12)
    made = panel.correction
    assert made.notes[-1].startswith(("The settings of Spotify app", "They boost")) and len(panel.shown["device"]) == 6
    assert made.distance["after"] < made.distance["before"] and made.recipe.n_sections == 6
    assert panel.shown["sections"] == "6 bands of Spotify app"
    gains = np.asarray(made.recipe.gain_db)
    np.testing.assert_array_equal(gains, np.round(2 * gains) / 2)  # steps of 0.5 dB
    assert panel.export("csv").content.count(b"peaking") == 6
    panel.copy()
    np.testing.assert_array_equal(panel.recipe.gain_db, copied.gain_db)
