"""The site of the course, by Sphinx: `make site`, or `python -m sphinx -W -c notebooks/site notebooks build/site`.

The pages are the notebooks, with the outputs that they store, and the Markdown beside this file. Nothing that a page
loads comes from a network, and each works when it is opened from disk.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "aether_lab"
author = "the authors of aether_lab"
language = "en"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "course_pages",
    "stored_notebooks",
]
root_doc = "site/index"
include_patterns = ["*.ipynb", "site/**"]
exclude_patterns = ["**/.ipynb_checkpoints", "**/__pycache__"]

nb_execution_mode = "off"
nb_custom_formats = {".ipynb": ["stored_notebooks.read", {}, False]}
nb_ipywidgets_js = {}  # by default two scripts from a network
nb_merge_streams = True

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

toc_object_entries = False  # hundreds of functions beside a page help no one, and take half the time
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature has them; what it cannot say stands in the docstring
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_theme = "sphinx_book_theme"
html_title = "aether_lab"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_use_index = html_domain_indices = False  # the search finds every name
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # a page that is opened from disk may not read the others
html_context = {"default_mode": "auto"}  # light or dark as the system is
html_theme_options = {
    "navbar_start": [],  # all of it stands in the sidebar
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "home_page_in_toc": True,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_fullscreen_button": False,
    "use_download_button": False,
    "use_source_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

mathjax_path = "mathjax/tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "global"}}
