"""The linear baseline of a model: PCA of the very mix that it learned from, fitted once, applied to many spectra.

A network is worth the difference to PCA with the same number of scores, fitted to the same spectra with the same
probabilities. `mean_curve` is PCA with 0 scores. `kinds_pcaK` knows the kind of system too: one PCA per kind of the
mix, of which the best is taken for each spectrum, as a model with kinds does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.pca import Components, all_components, distances_from
from aether_lab.model.training import TRAINING_FAMILIES, with_synthetic
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.names import pluralize
from aether_lab.signals.synthetic import synthetic_responses

SIZES = (2, 4, 8)
"""The numbers of scores that are reported of every model."""

_STAGE = re.compile(r"(?P<kinds>kinds_)?pca(?P<size>[1-9]\d{0,2})|mean_curve")

REFERENCE = 2000  # synthetic responses, where the card of a model names none


def linear_stages(sizes: Iterable[int] = SIZES, per_kind: bool = True) -> tuple[str, ...]:
    """The stages of PCA with these numbers of scores, of all spectra and, with `per_kind`, of each kind.

    >>> linear_stages([2, 4])
    ('mean_curve', 'pca2', 'pca4', 'kinds_pca2', 'kinds_pca4')
    """
    sizes = tuple(sizes)
    return ("mean_curve", *(f"{kinds}pca{k}" for kinds in ("", "kinds_")[: 1 + per_kind] for k in sizes))


def is_linear(stage: str) -> bool:
    """Whether a stage is `mean_curve`, `pcaK` or `kinds_pcaK`."""
    return bool(_STAGE.fullmatch(stage))


@dataclass(frozen=True, eq=False)
class Baseline:
    """The components of each linear stage, and in words what they were fitted to.

    >>> from aether_lab import synthetic_responses
    >>> corpus = synthetic_responses(24).corpus()
    >>> baseline = Baseline.fit(corpus, stages=("mean_curve", "kinds_pca2"))
    >>> {stage: errors.shape for stage, errors in baseline.distances(corpus.spectra_db).items()}
    {'mean_curve': (24,), 'kinds_pca2': (24,)}
    """

    components: Mapping[str, Sequence[Components]]  # stage: one, or one per kind
    fitted_on: str

    @classmethod
    def fit(
        cls,
        corpus: Corpus,
        probability: ArrayLike | None = None,
        stages: Sequence[str] = linear_stages(),
        fitted_on: str = "",
    ) -> "Baseline":
        """Fits the stages to a corpus.

        Spectra count in the band in which they were measured. A kind with few spectra has fewer components than asked
        for; spectra of no known kind are left out of `kinds_pcaK`, unless none is known.

        Args:
            probability: `(N,)`, of drawing each spectrum; default: uniform.
            stages: any for which `is_linear`.
            fitted_on: the corpus in words; default: the number of spectra.
        """
        p = np.full(len(corpus), 1 / len(corpus)) if probability is None else np.asarray(probability, np.float64)
        kinds, known = np.asarray(corpus.kinds), set(corpus.kinds) - {""}
        groups = [np.flatnonzero(kinds == kind) for kind in sorted(known)] or [np.arange(len(corpus))]
        fitted: dict[str, list[Components]] = {}
        for per_kind, parts in ((False, [np.arange(len(corpus))]), (True, groups)):
            sizes = {stage: size for stage, (of_kinds, size) in map(_parsed, stages) if of_kinds == per_kind}
            for part in parts if sizes else ():
                if p[part].sum() > 0:
                    x, weights = corpus.spectra_db[part], corpus.weights[part]
                    found = all_components(x, tuple(sizes.values()), weights, p[part])
                    for stage, components in zip(sizes, found, strict=True):
                        fitted.setdefault(stage, []).append(components)
        return cls(fitted, fitted_on or pluralize(len(corpus), "spectrum", "spectra"))

    def distances(
        self, spectra_db: np.ndarray, weights: np.ndarray | None = None, stages: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """The distance of each spectrum `(N, 513)` from its reconstruction, `{stage: (N,) dB}`.

        Args:
            weights: as in `pca.distances_from`.
            stages: default: all that were fitted.

        Raises:
            ValueError: a stage that was not fitted.
        """
        stages = tuple(self.components) if stages is None else stages
        if missing := [stage for stage in stages if stage not in self.components]:
            raise ValueError(f"the baseline was fitted for {', '.join(self.components)}; not for {', '.join(missing)}")
        return {
            stage: np.min([distances_from(each, spectra_db, weights) for each in self.components[stage]], axis=0)
            for stage in stages
        }


def baseline_of(
    card: Mapping[str, Any], train: Corpus | None = None, stages: Sequence[str] = linear_stages()
) -> Baseline:
    """The baseline fitted to the mix that a model learned from: see `training_mix`."""
    return Baseline.fit(*training_mix(card, train), stages, fitted_on(card, train))


def training_mix(card: Mapping[str, Any], train: Corpus | None = None) -> tuple[Corpus, np.ndarray]:
    """What a model learned from, and the probability of drawing each spectrum, `(N,)`.

    The synthetic responses are those of the card: `synthetic_responses` of them in a `synthetic_share` of the draws,
    from the seed of `training`.

    Args:
        train: the measured part, which is not in the model; without it the mix has synthetic responses only: those of
            the card, or `REFERENCE` of them if it has none.
    """
    count = _synthetic_count(card, train)
    synthetic = _synthetic(count, int(card.get("training", {}).get("seed", 0))) if count else None
    parts = [each for each in (train, synthetic) if each is not None]
    return with_synthetic(parts[0], None if len(parts) == 1 else synthetic, card.get("synthetic_share", 0.0))


def fitted_on(card: Mapping[str, Any], train: Corpus | None = None) -> str:
    """The mix of `training_mix` in words, for a sentence that begins "PCA is fitted to".

    >>> fitted_on({"synthetic_responses": 20_000, "synthetic_share": 0.9})
    '20000 synthetic responses'
    """
    count = _synthetic_count(card, train)
    synthetic = f"{count} synthetic responses"
    if train is None:
        return synthetic
    sources = pluralize(len(set(train.sources)), "source")
    measured = f"{pluralize(len(train), 'spectrum', 'spectra')} of {sources}"
    return f"{measured} and {synthetic} ({card['synthetic_share']:.0%} of the draws)" if count else measured


def _parsed(stage: str) -> tuple[str, tuple[bool, int]]:
    """A linear stage, whether it is one per kind, and its number of scores."""
    if not (match := _STAGE.fullmatch(stage)):
        raise ValueError(f"{stage!r:.100} is no stage of PCA; allowed are mean_curve, pcaK and kinds_pcaK, K scores")
    return stage, (match["kinds"] is not None, int(match["size"] or 0))


def _synthetic_count(card: Mapping[str, Any], train: Corpus | None) -> int:
    stated = int(card.get("synthetic_responses", 0))
    return stated if stated or train is not None else REFERENCE


@lru_cache(maxsize=1)
def _synthetic(count: int, seed: int) -> Corpus:
    return synthetic_responses(count, seed, TRAINING_FAMILIES).corpus()
