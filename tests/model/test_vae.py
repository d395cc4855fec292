import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aether_lab.model.vae import ParametricVAE, StridedConv, bank_parameters, log_spaced_centres

KEY = jax.random.key(0)


@pytest.mark.slow
@pytest.mark.usefixtures("float32")
@pytest.mark.parametrize(("num_filters", "latent_dim"), [(5, 2), (32, 4), (1, 1)])
def test_the_original_snippet_gives_the_original_shapes_and_ranges(num_filters, latent_dim):
    model = ParametricVAE(num_filters=num_filters, latent_dim=latent_dim)
    variables = model.init(KEY, jnp.ones((1, 513)), KEY)
    spectrum = 10 * jax.random.normal(KEY, (7, 513))
    freqs, qs, gains, mu, logvar = model.apply(variables, spectrum, KEY)
    assert freqs.shape == qs.shape == gains.shape == (7, num_filters)
    assert mu.shape == logvar.shape == (7, latent_dim)
    assert np.all((freqs >= 0.01) & (freqs <= 1)) and np.all(qs >= 0.1) and np.all(np.abs(gains) <= 20)
    for found, wanted in zip(model.apply(variables, mu, method=model.decode), (freqs, qs, gains), strict=True):
        assert found.shape == wanted.shape
    for found, wanted in zip(model.apply(variables, spectrum, method=model.encode), (mu, logvar), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_linear_map_is_the_original_output_mapping():
    raw = jnp.array([[0.0, 0.0, 0.0], [-1e6, -1e6, -1e6], [1e6, 1e6, 1e6]])
    frequency, q, gain = bank_parameters(raw)
    np.testing.assert_allclose(frequency, [0.505, 0.01, 1.0])
    np.testing.assert_allclose(q, [np.log(2) + 0.1, 0.1, 1e6 + 0.1])
    np.testing.assert_allclose(gain, [0, -20, 20])
    np.testing.assert_allclose(bank_parameters(raw, gain_limit_db=60.0)[2], [0, -60, 60])
    np.testing.assert_allclose(bank_parameters(raw, "log")[0], [np.sqrt(0.002), 0.002, 1])


def test_layers_are_those_of_the_original():
    params = ParametricVAE(latent_dim=4).init(KEY, jnp.ones((1, 513)), KEY)["params"]
    shapes = {name: layer["kernel"].shape for name, layer in params.items()}
    assert [shapes[f"convolutions_{i}"] for i in range(3)] == [(5, 1, 16), (5, 16, 32), (5, 32, 64)]
    assert [shapes[f"encoder_{i}"] for i in range(2)] == [(65 * 64, 128), (128, 64)]
    assert shapes["mu"] == shapes["logvar"] == (64, 4)
    assert [shapes[f"decoder_{i}"] for i in range(3)] == [(4, 64), (64, 128), (128, 96)]


@pytest.mark.parametrize("length", [513, 512, 7, 1])
def test_the_sliced_convolution_equals_flax_conv(length):
    x = jax.random.normal(KEY, (2, length, 3))
    ours, theirs = StridedConv(4), nn.Conv(4, (5,), strides=2)
    variables = ours.init(KEY, x)
    assert jax.tree.map(jnp.shape, variables) == jax.tree.map(jnp.shape, theirs.init(KEY, x))
    np.testing.assert_allclose(ours.apply(variables, x), theirs.apply(variables, x), atol=1e-12)


@pytest.mark.parametrize("frequency_map", ["linear", "log"])
def test_an_untrained_bank_has_log_spaced_centres(frequency_map):
    model = ParametricVAE(32, 4, frequency_map)
    variables = model.init(KEY, jnp.ones((1, 513)), KEY)
    freqs, _, gains = model.apply(variables, jnp.zeros(4), method="decode")
    np.testing.assert_allclose(freqs, log_spaced_centres(32, frequency_map)[0], rtol=1e-5)
    np.testing.assert_allclose(gains, 0, atol=1e-9)


@pytest.mark.slow
def test_sampling_spreads_by_exp_half_logvar_about_the_mean():
    model = ParametricVAE(4, 2)
    variables = model.init(KEY, jnp.ones((1, 513)), KEY)
    params = dict(variables["params"])
    # A bias of log 0.25 in logvar means a deviation of 0.5; a decoder that passes z through shows it.
    params["logvar"] = {"kernel": 0 * params["logvar"]["kernel"], "bias": jnp.full(2, np.log(0.25))}
    x = jnp.zeros((2_000, 513))
    _, _, _, mu, logvar = model.apply({"params": params}, x[:1], KEY)
    seen = []
    with nn.intercept_methods(
        lambda f, a, k, c: (seen.append(a[0]) if c.method_name == "decode" else None) or f(*a, **k)
    ):
        model.apply({"params": params}, x, KEY)
    np.testing.assert_allclose(np.std(seen[0] - mu, axis=0), 0.5, rtol=0.06)
    np.testing.assert_allclose(logvar, np.log(0.25), rtol=1e-6)


def test_an_unknown_frequency_map_raises():
    with pytest.raises(ValueError, match="frequency_map is 'mel'; allowed are linear, log"):
        ParametricVAE(frequency_map="mel").init(KEY, jnp.ones((1, 513)), KEY)
