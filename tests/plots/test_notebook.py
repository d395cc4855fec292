import gzip
import sys

from aether_lab import plots
from aether_lab.plots import notebook


def test_a_live_figure_says_in_words_what_it_shows_and_its_output_needs_no_other(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.delenv("AETHER_LAB_PICTURES", raising=False)
    plots.show(plots.curves({"flat": [0, 0], "</script>": [1, 2]}, [100, 10_000], title='"Two" curves'))
    bundle = shown[0]._repr_mimebundle_()
    words = '"Two" curves: level, dB over frequency, Hz; flat, </script>'
    assert bundle["text/plain"] == repr(shown[0]) == words
    assert 'role="figure" aria-label="&quot;Two&quot; curves' in bundle["text/html"]
    assert bundle["text/html"].count("</script>") == 1
    assert len(bundle["text/html"]) < 50_000  # BokehJS is in a widget


def test_bokehjs_is_in_one_widget_of_a_kernel_whatever_became_of_the_last():
    first = notebook._ensure_library()
    assert notebook._ensure_library() == first
    assert b"bokeh" in gzip.decompress(notebook._library.gzip)[:100]
    notebook._library.close()
    assert notebook._ensure_library() == first and notebook._library.comm is not None
    notebook._library.close()


def test_where_each_output_is_a_page_of_its_own_bokehjs_comes_along(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    assert (
        len(notebook.LiveFigure(plots.curves({"flat": [0, 0]}, [100, 10_000]))._repr_mimebundle_()["text/html"])
        > 1_000_000
    )
