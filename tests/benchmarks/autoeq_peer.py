"""Runs in AutoEq's own environment, see fit.py: `python autoeq_peer.py targets.npz made.npz`.

Targets are read on AutoEq's own grid (steps of 1.02) over the band in which fits are judged, and fitted with ten
PEAKING filters by its optimiser with its own settings. Corrections, the targets turned upside down, are fitted with
its usual configuration of two shelves and eight peaks.
"""

import sys
import time
import warnings

import numpy as np
from autoeq.constants import PEQ_CONFIGS
from autoeq.peq import PEQ

SAMPLE_RATE, STEP, BAND = 48_000, 1.02, (100.0, 20_000.0)
RANGES = {
    "own ranges": {},
    "our ranges": {"min_fc": 20.0, "max_fc": 20e3, "min_q": 0.1, "max_q": 10.0, "min_gain": -24.0, "max_gain": 24.0},
}


CONFIGS = {name: {"filters": [{"type": "PEAKING", **ranges} for _ in range(10)]} for name, ranges in RANGES.items()} | {
    "correction": PEQ_CONFIGS["8_PEAKING_WITH_SHELVES"]
}


def fit(frequency, target, config):
    peq = PEQ.from_dict(config, frequency, SAMPLE_RATE, target=target)
    peq.optimize()
    return peq.filters


def main():
    with np.load(sys.argv[1]) as given:
        bins, targets = given["frequency"][1:], given["targets"][:, 1:].astype(float)
    frequency = BAND[0] * STEP ** np.arange(int(np.log(BAND[1] / BAND[0]) / np.log(STEP)) + 1)
    read = [np.interp(np.log(frequency), np.log(bins), target) for target in targets]
    made = {}
    for name, config in CONFIGS.items():
        sign = -1 if name == "correction" else 1
        begin = time.perf_counter()
        found = [fit(frequency, sign * target, config) for target in read]
        made[f"{name} seconds"] = (time.perf_counter() - begin) / len(targets)
        responses = []
        for filters in found:
            for each in filters:
                each.f = bins
            response = sum(each.fr for each in filters)
            responses.append(np.concatenate([response[:1], response]))  # nothing is judged at 0 Hz
        made[name] = np.array(responses)
    np.savez(sys.argv[2], **made)


warnings.simplefilter("ignore")  # its SciPy tells of values that it clips to their bounds
main()
