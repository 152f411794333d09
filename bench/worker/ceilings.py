"""Measures a framework's own ceilings: `python -P -m bench.worker.ceilings CHANNEL`.

A job (`bench.protocol.ceilings.CeilingsJob`) comes on standard input.
"""

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, Protocol, cast

from bench.errors import WorkerError
from bench.job import Execution
from bench.protocol.ceilings import CeilingsJob, Workload
from bench.worker.backend import import_file
from bench.worker.process import Channel, serve

Clock = Callable[[], float]
Repeat = Callable[[], Any]
FUNCTIONS = ("matrix_product", "copy")


class Ceilings(Protocol):
    """Functions of `impls/<framework>/ceilings.py`, each called once in a process.

    Both make their arrays on the execution's device, of random values, and return a function that
    repeats the operation until the device is done. It returns, for tests, the arrays that it read
    and the one that it wrote.
    """

    def matrix_product(self, side: int, execution: Execution) -> Repeat:
        """Multiply two square matrices in the execution's precision.

        Raises:
            WorkerError: the framework has not this precision on this device.
        """

    def copy(self, size_bytes: int, execution: Execution) -> Repeat:
        """Copy a float32 array of that size to other memory of the device."""


def run(text: str, channel: Channel) -> None:
    """Measure both and send the results over the channel."""
    job = CeilingsJob.from_json(text)
    workload, execution = job.workload, job.execution
    ceilings = _import_ceilings(job)
    # One after the other, so that the arrays of the first are gone.
    seconds = measure(ceilings.matrix_product(workload.side, execution), workload)
    # Two operations for each of the side^3 multiply-adds.
    channel.send("measured", what="product", amount=2 * workload.side**3, seconds=seconds)
    seconds = measure(ceilings.copy(workload.copied_bytes, execution), workload)
    # Read and written.
    channel.send("measured", what="copy", amount=2 * workload.copied_bytes, seconds=seconds)
    channel.send("finished")


def measure(repeat: Repeat, workload: Workload, clock: Clock = perf_counter) -> list[float]:
    """Measure the seconds of every repetition, after a warm-up of as many seconds."""
    seconds: list[float] = []
    for repetitions in (1, workload.repetitions):
        seconds = []
        while len(seconds) < repetitions or sum(seconds) < workload.seconds:
            start = clock()
            repeat()
            seconds.append(clock() - start)
    return seconds


def _import_ceilings(job: CeilingsJob) -> Ceilings:
    module = import_file(job.framework, job.implementation, "ceilings")
    missing = [name for name in FUNCTIONS if not hasattr(module, name)]
    if missing:
        raise WorkerError(
            f"{job.implementation}/ceilings.py has no {' and no '.join(missing)}; write it as "
            "bench/worker/ceilings.py describes it."
        )
    return cast(Ceilings, module)


if __name__ == "__main__":
    sys.exit(serve(run))
