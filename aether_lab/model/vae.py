"""The network: encodes a spectrum to a latent z and decodes z to the parameters of a bank. Arrays only."""

from itertools import pairwise
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from aether_lab.model.objective import EVALUATION_HZ, at_evaluation_hz

ENCODER_UNIT_DB = 20.0
"""The encoder's input is in units of this, so that it is of order one."""

FREQUENCY_MAPS = ("linear", "log")
LOWEST_LINEAR_CENTRE, LOWEST_LOG_CENTRE = 0.01, 0.002
"""Lower ends of the linear and the log map, fraction of Nyquist: 240 Hz and 48 Hz at 48 kHz."""

LOWEST_Q = 0.1
"""Lower bound of a decoded Q, added to the softplus."""

GAIN_LIMIT = 20.0
"""dB: a decoded gain lies inside ± this, unless the settings of a model have another limit."""

LOG_VAR_LIMIT = 20.0
"""Clips log-variances, far beyond any learned value. While the KL weight is 0 nothing else bounds them, and an
overflowing exponential would make the loss NaN."""


Z_LIMIT = 1e6
"""z is clipped to ± this before the decoder, and NaN becomes 0, so that every z decodes to a valid filter."""

CONVOLUTIONS, ENCODER, DECODER = (16, 32, 64), (128, 64), (64, 128)
"""Features of the convolutions, and of the dense layers before z and after it."""


