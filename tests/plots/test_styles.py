import pytest

from aether_lab import plots
from aether_lab.plots.styles import current


def flat(names=("a", "b")):
    return plots.curves({name: [0, 0] for name in names}, [100, 1000])


def test_a_style_holds_until_the_next_one_or_the_end_of_its_block():
    before = current()
    with plots.style("paper"):
        with plots.style("slides"):
            assert current().width == 960
        assert current().width == 321
        plots.style("notebook")
        assert flat().title.text_color == plots.INK
    assert current() == before


@pytest.mark.parametrize(("name", "millimetres"), [("paper", 85), ("slides", 254), ("notebook", 190.5)])
def test_a_figure_is_as_wide_as_its_style_says(name, millimetres):
    with plots.style(name):
        assert flat().width * 25.4 / 96 == pytest.approx(millimetres, abs=0.2)
    with plots.style(name, width_mm=120):
        assert flat().width * 25.4 / 96 == pytest.approx(120, abs=0.2)


def test_paper_is_black_on_white_in_8_points_at_any_width():
    for width in (60, 180):
        with plots.style("paper", width):
            fig = flat()
        texts = [fig.title, fig.legend[0]]
        assert fig.background_fill_color == fig.border_fill_color == "#ffffff"
        assert fig.title.text_color == fig.legend[0].label_text_color == fig.xaxis[0].axis_label_text_color == "#000000"
        assert float(fig.xaxis[0].axis_label_text_font_size[:-2]) * 0.75 == pytest.approx(8, abs=0.01)
        assert texts


def test_panels_are_fewer_in_a_row_where_they_would_be_narrow():
    spectra = [[0.0, 0.0]] * 4
    rows = {}
    for width in (180, 85, 50):
        with plots.style("paper", width):
            rows[width] = max(row for _, row, _ in plots.corpus(spectra, list("abcd"), [100, 1000]).children)
    assert rows == {180: 0, 85: 1, 50: 3}


def test_a_long_name_is_shortened_and_a_long_title_wrapped():
    name = "an impulse response with a name that is far too long for any column.wav"
    with plots.style("paper"):
        fig = plots.curves({name: [0, 0], "b": [1, 1]}, [100, 1000], title=name)
    label = fig.legend[0].items[0].label.value
    assert len(label) < 50 and label.startswith("an impulse") and label.endswith(".wav")
    assert fig.title.text.replace("\n", " ") == name and "\n" in fig.title.text


@pytest.mark.parametrize(
    ("name", "width", "words"),
    [("poster", None, "must be one of notebook, paper, slides"), ("paper", 8.5, "width_mm is 8.5; it must be 30 to")],
)
def test_an_unknown_style_or_width_raises(name, width, words):
    before = current()
    with pytest.raises(ValueError, match=words):
        plots.style(name, width)
    assert current() == before
