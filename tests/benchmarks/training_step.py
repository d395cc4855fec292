"""One training step of the shipped model's kind, beside the same model, loss and batch in eager PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
from timing import median_seconds

from aether_lab.model.loss import PLACEMENT, loss
from aether_lab.model.objective import EVALUATION_HZ, EVALUATION_WEIGHTS, SMOOTHING_DB, at_evaluation_hz
from aether_lab.model.run import State, Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import Draws, step
from aether_lab.model.vae import ENCODER_UNIT_DB, log_spaced_centres
from aether_lab.models.build import MODELS
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.synthetic import synthetic_responses

MODEL, TRAINING = ModelSettings(latent_dim=4), Training(augment=0.0, uniformity=0.0, smoothness=0.0)
SCANNED = 25  # steps per call, as an epoch runs them


def against_eager_pytorch() -> tuple[float, float, str, str]:
    corpus = synthetic_responses(TRAINING.batch_size, seed=0).corpus()
    spectra = corpus.spectra_db
    space = FilterSpace.untrained(**{"latent_dim": 4})
    difference = _first_loss_difference(space, spectra)
    assert difference < 1e-3, f"not the same model: the losses differ by {difference}"
    ours, shipped = (1000 * _ours(space, corpus, training) for training in (TRAINING, MODELS["4d"].training))
    note = (
        f"same parameters, same loss to {difference:.0e} dB; {_threads()} threads each; "
        f"with the augmentation and the further terms of the loss that `4d` learned with, {shipped:.1f} ms"
    )
    return ours, 1000 * _peer(space, spectra), "ms", note


def _ours(space: FilterSpace, corpus: Corpus, training: Training) -> float:
    draws = Draws.of(corpus, np.full(len(corpus), 1 / len(corpus)), MODEL, training)
    state = State(space.variables, training.optimizer.init(space.variables), jnp.zeros((), jnp.int32))

    @jax.jit
    def many(state: State) -> State:
        return jax.lax.scan(lambda s, _: step(s, draws, MODEL, training), state, length=SCANNED)[0]

    return median_seconds(lambda: jax.block_until_ready(many(state))) / SCANNED


def _peer(space: FilterSpace, spectra: np.ndarray) -> float:
    import torch

    model, batch = _Torch(space), torch.from_numpy(spectra)
    adam = torch.optim.Adam(model.parameters(), lr=TRAINING.learning_rate)

    def one() -> None:
        adam.zero_grad()
        model.loss(batch, torch.randn(len(batch), 4), TRAINING.beta).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()

    return median_seconds(one, repeats=25)


def _first_loss_difference(space: FilterSpace, spectra: np.ndarray) -> float:
    """Both losses at the same parameters and z = mean: proof that the two are one model."""
    import torch

    params = dict(space.variables["params"])
    params["logvar"] = {"kernel": 0 * params["logvar"]["kernel"], "bias": jnp.full(4, -40.0)}
    ours = loss({"params": params}, MODEL, jnp.asarray(spectra), jax.random.key(0), 0.0)[0]
    with torch.no_grad():
        peer = _Torch(space).loss(torch.from_numpy(spectra), torch.zeros(len(spectra), 4), 0.0)
    return abs(float(ours) - float(peer))


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _Torch(space: FilterSpace):
    import torch
    from torch import nn

    class Model(nn.Module):
        """The seed's layers and the alternating parallel bank on the log map, written as one would in PyTorch."""

        def __init__(self) -> None:
            super().__init__()
            p = jax.tree.map(lambda leaf: torch.from_numpy(np.array(leaf)), space.variables["params"])
            self.convolutions = nn.ModuleList(
                nn.Conv1d(a, b, 5, stride=2, padding=2) for a, b in ((1, 16), (16, 32), (32, 64))
            )
            self.encoder = nn.ModuleList((nn.Linear(65 * 64, 128), nn.Linear(128, 64)))
            self.mu, self.logvar = nn.Linear(64, 4), nn.Linear(64, 4)
            self.decoder = nn.ModuleList((nn.Linear(4, 64), nn.Linear(64, 128), nn.Linear(128, 96)))
            for i, layer in enumerate(self.convolutions):
                layer.weight.data = p[f"convolutions_{i}"]["kernel"].permute(2, 1, 0).contiguous()
            for name, layers in (("encoder", self.encoder), ("decoder", self.decoder)):
                for i, layer in enumerate(layers):
                    layer.weight.data, layer.bias.data = (
                        p[f"{name}_{i}"]["kernel"].T.contiguous(),
                        p[f"{name}_{i}"]["bias"],
                    )
            for name in ("mu", "logvar"):
                getattr(self, name).weight.data = p[name]["kernel"].T.contiguous()
                getattr(self, name).bias.data = p[name]["bias"]
            for layer in self.convolutions:
                layer.bias.data.zero_()
            half = torch.pi / 2 * torch.from_numpy(EVALUATION_HZ / 24_000).float()
            self.sine, self.cosine = torch.sin(half), torch.cos(half)
            self.sign = (-1.0) ** torch.arange(32)
            self.weights = torch.from_numpy(EVALUATION_WEIGHTS).float()
            centres, self.q0 = log_spaced_centres(32, "log")
            self.place = torch.from_numpy(np.log(centres)).float()
            self.spacing = (self.place[-1] - self.place[0]) / 31

        def loss(self, spectra_db, noise, beta):
            x = (spectra_db / ENCODER_UNIT_DB)[:, None]
            for layer in self.convolutions:
                x = torch.relu(layer(x))
            x = x.transpose(1, 2).flatten(1)
            for layer in self.encoder:
                x = torch.relu(layer(x))
            mu, logvar = self.mu(x), self.logvar(x)
            x = torch.relu(self.decoder[0](mu + noise * torch.exp(logvar / 2)))
            raw = self.decoder[2](torch.relu(self.decoder[1](x))).reshape(-1, 32, 3)
            frequency = (0.002 ** (1 - torch.sigmoid(raw[..., 0]))).clamp(1e-4, 0.9995)
            q = (nn.functional.softplus(raw[..., 1]) + 0.1).clamp(0.025, 1000)
            amplitude = self.sign * 10 ** (torch.tanh(raw[..., 2]))
            half0 = (torch.pi / 2 * frequency)[..., None]
            p, m = self.sine * torch.cos(half0), self.cosine * torch.sin(half0)
            n, d = p * m, q[..., None] * (p - m) * (p + m)
            scaled = amplitude[..., None] * n / (n * n + d * d)
            real, imag = (n * scaled).sum(1), (d * scaled).sum(1)
            level = 10 * torch.log10(real**2 + imag**2 + 1e-12)
            distance = torch.sqrt(
                (self.weights * (level - torch.from_numpy(np.array(at_evaluation_hz(spectra_db.numpy())))) ** 2).sum(-1)
                + SMOOTHING_DB**2
            ).mean()
            moved = (((torch.log(frequency) - self.place) / self.spacing) ** 2).mean()
            moved = moved + (torch.log(q / self.q0) ** 2).mean()
            return distance + PLACEMENT * moved + beta * 0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar).sum(-1).mean()

    return Model()