class StridedConv(nn.Module):
    """`nn.Conv(features, (5,), strides=2)` with the same parameters and result, many times faster on a CPU.

    XLA's CPU backend computes the gradient of a strided convolution with few channels slowly; five strided slices and
    one matrix product are fast.
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


class KindDense(nn.Module):
    """A dense layer for each kind; a mixture of kinds has the mixture of their kernels and biases.

    The kernel of a kind is `kernel + kinds[k]`: what all share, and what sets it apart, which the loss keeps small.
    """

    features: int
    bias_init: nn.initializers.Initializer = nn.initializers.zeros

    @nn.compact
    def __call__(self, x: Array, kind: Array) -> Array:
        """`(..., F)` and weights of kinds `(..., K)`, sum 1, to `(..., features)`."""
        shape = x.shape[-1], self.features
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape, jnp.float32)
        apart = self.param("kinds", nn.initializers.zeros, (kind.shape[-1], *shape), jnp.float32)
        bias = self.param("bias", self.bias_init, (kind.shape[-1], self.features), jnp.float32)
        return x @ kernel + jnp.einsum("...z,...k,kzf->...f", x, kind, apart) + kind @ bias


class ParametricVAE(nn.Module):
    """Encodes a 513-bin magnitude spectrum and decodes z to the parameters of a bank of biquads.

    `variables = model.init(key, spectrum, key)`;
    `frequency, q, gain_db, mu, logvar = model.apply(variables, spectrum, key)`.

    With `kinds` above 0 encoder and decoder are conditioned on the kind of system, weights `(..., kinds)` of sum 1, by
    default an equal mixture. The encoder is then linear, one map for each kind, because a deep one overfits the few
    sources of a kind; the first layer of the decoder has a kernel for each kind, and so has a linear path from z past
    the hidden layers. A mixture of kinds is a mixture of those kernels, and so a continuous path from one to another.

    >>> import jax
    >>> from aether_lab import ParametricVAE
    >>> model, key, spectrum = ParametricVAE(latent_dim=4), jax.random.key(0), jax.numpy.ones((1, 513))
    >>> [output.shape for output in jax.eval_shape(model.init_with_output, key, spectrum, key)[0]]
    [(1, 32), (1, 32), (1, 32), (1, 4), (1, 4)]
    """

    num_filters: int = 32
    latent_dim: int = 2
    frequency_map: str = "linear"
    kinds: int = 0
    gain_limit_db: float = GAIN_LIMIT

    def setup(self) -> None:
        if self.frequency_map not in FREQUENCY_MAPS:
            raise ValueError(f"frequency_map is {self.frequency_map!r}; allowed are {', '.join(FREQUENCY_MAPS)}")
        if self.kinds:
            self.kind_encoder = KindDense(2 * self.latent_dim)
            self.decoder: list[nn.Module] = [
                KindDense(DECODER[0]),
                nn.Dense(DECODER[1]),
                nn.Dense(self.num_filters * 3, bias_init=log_spaced_bias(self.num_filters, self.frequency_map)),
            ]
            self.linear = KindDense(self.num_filters * 3)
            return
        self.convolutions = [StridedConv(features) for features in CONVOLUTIONS]
        self.encoder = [nn.Dense(features) for features in ENCODER]
        self.mu, self.logvar = nn.Dense(self.latent_dim), nn.Dense(self.latent_dim)
        self.decoder = [
            *(nn.Dense(features) for features in DECODER),
            nn.Dense(self.num_filters * 3, bias_init=log_spaced_bias(self.num_filters, self.frequency_map)),
        ]

    def __call__(
        self, spectrum: Array, key: Array, kind: Array | None = None
    ) -> tuple[Array, Array, Array, Array, Array]:
        """`(B, 513)` to frequency (fraction of Nyquist), Q and gain (dB), `(B, num_filters)` each, then mu, logvar."""
        mu, logvar = self.encode(spectrum, kind)
        z = mu + jax.random.normal(key, mu.shape, mu.dtype) * jnp.exp(logvar / 2)
        return *self.decode(z, kind), mu, logvar

    def encode(self, spectrum: Array, kind: Array | None = None) -> tuple[Array, Array]:
        """`(..., 513)` to the mean and log-variance of q(z | spectrum), `(..., latent_dim)` each."""
        if self.kinds:
            levels = at_evaluation_hz(spectrum)
            mu, logvar = jnp.split(self.kind_encoder(levels, self._kind(kind, levels)), 2, axis=-1)
            return mu, jnp.clip(logvar, -LOG_VAR_LIMIT, LOG_VAR_LIMIT)
        x = spectrum[..., None]
        for convolution in self.convolutions:
            x = nn.relu(convolution(x))
        x = x.reshape(*x.shape[:-2], -1)
        for dense in self.encoder:
            x = nn.relu(dense(x))
        return self.mu(x), jnp.clip(self.logvar(x), -LOG_VAR_LIMIT, LOG_VAR_LIMIT)

    def decode(self, z: Array, kind: Array | None = None) -> tuple[Array, Array, Array]:
        """`(..., latent_dim)` to frequency (fraction of Nyquist), Q and gain (dB), `(..., num_filters)` each."""
        first = (z, self._kind(kind, z)) if self.kinds else (z,)
        x = nn.relu(self.decoder[0](*first))
        x = nn.relu(self.decoder[1](x))
        raw = self.decoder[2](x)
        if self.kinds:
            raw = raw + self.linear(*first)
        raw = raw.reshape(*z.shape[:-1], self.num_filters, 3)
        return bank_parameters(raw, self.frequency_map, self.gain_limit_db)

    def _kind(self, kind: Array | None, x: Array) -> Array:
        if kind is None:
            kind = jnp.full(self.kinds, 1 / self.kinds, x.dtype)
        return jnp.broadcast_to(kind, (*x.shape[:-1], self.kinds))


def parameter_shapes(num_filters: int, latent_dim: int, n_bins: int, kinds: int = 0) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter of a `ParametricVAE`, by its path; nothing is allocated.

    >>> parameter_shapes(32, 4, 513)["params/decoder_2/kernel"]
    (128, 96)
    """
    shapes: dict[str, tuple[int, ...]] = {}

    def layer(name: str, *kernel: int) -> None:
        shapes[f"params/{name}/kernel"], shapes[f"params/{name}/bias"] = kernel, kernel[-1:]

    def kind_layer(name: str, inputs: int, outputs: int) -> None:
        layer(name, inputs, outputs)
        shapes[f"params/{name}/kinds"], shapes[f"params/{name}/bias"] = (kinds, inputs, outputs), (kinds, outputs)

    if kinds:
        kind_layer("kind_encoder", EVALUATION_HZ.size, 2 * latent_dim)
        kind_layer("decoder_0", latent_dim, DECODER[0])
        layer("decoder_1", *DECODER)
        layer("decoder_2", DECODER[1], 3 * num_filters)
        kind_layer("linear", latent_dim, 3 * num_filters)
        return shapes
    length, channels = n_bins, 1
    for i, features in enumerate(CONVOLUTIONS):
        layer(f"convolutions_{i}", 5, channels, features)
        length, channels = -(-length // 2), features
    encoder = (length * channels, *ENCODER)
    for i, sizes in enumerate(pairwise(encoder)):
        layer(f"encoder_{i}", *sizes)
    for name in ("mu", "logvar"):
        layer(name, encoder[-1], latent_dim)
    for i, sizes in enumerate(pairwise((latent_dim, *DECODER, 3 * num_filters))):
        layer(f"decoder_{i}", *sizes)
    return shapes


def bank_parameters(
    raw: Array, frequency_map: str = "linear", gain_limit_db: float = GAIN_LIMIT
) -> tuple[Array, Array, Array]:
    """Maps unbounded `(..., S, 3)` to frequency (fraction of Nyquist), Q and gain (dB) in range, `(..., S)` each."""
    where = jax.nn.sigmoid(raw[..., 0])
    if frequency_map == "linear":
        frequency = (1 - LOWEST_LINEAR_CENTRE) * where + LOWEST_LINEAR_CENTRE
    else:
        frequency = LOWEST_LOG_CENTRE ** (1 - where)
    return frequency, jax.nn.softplus(raw[..., 1]) + LOWEST_Q, gain_limit_db * jnp.tanh(raw[..., 2])


def log_spaced_centres(num_filters: int, frequency_map: str = "linear") -> tuple[np.ndarray, float]:
    """Log-spaced centres, fractions of Nyquist, from the low end of the map to 0.85, and their common Q.

    The -3 dB band of each section is two spacings wide. Fits of 32 alternating sections from this start have an error
    of 0.26 dB, from half and twice the width 0.31 and 0.5 dB (targets of tests/filters/test_fit.py).
    """
    lowest = 1.25 * (LOWEST_LINEAR_CENTRE if frequency_map == "linear" else LOWEST_LOG_CENTRE)
    centres = np.geomspace(lowest, 0.85, num_filters)
    ratio = (0.85 / lowest) ** (1 / max(num_filters - 1, 1))
    return centres, float(ratio / (ratio**2 - 1))


def log_spaced_bias(num_filters: int, frequency_map: str) -> nn.initializers.Initializer:
    """Initial bias of the last layer, the inverse of `bank_parameters` at `log_spaced_centres`.

    It saves thousands of training steps: a zero bias under the linear map puts all centres at 12 kHz.
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
