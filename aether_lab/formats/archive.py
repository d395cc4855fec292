"""One filter for every common sample rate, as a zip archive."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.export import FORMATS, Export, export
from aether_lab.formats.rates import COMMON_RATES
from aether_lab.signals.files import write_bytes

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time of every entry: equal filters give equal bytes


@dataclass(frozen=True, eq=False)
class Archive:
    """A zip archive in memory, and its files by their names."""

    content: bytes
    files: dict[str, Export]
    readme: str

    def save(self, path: str | Path) -> Path:
        """Writes the archive atomically; the default suffix is `.zip`."""
        path = Path(path)
        return write_bytes(path if path.suffix else path.with_suffix(".zip"), self.content)


def export_zip(
    recipe: Recipe, format: str, *, rates: Iterable[float] = COMMON_RATES, stem: str = "filter", **options: Any
) -> Archive:
    """A recipe in one format for several sample rates, each fitted and read back there, with a README of deviations.

    >>> archive = export_zip(Recipe.of([1000], [1], [6]), "equalizerapo", rates=[44_100, 96_000], stem="mine")
    >>> list(archive.files)
    ['mine-44100.txt', 'mine-96000.txt']

    Args:
        recipe: of shape `(S,)`.
        format: one of `FORMATS`.
        rates: in Hz; by default 44.1, 48, 88.2, 96, 176.4 and 192 kHz.
        stem: how the names of the files begin; other characters than letters, digits, `.`, `-` and `_` become `-`.
        options: of `export`, such as `name`.

    Raises:
        ValueError: as `export`, or no rate.
    """
    stem = re.sub(r"[^\w.-]+", "-", stem).strip(".-") or "filter"
    chosen = sorted({float(rate) for rate in rates})
    if not chosen:
        raise ValueError("rates is empty; at least one sample rate in Hz is needed")
    exports = [export(recipe, format, sample_rate=rate, **options) for rate in chosen]
    files = {f"{stem}-{each.sample_rate:g}{each.suffix}": each for each in exports}
    readme = _readme(files, format)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in [("README.txt", readme.encode()), *((name, each.content) for name, each in files.items())]:
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), data, zipfile.ZIP_DEFLATED)
    return Archive(content.getvalue(), files, readme)


def _readme(files: dict[str, Export], format: str) -> str:
    width = max(map(len, files))
    lines = [
        f"{FORMATS[format].title}: one filter for {len(files)} sample rates. Use the file of the rate of your host.",
        "Each was fitted for its rate and read back; it deviates from the filter, 20 Hz to 20 kHz, by:",
        "",
        f"{'file':{width}}  worst dB   rms dB",
    ]
    lines += [f"{name:{width}}  {each.worst_db:8.3f} {each.rms_db:8.3f}" for name, each in files.items()]
    for name, each in files.items():
        lines += ["", name, *(f"  {note}" for note in each.notes)]
    return "\n".join(lines) + "\n"
