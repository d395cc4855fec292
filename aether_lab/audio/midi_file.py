"""Standard MIDI files of 14-bit controllers, written byte for byte as `static/dsp/midi_file.js` writes them.

Source: MIDI Manufacturers Association, *Standard MIDI Files 1.0*, RP-001; *MIDI 1.0 Detailed Specification*, table III:
controllers 0 to 31 hold the upper seven bits of what controllers 32 to 63 hold the lower ones of.
"""

import numpy as np
from numpy.typing import NDArray

from aether_lab.audio.motion import HOP

FIRST_CONTROLLER = 16
"""Of the first knob: 16 to 19 are the general-purpose controllers."""

MOST_CONTROLLERS = 16

BLOCKS_PER_QUARTER = 180
"""At 48 kHz a quarter note is 480 ms long: 125 beats a minute."""

TICKS_PER_BLOCK = 4
"""Every block begins on a tick."""

LARGEST_VALUE = 2**14 - 1


def midi_bytes(values: NDArray[np.float64], limit: float, sample_rate: float) -> bytes:
    """A file of format 0 whose controllers follow `values` `(N, K)`, from `-limit` to `limit`, block by block.

    Raises:
        ValueError: more than `MOST_CONTROLLERS` columns.
    """
    count = values.shape[1]
    if count > MOST_CONTROLLERS:
        raise ValueError(f"there are {count} controllers; allowed are at most {MOST_CONTROLLERS}")
    tempo = round(1e6 * BLOCKS_PER_QUARTER * HOP / sample_rate)
    track = bytearray(b"\x00\xff\x51\x03" + tempo.to_bytes(3, "big"))
    for k in range(count):
        high = FIRST_CONTROLLER + k
        text = f"z{k}: controllers {high} and {high + 32}, 0 is {-limit:g}, {LARGEST_VALUE} is {limit:g}".encode()
        track += b"\x00\xff\x01" + _quantity(len(text)) + text
    levels = np.floor((np.clip(values, -limit, limit) + limit) / (2 * limit) * LARGEST_VALUE + 0.5).astype(int)
    at = 0  # ticks, of the last event
    changed = np.ones(levels.shape, bool)
    changed[1:] = levels[1:] != levels[:-1]
    for n, k in zip(*np.nonzero(changed), strict=True):
        tick, value = TICKS_PER_BLOCK * (int(n) + 1), int(levels[n, k])
        high = FIRST_CONTROLLER + int(k)
        track += _quantity(tick - at) + bytes([0xB0, high, value >> 7, 0, 0xB0, high + 32, value & 127])
        at = tick
    track += _quantity(TICKS_PER_BLOCK * len(levels) - at) + b"\xff\x2f\x00"
    division = BLOCKS_PER_QUARTER * TICKS_PER_BLOCK
    head = b"MThd" + (6).to_bytes(4, "big") + b"\x00\x00\x00\x01" + division.to_bytes(2, "big")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)


def _quantity(number: int) -> bytes:
    """A number in groups of seven bits, the highest first, all but the last with the eighth bit set."""
    groups = [number & 127]
    while number := number >> 7:
        groups.append(128 | (number & 127))
    return bytes(reversed(groups))
