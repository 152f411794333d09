"""The device that JAX computes on: it chooses by itself, and is held to what was asked for."""

import jax

from bench.errors import WorkerError
from bench.job import Execution

PLATFORMS = {"cpu": ("cpu",), "cuda": ("gpu", "cuda")}


def device_of(execution: Execution) -> jax.Device:
    """The device on which JAX puts all that it is not told where to put.

    Raises:
        WorkerError: it is of another kind than the execution's, or there is none.
    """
    try:
        device = jax.devices()[0]
    except (AssertionError, RuntimeError) as error:
        # A build for the CPU that is told to use a GPU fails an assertion, without a word.
        lines = str(error).splitlines() or ["it does not say why; it may be a build for the CPU"]
        raise _none(execution, lines[0]) from error
    if device.platform not in PLATFORMS[execution.device]:
        raise _none(execution, f"it would compute on {device}")
    return device


def _none(execution: Execution, reason: str) -> WorkerError:
    return WorkerError(
        f"JAX {jax.__version__} finds no device of the kind {execution.device!r} ({reason}); "
        "expected one; install JAX for it, or check JAX_PLATFORMS."
    )
