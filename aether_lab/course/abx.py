"""An ABX listening test in a notebook: is X the sound A or the sound B?

In each trial X is one of the two, drawn from a seed. Who cannot hear a difference is right in half of the trials; the
p-value is the probability of at least as many right answers by guessing. The test runs in the browser and needs no
kernel, so that a stored page asks too.
"""

import html

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from aether_lab.course.listen import addresses
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.panel import StaticPicture, synced

MOST_TRIALS = 50
LEVEL = 0.05
"""Guessing is called unlikely where the p-value lies under this."""


class ABX(StaticPicture, anywidget.AnyWidget):
    """A listening test; `abx` makes it. `answers` holds, for each trial so far, whether the answer was right."""

    _esm = module_text("hosts/abx_widget.js")
    _css = style_text("hosts/abx_widget.js")
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sounds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    order = traitlets.List(traitlets.Int()).tag(sync=True)  # of each trial, whether X is A (0) or B (1)
    verdicts = traitlets.List(traitlets.Unicode()).tag(sync=True)  # for 0, 1, … right answers in all trials
    answers = synced(traitlets.List(traitlets.Bool()))

    @property
    def correct(self) -> int:
        """The number of right answers so far."""
        return sum(self.answers)

    @property
    def p_value(self) -> float:
        """The probability of at least `correct` right answers by guessing; 1 before the first."""
        return p_value(self.correct, len(self.answers)) if self.answers else 1.0

    def __repr__(self) -> str:
        return f"ABX({' or '.join(self.names)}, {len(self.answers)} of {len(self.order)} trials)"

    def _picture(self) -> str:
        lines = (
            f"Listening test: A is “{self.names[0]}”, B is “{self.names[1]}”.",
            f"In each of {len(self.order)} trials you hear A, B and X, and say which of the two X is.",
            "Run the notebook, or open it as a page with its widgets, to take the test.",
            f"{fewest_correct(len(self.order))} of {len(self.order)} right answers or more are unlikely by guessing.",
        )
        text = "".join(f'<text x="12" y="{24 + 20 * row}">{html.escape(line)}</text>' for row, line in enumerate(lines))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html.escape(" ".join(lines))}" '
            f'width="720" viewBox="0 0 720 100" font-family="sans-serif" font-size="14" fill="#777">{text}</svg>'
        )


def abx(
    a: ArrayLike,
    b: ArrayLike,
    sample_rate: float,
    names: tuple[str, str] = ("A", "B"),
    trials: int = 10,
    seed: int | None = None,
    match: bool = True,
) -> ABX:
    """A listening test of two sounds, `(T,)` or `(T, C)` each.

    Args:
        a, b: the sounds.
        sample_rate: of both, Hz.
        names: what A and B are.
        trials: 1 to 50.
        seed: of the draw of X; None draws anew each time.
        match: brings both to equal loudness (`loudness.matched`), so that a difference of level decides nothing.

    Raises:
        ValueError: a number of trials out of range, or sounds that are empty, silent or not finite.

    >>> import numpy as np
    >>> tone, noise = np.sin(np.arange(4800) / 10), np.random.default_rng(0).normal(size=4800)
    >>> abx(tone, noise, 48_000, ("a tone", "noise"))
    ABX(a tone or noise, 0 of 10 trials)
    """
    if not 1 <= trials <= MOST_TRIALS:
        raise ValueError(f"trials is {trials}; allowed are 1 to {MOST_TRIALS}")
    return ABX(
        names=list(names),
        sounds=addresses([a, b], sample_rate, match),
        order=np.random.default_rng(seed).integers(0, 2, trials).tolist(),
        verdicts=[verdict(correct, trials) for correct in range(trials + 1)],
    )


def p_value(correct: int, trials: int) -> float:
    """The probability of at least `correct` right answers in `trials` by guessing (one-sided binomial test).

    >>> round(p_value(9, 10), 4)
    0.0107
    """
    return float(binomtest(correct, trials, 0.5, "greater").pvalue)


def fewest_correct(trials: int) -> int:
    """The fewest right answers that are unlikely by guessing; `trials + 1` where there are too few trials.

    >>> fewest_correct(10)
    9
    """
    return next((k for k in range(trials + 1) if p_value(k, trials) < LEVEL), trials + 1)


def verdict(correct: int, trials: int) -> str:
    """What a result says, in words.

    >>> verdict(9, 10)
    '9 of 10 right. By guessing alone, 1.1 % of listeners do as well or better: you most likely heard a difference.'
    """
    share = 100 * p_value(correct, trials)
    heard = "you most likely heard a difference."
    if correct < fewest_correct(trials):
        heard = "this test shows no difference that you hear. That does not prove that there is none."
    return f"{correct} of {trials} right. By guessing alone, {share:.2g} % of listeners do as well or better: {heard}"
