"""What `overhead` and `references` measure: their options, cases and tables."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.errors import PlanError
from bench.host.cache import make_scratch_folder
from bench.host.ceilings.measurement import drop_unusable_environments
from bench.host.environments.preparation import Say, prepare_environments
from bench.host.frameworks.framework import Framework
from bench.host.machine.description import describe_machine, read_commit
from bench.host.planning.request import (
    add_framework_options,
    read_framework_request,
    split_names,
)
from bench.host.planning.selection import find_frameworks
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.spec import Samples
from tests.overhead.job import FRAMEWORKS, Side
from tests.overhead.measurement import Case, Measured, Measurement
from tests.overhead.ratios import ratio_of_pairs

# 1: first version. 2: steps of each pair, and what the harness's loop takes around nothing.
SCHEMA = 2
SGD = Optimizer("sgd", 0.001, momentum=0.9)
ADAM = Optimizer("adam", 0.001)
BLOCK_SECONDS = 0.25
IMAGE_224 = Samples((3, 224, 224), 1000)


@dataclass(frozen=True)
class Work:
    """What is trained: a model, on what, in which batches, by which rule."""

    samples: Samples
    batch_size: int
    optimizer: Optimizer


@dataclass(frozen=True)
class Kind:
    """One of the two commands.

    Attributes:
        sides: the first is the one whose speed is told by the second's.
        all_modes: whether every mode is measured, or that in which most users train.
        builds: how often both sides are built in an invocation.
    """

    name: str
    summary: str
    sides: tuple[Side, Side]
    works: dict[str, Work]
    all_modes: bool
    builds: int


OVERHEAD = Kind(
    "overhead",
    "hold the harness against a bare loop of each framework, in turns in one process",
    ("harness", "bare"),
    {
        "lenet": Work(Samples((1, 28, 28), 10), 64, SGD),
        "alexnet-quarter": Work(Samples((3, 32, 32), 10), 64, SGD),
        "resnet20": Work(Samples((3, 32, 32), 10), 64, SGD),
        "lstm": Work(Samples((1, 28, 28), 10), 64, ADAM),
    },
    all_modes=False,
    builds=4,
)
REFERENCES = Kind(
    "references",
    "hold our models against each framework's own, in turns in one process",
    ("bare", "reference"),
    {
        "lenet": Work(Samples((1, 28, 28), 10), 64, SGD),
        "lstm": Work(Samples((1, 28, 28), 10), 64, SGD),
        "alexnet": Work(IMAGE_224, 16, SGD),
        "resnet18": Work(IMAGE_224, 8, SGD),
        "resnet50": Work(IMAGE_224, 8, SGD),
    },
    all_modes=True,
    builds=2,  # a large model takes a minute to compile
)


def add_pairs_options(add: Callable[..., Any], kind: Kind) -> None:
    """Declare the options of a command."""
    add_framework_options(add)
    add(
        "--models",
        default="",
        metavar="NAMES",
        help=f"models to measure, separated by commas (default: {','.join(kind.works)})",
    )
    add(
        "--modes",
        default="",
        metavar="NAMES",
        help="modes to measure, separated by commas (default: "
        f"{'all' if kind.all_modes else 'the one that most users train in'})",
    )
    add("--invocations", type=int, default=3, metavar="N", help="fresh processes (default: 3)")
    add("--pairs", type=int, default=20, metavar="N", help="pairs in each (default: 20)")
    add(
        "--builds",
        type=int,
        default=kind.builds,
        metavar="N",
        help="how often both sides are built anew in each, since where arrays lie in memory makes "
        "one of them faster (default: %(default)s)",
    )


def run_pairs(options: argparse.Namespace, kind: Kind, say: Say) -> list[Measured]:
    """Measure what a user asks for.

    Raises:
        PlanError: a name is none, a number cannot be, or nothing is left to measure.
    """
    request = read_framework_request(lambda name: getattr(options, name))
    for name in ("invocations", "pairs", "builds"):
        if getattr(options, name) < 1:
            raise PlanError(f"--{name} is {getattr(options, name)}; expected at least 1.")
    _, frameworks = find_frameworks(request)
    models, modes = (split_names(name, getattr(options, name)) for name in ("models", "modes"))
    cases = _list_cases(kind, list(frameworks.values()), models, modes, request.device)
    environments = prepare_environments(frameworks.values(), request.device, request.pythons, say)
    threads = request.thread_count
    with make_scratch_folder() as scratch:
        environments = drop_unusable_environments(
            environments, frameworks, request.device, threads, scratch, say
        )
        measurement = Measurement(
            environments,
            threads,
            options.invocations,
            options.pairs,
            options.builds,
            BLOCK_SECONDS,
            scratch,
            say,
        )
        return measurement.measure(cases)


def _list_cases(
    kind: Kind,
    frameworks: Sequence[Framework],
    models: Sequence[str],
    modes: Sequence[str],
    device: str,
) -> list[Case]:
    for name in models:
        if name not in kind.works:
            raise PlanError(
                f"`{kind.name}` does not measure {name!r}; expected names out of "
                f"{', '.join(kind.works)}."
            )
    cases = [
        Case(
            framework,
            model,
            work.samples,
            work.batch_size,
            work.optimizer,
            mode,
            device,
            kind.sides,
        )
        for model, work in kind.works.items()
        if not models or model in models
        for framework in frameworks
        if framework.has_model(MODELS[model]) and _has_sides(framework, model, kind)
        for mode in (modes or _choose_modes(framework, kind))
        if mode in framework.modes
    ]
    if not cases:
        titles = ", ".join(framework.title for framework in frameworks)
        raise PlanError(
            f"There is nothing to measure for {titles}; "
            "expected models and modes that they have; see `python -m bench list frameworks`."
        )
    return cases


def _choose_modes(framework: Framework, kind: Kind) -> Sequence[str]:
    return framework.modes if kind.all_modes else (framework.default_mode,)


def _has_sides(framework: Framework, model: str, kind: Kind) -> bool:
    """Whether the files are there; which models references.py has, only the worker can tell."""
    names = {"harness": "backend.py", "bare": "bare.py", "reference": "references.py"}
    folders = (framework.folder, FRAMEWORKS / framework.name)
    return all(any((folder / names[side]).is_file() for folder in folders) for side in kind.sides)


def to_row(measured: Measured) -> dict[str, str]:
    """Return a line of the table."""
    case = measured.case
    row = {
        "model": case.model,
        "framework": case.framework.title,
        "mode": case.mode,
        "batch": str(case.batch_size),
    }
    if not measured.pairs:
        nothing = {"ratio": "", "95 % interval": "", "pairs": ""}
        return {**row, **nothing, **_describe_loop(measured), "note": measured.failure or ""}
    ratio = ratio_of_pairs(measured.pairs)
    interval = "one invocation: none"
    if ratio.low is not None:
        interval = f"{ratio.low:.3f} to {ratio.high:.3f}"
    return {
        **row,
        "ratio": f"{ratio.median:.3f}",
        "95 % interval": interval,
        "pairs": " + ".join(str(len(pairs)) for pairs in measured.pairs),
        **_describe_loop(measured),
        "note": measured.failure or "",
    }


def _describe_loop(measured: Measured) -> dict[str, str]:
    """What the harness's own loop takes of a step; nothing where it is none of the sides."""
    if not measured.loops:
        return {}
    seconds = median(loop["step_seconds"] for loop in measured.loops)
    steps = [
        pair[0] / steps
        for pairs, counts in zip(measured.pairs, measured.steps, strict=True)
        for pair, steps in zip(pairs, counts, strict=True)
    ]
    share = f", {seconds / median(steps):.3%} of it" if steps else ""
    return {"loop alone, a step": f"{seconds * 1e6:.2f} µs{share}"}


def to_document(kind: Kind, results: Sequence[Measured]) -> dict[str, Any]:
    """Return all that was measured, with every raw value, for JSON."""
    return {
        "schema": SCHEMA,
        "command": kind.name,
        "sides": list(kind.sides),
        "machine": describe_machine(),
        "commit": read_commit(),
        "cases": [
            {
                "model": result.case.model,
                "framework": result.case.framework.name,
                "framework_version": result.framework_version,
                "mode": result.case.mode,
                "batch_size": result.case.batch_size,
                "steps_of_each_pair": [list(steps) for steps in result.steps],
                "loop_alone": list(result.loops),
                "seconds": [[list(pair) for pair in pairs] for pairs in result.pairs],
                "ratio": asdict(ratio_of_pairs(result.pairs)) if result.pairs else None,
                "failure": result.failure,
            }
            for result in results
        ],
    }
