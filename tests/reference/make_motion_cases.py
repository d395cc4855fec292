"""Writes `motion_cases.json`, to which Python and JavaScript are both held; run this file.

Scalars and the standard library alone: nothing of aether_lab takes part. A case is a motion, times up to an hour, and
z for the left and the right channel.
"""

import itertools
import json
import math
import random
from pathlib import Path

DEFAULTS = {
    "kind": "manual", "centre": [0.0] * 4, "rate": 0.5, "slow_rate": 0.02, "radius": 1.5, "slow_radius": 1.5,
    "swap": False, "ratio": [3, 2], "shift": 0.25, "phase": 0.0, "slow_phase": 0.0, "points": [], "closed": True,
    "seed": 0, "stereo_offset": 0.0,
}  # fmt: skip
MOTIONS = {
    "manual": {"centre": [0.5, -1.0, 2.0, 0.25]},
    "spiral": {"kind": "spiral"},
    "fastest spiral, swapped, ears opposed": {
        "kind": "spiral", "rate": 5.0, "slow_rate": 0.037, "swap": True, "stereo_offset": 0.5, "radius": 2.0,
        "phase": 0.3,
    },
    "spiral in two dimensions": {"kind": "spiral", "centre": [1.0, -1.0], "rate": 3.3, "stereo_offset": 0.25},
    "spiral in six dimensions": {"kind": "spiral", "centre": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]},
    "orbit": {"kind": "orbit", "rate": 0.93, "ratio": [5, 4], "shift": 0.1, "slow_phase": 0.4, "stereo_offset": 0.125},
    "walk": {"kind": "walk", "rate": 2.5, "seed": 4_000_000_007, "stereo_offset": 0.5, "phase": -3.7},
    "loop": {"kind": "path", "rate": 0.11, "points": [[0, 0, 0, 0], [3, 0, 0, 0], [3, 4, 0, 1]], "stereo_offset": 0.3},
    "there and back": {
        "kind": "path", "rate": 0.7, "centre": [0.0, 0.0], "closed": False, "points": [[-2, 0], [0, 0], [0, 0], [0, 1]],
    },
}  # fmt: skip


def lowbias32(x: int) -> int:
    x &= 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def walk(seed: int, k: int, cycles: float) -> float:
    """The B-spline by its definition: each control value times the basis function around it, in pieces."""
    start, total = lowbias32(lowbias32(seed) + k), 0.0
    for knot in range(math.floor(cycles) - 1, math.floor(cycles) + 3):
        d = abs(cycles - knot)
        basis = (4 - 6 * d * d + 3 * d**3) / 6 if d < 1 else max(2 - d, 0.0) ** 3 / 6
        total += basis * (lowbias32(start + knot) / 2**31 - 1)
    return total


def along(corners: list, fraction: float) -> list[float]:
    lengths = [math.dist(a, b) for a, b in itertools.pairwise(corners)]
    left = fraction * sum(lengths)
    for (a, b), length in zip(itertools.pairwise(corners), lengths, strict=True):
        if left <= length and length:
            return [p + left / length * (q - p) for p, q in zip(a, b, strict=True)]
        left -= length
    return corners[-1]


def at(m: dict, t: float, channel: int) -> list[float]:
    fast, slow = m["rate"] * t + m["phase"] + m["stereo_offset"] * channel, m["slow_rate"] * t + m["slow_phase"]
    if m["kind"] == "path":
        points = m["points"]
        return along(points + (points[:1] if m["closed"] else points[:-1][::-1]), fast % 1)
    z = list(m["centre"])
    for k in range(min(len(z), 4) if m["kind"] != "manual" else 0):
        is_fast = (k < 2) ^ m["swap"]
        cycles, radius = (fast, m["radius"]) if is_fast else (slow, m["slow_radius"])
        if m["kind"] == "spiral":
            value = (math.cos if k % 2 else math.sin)(2 * math.pi * (cycles % 1))
        elif m["kind"] == "orbit":
            value = math.sin(2 * math.pi * (m["ratio"][k % 2] * (cycles % 1) + (m["shift"] if k % 2 else 0)))
        else:
            value = walk(m["seed"], k, cycles)
        z[k] += radius * value
    return z


if __name__ == "__main__":
    times = [0.0, 128 / 48e3, 0.5, 1.0, 59.9, *sorted(random.Random(5).uniform(0, 3600) for _ in range(12)), 3600.0]
    cases = []
    for name, fields in MOTIONS.items():
        motion = {**DEFAULTS, **fields}
        left, right = ([[round(v, 13) for v in at(motion, t, channel)] for t in times] for channel in (0, 1))
        cases.append({"name": name, "motion": fields, "times": times, "left": left, "right": right})
    text = json.dumps(cases, separators=(",", ":")) + "\n"
    Path(__file__).with_name("motion_cases.json").write_text(text)
