"""What the host makes of workers' measurements, with an executor that the test owns."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UnavailableError
from bench.host.ceilings.measurement import measure_ceilings
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import Framework, read_framework
from bench.host.frameworks.requirements import Requirements
from bench.host.monitor.sampler import Monitor
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome
from bench.host.verify.verifier import REFERENCE
from bench.protocol.ceilings import WORKLOADS, CeilingsJob, Workload
from bench.records.ceilings import Ceiling

TINY = Workload(side=8, copied_bytes=64, seconds=0.0, repetitions=3)
ENDED = WorkerOutcome(None, None, 1.0, "")


def product(*seconds: float, amount: int = 1000) -> Event:
    return {"event": "measured", "what": "product", "amount": amount, "seconds": seconds}


def copy(*seconds: float, amount: int = 100) -> Event:
    return {"event": "measured", "what": "copy", "amount": amount, "seconds": seconds}


FINISHED: Event = {"event": "finished"}


@dataclass
class FakeExecutor(Executor):
    """Sends the events of a framework, and keeps what it was asked to run.

    Attributes:
        each: the copies of frameworks without events, one a run.
    """

    events: Mapping[str, list[Event]]
    outcomes: Mapping[str, WorkerOutcome] = field(default_factory=dict)
    each: Iterator[Event] = field(default_factory=lambda: iter(()))
    invocations: list[Invocation] = field(default_factory=list)

    def run(
        self,
        invocation: Invocation,
        on_event: Callable[[Event], None],
        monitor: Monitor | None = None,
    ) -> WorkerOutcome:
        self.invocations.append(invocation)
        name = CeilingsJob.from_json(invocation.standard_input).framework
        for event in self.events.get(name) or [product(1.0), next(self.each), FINISHED]:
            on_event(event)
        return self.outcomes.get(name, ENDED)


def framework(folder: Path, name: str, has_file: bool = True) -> Framework:
    (folder / name).mkdir()
    if has_file:
        (folder / name / "ceilings.py").write_text("")
    return Framework(
        name=name,
        folder=folder / name,
        title=name.capitalize(),
        module=name,
        python=">=3.11",
        layout="NCHW",
        families=("lenet",),
        modes=("eager",),
        default_mode="eager",
        devices={"cuda": Requirements((), "", None, {"THREADS": "{threads}"})},
    )


@pytest.fixture(autouse=True)
def _own_cache(cache: Path) -> None:
    """Turns are taken in a cache of this test's own."""


def ceilings(
    folder: Path,
    executor: Any,
    *frameworks: Framework,
    precisions: tuple[str, ...] = ("ieee",),
    **options: Any,
) -> dict[str, Ceiling]:
    environments = {
        one.name: Environment(Path(f"/env/{one.name}/python"), given=False) for one in frameworks
    }
    arguments: dict[str, Any] = {"device": "cuda", "threads": 3, "environments": environments}
    arguments |= options
    return measure_ceilings(
        frameworks, precisions=precisions, executor=executor, scratch=folder, **arguments
    )


def test_the_best_of_each_kind_is_the_ceiling(tmp_path: Path) -> None:
    alpha, beta = framework(tmp_path, "alpha"), framework(tmp_path, "beta")
    executor = FakeExecutor(
        {
            "alpha": [product(5.0, 1.0, 2.0), copy(4.0), FINISHED],
            "beta": [product(4.0), copy(2.0), FINISHED],
        }
    )
    found = ceilings(tmp_path, executor, alpha, beta)["ieee"]
    assert (found.operations_framework, found.operations_per_second) == ("alpha", 500)
    assert (found.bytes_framework, found.bytes_per_second) == ("beta", 50)
    assert found.products["alpha"].seconds == (5.0, 1.0, 2.0)
    assert found.reasons == {}


def test_each_precision_has_a_process_of_its_own(tmp_path: Path) -> None:
    executor = FakeExecutor({"alpha": [product(1.0), copy(1.0), FINISHED]})
    alpha = framework(tmp_path, "alpha")
    found = ceilings(tmp_path, executor, alpha, precisions=("ieee", "tf32", "bf16"))
    assert list(found) == ["ieee", "tf32", "bf16"]
    jobs = [CeilingsJob.from_json(one.standard_input) for one in executor.invocations]
    assert [job.execution.precision for job in jobs] == ["ieee", "tf32", "bf16"]
    for job, invocation in zip(jobs, executor.invocations, strict=True):
        assert job.implementation == str(alpha.folder)
        assert (job.execution.device, job.execution.threads) == ("cuda", 3)
        assert job.workload == WORKLOADS["cuda"]
        assert invocation.command == (
            *("/env/alpha/python", "-P", "-m"),
            "bench.worker.ceilings",
        )
        assert invocation.environment["THREADS"] == "3"
        # What keeps `ieee` free of TF32 would do the same to the measurement of TF32.
        allowed = "NVIDIA_TF32_OVERRIDE" not in invocation.environment
        assert allowed == (job.execution.precision != "ieee")


