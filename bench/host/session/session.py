"""One run: turns the trials of a prepared run into records, and watches the machine meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import dropwhile, islice

from msgspec import structs

from bench.host.cache import turn
from bench.host.machine.accounts import read_or_none
from bench.host.machine.idle_gpu import (
    NO_PROCESSES,
    ProcessIds,
    count_other_processes,
    find_gpu_processes,
    wait_for_idle_gpu,
    wait_for_released_memory,
)
from bench.host.machine.load import compute_load, read_conditions
from bench.host.machine.nvml import VisibleGpu, open_gpu
from bench.host.machine.speed import describe_speeds, measure_machine_speed
from bench.host.planning.request import MOST_TOGETHER
from bench.host.planning.selection import reason_to_skip
from bench.host.process.executor import Executor
from bench.host.process.outcome import Listener
from bench.host.process.turns import run_in_turns
from bench.host.session.proof import PortionedProof
from bench.host.session.store import RunFolder
from bench.host.session.training import PreparedRun, Training, prepare_training
from bench.host.session.waiting import WaitingRoom, WaitingWorker
from bench.records.parts import Load
from bench.records.results import Record, Status, Trial


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        statuses: of the trials so far.
        finished: records of trials that need not run again in a run that goes on, by their names.
        skipped: records of trials that were skipped before the run went on, by their names.
        starved: the smallest batch size that ran out of memory, by what else a trial is.
        ran_ahead: records of trials that ran before they were asked for, by their names.
        stayers: processes of others on the GPU that were waited for in vain.
    """

    statuses: list[Status] = field(default_factory=list)
    finished: Mapping[str, Record] = field(default_factory=dict)
    skipped: Mapping[str, Record] = field(default_factory=dict)
    starved: dict[Trial, int] = field(default_factory=dict)
    ran_ahead: dict[str, Record] = field(default_factory=dict)
    stayers: ProcessIds = NO_PROCESSES

    def reason_to_skip(self, trial: Trial) -> str | None:
        """Why a trial is not tried: what ran out of memory once would with larger batches too."""
        size = self.starved.get(_without_batch_size(trial))
        if size is None or trial.batch_size < size:
            return None
        return f"It ran out of memory at batch size {size:,} already."


def _without_batch_size(trial: Trial) -> Trial:
    return replace(trial, batch_size=0, repeat=0)


@dataclass
class Surroundings:
    """The GPU that a worker sees, and what was measured of the machine once the trial is over."""

    gpu: VisibleGpu
    load: Load = field(default_factory=Load)


