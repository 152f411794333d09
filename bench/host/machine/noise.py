"""Measures how steadily this machine computes: it times a piece of work again and again.

The work is SHA-256 over a few bytes: it needs no memory and no system call, so that its times vary
only with the clock frequency and with who else gets the processor. What it does not show is
others' use of the caches and of the memory. There is a thread for each of a framework's, since a
busy machine and a hot one show only then; OpenSSL leaves Python's lock while it computes.
"""

import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
from time import perf_counter

from bench.records.parts import MachineFinding, note_if

SECONDS = 1.0
LEAST_PIECES = 5
# About 10 ms where the processor has instructions for SHA, a few times as much elsewhere.
ITERATIONS = 40_000
# Middle half of the pieces within 5 % of the median: differences of that size between two
# frameworks could not be told from noise in one block.
NOTED_RELATIVE_IQR = 0.05


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


def examine_noise(threads: int) -> MachineFinding:
    """Time pieces of work and judge their middle half; a single long piece is only shown."""
    return judge_noise(time_pieces(threads), threads)


def judge_noise(noise: Noise, threads: int) -> MachineFinding:
    """Note where the times spread more than NOTED_RELATIVE_IQR."""
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
