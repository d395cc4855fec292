"""The corpus of the notebooks."""

from __future__ import annotations

import os

from aether_lab.signals.corpus import Corpus, read_folder
from aether_lab.signals.synthetic import synthetic_responses

FOLDER_VARIABLE = "AETHER_LAB_IRS"


def load_corpus(n: int = 3000, seed: int = 0) -> Corpus:
    """The corpus of the folder in the environment variable `AETHER_LAB_IRS`, or of `n` synthetic responses without it.

    Raises:
        ValueError: `read_folder` cannot read that folder.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return synthetic_responses(n, seed).corpus()
    try:
        return read_folder(folder)
    except ValueError as error:
        raise ValueError(f"{FOLDER_VARIABLE}={error}") from error
