"""Bokeh figures from arrays, and saving them."""

import os
import shutil
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def browser() -> str:
    """Path of the Chrome, Chromium or Edge that draws pictures: `AETHER_LAB_BROWSER`, else the first one found.

    Raises:
        FileNotFoundError: none is installed where one is looked for.
    """
    named = os.environ.get("AETHER_LAB_BROWSER")
    if named:
        if found := shutil.which(named):
            return found
        raise FileNotFoundError(f"AETHER_LAB_BROWSER names {named!r}, which is not a program on this machine")
    for found in map(shutil.which, _BROWSERS):
        if found:
            return found
    for place in _PLACES:
        if Path(place).is_file():
            return place
    raise FileNotFoundError(
        "no Chrome, Chromium or Edge was found. Install one, or set AETHER_LAB_BROWSER to the path of its program"
    )
