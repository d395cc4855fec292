"""Kinds of systems, recognised by the names of the folders in which measurements lie."""

from __future__ import annotations

import re

KINDS = ("room", "plate or spring", "cabinet", "microphone", "ear", "headphone", "loudspeaker", "gear", "object")
"""Every kind, in the order in which the package lists them."""

_FOLDERS = {  # singular names of folders
    "room": ("room",),
    "plate or spring": ("plate", "spring"),
    "cabinet": ("cabinet", "cab"),
    "microphone": ("microphone", "mic"),
    "ear": ("ear", "hrtf", "hrir"),
    "headphone": ("headphone",),
    "loudspeaker": ("loudspeaker", "speaker"),
    "gear": ("gear",),
    "object": ("object", "instrument"),
}
_KIND = {name + s: kind for kind, names in _FOLDERS.items() for name in names for s in ("", "s")}


def kind_of(source: str) -> str:
    r"""The kind of system of a source: one of `KINDS`, or "" where no folder in its path is named after one.

    Names of folders may be plural, in capitals, and short: `cabs`, `mics`, `speakers`; ears are also `hrtf` or `hrir`,
    objects also `instruments`. The deepest such folder counts.

    >>> [kind_of(source) for source in ("plates/emt140", "synthetic/rooms", "Rooms/Mics/u87", "emt140")]
    ['plate or spring', 'room', 'microphone', '']
    """
    folders = re.split(r"[/\\]", source.lower())
    return next((_KIND[name] for name in reversed(folders) if name in _KIND), "")
