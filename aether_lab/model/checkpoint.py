"""Checkpoints of a training, from which it goes on bit for bit."""

import dataclasses
import json
import os

import jax
import jax.numpy as jnp
import numpy as np
import safetensors

from aether_lab.model.run import Run
from aether_lab.model.space import serialise
from aether_lab.signals.files import write_bytes


def save_checkpoint(path: str | os.PathLike, run: Run, digest: str) -> None:
    """Writes the whole state of a run, atomically; `digest` names the corpus that it belongs to."""
    leaves = jax.tree_util.tree_flatten_with_path(run.state)[0]
    arrays = {jax.tree_util.keystr(key): np.asarray(leaf) for key, leaf in leaves}
    header = {**_settings(run), "history": json.dumps(run.history), "corpus": digest}
    write_bytes(path, serialise(arrays, header))


def load_checkpoint(path: str | os.PathLike, fresh: Run, digest: str) -> Run:
    """The run stored at `path`; `fresh` is the run that would start otherwise, and gives settings and shapes.

    Raises:
        ValueError: if the file is damaged or belongs to other settings or another corpus.
    """
    try:
        with safetensors.safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{path}: damaged or no checkpoint ({error})") from error
    for name, value in {**_settings(fresh), "corpus": digest}.items():
        if header.get(name) != value:
            raise ValueError(f"{path}: a checkpoint of another {name}: {header.get(name)}, not {value}")
    leaves, tree = jax.tree_util.tree_flatten_with_path(fresh.state)
    state = jax.tree_util.tree_unflatten(tree, [jnp.asarray(stored[jax.tree_util.keystr(key)]) for key, _ in leaves])
    return dataclasses.replace(fresh, state=state, history=json.loads(header["history"]))


def _settings(run: Run) -> dict[str, str]:
    return {
        "model": json.dumps(dataclasses.asdict(run.model)),
        "training": json.dumps(dataclasses.asdict(run.training)),
    }
