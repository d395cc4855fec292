"""Sounds to render, and measures of what came out."""

import json

import numpy as np
import scipy.signal

from aether_lab.audio import render
from aether_lab.audio.motion import Motion
from aether_lab.audio.noise import pink_noise

RATE = 48_000


FASTEST = Motion("spiral", rate=5.0, slow_rate=1.0, radius=2.0, slow_radius=2.0)


def fields(motion):
    return dict(vars(motion))


def blocks(seconds, rate=RATE):
    return int(np.ceil(seconds * rate / render.HOP)) * render.HOP


def noise(n, seed=0):
    return np.stack([pink_noise(n, seed), pink_noise(n, seed + 1)], axis=1)


def sine(n, level=0.1, hertz=1000.0):
    return np.repeat(level * np.sin(2 * np.pi * hertz / RATE * np.arange(n))[:, None], 2, axis=1)


def decibels(power):
    return 10 * np.log10(power)


def error_db(found, expected):
    return decibels(np.sum((found - expected) ** 2) / np.sum(expected**2))


def above_8_khz_db(y, start, stop):
    """Energy above 8 kHz relative to the total from `start` to `stop` seconds, dB; the stop band is at -160 dB."""
    taps = scipy.signal.firwin(1023, 9000, window=("kaiser", 18.0), fs=RATE, pass_zero="highpass")
    high = scipy.signal.oaconvolve(y, taps[:, None], mode="same", axes=0)
    part = slice(int(start * RATE), int(stop * RATE))
    return decibels(np.sum(high[part] ** 2) / np.sum(y[part] ** 2))


def words(recipe):
    """A recipe as JSON for a trait or message."""
    return json.loads(recipe.to_json())
