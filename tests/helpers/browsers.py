"""The browser that tests and benchmarks drive."""

import os
import shutil
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")

_PROGRAM_FILES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def find_browser() -> str:
    """Path of a browser: `AETHER_LAB_BROWSER`, else the first Chrome, Chromium or Edge found.

    Raises:
        FileNotFoundError: none is found.
    """
    named = os.environ.get("AETHER_LAB_BROWSER")
    if named:
        if found := shutil.which(named):
            return found
        raise FileNotFoundError(f"AETHER_LAB_BROWSER is {named!r}, which is not a program on this machine")
    for program in map(shutil.which, _BROWSERS):
        if program:
            return program
    for path in _PROGRAM_FILES:
        if Path(path).is_file():
            return path
    raise FileNotFoundError(
        "no Chrome, Chromium or Edge was found. Install one, or set AETHER_LAB_BROWSER to the path of its program"
    )
