"""Checkpoints of a training run; a resumed run continues bit for bit."""

import dataclasses
import json
import os

import jax
import jax.numpy as jnp
import numpy as np

from aether_lab.model.run import Run, Training
from aether_lab.model.tensors import LARGEST_HEADER, open_tensors, read_tensors, serialise, tensor_type
from aether_lab.signals.files import write_bytes
from aether_lab.signals.json_files import is_number, parse_json


def save_checkpoint(path: str | os.PathLike, run: Run, digest: str) -> None:
    """Writes the state of a run atomically; `digest` identifies its corpus."""
    leaves = jax.tree_util.tree_flatten_with_path(run.state)[0]
    arrays = {jax.tree_util.keystr(key): np.asarray(leaf) for key, leaf in leaves}
    header = {**_settings(run), "history": json.dumps(run.history), "corpus": digest}
    write_bytes(path, serialise(arrays, header))


def continued(path: str | os.PathLike | None, fresh: Run, digest: str, resume: bool) -> Run:
    """The run stored at `path`, or a new one where there is none.

    Raises:
        ValueError: as `load_checkpoint`; or there is one, which `resume` does not allow to continue.
    """
    if path is None or not os.path.exists(path):
        return fresh
    if not resume:
        raise ValueError(f"{path}: the checkpoint of another run; continue it with resume, or delete it to start again")
    return load_checkpoint(path, fresh, digest)


def load_checkpoint(path: str | os.PathLike, fresh: Run, digest: str) -> Run:
    """The run stored at `path`; `fresh`, a new run, has the settings and array shapes to expect.

    Raises:
        ValueError: the file is damaged or incomplete, or its settings or corpus differ.
    """
    leaves, tree = jax.tree_util.tree_flatten_with_path(fresh.state)
    expected = {jax.tree_util.keystr(key): np.asarray(leaf) for key, leaf in leaves}
    kinds = {key: (leaf.shape, (tensor_type(leaf.dtype),)) for key, leaf in expected.items()}
    size = sum(leaf.nbytes for leaf in expected.values())
    with open_tensors(path, 2 * size + LARGEST_HEADER) as file:
        header = file.metadata() or {}
        for name, value in {**_settings(fresh), "corpus": digest}.items():
            if (other := header.get(name)) != value:
                raise ValueError(f"checkpoint of another {name}: {other or 'none':.500}; expected {value}")
        stored = read_tensors(file, kinds)
        history = _read_history(header.get("history", ""), fresh.training)
        steps = len(history) * fresh.training.steps_per_epoch
        counts = [value for value in stored.values() if value.dtype.kind in "iu"]  # of the run, and of the optimiser
        if any((count != steps).any() for count in counts):
            raise ValueError(f"damaged: its steps are not the {steps} of its history")
    state = jax.tree_util.tree_unflatten(tree, [jnp.asarray(stored[key]) for key in expected])
    return dataclasses.replace(fresh, state=state, history=history)


def _read_history(text: str, training: Training) -> list[dict[str, float]]:
    """The mean of each loss term per finished epoch."""
    history = parse_json(text)
    if not isinstance(history, list) or not 1 <= len(history) <= training.epochs:
        raise ValueError(f"damaged: its history must have 1 to {training.epochs} epochs")
    for epoch, entry in enumerate(history, start=1):
        if not isinstance(entry, dict) or not all(map(is_number, (entry.get(term) for term in ("distance", "kl")))):
            raise ValueError(f"damaged: epoch {epoch} of its history has no loss terms")
        if not all(map(is_number, entry.values())) or entry.get("step") != epoch * training.steps_per_epoch:
            raise ValueError(f"damaged: epoch {epoch} of its history has a wrong step, or a value that is not finite")
    return history


def _settings(run: Run) -> dict[str, str]:
    return {
        "model": json.dumps(dataclasses.asdict(run.model)),
        "training": json.dumps(dataclasses.asdict(run.training)),
    }
