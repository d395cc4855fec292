"""Pages in a browser whose errors fail the test."""

from contextlib import closing, contextmanager


@contextmanager
def page_without_errors(browser, script="", **context):
    """A page in a context of its own, cut off from the network; `script` runs before the page's own."""
    with closing(browser.new_context(offline=True, **context)) as tab:
        tab.add_init_script(script)
        page = tab.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        assert errors == []
