"""Interactive panels for a notebook, and the exported page, which needs no kernel."""
