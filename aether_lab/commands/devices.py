"""The command `devices`: the equalisers whose settings `recipe --device` can fit."""

import argparse

import numpy as np

from aether_lab.filters.device import Band, DeviceProfile, device_names
from aether_lab.signals.names import pluralize
from aether_lab.signals.names import print_line as print  # a profile may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("device", nargs="*", metavar="NAME|FILE.json", help="only these, with all their bands and sources")


def run(args: argparse.Namespace) -> None:
    """Lists the shipped profiles, or describes the profiles named."""
    if not args.device:
        profiles = {name: DeviceProfile.load(name) for name in device_names()}
        width = max(map(len, profiles))
        for name, profile in profiles.items():
            print(f"{name:{width}}  {profile.name}, {pluralize(len(profile.bands), 'band')}")
        return
    for name in args.device:
        profile = DeviceProfile.load(name)
        print(f"{profile.name}, {profile.sample_rate:g} Hz")
        for i, band in enumerate(profile.bands, start=1):
            print(f"band {i}: {describe(band)}")
        if profile.preamp_db is not None:
            print(f"preamp: {_values(profile.preamp_db)} dB")
        print(f"source: {profile.source}")


def describe(band: Band) -> str:
    """The controls of a band in one line."""
    parts = [" or ".join(band.types), f"{_values(band.frequency_hz)} Hz"]
    if "peaking" in band.types:
        parts.append(f"Q {_values(band.q)}")
    if any("shelf" in kind for kind in band.types) and not (np.array_equal(band.q, band.shelf_q) and len(parts) > 2):
        parts.append(f"Q of shelves {_values(band.shelf_q)}")
    return ", ".join([*parts, f"{_values(band.gain_db)} dB", *["can be off"] * band.off])


def _values(values: np.ndarray) -> str:
    """One value, or the ends of several and their number."""
    if len(values) == 1:
        return f"{values[0]:.6g}"
    return f"{values[0]:.6g} to {values[-1]:.6g} ({len(values)} values)"
