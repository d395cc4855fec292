"""The numbers with which the browser measures, encodes, fits and exports without Python.

`static/dsp` follows the modules named here step by step; `tests/panels/test_measuring.py` and `test_taking.py` hold it
to them.
"""

from typing import Any

from aether_lab.filters import least_squares
from aether_lab.filters.fit import POINTS_PER_OCTAVE, RATE_WEIGHT, STARTS, STEPS
from aether_lab.filters.spec import Sections
from aether_lab.formats import fir, response
from aether_lab.model import belief, by_ear, ear_curves, inference, objective, refinement
from aether_lab.model.space import CANDIDATES, RECONSTRUCTION_STEPS
from aether_lab.signals import curve, limits, onset, spectrum

_DEFAULT = Sections()

MOST_SECTIONS = 32
"""Of a fit in a panel. One compiled fit serves every number up to it."""

SPECTRUM: dict[str, Any] = {
    "bins": spectrum.N_BINS,
    "bin_width": spectrum.BIN_WIDTH,
    "band": spectrum.BAND,
    "dynamic_range": spectrum.DYNAMIC_RANGE,
    "longest": spectrum.LONGEST,
    "usable": spectrum.USABLE,
    "rates": (limits.LOWEST_RATE, limits.HIGHEST_RATE),
    "least_coverage": curve.LEAST_COVERAGE,
    "largest_level": curve.LARGEST_LEVEL,
}

ONSET: dict[str, Any] = {
    "threshold": onset.ONSET_THRESHOLD,
    "lead": onset.ONSET_LEAD,
    "offset_duration": onset.OFFSET_DURATION,
    "longest_pre_ringing": onset.LONGEST_PRE_RINGING,
    "silence": onset.SILENCE,
    "few_periods": onset.FEW_PERIODS,
    "first_shell": onset.FIRST_SHELL,
    "emergence": onset.EMERGENCE,
    "asymmetry": onset.ASYMMETRY,
}

REFINEMENT: dict[str, Any] = {
    "damping": refinement.DAMPING,
    "eased": refinement.EASED,
    "stiffened": refinement.STIFFENED,
    "steps": RECONSTRUCTION_STEPS,
    "candidates": CANDIDATES,
    "wide": objective.WIDE,
    "beyond": inference.BEYOND_DB,
}

FITTING: dict[str, Any] = {
    "sections": _DEFAULT.n_sections,
    "most": MOST_SECTIONS,
    "centre": _DEFAULT.centre_range_hz,
    "q": _DEFAULT.q_range,
    "gain": _DEFAULT.gain_range_db,
    "preamp": _DEFAULT.preamp_range_db,
    "steps": STEPS,
    "starts": 2 * STARTS,  # with as many as in Python, which draws others, ten bands can be 0.2 dB farther off
    "points_per_octave": POINTS_PER_OCTAVE,
    "rate_weight": RATE_WEIGHT,
    "gain_unit": least_squares.GAIN_UNIT,
    "longest_step": least_squares.LONGEST_STEP,
    "damping": least_squares.DAMPING,
    "ridge": least_squares.RIDGE,
    "candidates": least_squares.CANDIDATES,
    "broadest": least_squares.BROADEST,
    "noise": least_squares.NOISE,
}

EXPORTS: dict[str, Any] = {
    "band": response.COMPARISON_BAND_HZ,
    "points": response.COMPARISON_POINTS,
    "refit_range": response.REFIT_RANGE,
    "fft_size": response.FFT_SIZE,
    "fir_error": fir.FIR_ERROR,
    "longest_fir": fir.LONGEST_FIR,
}

BY_EAR: dict[str, Any] = {
    "hertz": ear_curves.EAR_HZ.tolist(),
    "deviation": ear_curves.DEVIATION,
    "first_particles": belief.FIRST_PARTICLES,
    "particles": belief.PARTICLES,
    "directions": belief.DIRECTIONS,
    "compared": belief.COMPARED,
    "judges": belief.JUDGES,
    "stretches": list(belief.STRETCHES),
    "floor_db": belief.FLOOR_DB,
    "floor_spread": belief.FLOOR_SPREAD,
    "lapse": belief.LAPSE,
    "clearly_db": belief.CLEARLY_DB,
    "graded": belief.GRADED,
    "answers": list(belief.ANSWERS),
    "logistic": belief.LOGISTIC,
    "step": belief.STEP,
    "ridge": belief.RIDGE,
    "noise_db": by_ear.NOISE_DB,
    "noise_range": by_ear.NOISE_RANGE_DB,
    "most_answers": by_ear.MOST_ANSWERS,
    "enough_db": by_ear.ENOUGH_DB,
}
