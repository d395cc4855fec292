"""What the weight `beta` of the KL term does: the same model trained with several, compared."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from aether_lab.analysis.prior import prior_match
from aether_lab.analysis.reconstruction import distances
from aether_lab.model.calibration import moments, weighed
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.training import train
from aether_lab.signals.corpus import Corpus, balanced

BETAS = (0.0, 0.02, 0.2, 2.0)
SHORT = Training(epochs=9)  # enough to see the difference


@dataclasses.dataclass(frozen=True)
class BetaRow:
    """One model, measured with spectra of which every source weighs the same."""

    beta: float
    error_db: float  # reconstruction at the encoder mean
    deviation: float  # standard deviation of the encoder means, mean over dimensions; 0 where z has collapsed
    noise: float  # mean standard deviation of q(z | x); 1 where z has collapsed
    draw_db: float  # from a random draw of the prior N(0, I) to the nearest measured spectrum


def compare_betas(
    corpus: Corpus,
    betas: Sequence[float] = BETAS,
    model: ModelSettings = ModelSettings(latent_dim=4),
    training: Training = SHORT,
    *,
    unseen: Corpus | None = None,
    progress: bool = False,
) -> list[BetaRow]:
    """Trains one model per `beta`, all else equal, and measures each before its axes are calibrated.

    A small beta reconstructs best, but the encoder means fill another volume than the prior, and random draws are
    unlike any response. A large one collapses z: every spectrum has the same code.

    Args:
        unseen: what the models are measured with; default: the training corpus.

    >>> from aether_lab import Training, synthetic_responses
    >>> corpus, brief = synthetic_responses(16).corpus(), Training(epochs=1, steps_per_epoch=2, batch_size=8)
    >>> [row.beta for row in compare_betas(corpus, [0, 2], training=brief)]
    [0, 2]
    """
    measured = corpus if unseen is None else unseen
    spectra, weights, share = weighed(measured)
    rows = []
    for beta in betas:
        settings = dataclasses.replace(training, beta=beta)
        run = train(corpus, model, settings, probability=balanced(corpus.sources), progress=progress)
        mean, log_var = (np.asarray(each, np.float64) for each in run.space.encode(spectra, weights=weights))
        deviation = moments(mean, share)[1]
        rows.append(
            BetaRow(
                beta,
                float(share @ distances(run.space, measured, stages=["mu"])["mu"]),
                float(deviation.mean()),
                float(share @ np.exp(log_var / 2).mean(-1)),
                prior_match(run.space, measured, None if unseen is None else corpus)["nearest_db"]["draws"]["mean"],
            )
        )
    return rows


def describe_betas(rows: Sequence[BetaRow]) -> str:
    """The rows as a table.

    >>> print(describe_betas([BetaRow(0.02, 2.36, 0.55, 0.2, 4.0)]))
      beta  error dB  deviation of means  of q(z|x)  draw to nearest dB
      0.02      2.36                0.55       0.20                4.00
    """
    head = ("  beta", "error dB", "deviation of means", "of q(z|x)", "draw to nearest dB")
    lines = ["  ".join(head)]
    for row in rows:
        cells = [f"{row.beta:g}", *(f"{value:.2f}" for value in dataclasses.astuple(row)[1:])]
        lines.append("  ".join(f"{cell:>{len(title)}}" for cell, title in zip(cells, head, strict=True)))
    return "\n".join(lines)
