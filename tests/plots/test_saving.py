import base64
import io
import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest
from bokeh.layouts import column, gridplot
from bokeh.plotting import figure
from figures import figures
from PIL import Image

from aether_lab import plots

SVG = "{http://www.w3.org/2000/svg}"


KINDS = ("curves", "response", "sweep", "map", "points", "corpus", "training", "reconstruction")


@pytest.fixture(scope="module")
def on_paper():
    with plots.style("paper"):
        return figures()


@pytest.fixture(scope="module")
def in_a_notebook():
    return figures()


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_cut_off_at_the_edge_of_a_picture(name, in_a_notebook, tmp_path):
    alpha = np.asarray(Image.open(plots.save(in_a_notebook[name], tmp_path / "a.png")))[..., 3]
    edges = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    assert not edges.any() and alpha.any()


@pytest.mark.parametrize("name", KINDS)
def test_a_figure_on_paper_has_its_width_in_pixels_and_a_white_edge(name, on_paper, tmp_path):
    picture = Image.open(plots.save(on_paper[name], tmp_path / "a.png", dpi=300)).convert("RGB")
    assert picture.width == pytest.approx(85 / 25.4 * 300, abs=3)
    pixels = np.asarray(picture)
    edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edges == 255).all()


@pytest.mark.parametrize("name", KINDS)
def test_an_svg_is_all_vectors_with_its_labels_as_text(name, on_paper, tmp_path):
    root = ElementTree.parse(plots.save(on_paper[name], tmp_path / "a.svg")).getroot()
    assert not list(root.iter(f"{SVG}image"))
    assert float(root.get("width")[:-2]) / 72 * 25.4 == pytest.approx(85, abs=0.2)
    words = {"".join(element.itertext()) for element in root.iter(f"{SVG}text")}
    expected = {"curves": "curve 8", "sweep": "z1: down", "map": "tilt, dB per octave", "corpus": "a (2)"}
    assert expected.get(name, "") in words | {""}
    if name not in ("map", "points", "training", "reconstruction"):
        assert {"frequency, Hz", "level, dB", "10k"} <= words


@pytest.mark.parametrize("name", KINDS)
def test_a_pdf_has_its_width_and_no_bitmap(name, on_paper, tmp_path):
    data = plots.save(on_paper[name], tmp_path / "a.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", data)
    assert float(box[1]) / 72 * 25.4 == pytest.approx(85, abs=0.2)
    assert b"/Subtype /Image" not in data and b"/Type /Font" in data


def test_a_figure_is_the_same_file_each_time(on_paper, tmp_path):
    for suffix in ("png", "svg", "pdf"):
        a, b = (plots.save(on_paper["curves"], tmp_path / f"{k}.{suffix}").read_bytes() for k in "ab")
        assert a == b


def test_a_png_has_two_pixels_to_a_css_pixel_a_clear_background_and_the_curves_in_it(in_a_notebook, tmp_path):
    picture = Image.open(plots.save(in_a_notebook["sweep"], tmp_path / "sweep.png"))
    assert picture.mode == "RGBA" and picture.width == 2 * 720
    pixels = np.asarray(picture).astype(int)
    assert (pixels[..., 3] == 0).mean() > 0.5
    seen = pixels[pixels[..., 3] > 200]
    assert (seen[:, 2] - seen[:, 0] > 100).any() and (seen[:, 0] - seen[:, 2] > 100).any()  # both ends of z
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.png"]


def test_a_matplotlib_figure_has_the_same_curves_axes_and_legend(in_a_notebook):
    drawn = plots.to_matplotlib(in_a_notebook["curves"])
    (axes,) = drawn.axes
    ours = in_a_notebook["curves"].renderers
    assert (
        axes.get_xscale() == "log" and axes.get_xlim() == (20, 20_000) and axes.get_title(loc="left") == "Nine curves"
    )
    for line, renderer in zip(axes.lines, ours, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), renderer.data_source.data["x"])
        np.testing.assert_array_equal(line.get_ydata(), renderer.data_source.data["y"])
        assert line.get_color() == renderer.glyph.line_color
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == [f"curve {k}" for k in range(9)]


def test_rc_params_give_plots_of_ones_own_the_style():
    with plots.style("paper", 120):
        params = plots.rc_params()
    with matplotlib.rc_context(params):
        drawn = matplotlib.figure.Figure()
        lines = [drawn.subplots().plot([0, 1])[0] for _ in range(1)]
        assert drawn.get_figwidth() * 25.4 == pytest.approx(120, abs=0.2)
        assert lines[0].get_color() == plots.palette.LIGHT[0]
        assert len(matplotlib.rcParams["axes.prop_cycle"]) == 9


def test_figures_that_notebooks_draw_themselves_are_saved(tmp_path):
    image = figure(frame_width=300, frame_height=100, y_axis_type="log", x_range=(0, 1), title="a spectrogram")
    image.y_range.update(start=60, end=20_000)
    image.image([np.eye(8)], 0, 60, 1, 19_940, palette="Viridis256")
    lines = figure(frame_width=300, frame_height=100, x_axis_label="time, s")
    lines.line([0, 1], [1, 2], dash="dashed", legend_label="z0")
    lines.add_layout(lines.legend[0], "right")
    for fig in (image, lines, gridplot([[image, lines]], toolbar_location=None)):
        assert plots.save(fig, tmp_path / "a.png").exists()


def test_a_figure_of_other_parts_is_refused_with_the_way_out(tmp_path):
    text = figure()
    text.text([0], [0], ["a"])
    with pytest.raises(ValueError, match=r"contains Text; only Line, .* Save it as \.html"):
        plots.save(text, tmp_path / "a.png")
    with pytest.raises(ValueError, match="Column is not a figure or a grid of figures"):
        plots.save(column(figure(), figure()), tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["sweep.eps", "sweep"])
def test_an_unknown_suffix_raises(name, in_a_notebook, tmp_path):
    with pytest.raises(ValueError, match=r"\.html, \.png, \.svg or \.pdf"):
        plots.save(in_a_notebook["sweep"], tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_dpi_that_is_none_raises(in_a_notebook, tmp_path):
    with pytest.raises(ValueError, match="dpi is 0; it must be 1 to 2400"):
        plots.save(in_a_notebook["curves"], tmp_path / "a.png", dpi=0)


def test_a_saved_page_is_self_contained(in_a_notebook, tmp_path):
    page = plots.save(in_a_notebook["sweep"], tmp_path / "sweep.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert "z0: up" in page


def test_a_stored_notebook_shows_a_picture_instead_of_a_live_figure(in_a_notebook, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setenv("AETHER_LAB_PICTURES", "static")
    plots.show(in_a_notebook["curves"])
    data, metadata = shown[0]._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert metadata["image/png"]["width"] == picture.width // 2 == 720
