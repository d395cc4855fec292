"""Figures in a page, as narrow as a cell may be."""

import pytest
from bokeh.embed import file_html
from bokeh.resources import INLINE
from figures import figures
from playwright.sync_api import Browser

# Of each panel where it stands.
_MEASURED = """() => [...Bokeh.index].flatMap(function measure(view) {
  if (view.model.type === "GridBox") return view.child_views.flatMap(measure);
  const { left, right, width } = view.el.getBoundingClientRect();
  return [{ left, right, width }];
})"""


@pytest.mark.slow(seconds=15)
def test_figures_shrink_with_their_cell_and_none_is_wider(browser: Browser, tmp_path):
    page = browser.new_page(viewport={"width": 800, "height": 600})
    for name, fig in figures().items():
        path = tmp_path / f"{name}.html"
        path.write_text(file_html(fig, INLINE, title=name), encoding="utf-8")
        page.goto(path.as_uri())
        for width in (800, 360):
            page.set_viewport_size({"width": width, "height": 600})
            page.wait_for_function("() => window.Bokeh?.documents[0]?.is_idle")
            page.wait_for_timeout(100)
            panels = page.evaluate(_MEASURED)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            for panel in panels:
                assert panel["left"] >= 0 and panel["right"] <= width, (name, width, panel)
                assert panel["width"] >= 150, (name, width, panel)
    page.close()
