"""The options of `recipe` for what a measurement leaves open: its noise, and the band of curves that it allows."""

import argparse
from pathlib import Path

import numpy as np

from aether_lab.model.posterior import POSTERIOR_HZ, at_posterior_hz, fan
from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.target import Target

SHARE = 0.9


def add_fan(sub: argparse.ArgumentParser) -> None:
    """The options."""
    sub.add_argument("--fan", metavar="F.csv", help="also write the band of the curves that the (first) file allows")
    sub.add_argument(
        "--noise",
        type=float,
        default=0.0,
        metavar="DB",
        help="standard deviation of the files, for --fan and --correct",
    )


def write_fan(path: Path, target: Target, noise_db: float, measured: list[str]) -> None:
    """Writes a table of the band at 62 frequencies, and prints where it is.

    Args:
        measured: files that are not to be replaced.

    Raises:
        ValueError: another suffix than .csv, the name of a measured file, or a noise below 0 dB.
    """
    if path.suffix.lower() != ".csv":
        raise ValueError(f"--fan {path}: the band is a table; use a .csv name")
    if path.exists() and any(Path(each).exists() and path.samefile(each) for each in measured):
        raise ValueError(f"--fan {path}: that is a file that was measured; name another")
    found = fan(target, noise_db=noise_db)
    ends = found.band_db(SHARE)
    low, median, high = at_posterior_hz([ends[0], found.median_db, ends[1]])
    rows = np.column_stack([POSTERIOR_HZ, low, median, high])
    lines = ["frequency_hz,low_db,median_db,high_db", *(f"{f:.1f},{a:.2f},{b:.2f},{c:.2f}" for f, a, b, c in rows), ""]
    write_bytes(path, "\n".join(lines).encode())
    first, last = target.band_hz
    inside = (first <= POSTERIOR_HZ) & (last >= POSTERIOR_HZ)
    outside = f", {(high - low)[~inside].mean():.1f} dB outside of them" if not inside.all() else ""
    print(
        f"{path}: {100 * SHARE:.0f} % of the curves that {target.label} allows; the band is "
        f"{(high - low)[inside].mean():.1f} dB wide on average from {first:.0f} to {last:.0f} Hz{outside}"
    )
