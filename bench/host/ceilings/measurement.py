"""Measures the machine's ceilings: each framework in each precision, in a process of its own.

Each framework is tried on the GPU so, too, before anything is verified or trained on it. A build
for the CPU, code for other GPUs, a driver that is too old, a hang: each of them would fail every
trial, one after the other, with a traceback. Found out once, it is one reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from bench.errors import UnavailableError
from bench.host.cache import turn
from bench.host.environments.preparation import Environment, Environments, Say
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import Setup, build_default_variables
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation, prepare_invocation
from bench.host.process.outcome import Event, WorkerOutcome, explain_failure
from bench.job import Execution
from bench.protocol.ceilings import WORKLOADS, CeilingsJob, Workload
from bench.records.ceilings import Ceiling, Measurement

LIMITS = Limits(seconds=300)
# A product and a copy that take no time: only whether there is a result is asked.
ATTEMPT = Workload(side=64, copied_bytes=2**16, seconds=0.0, repetitions=1)


def measure_ceilings(
    frameworks: Iterable[Framework],
    environments: Environments,
    device: str,
    threads: int,
    precisions: Sequence[str],
    executor: Executor,
    scratch: Path,
    workload: Workload | None = None,
) -> dict[str, Ceiling]:
    """Measure by precision what the best framework attains; take a turn among measurements.

    A framework that cannot be measured is left out, with its reason. The default workload is large
    enough for the device.
    """
    workload = workload or WORKLOADS[device]
    frameworks = list(frameworks)
    products: dict[str, dict[str, Measurement]] = {precision: {} for precision in precisions}
    reasons: dict[str, dict[str, str]] = {precision: {} for precision in precisions}
    copies: dict[str, Measurement] = {}
    for precision in precisions:
        for framework in frameworks:
            name = framework.name
            execution = Execution(framework.default_mode, precision, device, threads)
            try:
                invocation = _prepare(framework, environments, execution, workload, scratch)
                with turn("measuring"):
                    product, copy = _read_rates(*executor.gather(invocation))
            except UnavailableError as error:
                reasons[precision][name] = str(error)
                continue
            products[precision][name] = product
            # Memory is the same in every precision: what disturbed one copy is no ceiling.
            copies[name] = max(copy, copies.get(name, copy), key=lambda copy: copy.per_second)
    return {
        precision: Ceiling.of(products[precision], dict(copies), reasons[precision])
        for precision in precisions
    }


def _prepare(
    framework: Framework,
    environments: Environments,
    execution: Execution,
    workload: Workload,
    scratch: Path,
) -> Invocation:
    """Describe what measures a framework in one precision; raise a reason where nothing can."""
    environment = environments[framework.edition]
    if isinstance(environment, UnavailableError):
        raise environment
    if not (framework.folder / "ceilings.py").is_file():
        raise UnavailableError(
            f"{framework.title} has no ceilings.py in {framework.folder}; add one as "
            "bench/worker/ceilings.py describes it."
        )
    precision = execution.precision
    variables = build_default_variables(framework, execution.device, precision, execution.threads)
    return prepare_invocation(
        "bench.worker.ceilings",
        CeilingsJob(framework.name, str(framework.folder), execution, workload),
        environment.python,
        Setup(variables, execution, ()),
        scratch / f"ceilings-{framework.name}-{precision}.log",
        LIMITS,
        framework.root,
    )


def _read_rates(events: Sequence[Event], outcome: WorkerOutcome) -> list[Measurement]:
    """Read what was measured of a product and of a copy; raise a reason where that fails."""
    failure = explain_failure(events, outcome)
    if failure is not None:
        raise UnavailableError(failure)
    try:
        sent = {event["what"]: event for event in events if event["event"] == "measured"}
        return [msgspec.convert(sent[what], Measurement) for what in ("product", "copy")]
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise UnavailableError(
            f"The worker's measurements are not as bench/protocol/ceilings.py says "
            f"({type(error).__name__}: {error}); correct the implementation."
        ) from error


def drop_unusable_environments(
    environments: Environments,
    frameworks: Mapping[str, Framework],
    device: str,
    threads: int,
    scratch: Path,
    say: Say,
) -> dict[str, Environment | UnavailableError]:
    """Replace the environments whose framework cannot compute on the GPU by the reason.

    Without a ceilings.py there is nothing to try a framework with: its trials will tell.

    Args:
        environments, frameworks: by edition.
        scratch: a folder for the workers' logs.

    Raises:
        UnavailableError: a version that the user named cannot compute there.
    """
    result = dict(environments)
    for edition, environment in environments.items():
        framework = frameworks[edition]
        if (
            device != "cuda"
            or isinstance(environment, UnavailableError)
            or not (framework.folder / "ceilings.py").is_file()
        ):
            continue
        say(f"Trying {framework.title} on the GPU ...")
        ceilings = measure_ceilings(
            *([framework], environments, device, threads, ["ieee"], Executor(), scratch, ATTEMPT)
        )
        reason = ceilings["ieee"].reasons.get(framework.name)
        if reason is None:
            continue
        error = UnavailableError(f"{framework.title} cannot compute on this GPU: {reason}")
        if framework.pin:
            raise error
        say(f"{framework.title} will be skipped: {error}")
        result[edition] = error
    return result
