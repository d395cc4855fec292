"""Training over several hosts: one process each, which compute the same steps on shares of each batch.

The first process writes all files. Every process reads the same corpus.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import jax
import numpy as np
from jax.experimental import multihost_utils

ADDRESS, COUNT, NUMBER = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"


others_wait = False
"""Whether the other processes would wait for this one if it failed now."""


def is_requested(coordinator: str | None = None) -> bool:
    """Whether a coordinator is named, here or in the environment."""
    return bool(coordinator or os.environ.get(ADDRESS))


def start(coordinator: str | None = None, num_processes: int | None = None, process_id: int | None = None) -> None:
    """Joins the other processes; comes before any computation.

    Args:
        coordinator: host and port of the first process; default: `JAX_COORDINATOR_ADDRESS`.
        num_processes, process_id: default: `JAX_NUM_PROCESSES` and `JAX_PROCESS_ID`. What is in neither place, JAX asks
            of Slurm, Open MPI, Kubernetes or a TPU.

    Raises:
        ValueError: something is missing or not a number.
        RuntimeError: the others do not answer.
    """
    global others_wait
    count = _number(COUNT) if num_processes is None else num_processes
    number = _number(NUMBER) if process_id is None else process_id
    jax.config.update("jax_enable_preemption_service", False)  # it takes SIGTERM for itself
    try:
        jax.distributed.initialize(coordinator or os.environ.get(ADDRESS), count, number)
    except ValueError as error:
        raise ValueError(
            f"--distributed: {error} Name all of --coordinator, --num-processes and --process-id, or start it from "
            "Slurm or Open MPI"
        ) from error
    except jax.errors.JaxRuntimeError as error:
        raise RuntimeError(f"--distributed: {str(error).splitlines()[0]}") from error
    others_wait = True


def finished() -> None:
    """Nothing is computed together any more."""
    global others_wait
    others_wait = False


def is_first() -> bool:
    """Whether this process writes files and reports."""
    return jax.process_index() == 0


@contextmanager
def together() -> Iterator[None]:
    """A part that must succeed in every process: an error in one is raised in all, so that none waits for it.

    Raises:
        RuntimeError: another process has failed.
    """
    failure = None
    try:
        yield
    except Exception as error:
        failure = error
    if jax.process_count() > 1:
        failed = np.flatnonzero(multihost_utils.process_allgather(np.asarray(failure is not None)))
        if failed.size:
            finished()
        if failed.size and failure is None:
            raise RuntimeError(f"process {failed[0]} of {jax.process_count()} failed; it says why")
    if failure is not None:
        raise failure


def check_same(text: str, what: str) -> None:
    """Raises `ValueError` in every process if `text`, of one length, is not the same in all."""
    if jax.process_count() > 1:
        letters = multihost_utils.process_allgather(np.frombuffer(text.encode(), np.uint8))
        if (letters != letters[0]).any():
            raise ValueError(f"the {jax.process_count()} processes have different {what}")


def _number(name: str) -> int | None:
    text = os.environ.get(name)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise ValueError(f"{name}={text}: a whole number is needed") from error
