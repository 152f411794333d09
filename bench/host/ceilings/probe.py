"""Tries each framework on the GPU before anything is verified, measured or trained on it.

A build for the CPU, code for other GPUs, a driver that is too old, a hang: each of them would fail
every trial, one after the other, with a traceback. Found out once, it is one reason.
"""

from collections.abc import Mapping
from pathlib import Path

from bench.errors import UnavailableError
from bench.host.ceilings.measurement import measure_ceilings
from bench.host.environments.preparation import Environment, Environments, Say
from bench.host.frameworks.framework import Framework
from bench.host.process.executor import Executor, LocalProcess
from bench.protocol.ceilings import Workload

# A product and a copy that take no time: only whether there is a result is asked.
ATTEMPT = Workload(side=64, copied_bytes=2**16, seconds=0.0, repetitions=1)


def drop_unusable_environments(
    environments: Environments,
    frameworks: Mapping[str, Framework],
    device: str,
    threads: int,
    scratch: Path,
    say: Say,
    executor: Executor | None = None,
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
        executor = executor or LocalProcess()
        ceilings = measure_ceilings(
            *([framework], environments, device, threads, ["ieee"], executor, scratch, ATTEMPT)
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
