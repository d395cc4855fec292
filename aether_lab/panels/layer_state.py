"""A layer of a network as JSON, for `readLayer` in `static/dsp/decoder.js`."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray


def layer_state(kernel: NDArray, bias: NDArray) -> dict[str, Any]:
    """Weights as base64: of float16 where that is exact for all of the kernel (`half`), else of float32."""
    half = kernel.astype("<f2")
    exact = np.array_equal(half.astype(np.float32), kernel)
    return {
        "shape": list(kernel.shape),
        "kernel": _base64(half if exact else kernel.astype("<f4")),
        "bias": _base64(bias.astype("<f4")),
        "half": exact,
    }


def _base64(values: NDArray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
