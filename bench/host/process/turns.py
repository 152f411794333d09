"""Two workers that train in turns, block by block: `bench.worker.process` is their side.

A machine that others use too is fast in one second and slow in another. What two versions of the
same trial differ by shows when their blocks lie next to each other in time, where such changes meet
both (Bulej, Horky, Tuma, Farquet and Prokopec 2020, "Duet benchmarking: improving measurement
accuracy in the cloud"; there both run at the same time, which here would make them share what they
are measured by).
"""

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bench.host.process.outcome import Event, Listener, WorkerOutcome
from bench.job import NATIVE, Turns
from bench.records.results import Trial

# Runs a worker to its end; the descriptors in its turns are its own from then on.
RunWorker = Callable[[Listener, Turns], WorkerOutcome]


def pair_versions(trials: Iterable[Trial]) -> dict[str, Trial]:
    """Pair two versions of the same trial: by each one's name, the one that it takes turns with.

    Not on a GPU, which two processes would have to share, nor with the framework's own loader,
    which gathers batches while the other one trains.
    """
    versions: dict[Trial, list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.device == "cpu" and trial.input != NATIVE:
            versions[replace(trial, pin="", revision="")].append(trial)
    pairs = [trials for trials in versions.values() if len(trials) == 2]
    return {trial.id: partner for pair in pairs for trial, partner in (pair, pair[::-1])}


def run_in_turns(
    first: RunWorker, second: RunWorker, listen: Listener, stop: Callable[[], None]
) -> tuple[WorkerOutcome, WorkerOutcome]:
    """Run both to their ends.

    The second one is started when the first has trained a block, and waits for its turn: so each
    starts up while the other does nothing. `listen` hears the events of the first one, and `stop`
    ends both where something goes wrong here.
    """
    turns = _open_pipes()
    waiting = threading.Event()

    def hear(event: Event) -> None:
        listen(event)
        if event["event"] == "block":
            waiting.set()

    with ThreadPoolExecutor(2) as pool:
        try:
            first_outcome = pool.submit(first, hear, turns[0])
            first_outcome.add_done_callback(lambda _: waiting.set())
            waiting.wait()
            second_outcome = pool.submit(second, lambda event: None, turns[1])
            return first_outcome.result(), second_outcome.result()
        except BaseException:
            # Ctrl-C reaches this thread alone, and the pool waits for its own two.
            stop()
            raise


def _open_pipes() -> tuple[Turns, Turns]:
    """Two pipes, one for each direction, as each side sees them."""
    first_reads, second_writes = os.pipe()
    second_reads, first_writes = os.pipe()
    return (
        Turns(first_reads, first_writes, first=True),
        Turns(second_reads, second_writes, first=False),
    )
