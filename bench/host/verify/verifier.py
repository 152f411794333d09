"""Runs the reference and the cells, in processes of their own, and collects the errors."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from bench.errors import SamestepError
from bench.host.cache import remove
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import ROOT, Framework, KnownDefect, read_framework
from bench.host.frameworks.setup import DEFAULT, Setup, set_up
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation, prepare_invocation
from bench.host.process.outcome import Event, explain_failure
from bench.host.verify.cells import Cell
from bench.host.verify.inputs import write_inputs
from bench.host.verify.judgment import Error, judge
from bench.host.verify.shared import SharedWorker
from bench.job import NATIVE, Execution
from bench.protocol.digests import hash_text
from bench.protocol.verification import VerificationJob

# Pure NumPy in float64; tests/frameworks/reference.py checks its forward pass and its gradients.
REFERENCE = ROOT / "tests" / "frameworks" / "numpy"
# Its matrices are small: more threads wait for each other, on a busy machine for 50 times as long.
REFERENCE_THREADS = 1
LIMITS = Limits(seconds=1200)
# One that is shared has this time for each cell.
SHARED_LIMITS = Limits(seconds=float("inf"))
WORKER = "bench.worker.verification"
# Threads that wait for each other sleep: OpenMP's spin, and take more time than what they compute,
# on a busy machine several times as much. What they compute is the same.
UNTIMED = {"OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True)
class CellResult:
    """What a cell's process gave.

    Attributes:
        failure: a sentence where it did not get to its end.
        log: the end of what it printed, such as a traceback.
    """

    errors: tuple[Error, ...]
    framework_version: str | None
    failure: str | None
    log: str = ""


@dataclass
class Verifier:
    """Compares cells with the reference.

    Attributes:
        environments: of every framework that cells name.
        scratch: a folder for what is compared; nobody wants it afterwards.
        stop_at_difference: compare no further than the first stage that differs.
    """

    environments: Mapping[str, Environment]
    threads: int
    scratch: Path
    stop_at_difference: bool = False
    executor: Executor = field(default_factory=Executor)
    reference: Framework = field(default_factory=lambda: read_framework(REFERENCE))
    _folders: dict[str, Path] = field(default_factory=dict)
    # Several threads may verify at once (`bench.host.verify.together`).
    _locks: dict[str, Lock] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _is_sharing: bool = False
    _shared: SharedWorker | None = None
    _shared_key: tuple[Any, ...] = ()

    @contextmanager
    def share_workers(self) -> Iterator[None]:
        """Let cells of one framework that follow each other share a process. For one thread only.

        A process is ended as soon as a cell needs another one: there is one at a time.
        """
        self._is_sharing = True
        try:
            yield
        except BaseException:
            # Ctrl-C reaches this thread alone.
            self.executor.stop()
            raise
        finally:
            self._is_sharing = False
            self._end_shared_worker()

    def compare(self, cell: Cell) -> CellResult:
        """Compare a cell with the reference."""
        job = replace(
            self._job(cell),
            reference=str(self.prepare_reference(cell)),
            # What a known defect explains is no end: what comes after is to be compared too.
            stop_at_difference=self.stop_at_difference and not select_known_defects(cell),
        )
        if self._is_sharing and _may_share(cell):
            result = self._run_shared(cell, job)
            if result is not None:
                return result
        return self._run(cell, job)

    def save_quantities(self, cell: Cell) -> Path:
        """Record a cell's own float64 quantities in a folder, as far as it gets."""
        folder = self._folder(f"recorded-{hash_text(repr(cell.key))}")
        job = replace(self._job(cell), record=str(folder), precisions=("float64",))
        self._run(cell, job)
        return folder

    def compare_reference(
        self, cell: Cell, recorded: Path, deviations: dict[str, Any], optimizers: tuple[str, ...]
    ) -> CellResult:
        """Compare the reference, with deviations, with what a cell gave."""
        job = replace(
            self._reference_job(cell),
            reference=str(recorded),
            as_far_as_recorded=True,
            deviations=deviations,
            optimizers=optimizers,
            stop_at_difference=not select_known_defects(cell),
        )
        return self._run_reference(cell, job)

    def prepare_reference(self, cell: Cell) -> Path:
        """Record the reference's quantities, once for a model and convention of variances.

        Raises:
            SamestepError: the reference itself failed.
        """
        name = self.get_reference_name(cell)
        with self._locks.setdefault(name, Lock()):
            if name not in self._folders:
                folder = self._folder(name)
                job = replace(self._reference_job(cell), record=str(folder))
                failure = self._run_reference(cell, job).failure
                if failure is not None:
                    del self._folders[name]
                    raise SamestepError(f"The NumPy reference of {cell.model} failed: {failure}")
            return self._folders[name]

    def forget_reference(self, cell: Cell) -> None:
        """Remove what the reference of a cell recorded; made anew, if it is asked for again."""
        folder = self._folders.pop(self.get_reference_name(cell), None)
        if folder is not None:
            remove(folder)

    def get_reference_name(self, cell: Cell) -> str:
        """Return a name that all cells share that are compared with the same quantities."""
        # Without running statistics there are no conventions of them.
        unbiased = cell.framework.unbiased_variance and bool(cell.spec.statistics())
        return f"reference-{_name(cell)}-{int(unbiased)}"

    def _job(self, cell: Cell) -> VerificationJob:
        execution = cell.set_up(self.threads).execution
        return VerificationJob(
            framework=cell.framework.name,
            implementation=str(cell.framework.folder),
            model=cell.model,
            samples=cell.samples,
            mode=cell.mode,
            device=cell.device,
            threads=self.threads,
            layout=execution.layout,
            knobs=dict(execution.knobs),
            inputs=str(self._inputs(cell)),
            model_folder=str(cell.definition.folder or ""),
        )

    def _reference_job(self, cell: Cell) -> VerificationJob:
        return replace(
            self._job(cell),
            framework=self.reference.name,
            implementation=str(self.reference.folder),
            mode=self.reference.default_mode,
            device="cpu",
            threads=REFERENCE_THREADS,
            layout=self.reference.layout,
            knobs={},
            precisions=("float64",),
            unbiased_variance=cell.framework.unbiased_variance,
        )

    def _inputs(self, cell: Cell) -> Path:
        path = self.scratch / f"inputs-{_name(cell)}.npz"
        with self._locks.setdefault(path.name, Lock()):
            if not path.exists():
                write_inputs(path, cell.spec, cell.samples)
        return path

    def _folder(self, name: str) -> Path:
        folder = self.scratch / name
        remove(folder)
        folder.mkdir()
        self._folders[name] = folder
        return folder

    def _run(self, cell: Cell, job: VerificationJob) -> CellResult:
        python = self.environments[cell.framework.edition].python
        return self._start(job, python, cell.set_up(self.threads), cell.framework.root)

    def _run_shared(self, cell: Cell, job: VerificationJob) -> CellResult | None:
        """Run a cell in a process that may have run others; None if that may have harmed it."""
        python = self.environments[cell.framework.edition].python
        setup = cell.set_up(self.threads)
        key = (job.implementation, python, setup.environment, job.knobs, cell.device)
        is_first = self._shared is None or key != self._shared_key
        if self._shared is None or is_first:
            self._end_shared_worker()
            reads, writes = os.pipe()
            invocation = self._prepare(replace(job, more=reads), python, setup, SHARED_LIMITS)
            invocation = replace(invocation, descriptors=(reads,))
            self._shared = SharedWorker(self.executor, invocation, writes, LIMITS.seconds)
            self._shared_key = key
        else:
            self._shared.hand_over(job)
        result = _to_result(*self._shared.wait())
        different = judge(result.errors, select_known_defects(cell), cell.model).different
        if result.failure is None and not different:
            return result
        self._end_shared_worker()
        return result if is_first else None

    def _end_shared_worker(self) -> None:
        if self._shared is not None:
            self._shared.end()
            self._shared = None

    def _run_reference(self, cell: Cell, job: VerificationJob) -> CellResult:
        mode = self.reference.default_mode
        execution = Execution(mode, "float64", "cpu", REFERENCE_THREADS, NATIVE)
        setup = set_up(self.reference, cell.model, DEFAULT, execution)
        return self._start(job, Path(sys.executable), setup, ROOT)

    def _start(self, job: VerificationJob, python: Path, setup: Setup, root: Path) -> CellResult:
        invocation = self._prepare(job, python, setup, LIMITS, root)
        events, outcome = self.executor.gather(invocation)
        return _to_result(events, explain_failure(events, outcome), outcome.log_tail)

    def _prepare(
        self,
        job: VerificationJob,
        python: Path,
        setup: Setup,
        limits: Limits,
        root: Path = ROOT,
    ) -> Invocation:
        log = self.scratch / f"worker-{next(self._numbers)}.log"
        setup = replace(setup, environment=UNTIMED | setup.environment)
        return prepare_invocation(WORKER, job, python, setup, log, limits, root)


def select_known_defects(cell: Cell) -> tuple[KnownDefect, ...]:
    """Select the defects of the cell's framework that concern its model."""
    return tuple(
        defect
        for defect in cell.framework.known_defects
        if cell.model in defect.models
        and cell.mode in defect.modes
        and cell.device in defect.devices
    )


def _may_share(cell: Cell) -> bool:
    """Tell whether a cell's worker takes further jobs, and may have taken others.

    Another checkout's worker may not know of them, and a model from outside is imported once.
    """
    return cell.framework.root == ROOT and cell.definition.folder is None


def _to_result(events: list[Event], failure: str | None, log: str) -> CellResult:
    imported: Event = next((event for event in events if event["event"] == "imported"), {})
    return CellResult(
        errors=tuple(
            Error(event["precision"], event["stage"], item, error)
            for event in events
            if event["event"] == "compared"
            for item, error in event["errors"]
        ),
        framework_version=imported.get("framework_version"),
        failure=failure,
        log=log,
    )


def _name(cell: Cell) -> str:
    shape = "x".join(str(side) for side in cell.samples.shape)
    return f"{cell.model}-{shape}-{cell.samples.vocabulary or 0}-{cell.samples.classes}"
