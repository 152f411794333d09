"""What is run of a checkout, and which of its figures count."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.errors import PlanError
from bench.host.planning.request import split_names
from bench.records.cache_folder import get_cache_folder
from tests.cost.checkouts import Checkout
from tests.cost.commands import Taken, run_commands

# In the line of each trial that ended well.
SIGN = "test accuracy"


@dataclass(frozen=True)
class Result:
    """One figure of one run.

    Attributes:
        unit: `s` or `MiB`.
        value: None where it is not known, as of a run that failed.
    """

    revision: str
    quantity: str
    unit: str
    value: float | None
    failure: str | None


@dataclass(frozen=True)
class Job:
    """What is run, by the name that chooses it."""

    name: str
    run: Callable[[Checkout, Path], list[Result]]


def measure_bench(checkout: Checkout, scratch: Path) -> list[Result]:
    """Measure `tox -e bench` with nothing verified yet, and once more with the certificates."""
    cache = scratch / f"cache-{len(list(scratch.glob('cache-*')))}"
    cache.mkdir()
    environments = get_cache_folder() / "environments"
    (cache / "environments").symlink_to(environments, target_is_directory=True)
    arguments = ["--device=cpu", f"--results={cache / 'results'}"]
    commands = checkout.list_commands("bench", arguments)
    variables = checkout.make_variables(cache)
    first, second = (run_commands(commands, checkout.folder, variables, SIGN) for _ in range(2))
    return [
        _result(checkout, "bench: page, nothing verified", "s", first, first.seconds),
        _result(checkout, "bench: first trial's line", "s", first, first.sign_seconds),
        _result(checkout, "bench: page, all verified", "s", second, second.seconds),
    ]


def measure_verify(checkout: Checkout, scratch: Path) -> list[Result]:
    """Measure `tox -e verify -- --fresh`."""
    arguments = ["--fresh", "--device=cpu", f"--results={scratch / 'results'}"]
    commands = checkout.list_commands("verify", arguments)
    taken = run_commands(commands, checkout.folder, checkout.make_variables(None))
    return [
        _result(checkout, "verify: all cells", "s", taken, taken.seconds),
        _result(checkout, "verify: processors", "s", taken, taken.processor_seconds),
        _result(
            checkout,
            "verify: peak memory",
            "MiB",
            taken,
            None if taken.peak_bytes is None else taken.peak_bytes / 2**20,
        ),
    ]


def measure_tests(checkout: Checkout, scratch: Path) -> list[Result]:
    """Measure `tox`, which is lint, types and all tests."""
    commands = checkout.list_commands("tests", [])
    taken = run_commands(commands, checkout.folder, checkout.make_variables(None))
    return [_result(checkout, "tests", "s", taken, taken.seconds)]


JOBS = {
    job.name: job
    for job in (
        Job("bench", measure_bench),
        Job("verify", measure_verify),
        Job("tests", measure_tests),
    )
}


def choose_jobs(names: str, runs: int) -> list[Job]:
    """Choose what to run by names.

    Raises:
        PlanError: one is none, or the number of runs cannot be.
    """
    if runs < 1:
        raise PlanError(f"--runs is {runs}; expected a number of at least 1.")
    chosen = split_names("only", names)
    for name in chosen:
        if name not in JOBS:
            raise PlanError(
                f"--only: there is no {name!r}; expected names out of {', '.join(JOBS)}."
            )
    return [JOBS[name] for name in chosen]


def _result(
    checkout: Checkout, quantity: str, unit: str, taken: Taken, value: float | None
) -> Result:
    whole = value if taken.failure is None else None
    return Result(checkout.revision, quantity, unit, whole, taken.failure)
