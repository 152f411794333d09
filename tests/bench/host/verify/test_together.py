"""Many cells at once, with a verifier that the test owns: which, when, and what is left of them."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import SamestepError, UnavailableError
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import read_framework
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome
from bench.host.verify import together
from bench.host.verify.cells import Cell, choose_cells
from bench.host.verify.certification import CellReport, Certification
from bench.host.verify.together import MOST_AT_ONCE, certify_all, count_at_once
from bench.host.verify.verifier import REFERENCE, CellResult, Verifier
from bench.protocol.verification import VerificationJob
from tests.bench.host.verify.conftest import cell, framework
from tests.bench.host.verify.test_certification import RIGHT

HERE = Environment(Path("/env/one/bin/python"), given=False)


@dataclass
class FakeVerifier:
    """Takes no time, or until somebody else is there too; keeps a diary."""

    threads: int = 2
    failures: dict[str, list[str]] = field(default_factory=dict)
    meets: int = 1
    diary: list[str] = field(default_factory=list)
    executor: Executor = field(default_factory=Executor)
    barrier: threading.Barrier = field(init=False)

    def __post_init__(self) -> None:
        self.barrier = threading.Barrier(self.meets)

    def get_reference_name(self, cell: Cell) -> str:
        return cell.model

    def prepare_reference(self, cell: Cell) -> Path:
        self.diary.append(f"prepare {cell.model}")
        if "broken" in self.failures:
            raise SamestepError("The reference is broken.")
        return Path()

    def share_workers(self) -> AbstractContextManager[None]:
        return nullcontext()

    def forget_reference(self, cell: Cell) -> None:
        self.diary.append(f"forget {cell.model}")

    def compare(self, cell: Cell) -> CellResult:
        name = f"{cell.model} {cell.mode}"
        self.diary.append(name)
        self.barrier.wait(30)
        told = self.failures.get(name)
        return CellResult(RIGHT, "1.2", told.pop() if told else None)


def cells_of(folder: Path, *names: str) -> list[Cell]:
    alpha = replace(framework(folder), modes=("eager", "compiled"))
    return [cell(alpha, *name.split()) for name in names]


ALL = ("lenet eager", "lstm eager", "lenet compiled", "lstm compiled")


def found_by(
    verifier: FakeVerifier, cells: list[Cell], count: int, environment: Any = HERE
) -> list[CellReport]:
    certification = Certification(verifier, {"alpha": environment}, lambda line: None)  # type: ignore[arg-type]
    return certify_all(certification, cells, count)


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_found_is_in_the_order_in_which_it_was_asked_for(
    tmp_path: Path, cache: Path, count: int
) -> None:
    cells = cells_of(tmp_path, *ALL)
    verifier = FakeVerifier()
    found = found_by(verifier, cells, count)
    assert [one.cell for one in found] == cells
    assert all(one.certificate.verified and not one.cached for one in found)
    # Each reference is there before its cells, and until the last of them.
    for model in ("lenet", "lstm"):
        places = [verifier.diary.index(f"{model} {mode}") for mode in ("eager", "compiled")]
        assert verifier.diary.index(f"forget {model}") > max(places)
        if count > 1:
            assert verifier.diary.index(f"prepare {model}") < min(places)
    assert sorted(verifier.diary).count("forget lenet") == 1


@pytest.mark.parametrize("count", [1, 3])
def test_nothing_is_prepared_for_what_is_known(tmp_path: Path, cache: Path, count: int) -> None:
    cells = cells_of(tmp_path, *ALL)
    found_by(FakeVerifier(), cells, count)
    again = FakeVerifier()
    assert all(one.cached for one in found_by(again, cells, count))
    assert again.diary == []
    missing = found_by(again, cells, count, UnavailableError("No network."))
    assert [one.skipped for one in missing] == [True] * 4
    assert again.diary == []


@pytest.mark.parametrize("count", [1, 3])
def test_each_report_is_handed_on_as_soon_as_it_is_there(
    tmp_path: Path, cache: Path, count: int
) -> None:
    cells = cells_of(tmp_path, *ALL)
    found_by(FakeVerifier(), cells[:1], 1)
    verifier = FakeVerifier(failures={"lstm eager": ["CUDA out of memory"]} if count > 1 else {})
    heard: list[tuple[CellReport, int]] = []
    certification = Certification(verifier, {"alpha": HERE}, lambda line: None)  # type: ignore[arg-type]
    reports = certify_all(
        certification, cells, count, lambda report: heard.append((report, len(verifier.diary)))
    )
    assert {id(report) for report, _ in heard} == {id(report) for report in reports}
    assert len(heard) == len(cells)
    # What is known comes before anything is verified; what is tried again is heard of once.
    assert (heard[0][0].cached, heard[0][1]) == (True, 0)
    assert all(report.certificate.verified for report, _ in heard)


def test_several_are_verified_at_the_same_time(tmp_path: Path, cache: Path) -> None:
    # Four that all wait for each other: one at a time would never end.
    found = found_by(FakeVerifier(meets=4), cells_of(tmp_path, *ALL), 4)
    assert all(one.certificate.verified for one in found)


def test_what_fails_beside_others_is_tried_alone(tmp_path: Path, cache: Path) -> None:
    full = {"lenet eager": ["CUDA out of memory"], "lstm eager": ["It is broken."] * 2}
    verifier = FakeVerifier(failures=full)
    found = found_by(verifier, cells_of(tmp_path, *ALL), 2)
    assert [one.certificate.verdict for one in found] == ["verified", "unchecked"] + 2 * [
        "verified"
    ]
    assert verifier.diary.count("lenet eager") == verifier.diary.count("lstm eager") == 2
    other = FakeVerifier(failures={"lenet xla": ["It is broken."]})
    (only,) = found_by(other, cells_of(tmp_path, "lenet xla"), 1)
    assert only.certificate.verdict == "unchecked"
    assert other.diary.count("lenet xla") == 1


def test_a_reference_that_fails_keeps_no_cell_from_its_own_words(
    tmp_path: Path, cache: Path
) -> None:
    found = found_by(FakeVerifier(failures={"broken": []}), cells_of(tmp_path, *ALL), 2)
    assert len(found) == 4


def test_an_interruption_ends_the_workers_and_starts_no_more(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = FakeVerifier(meets=2)
    stopped: list[bool] = []

    def interrupt(*_: Any, **__: Any) -> None:
        while "lenet eager" not in verifier.diary:
            pass
        raise KeyboardInterrupt

    def stop() -> None:
        stopped.append(True)
        verifier.barrier.abort()

    monkeypatch.setattr(verifier.executor, "stop", stop)
    waits: list[Callable[..., Any]] = [wait, interrupt]
    monkeypatch.setattr(
        "bench.host.verify.together.wait", lambda *a, **options: waits.pop(0)(*a, **options)
    )
    with pytest.raises(KeyboardInterrupt):
        found_by(verifier, cells_of(tmp_path, "lenet eager"), 2)
    assert stopped == [True]


@pytest.mark.parametrize(
    ("device", "processors", "count"),
    [("cpu", 64, 1), ("cuda", 1, 1), ("cuda", 2, 1), ("cuda", 8, 4), ("cuda", 64, MOST_AT_ONCE)],
)
def test_how_many(
    device: str, processors: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "count_available_processors", lambda: processors)
    assert count_at_once(device) == count


class Recording(Executor):
    """An executor whose workers do nothing; keeps their jobs and logs."""

    def __init__(self) -> None:
        self.jobs: list[VerificationJob] = []
        self.logs: list[Path] = []

    def run(
        self, invocation: Invocation, on_event: Callable[[Event], None], monitor: Any = None
    ) -> WorkerOutcome:
        self.jobs.append(VerificationJob.from_json(invocation.standard_input))
        self.logs.append(invocation.log)
        on_event({"event": "finished"})
        return WorkerOutcome(None, None, 1.0, "")

    def stop(self) -> None:
        """Nothing runs."""


def test_only_running_statistics_have_conventions(tmp_path: Path) -> None:
    alpha = framework(tmp_path)
    beta = replace(framework(tmp_path, "beta"), unbiased_variance=True)
    executor = Recording()
    verifier = Verifier({"alpha": HERE, "beta": HERE}, 1, tmp_path, executor=executor)
    for model, references in (("lenet", 1), ("resnet20", 2)):
        before = len(executor.jobs)
        for one in (alpha, beta, alpha, beta):
            samples = replace(cell(alpha).samples, shape=(3, 32, 32))
            verifier.compare(replace(cell(one, model), samples=samples))
        made = [job for job in executor.jobs[before:] if job.record is not None]
        assert len(made) == references
        assert {job.unbiased_variance for job in made} == (
            {False, True} if references > 1 else {False}
        )
    assert len(set(executor.logs)) == len(executor.logs)


def test_what_is_forgotten_is_gone_and_made_anew(tmp_path: Path) -> None:
    executor = Recording()
    verifier = Verifier({"alpha": HERE}, 1, tmp_path, executor=executor)
    asked = cell(framework(tmp_path))
    folder = verifier.prepare_reference(asked)
    assert verifier.prepare_reference(asked) == folder
    assert folder.is_dir()
    verifier.forget_reference(asked)
    assert not folder.exists()
    verifier.forget_reference(asked)
    assert verifier.prepare_reference(asked).is_dir()
    assert len(executor.jobs) == 2


def test_real_processes_side_by_side_find_what_they_find_alone(tmp_path: Path, cache: Path) -> None:
    numpy = read_framework(REFERENCE)
    here = {"numpy": Environment(Path(sys.executable), given=True)}
    cells = choose_cells({"numpy": numpy}, ["lenet", "lenet-1998", "lstm"], [], "cpu")
    errors = []
    for count in (3, 1):
        scratch = tmp_path / str(count)
        scratch.mkdir()
        certification = Certification(
            Verifier(here, 1, scratch), here, lambda line: None, fresh=True
        )
        found = certify_all(certification, cells, count)
        assert [one.cell for one in found] == cells
        assert all(one.certificate.verified for one in found)
        errors.append([one.errors for one in found])
        assert not list(scratch.glob("reference-*"))
    assert errors[0] == errors[1]