def test_the_best_copy_of_all_precisions_is_the_ceiling_of_each(tmp_path: Path) -> None:
    alpha = framework(tmp_path, "alpha")
    executor = FakeExecutor({}, each=iter((copy(4.0), copy(1.0), copy(2.0))))
    found = ceilings(tmp_path, executor, alpha, precisions=("ieee", "tf32", "bf16"))
    assert [one.bytes_per_second for one in found.values()] == [100.0] * 3
    assert [one.copies["alpha"].seconds for one in found.values()] == [(1.0,)] * 3


@pytest.mark.parametrize(
    ("events", "outcome", "words"),
    [
        ([{"event": "error", "reason": "It has no bf16."}], ENDED, "It has no bf16."),
        (
            [product(1.0)],
            WorkerOutcome(
                "The worker was ended by SIGKILL.", "crashed", 1.0, "first\nout of memory\n"
            ),
            "The worker was ended by SIGKILL. Its last words: out of memory",
        ),
        (
            [product(1.0)],
            WorkerOutcome("Stopped after 9 s.", "timeout", 1.0, ""),
            "Stopped after 9 s.",
        ),
        ([product(1.0)], ENDED, "ended before it had finished"),
        ([product(1.0), FINISHED], ENDED, "KeyError: 'copy'"),
        ([product(0.0), copy(1.0), FINISHED], ENDED, "not all above 0"),
        ([product(), copy(1.0), FINISHED], ENDED, "not all above 0"),
        ([{"event": "measured"}, FINISHED], ENDED, "KeyError: 'what'"),
    ],
)
def test_a_framework_that_fails_is_left_out_with_its_reason(
    events: list[Event], outcome: WorkerOutcome, words: str, tmp_path: Path
) -> None:
    alpha, beta = framework(tmp_path, "alpha"), framework(tmp_path, "beta")
    executor = FakeExecutor(
        {"alpha": events, "beta": [product(4.0), copy(2.0), FINISHED]}, {"alpha": outcome}
    )
    found = ceilings(tmp_path, executor, alpha, beta)["ieee"]
    assert list(found.products) == list(found.copies) == ["beta"]
    assert words in found.reasons["alpha"]
    assert found.operations_framework == found.bytes_framework == "beta"


def test_what_cannot_be_run_is_left_out_unrun(tmp_path: Path) -> None:
    alpha, beta = framework(tmp_path, "alpha"), framework(tmp_path, "beta", has_file=False)
    executor = FakeExecutor({})
    environments = {
        "alpha": UnavailableError("It cannot be had."),
        "beta": Environment(Path("/env/beta/python"), given=False),
    }
    found = ceilings(tmp_path, executor, alpha, beta, environments=environments)["ieee"]
    assert executor.invocations == []
    assert found.reasons["alpha"] == "It cannot be had."
    assert found.reasons["beta"].startswith("Beta has no ceilings.py in ")
    assert found.operations_per_second is None


def test_a_framework_from_outside_is_measured_by_a_real_worker(tmp_path: Path) -> None:
    found = ceilings(
        tmp_path,
        Executor(),
        read_framework(REFERENCE),
        precisions=("ieee", "bf16"),
        environments={"numpy": Environment(Path(sys.executable), given=False)},
        device="cpu",
        threads=1,
        workload=TINY,
    )
    product, copied = found["ieee"].products["numpy"], found["ieee"].copies["numpy"]
    assert (product.amount, len(product.seconds)) == (2 * 8**3, 3)
    assert (copied.amount, len(copied.seconds)) == (2 * 64, 3)
    assert found["ieee"].operations_framework == found["ieee"].bytes_framework == "numpy"
    assert found["bf16"].products == {}
    assert found["bf16"].operations_per_second is None
    assert found["bf16"].copies == found["ieee"].copies
    assert found["bf16"].reasons == {
        "numpy": "NumPy has no matrix product in 'bf16'; expected ieee."
    }


def test_a_file_without_the_functions_says_what_is_missing(tmp_path: Path) -> None:
    found = ceilings(
        tmp_path,
        Executor(),
        framework(tmp_path, "alpha"),
        environments={"alpha": Environment(Path(sys.executable), given=False)},
        device="cpu",
        threads=1,
        workload=TINY,
    )
    assert "ceilings.py has no matrix_product and no copy" in found["ieee"].reasons["alpha"]
