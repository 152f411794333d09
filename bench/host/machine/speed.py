"""Measures how fast the machine is right now: small fixed pieces of the host's own work, timed.

A trial's speed changes with the framework and with the machine: a virtual machine is faster at one
hour than at another, and its system tells nobody. This work is the same for every framework and
every version of samestep, so that its speed changes with the machine alone.

Two kinds of work, since neighbors take clock frequency and memory bandwidth apart: SHA-256, which
stays in a core, and copies that are larger than a core's cache. In as many threads as a framework
gets: a machine whose other half is taken shows it only then.
"""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter

import numpy as np

from bench.host.machine.noise import ITERATIONS, run_in_threads, time_pieces

HASH_SECONDS = 0.05
# Of each thread, read once and written once.
COPY_BYTES = 16 * 2**20
COPIES = 7


@dataclass(frozen=True)
class Speed:
    """Rates of all threads together, from the median piece.

    Attributes:
        hashes_per_second: rounds of PBKDF2 with SHA-256, each four compressions of 64 bytes.
        copied_bytes_per_second: bytes read; as many are written.
    """

    hashes_per_second: float
    copied_bytes_per_second: float


def describe_speeds(before: Speed, after: Speed) -> dict[str, float]:
    """Describe both speeds as the numbers that a record keeps in its `load`."""
    return {
        f"{name}_{when}": rate
        for when, speed in (("before", before), ("after", after))
        for name, rate in asdict(speed).items()
    }


def measure_machine_speed(threads: int) -> Speed:
    """Measure how fast the machine is, which takes a tenth of a second or two."""
    piece = time_pieces(threads, HASH_SECONDS).median_seconds
    copy = statistics.median(run_in_threads(threads, lambda: measure_copies(perf_counter)))
    return Speed(
        hashes_per_second=threads * ITERATIONS / piece,
        copied_bytes_per_second=threads * COPY_BYTES / copy,
    )


def measure_copies(clock: Callable[[], float]) -> list[float]:
    """Measure the seconds of each of COPIES copies; NumPy leaves Python's lock while it copies."""
    source = np.ones(COPY_BYTES, dtype=np.uint8)
    target = np.zeros_like(source)
    np.copyto(target, source)  # the first gets the pages
    times: list[float] = []
    for _ in range(COPIES):
        start = clock()
        np.copyto(target, source)
        times.append(clock() - start)
    return times
