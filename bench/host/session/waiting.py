"""Workers that are prepared ahead: several start up at once, and then wait for their turns.

To start up, import, read and build is one thread's work, and half of a short trial: on two cores,
two do it in the time of one. Nothing is measured meanwhile, and a worker that waits takes nothing
from the one that trains (docs/measurement.md has the measurement).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from bench.host.environments.preparation import Say
from bench.host.machine.limits import read_available_memory
from bench.host.machine.nvml import open_gpu
from bench.host.planning.request import MOST_TOGETHER
from bench.host.process.executor import Executor
from bench.host.process.gate import Gate
from bench.host.process.outcome import Event, Listener, WorkerOutcome
from bench.host.session.training import Training

GIBIBYTE = 2**30
# What a worker is thought to need before one has shown what they take.
LEAST_WORKER_BYTES = GIBIBYTE
# What is to be left when all of them have what they need.
SPARE_BYTES = GIBIBYTE


@dataclass
class WaitingWorker:
    """A worker that waits at its gate, or has died there.

    Attributes:
        company: how many started up together with it, itself included.
        outcome: there when it has ended.
        listen: hears its events, from when it may train.
    """

    training: Training
    gate: Gate
    company: int
    outcome: Future[WorkerOutcome]
    listen: Listener | None = None

    def train(self, listen: Listener) -> WorkerOutcome:
        """Let it train, to its end."""
        self.listen = listen
        self.gate.open()
        return self.outcome.result()

    def dismiss(self) -> None:
        """Let it end without a training, and wait for that."""
        self.gate.shut()
        self.outcome.result()


class WaitingRoom:
    """The workers that wait for their turns, by the names of their trials.

    Args:
        places: how many workers may start up at once.
        read_memory: reads the bytes that are available; None where that is not known.
    """

    def __init__(
        self,
        executor: Executor,
        places: int,
        say: Say,
        read_memory: Callable[[], int | None] = read_available_memory,
    ) -> None:
        self._executor = executor
        self._places = places
        self._say = say
        self._read_memory = read_memory
        self._pool = ThreadPoolExecutor(MOST_TOGETHER)
        self._workers: dict[str, WaitingWorker] = {}
        self._called: WaitingWorker | None = None
        self._largest_bytes = LEAST_WORKER_BYTES
        self._has_told = False

    def count_places(self) -> int:
        """Count the workers that may start up at once now: one where memory is short."""
        available = self._read_memory()
        if self._places == 1 or available is None:
            return self._places
        count = max(1, min(self._places, (available - SPARE_BYTES) // self._largest_bytes))
        if count == 1 and not self._has_told:
            self._has_told = True
            self._say(
                f"Note: of {available / GIBIBYTE:.1f} GiB of memory a worker may take "
                f"{self._largest_bytes / GIBIBYTE:.1f}: none is prepared before its turn."
            )
        return count

    def learn(self, peak_bytes: int | None) -> None:
        """Learn what a worker took at most: the next ones may take as much."""
        self._largest_bytes = max(self._largest_bytes, peak_bytes or 0)

    def admit(self, trainings: Sequence[Training]) -> None:
        """Start their workers at once; return when each of them waits or has ended."""
        workers = [self._start(training, len(trainings)) for training in trainings]
        try:
            for worker in workers:
                worker.gate.settled.wait()
        except BaseException:
            # Ctrl-C reaches this thread alone.
            self._executor.stop()
            raise

    def call(self, name: str) -> WaitingWorker | None:
        """Return the worker of a trial, which is the caller's from then on; None without one."""
        worker = self._workers.pop(name, None)
        if worker is not None:
            self._called = worker
        return worker

    def close(self) -> None:
        """Dismiss all that wait.

        Who called the last one may have been interrupted before it let it train.
        """
        if self._called is not None:
            self._called.gate.shut()
        while self._workers:
            self._workers.popitem()[1].dismiss()
        self._pool.shutdown()

    def _start(self, training: Training, company: int) -> WaitingWorker:
        gate = Gate()
        trial = training.blank.trial

        def hear(event: Event) -> None:
            gate.handle_event(event)
            if worker.listen is not None:
                worker.listen(event)

        def run() -> WorkerOutcome:
            try:
                with open_gpu(trial.device, training.invocation.environment) as gpu:
                    return training.run(self._executor, gpu, hear, gate=gate)
            finally:
                gate.settled.set()

        worker = WaitingWorker(training, gate, company, Future())
        self._workers[trial.id] = worker
        worker.outcome = self._pool.submit(run)
        return worker
