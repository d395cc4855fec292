"""Safetensors files: models and checkpoints, checked before their arrays are read.

Format: an unsigned 64-bit length, a JSON header of that length, and the arrays.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from aether_lab.signals.json_files import check_regular

LARGEST_HEADER = 20_000_000
"""Bytes of a header; the cards of the shipped models have 20 kB, a history of 500 epochs 100 kB."""

LARGEST_VALUE = 65_504.0
"""The largest number of 16 bits. Weights of a trained model are near 1; far larger ones would overflow."""


@contextmanager
def open_tensors(path: str | os.PathLike, largest: int) -> Iterator[Any]:
    """A safetensors file, open for reading, of at most `largest` bytes.

    Raises:
        OSError: there is no such file, or it cannot be opened.
        ValueError: it is not a regular file, larger, damaged or of another kind; or as raised in the context. The
            message begins with the path.
    """
    check_regular(Path(path), largest)
    with Path(path).open("rb") as raw:
        size = int.from_bytes(raw.read(8), "little")
    if size > LARGEST_HEADER:
        reason = f"its header states {size:,} bytes of its own; at most {LARGEST_HEADER:,} are read"
        raise ValueError(f"{path}: damaged or not a safetensors file ({reason})")
    try:
        with safetensors.safe_open(path, "numpy") as file:
            yield file
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path}: damaged or not a safetensors file ({error})") from error
    except OSError as error:
        raise OSError(f"{path}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_tensors(file: Any, expected: Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]]) -> dict[str, np.ndarray]:
    """The arrays of an open file, which are exactly the expected ones.

    Shapes and types are compared before anything is allocated, so that a file cannot claim more than is expected.

    Args:
        expected: name -> shape, and types such as "F32" that are allowed.

    Raises:
        ValueError: a missing or further array, another shape or type, or a number that is not finite or beyond ±65504.
    """
    names = set(file.keys())
    for name in sorted(names | expected.keys()):
        shape, types = expected.get(name, (None, ()))
        found = tuple(file.get_slice(name).get_shape()) if name in names else None
        if found != shape:
            raise ValueError(
                f"weight shapes do not match the settings: {name!r:.100} is {found or 'missing'}; "
                f"expected {shape or 'none'}"
            )
        if (kind := file.get_slice(name).get_dtype()) not in types:
            raise ValueError(f"{name} is of type {kind}; expected {' or '.join(types)}")
    arrays = {name: file.get_tensor(name) for name in expected}
    for name, values in arrays.items():
        if values.dtype.kind == "f" and not np.all(np.abs(values) <= LARGEST_VALUE):  # also where one is NaN
            raise ValueError(f"damaged: some weights are not finite or beyond ±{LARGEST_VALUE:g}, in {name}")
    return arrays


def tensor_type(dtype: np.dtype) -> str:
    """The name of a type in the format, such as "F32"."""
    return f"{dtype.kind.upper()}{8 * dtype.itemsize}"


def serialise(arrays: dict[str, np.ndarray], header: dict[str, str]) -> bytes:
    """A deterministic safetensors file; the library itself writes `header` in random order."""
    data = safetensors.numpy.save(arrays, header)
    size = int.from_bytes(data[:8], "little")
    text = json.dumps(json.loads(data[8 : 8 + size]), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return data[:8] + text.encode().ljust(size) + data[8 + size :]
