"""Measures the machine's ceilings: each framework in each precision, in a process of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UnavailableError
from bench.host.cache import turn
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import Setup, build_default_variables
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor
from bench.host.process.outcome import Event, WorkerOutcome, explain_failure
from bench.host.process.task import Task, run_task
from bench.job import Execution
from bench.protocol.ceilings import WORKLOADS, CeilingsJob, Workload
from bench.records.ceilings import Ceiling, Measurement

LIMITS = Limits(seconds=300)


def measure_ceilings(
    frameworks: Iterable[Framework],
    environments: Mapping[str, Environment | UnavailableError],
    device: str,
    threads: int,
    precisions: Sequence[str],
    executor: Executor,
    scratch: Path,
    workload: Workload | None = None,
) -> dict[str, Ceiling]:
    """Measure by precision what the best framework attains; take a turn among measurements.

    A framework that cannot be measured is left out, with its reason.

    Args:
        environments: of each framework, or the error that says why there is none.
        scratch: a folder for the workers' logs.
        workload: what is measured; by default, what is large enough for the device.
    """
    setting = _Setting(device, threads, executor, scratch, workload or WORKLOADS[device])
    frameworks = list(frameworks)
    products: dict[str, dict[str, Measurement]] = {precision: {} for precision in precisions}
    reasons: dict[str, dict[str, str]] = {precision: {} for precision in precisions}
    copies: dict[str, Measurement] = {}
    for precision in precisions:
        for framework in frameworks:
            name = framework.name
            rates = _measure(framework, environments[framework.edition], precision, setting)
            if isinstance(rates, str):
                reasons[precision][name] = rates
            else:
                products[precision][name] = rates.product
                # Memory is the same in every precision: what disturbed one copy is no ceiling.
                copies[name] = max(
                    rates.copy, copies.get(name, rates.copy), key=lambda copy: copy.per_second
                )
    return {
        precision: Ceiling.of(products[precision], dict(copies), reasons[precision])
        for precision in precisions
    }


@dataclass(frozen=True)
class _Rates:
    product: Measurement
    copy: Measurement


@dataclass(frozen=True)
class _Setting:
    device: str
    threads: int
    executor: Executor
    scratch: Path
    workload: Workload


def _measure(
    framework: Framework,
    environment: Environment | UnavailableError,
    precision: str,
    setting: _Setting,
) -> _Rates | str:
    """Measure what a framework attains in one precision; return a reason where that fails."""
    if isinstance(environment, UnavailableError):
        return str(environment)
    if not (framework.folder / "ceilings.py").is_file():
        return (
            f"{framework.title} has no ceilings.py in {framework.folder}; add one as "
            "bench/worker/ceilings.py describes it."
        )
    execution = Execution(framework.default_mode, precision, setting.device, setting.threads)
    variables = build_default_variables(framework, setting.device, precision, setting.threads)
    task = Task(
        "bench.worker.ceilings",
        CeilingsJob(framework.name, str(framework.folder), execution, setting.workload),
        environment.python,
        Setup(variables, execution, ()),
        setting.scratch / f"ceilings-{framework.name}-{precision}.log",
        LIMITS,
        framework.root,
    )
    with turn("measuring"):
        events, outcome = run_task(task, setting.executor)
    return _read_rates(events, outcome)


def _read_rates(events: Sequence[Event], outcome: WorkerOutcome) -> _Rates | str:
    failure = explain_failure(events, outcome)
    if failure is not None:
        return failure
    try:
        sent = {event["what"]: event for event in events if event["event"] == "measured"}
        return _Rates(*(Measurement.from_document(sent[what]) for what in ("product", "copy")))
    except (KeyError, TypeError, ValueError) as error:
        return (
            f"The worker's measurements are not as bench/protocol/ceilings.py says "
            f"({type(error).__name__}: {error}); correct the implementation."
        )
