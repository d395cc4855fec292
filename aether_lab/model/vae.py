"""The network: a spectrum in, a small latent z, and 32 x (frequency, Q, gain) out. Arrays only; it knows no filter."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

FREQUENCY_MAPS = ("linear", "log")
LOWEST_LINEAR_CENTRE, LOWEST_LOG_CENTRE = 0.01, 0.002
"""Where the linear and the log map begin, fraction of Nyquist: 240 Hz and 48 Hz at 48 kHz."""


LOWEST_Q = 0.1
"""Added to the softplus: no section that is decoded is wider."""


GAIN_LIMIT = 20.0
"""dB: a gain that is decoded lies inside ± this."""


LOG_VAR_LIMIT = 20.0
"""Far beyond any variance that is learned. While the KL term has no weight nothing else holds log-variances, and one
whose exponential overflows would make a NaN of the loss."""


class StridedConv(nn.Module):
    """`nn.Conv(features, (5,), strides=2)`: same parameters, same result, many times faster on a CPU.

    XLA's CPU backend is slow at the gradient of a strided convolution with few channels; five strided slices and
    one matrix product are not.
    """

    features: int

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """`(..., L, C)` to `(..., ceil(L / 2), features)`, padding `SAME`."""
        length, channels = x.shape[-2:]
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (5, channels, self.features), jnp.float32)
        bias = self.param("bias", nn.initializers.zeros, (self.features,), jnp.float32)
        out = -(-length // 2)
        padding = max(2 * (out - 1) + 5 - length, 0)
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(padding // 2, padding - padding // 2), (0, 0)])
        taps = [x[..., i : i + 2 * out - 1 : 2, :] for i in range(5)]
        x = jnp.concatenate(taps, axis=-1) @ kernel.reshape(-1, self.features)
        return x + jnp.broadcast_to(bias, x.shape)


class ParametricVAE(nn.Module):
    """Encodes a 513-bin magnitude spectrum and decodes z to the parameters of a bank of biquads.

    `variables = model.init(key, jnp.ones((1, 513)), key)`;
    `freqs, qs, gains, mu, logvar = model.apply(variables, spectrum, key)`.
    """

    num_filters: int = 32
    latent_dim: int = 2
    frequency_map: str = "linear"

    def setup(self) -> None:
        if self.frequency_map not in FREQUENCY_MAPS:
            raise ValueError(f"frequency_map is {self.frequency_map!r}; allowed are {', '.join(FREQUENCY_MAPS)}")
        self.convolutions = [StridedConv(features) for features in (16, 32, 64)]
        self.encoder = [nn.Dense(128), nn.Dense(64)]
        self.mu, self.logvar = nn.Dense(self.latent_dim), nn.Dense(self.latent_dim)
        self.decoder = [
            nn.Dense(64),
            nn.Dense(128),
            nn.Dense(self.num_filters * 3, bias_init=log_spaced_bias(self.num_filters, self.frequency_map)),
        ]

    def __call__(self, spectrum: Array, key: Array) -> tuple[Array, Array, Array, Array, Array]:
        """`(B, 513)` to frequency (fraction of Nyquist), Q and gain (dB), `(B, num_filters)` each, then mu, logvar."""
        mu, logvar = self.encode(spectrum)
        z = mu + jax.random.normal(key, mu.shape, mu.dtype) * jnp.exp(logvar / 2)
        return *self.decode(z), mu, logvar

    def encode(self, spectrum: Array) -> tuple[Array, Array]:
        """`(..., 513)` to the mean and log-variance of q(z | spectrum), `(..., latent_dim)` each."""
        x = spectrum[..., None]
        for convolution in self.convolutions:
            x = nn.relu(convolution(x))
        x = x.reshape(*x.shape[:-2], -1)
        for dense in self.encoder:
            x = nn.relu(dense(x))
        return self.mu(x), jnp.clip(self.logvar(x), -LOG_VAR_LIMIT, LOG_VAR_LIMIT)

    def decode(self, z: Array) -> tuple[Array, Array, Array]:
        """`(..., latent_dim)` to frequency (fraction of Nyquist), Q and gain (dB), `(..., num_filters)` each."""
        x = nn.relu(self.decoder[0](z))
        x = nn.relu(self.decoder[1](x))
        raw = self.decoder[2](x).reshape(*z.shape[:-1], self.num_filters, 3)
        return bank_parameters(raw, self.frequency_map)


def bank_parameters(raw: Array, frequency_map: str = "linear") -> tuple[Array, Array, Array]:
    """Unbounded numbers `(..., S, 3)` to legal frequency, Q and gain, `(..., S)` each: the last step of the decoder."""
    where = jax.nn.sigmoid(raw[..., 0])
    if frequency_map == "linear":
        frequency = (1 - LOWEST_LINEAR_CENTRE) * where + LOWEST_LINEAR_CENTRE
    else:
        frequency = LOWEST_LOG_CENTRE ** (1 - where)
    return frequency, jax.nn.softplus(raw[..., 1]) + LOWEST_Q, GAIN_LIMIT * jnp.tanh(raw[..., 2])


def log_spaced_centres(num_filters: int, frequency_map: str = "linear") -> tuple[np.ndarray, float]:
    """Centres from the map's low end to 0.85 of Nyquist, in equal ratios, and a Q that reaches both neighbours.

    Each section's -3 dB band is two spacings wide; fitted from there, 32 alternating sections end nearer to real
    curves than from bands of half or twice that width (0.26 dB against 0.31 and 0.5, the targets of
    tests/filters/test_fit.py).
    """
    lowest = 1.25 * (LOWEST_LINEAR_CENTRE if frequency_map == "linear" else LOWEST_LOG_CENTRE)
    centres = np.geomspace(lowest, 0.85, num_filters)
    ratio = (0.85 / lowest) ** (1 / max(num_filters - 1, 1))
    return centres, float(ratio / (ratio**2 - 1))


def log_spaced_bias(num_filters: int, frequency_map: str) -> nn.initializers.Initializer:
    """Initial bias of the last layer, the inverse of `bank_parameters`: an untrained bank has log-spaced centres.

    It changes no shape and no mapping, and saves the first thousands of steps: under the linear map a zero bias puts
    all 32 centres at 12 kHz.
    """

    def init(key: Array, shape: Any, dtype: Any = jnp.float32, out_sharding: Any = None) -> Array:
        centres, q = log_spaced_centres(num_filters, frequency_map)
        if frequency_map == "linear":
            where = (centres - LOWEST_LINEAR_CENTRE) / (1 - LOWEST_LINEAR_CENTRE)
        else:
            where = 1 - np.log(centres) / np.log(LOWEST_LOG_CENTRE)
        raw = np.zeros((num_filters, 3))
        raw[:, 0] = np.log(where / (1 - where))
        raw[:, 1] = np.log(np.expm1(max(q - LOWEST_Q, 0.1)))
        return jnp.asarray(raw.reshape(shape), dtype)

    return init