@dataclass
class Session:
    """A prepared run, the folder that gets its records, and how far it has come.

    Attributes:
        order: all trials as they will be asked for.
        room: where workers wait that start up before their turns; None where none does.
    """

    prepared: PreparedRun
    folder: RunFolder
    progress: Progress = field(default_factory=Progress)
    executor: Executor = field(default_factory=Executor)
    proof: PortionedProof = field(default_factory=PortionedProof)
    order: Sequence[Trial] = ()
    room: WaitingRoom | None = None

    def close(self) -> None:
        """Let go of workers that were prepared for trials that are not wanted any more."""
        if self.room is not None:
            self.room.close()

    def execute(self, trial: Trial, listen: Listener) -> Record:
        """Run a trial to its record, which is in the run's folder when this returns.

        With it runs the one that it takes turns with: its record is there too, and what asking for
        it gives.
        """
        progress = self.progress
        if record := progress.finished.get(trial.id) or progress.ran_ahead.pop(trial.id, None):
            return record
        if reason := self._reason_to_skip(trial):
            if self.room is not None and (waiting := self.room.call(trial.id)):
                waiting.dismiss()
            return self._skip(trial, reason)
        self.proof.provide_for(trial)
        partner = self._find_partner(trial)
        # One measurement at a time, whoever started the other run.
        with turn("measuring"):
            if partner is None:
                return self._store(self._train(trial, listen))
            first, second = self._train_in_turns(trial, partner, listen)
        progress.ran_ahead[partner.id] = self._store(second)
        return self._store(first)

    def _reason_to_skip(self, trial: Trial) -> str | None:
        run = self.prepared
        reason = reason_to_skip(trial, run.selection, run.environments, run.data)
        return reason or self.progress.reason_to_skip(trial)

    def _skip(self, trial: Trial, reason: str) -> Record:
        before = self.progress.skipped.get(trial.id)
        if before is not None and before.reason == reason:
            return before
        record = self.prepared.begin_record(trial, self.folder.name)
        return self._store(replace(record, status="skipped", reason=reason))

    def _find_partner(self, trial: Trial) -> Trial | None:
        partner = self.prepared.partners.get(trial.id)
        return partner if partner is not None and self._reason_to_skip(partner) is None else None

    def _store(self, record: Record) -> Record:
        progress = self.progress
        if record.status == "out of memory":
            progress.starved[_without_batch_size(record.trial)] = record.trial.batch_size
        record = replace(record, position=len(progress.statuses) + 1)
        self.folder.append(record)
        progress.statuses.append(record.status)
        return record

    def _train(self, trial: Trial, listen: Listener) -> Record:
        if self.room is not None and (waiting := self._prepare_together(trial, self.room)):
            record = self._train_waiting(waiting, listen)
            self.room.learn(record.memory.peak_resident_bytes)
            return record
        training = prepare_training(self.prepared, self.folder, trial)
        with self._watch(training) as surroundings:
            outcome = training.run(self.executor, surroundings.gpu, listen)
        return training.complete_record(outcome, surroundings.load)

    def _prepare_together(self, trial: Trial, room: WaitingRoom) -> WaitingWorker | None:
        """Return a trial's worker, started up with those of the next trials; None without such."""
        if waiting := room.call(trial.id):
            return waiting
        company = self._find_company(trial)[: room.count_places()]
        if len(company) == 1:
            return None
        room.admit([prepare_training(self.prepared, self.folder, each) for each in company])
        return room.call(trial.id)

    def _find_company(self, trial: Trial) -> list[Trial]:
        """Find the trials whose workers may wait beside that of this one, in their order."""
        following = islice(dropwhile(lambda each: each is not trial, self.order), 1, None)
        return [trial, *filter(self._may_wait, islice(following, MOST_TOGETHER))]

    def _may_wait(self, trial: Trial) -> bool:
        return (
            trial.id not in self.progress.finished
            and trial not in self.proof.waiting
            and self._find_partner(trial) is None
            and self._reason_to_skip(trial) is None
        )

    def _train_waiting(self, worker: WaitingWorker, listen: Listener) -> Record:
        training = worker.training
        with self._watch(training) as surroundings:
            try:
                outcome = worker.train(listen)
            except BaseException:
                # Ctrl-C reaches this thread alone.
                self.executor.stop()
                raise
        load = structs.replace(surroundings.load, starting_workers=worker.company)
        return training.complete_record(outcome, load)

    def _train_in_turns(
        self, trial: Trial, partner: Trial, listen: Listener
    ) -> tuple[Record, Record]:
        first = prepare_training(self.prepared, self.folder, trial, partner)
        second = prepare_training(self.prepared, self.folder, partner, trial)
        with self._watch(first) as surroundings:
            outcomes = run_in_turns(
                partial(first.run, self.executor, surroundings.gpu),
                partial(second.run, self.executor, surroundings.gpu),
                listen,
                self.executor.stop,
            )
        load = surroundings.load
        return first.complete_record(outcomes[0], load), second.complete_record(outcomes[1], load)

    @contextmanager
    def _watch(self, training: Training) -> Iterator[Surroundings]:
        """Wait for an idle GPU, and measure around what happens inside the context."""
        threads = self.prepared.selection.request.thread_count
        with open_gpu(training.blank.trial.device, training.invocation.environment) as gpu:
            others = wait_for_idle_gpu(gpu, self.progress.stayers)
            self.progress.stayers |= others or NO_PROCESSES
            surroundings = Surroundings(gpu)
            # The time to measure the speed is nobody's load: it lies outside the two readings.
            used, speed = read_or_none(gpu.read_used_bytes), measure_machine_speed(threads)
            before = read_conditions(gpu)
            yield surroundings
            surroundings.load = structs.replace(
                compute_load(
                    before, read_conditions(gpu), training.transcript.processor_seconds_before
                ),
                **wait_for_released_memory(gpu, used),
                **count_other_processes(others, find_gpu_processes(gpu)),
                **describe_speeds(speed, measure_machine_speed(threads)),
            )
