"""Checkpoints of a training run; a resumed run continues bit for bit."""

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
        ValueError: the file is damaged, or its settings or corpus differ.
    """
    try:
        with safetensors.safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{path}: damaged, or not a checkpoint ({error})") from error
    for name, value in {**_settings(fresh), "corpus": digest}.items():
        if header.get(name) != value:
            raise ValueError(f"{path}: checkpoint of another {name}: {header.get(name)}; expected {value}")
    leaves, tree = jax.tree_util.tree_flatten_with_path(fresh.state)
    state = jax.tree_util.tree_unflatten(tree, [jnp.asarray(stored[jax.tree_util.keystr(key)]) for key, _ in leaves])
    return dataclasses.replace(fresh, state=state, history=json.loads(header["history"]))


def _settings(run: Run) -> dict[str, str]:
    return {
        "model": json.dumps(dataclasses.asdict(run.model)),
        "training": json.dumps(dataclasses.asdict(run.training)),
    }
