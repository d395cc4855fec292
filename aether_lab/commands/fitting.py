"""What the options of `recipe` say of a fit, whether it copies or corrects."""

import argparse

from aether_lab.filters.device import DeviceProfile
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.formats.response import NYQUIST_SHARE


def sections_of(args: argparse.Namespace, shelves: bool) -> Sections:
    """The sections of `--sections` and `--topology`, in the audible range of the sample rate `--rate`."""
    low, high = AUDIBLE_HZ[0], min(AUDIBLE_HZ[1], NYQUIST_SHARE * args.rate / 2)
    return Sections(
        args.sections, args.topology, shelves=shelves, frequency_range_hz=(low, high), sample_rate=args.rate
    )


def device_of(args: argparse.Namespace) -> DeviceProfile:
    """The device of `--device`.

    Raises:
        ValueError: a profile that cannot be read, or an option that does not go with a device.
    """
    others = ("model", "rates", "whole_hertz", "shelves")
    for option in others:
        if getattr(args, option):
            name = option.replace("_", "-")
            raise ValueError(f"--{name} with --device: the profile of the device has its sections and its rate")
    device = DeviceProfile.load(args.device)
    if args.rate not in (Sections().sample_rate, device.sample_rate):
        raise ValueError(f"--rate {args.rate:g}: {device.name} filters at {device.sample_rate:g} Hz; leave --rate out")
    return device
