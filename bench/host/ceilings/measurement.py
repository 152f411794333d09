"""Measures the machine's ceilings: each framework in each precision, in a process of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UnavailableError
from bench.host.cache import turn
from bench.host.environments.environments import Environment
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import default_variables
from bench.host.frameworks.variables import worker_environment
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, Outcome, unfinished
from bench.job import Execution
from bench.protocol.ceilings import WORKLOADS, CeilingsJob, Workload
from bench.records.ceilings import Ceiling, Measurement

TIME_LIMIT_SECONDS = 300


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
    """By precision, what the best of the frameworks attains; takes its turn among measurements.

    A framework that cannot be measured is left out, with its reason.

    Args:
        environments: of each framework, or the error that says why there is none.
        scratch: a folder for the workers' logs.
        workload: what is measured; by default, what is large enough for the device.
    """
    setting = _Setting(device, threads, executor, scratch, workload or WORKLOADS[device])
    chosen = list(frameworks)
    products: dict[str, dict[str, Measurement]] = {precision: {} for precision in precisions}
    reasons: dict[str, dict[str, str]] = {precision: {} for precision in precisions}
    copies: dict[str, Measurement] = {}
    for precision in precisions:
        for framework in chosen:
            name = framework.name
            found = _measured(framework, environments[framework.edition], precision, setting)
            if isinstance(found, str):
                reasons[precision][name] = found
            else:
                products[precision][name] = found.product
                # Memory is the same in every precision: what disturbed one copy is no ceiling.
                copies[name] = max(found.copy, copies.get(name, found.copy), key=_per_second)
    return {one: Ceiling.of(products[one], dict(copies), reasons[one]) for one in precisions}


@dataclass(frozen=True)
class _Measured:
    """What one framework attains in one precision."""

    product: Measurement
    copy: Measurement


def _per_second(measurement: Measurement) -> float:
    return measurement.per_second


@dataclass(frozen=True)
class _Setting:
    """What is the same for every worker."""

    device: str
    threads: int
    executor: Executor
    scratch: Path
    workload: Workload


def _measured(
    framework: Framework,
    environment: Environment | UnavailableError,
    precision: str,
    setting: _Setting,
) -> _Measured | str:
    """What a framework attains, or why that is not known."""
    if isinstance(environment, UnavailableError):
        return str(environment)
    if not (framework.folder / "ceilings.py").is_file():
        return (
            f"{framework.title} has no ceilings.py in {framework.folder}; add one as "
            "bench/worker/ceilings.py describes it."
        )
    events: list[Event] = []
    with turn("measuring"):
        outcome = setting.executor.run(
            _invocation(framework, environment, precision, setting), events.append
        )
    return _read(events, outcome)


def _invocation(
    framework: Framework, environment: Environment, precision: str, setting: _Setting
) -> Invocation:
    execution = Execution(framework.default_mode, precision, setting.device, setting.threads)
    job = CeilingsJob(framework.name, str(framework.folder), execution, setting.workload)
    return Invocation(
        command=(str(environment.python), "-P", "-m", "bench.worker.ceilings"),
        environment=worker_environment(
            default_variables(framework, setting.device, precision, setting.threads),
            setting.device,
            framework.root,
        ),
        log=setting.scratch / f"ceilings-{framework.name}-{precision}.log",
        standard_input=job.to_json(),
        time_limit_seconds=TIME_LIMIT_SECONDS,
    )


def _read(events: Sequence[Event], outcome: Outcome) -> _Measured | str:
    """What a worker sent, or what was wrong."""
    failure = unfinished(events, outcome)
    if failure is not None:
        return failure
    try:
        sent = {event["what"]: event for event in events if event["event"] == "measured"}
        return _Measured(*(Measurement.from_document(sent[what]) for what in ("product", "copy")))
    except (KeyError, TypeError, ValueError) as error:
        return (
            f"The worker's measurements are not as bench/protocol/ceilings.py says "
            f"({type(error).__name__}: {error}); correct the implementation."
        )
