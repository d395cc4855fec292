"""A space as a file for programs elsewhere."""

import os
import re
from pathlib import Path

from aether_lab.instrument.c_header import c_header, example_host
from aether_lab.instrument.faust import MOST_SECTIONS, faust_program
from aether_lab.instrument.template import with_weights
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import write_bytes

PROGRAMS = {".h": c_header, ".dsp": faust_program}
"""By suffix: a C99 header, a Faust program, with marks in place of the weights."""


def program_templates(space: FilterSpace) -> dict[str, str]:
    """By suffix, the programs that `write_instrument` can write of a space, with marks in place of the weights."""
    return {
        suffix: program(space)
        for suffix, program in PROGRAMS.items()
        if suffix != ".dsp" or space.num_filters <= MOST_SECTIONS
    }


def write_instrument(space: FilterSpace | str | os.PathLike, path: str | os.PathLike) -> Path:
    """Writes decoder, bank and named knobs of a space as one text file that plays what `render` plays.

    - `.h`: a C99 header that needs only the C library. `write_host` writes a program that uses it.
    - `.dsp`: a Faust program, from which plug-ins are built. It plays a motion one block of 128 samples later than
      `render`, since its decoder is spread over a block, and has at most 32 sections.

    Both have two channels with the same z. Details and kinds have controls of their own, as in `FilterSpace.decode`.

    Args:
        space: a `FilterSpace`, or an argument of `FilterSpace.load`.
        path: of the file, which is replaced if there is one.

    Raises:
        ValueError: another suffix; an unreadable space; one of more than 32 sections as `.dsp`.
        FileNotFoundError: there is no such folder.

    >>> import tempfile
    >>> from aether_lab import write_instrument
    >>> header = write_instrument("2d", f"{tempfile.mkdtemp()}/aether.h")
    >>> "AETHER_KNOB_TREBLE" in header.read_text()
    True
    """
    path = Path(path)
    program = PROGRAMS.get(path.suffix.lower())
    if program is None:
        raise ValueError(f"{path}: an instrument is a .h file (C99) or a .dsp file (Faust); use such a name")
    space = space if isinstance(space, FilterSpace) else FilterSpace.load(space)
    return write_bytes(path, with_weights(program(space), space).encode())


def write_host(path: str | os.PathLike, header: str | os.PathLike = "aether.h") -> Path:
    """Writes an example in C, a program that plays a WAV file through the instrument in `header`, moved by a table.

    Args:
        path: of the program, a `.c` file.
        header: a name as in `#include`, of a file of `write_instrument`.

    Raises:
        ValueError: another suffix, or a header whose name C cannot include.
        FileNotFoundError: there is no such folder.

    >>> import tempfile
    >>> from aether_lab import write_host
    >>> host = write_host(f"{tempfile.mkdtemp()}/play.c", "aether.h")
    >>> '#include "aether.h"' in host.read_text()
    True
    """
    path, name = Path(path), os.fspath(header)
    if path.suffix.lower() != ".c":
        raise ValueError(f"{path}: the example is a C program; use a .c name")
    if not name.lower().endswith(".h") or not re.fullmatch(r"[^\"\\\n\r]+", name):
        raise ValueError(f"{name!r:.200}: a header to include has a .h name without quotes and backslashes")
    return write_bytes(path, example_host(name).encode())
