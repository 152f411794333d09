"""What host and worker tell each other of the most that a machine attains.

Standard library only. `docs/ceilings.md` says why it is measured so. A worker
measures one framework in one precision. It answers, on the channel of `bench.job`:

    measured   what (`product` or `copy`), amount, seconds of every repetition
    finished

or `error` with a `reason`.
"""

from dataclasses import dataclass

from bench.codec import Message
from bench.job import Execution

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Workload:
    """What is measured, and for how long.

    Attributes:
        side: of the square matrices that are multiplied.
        copied_bytes: of the array that is copied; as many are read as are written.
        seconds, repetitions: at least these, of each measurement; the warm-up before it takes as
            many seconds and one repetition or more.
    """

    side: int
    copied_bytes: int
    seconds: float = 0.5
    repetitions: int = 5


# Products that are large enough for the highest rate; arrays far larger than the last-level cache.
WORKLOADS = {
    "cpu": Workload(2048, 256 * MEBIBYTE, seconds=0.2),
    "cuda": Workload(8192, 1024 * MEBIBYTE),
}


@dataclass(frozen=True)
class CeilingsJob(Message):
    """Everything that a worker needs; the mode of its execution is of no account."""

    framework: str
    implementation: str
    execution: Execution
    workload: Workload
