import nbformat

from aether_lab.panels.stored_page import StoredPanels

VIEW, STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"


def notebook(*data, stored=True):
    outputs = [nbformat.v4.new_output("display_data", each) for each in data]
    metadata = {"widgets": {STATE: {"state": {}}}} if stored else {}
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=outputs)], metadata=metadata)


def exported(nb):
    return [output.data for output in StoredPanels().preprocess(nb, {})[0].cells[0].outputs]


def test_a_panel_becomes_its_picture_and_one_script_makes_all_of_them_live():
    panel, slider = {VIEW: {"model_id": '"a"'}, "image/svg+xml": "<svg/>"}, {VIEW: {"model_id": "b"}}
    first, other, last = exported(notebook(panel, slider, panel))
    assert first["text/html"] == '<div class="aether-stored" data-model="&quot;a&quot;"><svg/></div>'
    assert VIEW not in first and other == slider
    assert last["text/html"].count("<script") == last["text/html"].count("</script") == 1
    assert "mountPanels" in last["text/html"]


def test_without_stored_state_it_is_the_picture_alone():
    (panel,) = exported(notebook({VIEW: {"model_id": "a"}, "image/svg+xml": "<svg/>"}, stored=False))
    assert "<svg/>" in panel["text/html"] and "<script" not in panel["text/html"]
