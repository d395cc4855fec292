"""Banks that the shipped model decodes, with their cascades and responses."""

import numpy as np
import pytest
from cookbook import expected_db

from aether_lab import FilterSpace
from aether_lab.formats.cascade import as_cascade
from aether_lab.signals.audio_files import read
from aether_lab.signals.spectrum import spectrum_db
from aether_lab.signals.synthetic import synthetic_responses


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("4d")


@pytest.fixture(scope="module", params=["synthetic", "real"])
def decoded(request, space):
    """Decoded banks of 32 alternating sections, their cascades, and their responses."""
    if request.param == "real":
        folder = request.getfixturevalue("real_folder")
        paths = sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac"))
        responses = [read(p) for p in paths[:: len(paths) // 10][:10]]
        spectra = [spectrum_db(response.samples[0], response.sample_rate) for response in responses]
    else:
        spectra = synthetic_responses(3, seed=3).corpus().spectra_db[:3]
    banks = [space.decode(z) for z in np.asarray(space.encode(np.array(spectra))[0])]
    return [(bank, as_cascade(bank), expected_db(bank)) for bank in banks]
