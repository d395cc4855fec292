"""Thousands of damaged audio and SOFA files: each is read or refused by name, soon, and within a bounded memory."""

import random
import time
from pathlib import Path

import h5py
import pytest
from measurements import decay, encoded, write_sofa
from sampling import sampled

from aether_lab.signals.audio_files import read_bytes

KINDS = [
    *(
        ("WAV", "PCM_16"),
        ("WAVEX", "FLOAT"),
        ("RF64", "PCM_24"),
        ("AIFF", "PCM_16"),
        ("W64", "PCM_16"),
        ("AU", "PCM_16"),
    ),
    *(("CAF", "PCM_16"), ("CAF", "ALAC_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")),
    *(("WAV", "MS_ADPCM"), ("WAV", "GSM610"), ("AIFF", "IMA_ADPCM")),
]
SHAPES = {"FIR": (6, 2, 64), "FIR-E": (3, 2, 64, 2), "FIRE": (3, 2, 2, 64)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """`{name: content}` of undamaged files."""
    folder = tmp_path_factory.mktemp("sofa")
    files = {f"{kind}-{sub}": bytes(encoded(decay(1, 2400), kind, sub)) for kind, sub in KINDS}
    responses = decay(12, 64)
    for kind, shape in SHAPES.items():
        path = write_sofa(folder / kind, responses.reshape(shape), DataType=kind, units="hertz")
        files[f"sofa-{kind}"] = path.read_bytes()
    with h5py.File(folder / "packed", "w") as file:
        options = {"compression": "gzip", "shuffle": True, "fletcher32": True, "chunks": (1, 2, 64)}
        file.create_dataset("Data.IR", data=responses.reshape(6, 2, 64), **options)
        file["Data.SamplingRate"] = 48_000.0
    files["sofa-packed"] = (folder / "packed").read_bytes()
    return files


def damaged(content: bytes, header: int, rng: random.Random) -> bytes:
    """Some bytes changed, most of them in the header, and sometimes a part lost, inserted or repeated."""
    data = bytearray(content)
    end = len(data) if rng.random() < 0.3 else min(header, len(data))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        data[rng.randrange(end)] = rng.choice((0, 127, 128, 255, rng.randrange(256)))
    position, length = rng.randrange(len(data)), rng.randrange(200)
    match rng.randrange(12):
        case 0:
            del data[position:]
        case 1:
            del data[position : position + length]
        case 2:
            data[position:position] = rng.randbytes(length)
        case 3:
            data[position:position] = data[: 10 * length]
    return bytes(data)


def peak_memory() -> float:
    """MB of this process, in its life."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("this system does not tell the memory of a process")
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1000


@pytest.mark.parametrize("n", [300, pytest.param(sampled(4000, 1000), marks=pytest.mark.slow)])
def test_a_damaged_file_is_read_or_refused_by_name(whole, n):
    """Four thousand where `AETHER_LAB_ALL_CASES` is set."""
    rng, results, before = random.Random(n), {"read": 0, "refused": 0}, peak_memory()
    for i in range(n):
        name = rng.choice(sorted(whole))
        content = damaged(whole[name], 3500 if name.startswith("sofa") else 600, rng)
        begin = time.monotonic()
        try:
            assert read_bytes(content, name).spectrum_db.shape == (513,)
            results["read"] += 1
        except ValueError as error:
            results["refused"] += 1
            assert str(error).startswith(name) and "\n" not in str(error), (i, error)
        assert time.monotonic() - begin < 10, (i, name)
    assert min(results.values()) > n / 5, results
    assert peak_memory() - before < 1000
