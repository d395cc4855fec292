"""The curves behind `model.posterior.fan`, `curves.npz` and their card `curves.md`: part of `make models`.

They are means and covariances of the spectra of each kind of system: of the training sources, as far as they were
measured up to `LEAST_HIGH_HZ` and their folders name a kind, each source weighing the same, and of synthetic responses.
"""

from pathlib import Path

import numpy as np

from aether_lab.analysis.card import table
from aether_lab.model.posterior import CurvePrior
from aether_lab.model.training import SYNTHETIC, TRAINING_FAMILIES, with_synthetic
from aether_lab.models.credits import CREDITS
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.files import write_bytes
from aether_lab.signals.kinds import KINDS
from aether_lab.signals.spectrum import BAND
from aether_lab.signals.synthetic import synthetic_responses

LEAST_HIGH_HZ = 19_800.0  # the band of a response at 44.1 kHz ends at 19,845 Hz
SYNTHETIC_SHARE = 0.6

CARD = """# curves

Means and covariances of curves at 62 frequencies from 100 Hz to 20 kHz, for each of {kinds} kinds of systems. `fan`
conditions them on a measurement of a part of the band. {share:.0f} % of their weight is that of {synthetic} synthetic
responses (`aether_lab/signals/synthetic.py`), the rest that of these sources, which weigh the same each:

{sources}

Licence: {licence}, with the credits above.
"""


def known_curves(corpus: Corpus) -> Corpus:
    """The spectra of a corpus of which the whole band and the kind are known."""
    low, high = corpus.bands_hz.T
    known = np.array([kind in KINDS for kind in corpus.kinds], bool)
    return corpus.at(np.flatnonzero((low <= BAND[0]) & (high >= LEAST_HIGH_HZ) & known))


def prior_of(learned: Corpus, synthetic: int = SYNTHETIC) -> CurvePrior:
    """The moments of a corpus and of a number of synthetic responses.

    Raises:
        ValueError: no spectrum of the corpus is known over the whole band, with its kind.
    """
    curves = known_curves(learned)
    if not len(curves):
        raise ValueError(
            f"none of {len(learned)} spectra has a kind and reaches from {BAND[0]:g} to {LEAST_HIGH_HZ:g} Hz"
        )
    made = synthetic_responses(synthetic, families=TRAINING_FAMILIES).corpus()
    mix, probability = with_synthetic(curves, made, SYNTHETIC_SHARE)
    return CurvePrior.fit(mix.spectra_db, [KINDS.index(kind) for kind in mix.kinds], probability)


def build_curves(learned: Corpus, folder: Path, licence: str, synthetic: int = SYNTHETIC) -> None:
    """Writes `curves.npz` and `curves.md`."""
    prior_of(learned, synthetic).save(folder / "curves.npz")
    sources, counts = np.unique(known_curves(learned).sources, return_counts=True)
    rows = [[name, str(count), CREDITS.get(name, "")] for name, count in zip(sources, counts, strict=True)]
    text = CARD.format(
        kinds=len(KINDS),
        share=100 * SYNTHETIC_SHARE,
        synthetic=synthetic,
        sources=table(["source", "spectra", "credit"], rows),
        licence=licence,
    )
    write_bytes(folder / "curves.md", text.encode())
