"""Exercises of notebook 07: circles, stereo phase, and why z is not smoothed all the time."""

from typing import Any

import numpy as np

from aether_lab.audio.motion import Motion
from aether_lab.course.exercise import WrongAnswer, exercise

RATE, SLOW = 0.5, 0.02  # Hz, of the spiral of the second exercise


@exercise(
    "07.1",
    "Write `circle(t, rate, radius)`: times `(N,)` in s to points `(N, 2)` on a circle about 0 with `rate` rounds "
    "per second, that begins at (0, radius) and moves towards positive z0.",
    (
        "One coordinate is a sine of the phase, the other a cosine.",
        "The phase after `t` seconds is `2 * np.pi * rate * t`; at `t = 0` the sine is 0.",
        "`radius * np.stack([np.sin(phase), np.cos(phase)], axis=1)` with that phase.",
    ),
    is_code=True,
)
def _on_a_circle(circle: Any) -> str:
    for rate, radius in ((1.0, 1.5), (0.3, 0.5)):
        t = np.linspace(0, 2, 9)
        truth = Motion("spiral", (0.0, 0.0), rate=rate, radius=radius).at(t)
        found = np.asarray(circle(t, rate, radius), float)
        if found.shape != truth.shape:
            raise WrongAnswer(f"9 times must give points of shape (9, 2); yours has {found.shape}")
        if not np.allclose(found, truth, atol=1e-9):
            k = int(np.abs(found - truth).max(axis=1).argmax())
            raise WrongAnswer(
                f"with rate {rate:g} and radius {radius:g}, at {t[k]:g} s the point is {truth[k].round(2).tolist()}; "
                f"yours is {found[k].round(2).tolist()}"
            )
    return "That is what `Motion` does with z0 and z1."


@_on_a_circle.solution
def circle(t: Any, rate: Any, radius: Any) -> Any:
    """A quarter of a round apart: sine and cosine."""
    phase = 2 * np.pi * rate * t
    return radius * np.stack([np.sin(phase), np.cos(phase)], axis=1)


@_on_a_circle.wrong
def _to_and_fro(t: Any, rate: Any, radius: Any) -> Any:
    phase = 2 * np.pi * rate * t
    return radius * np.stack([np.sin(phase), np.sin(phase)], axis=1)


@exercise(
    "07.2",
    f"A spiral has `rate={RATE}` and `slow_rate={SLOW}`. After how many seconds are all four knobs, for the first "
    "time, back where they began?",
    (
        "Both pairs must have made whole rounds.",
        "A fast round takes 2 s. How long does a slow one take?",
        "1 / 0.02 = 50 s, and in 50 s the fast pair makes 25 rounds.",
    ),
)
def _period(answer: Any) -> str:
    motion = Motion("spiral", rate=RATE, slow_rate=SLOW)
    seconds = float(answer)
    if not np.allclose(motion.at([seconds]), motion.at([0]), atol=1e-6):
        raise WrongAnswer(f"after {seconds:g} s z is {motion.at([seconds])[0].round(2).tolist()}, not where it began")
    if seconds <= 0 or any(np.allclose(motion.at([t]), motion.at([0]), atol=1e-6) for t in range(1, int(seconds))):
        raise WrongAnswer(f"{seconds:g} s is not the first time")
    return f"{seconds:g} s are one slow round and {seconds * RATE:g} fast ones."


_period.solution(lambda: 50)
_period.wrong(lambda: 2)


@exercise(
    "07.3",
    "With which `stereo_offset`, in cycles, is (z0, z1) of the right channel always opposite to that of the left?",
    (
        "Opposite on a circle is as far away as one can be.",
        "A whole cycle leads back to the same point. Half of it?",
        "0.5 of a cycle.",
    ),
)
def _opposite(answer: Any) -> str:
    offset = float(answer)
    if not 0 <= offset <= 1:
        raise WrongAnswer(f"{offset:g} is outside 0 to 1, the range of `stereo_offset`")
    motion, t = Motion("spiral", stereo_offset=offset), np.linspace(0, 2, 17)
    left, right = motion.at(t)[:, :2], motion.at(t, channel=1)[:, :2]
    if not np.allclose(left, -right, atol=1e-6):
        raise WrongAnswer(f"with {offset:g} both channels are up to {np.abs(left + right).max():.2f} from opposite")
    return "Half a cycle. A quarter would be a quadrature: one channel turns where the other is fastest."


_opposite.solution(lambda: 0.5)
_opposite.wrong(lambda: 0.25)


@exercise(
    "07.4",
    "Write `smoothed_radius(rate, tau)`: the radius that is left of a circle of radius 1 and `rate` rounds per second "
    "after z was smoothed by a one-pole low-pass with the time constant `tau` in seconds.",
    (
        "A circle is a complex number e^(jωt); a linear filter multiplies it by its frequency response.",
        "The response of the low-pass at the frequency f is 1 / (1 + j 2π f τ). Its magnitude is the radius.",
        "`1 / np.sqrt(1 + (2 * np.pi * rate * tau) ** 2)`.",
    ),
    is_code=True,
)
def _radius_after_smoothing(smoothed_radius: Any) -> str:
    for rate, tau in ((5.0, 0.02), (0.05, 0.02), (2.0, 0.1)):
        step = tau / 2000
        circle = np.exp(2j * np.pi * rate * step * np.arange(int(12 * tau / step)))
        state = 0.0
        for point in circle:
            state += step / tau * (point - state)
        truth, found = abs(state), float(smoothed_radius(rate, tau))
        if abs(found - truth) > 2e-3:
            raise WrongAnswer(
                f"at {rate:g} Hz, a smoothing of {tau:g} s, computed step by step, leaves {truth:.3f}; "
                f"yours is {found:.3f}"
            )
    return "At 5 Hz and 20 ms 0.85 is left. So the panel smooths only the gap that a change leaves, not z itself."


@_radius_after_smoothing.solution
def smoothed_radius(rate: Any, tau: Any) -> Any:
    """The magnitude of 1 / (1 + j 2π f τ)."""
    return 1 / np.sqrt(1 + (2 * np.pi * rate * tau) ** 2)


@_radius_after_smoothing.wrong
def _decay_in_a_round(rate: Any, tau: Any) -> Any:
    return np.exp(-2 * np.pi * rate * tau)
