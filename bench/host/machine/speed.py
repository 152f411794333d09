"""Measures how fast and how steadily this machine computes: small fixed pieces of work, timed.

A trial's speed changes with the framework and with the machine: a virtual machine is faster at one
hour than at another, and its system tells nobody. This work is the same for every framework and
every version of samestep, so that its speed changes with the machine alone.

Two kinds of work, since neighbors take clock frequency and memory bandwidth apart: SHA-256 over a
few bytes, which needs no memory and no system call and stays in a core, and copies that are larger
than a core's cache. There is a thread for each of a framework's, since a busy machine and a hot one
show only then; OpenSSL and NumPy leave Python's lock while they compute. How much equal pieces
differ tells noise, by SHA-256 alone: it does not show others' use of the caches and of the memory.
"""

import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import pbkdf2_hmac
from time import perf_counter

import numpy as np

from bench.records.parts import MachineFinding, note_if

SECONDS = 1.0
LEAST_PIECES = 5
# About 10 ms where the processor has instructions for SHA, a few times as much elsewhere.
ITERATIONS = 40_000
# Middle half of the pieces within 5 % of the median: differences of that size between two
# frameworks could not be told from noise in one block.
NOTED_RELATIVE_IQR = 0.05
HASH_SECONDS = 0.05
# Of each thread, read once and written once.
COPY_BYTES = 16 * 2**20
COPIES = 7


@dataclass(frozen=True)
class Noise:
    """How the times of equal pieces of work spread.

    Attributes:
        median_seconds: median time of a piece.
        relative_iqr: third minus first quartile, by the median.
        worst_ratio: longest time by the median.
    """

    pieces: int
    median_seconds: float
    relative_iqr: float
    worst_ratio: float


def judge_noise(noise: Noise, threads: int) -> MachineFinding:
    """Note where the middle half spreads more than NOTED_RELATIVE_IQR; show the longest."""
    loud = noise.relative_iqr > NOTED_RELATIVE_IQR
    advice = f"; above {NOTED_RELATIVE_IQR:.0%}, small differences mean nothing" if loud else ""
    return note_if(
        loud,
        "noise",
        f"{noise.pieces} equal pieces of work, {threads} at a time: median "
        f"{noise.median_seconds * 1e3:.2f} ms, interquartile range {noise.relative_iqr:.1%} of it, "
        f"longest {noise.worst_ratio:.2f} times it{advice}",
    )


def time_pieces(
    threads: int, seconds: float = SECONDS, clock: Callable[[], float] = perf_counter
) -> Noise:
    """Repeat the piece of work for some seconds, in so many threads at once."""
    return summarize_durations(run_in_threads(threads, lambda: _repeat(seconds, clock)))


def run_in_threads(threads: int, measure: Callable[[], Sequence[float]]) -> list[float]:
    """Run a measurement in so many threads at once; return the numbers of all of them."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(measure) for _ in range(threads)]
        return [number for future in futures for number in future.result()]


def summarize_durations(durations: Sequence[float]) -> Noise:
    """Compute median, quartiles (linear between the nearest) and worst of two or more durations."""
    first, median, third = statistics.quantiles(durations, n=4, method="inclusive")
    return Noise(len(durations), median, (third - first) / median, max(durations) / median)


def _repeat(seconds: float, clock: Callable[[], float]) -> list[float]:
    _work()  # the first wakes the processor up
    durations: list[float] = []
    end = clock() + seconds
    while (start := clock()) < end or len(durations) < LEAST_PIECES:
        _work()
        durations.append(clock() - start)
    return durations


def _work() -> None:
    pbkdf2_hmac("sha256", b"samestep", b"noise", ITERATIONS)


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
    """Measure the seconds of each of COPIES copies."""
    source = np.ones(COPY_BYTES, dtype=np.uint8)
    target = np.zeros_like(source)
    np.copyto(target, source)  # the first gets the pages
    times: list[float] = []
    for _ in range(COPIES):
        start = clock()
        np.copyto(target, source)
        times.append(clock() - start)
    return times
