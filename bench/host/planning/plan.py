"""A plan says which trials to run: a TOML file, checked, then expanded."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from random import Random
from typing import Any

from bench.errors import PlanError, quote_name
from bench.host.data.declared.declaration import read_declared
from bench.host.frameworks.framework import LAYOUTS, MODES, Framework
from bench.host.frameworks.requirements import DEVICES, TRAINING_PRECISIONS
from bench.host.frameworks.setup import SETTINGS
from bench.host.planning.catalog import OWN, Catalog
from bench.host.planning.environment import check_threads, read_environments
from bench.host.toml_table import TomlTable, read_toml
from bench.job import NATIVE, ON_DEVICE, PREPARED
from bench.optimizer import RULES, Change, Optimizer, Rule
from bench.records.results import Trial

PLANS = Path(__file__).parents[2] / "plans"
DEFAULT_PLAN = "quick"
DEFAULT_MODE = "default"
INPUTS = (PREPARED, ON_DEVICE, NATIVE)
CONSTANTS: dict[Rule, dict[str, dict[str, float]]] = {
    "sgd": {"momentum": {"default": 0.0, "below": 1}},
    "adam": {
        "beta1": {"default": 0.9, "below": 1},
        "beta2": {"default": 0.999, "below": 1},
        "epsilon": {"default": 1e-8, "above": 0},
    },
}
# No machine trains more of them in a week.
MOST_TRIALS = 100_000


@dataclass(frozen=True)
class Group:
    """One [[trials]] table.

    Attributes:
        lists: values by what they are called in a trial: every combination of them is one in each
            framework and mode.
        modes: empty for all that each framework has.
        repeats: invocations, each in a fresh process.
        evaluate_every: epochs from one evaluation on the test data to the next.
    """

    lists: Mapping[str, Sequence[Any]]
    frameworks: Sequence[str]
    modes: Sequence[str]
    repeats: int
    epochs: int
    evaluate_every: int
    optimizer: Optimizer


@dataclass(frozen=True)
class Plan:
    """A checked plan.

    Attributes:
        device: that it is for; None for every one.
        block_seconds: how long a measured block lasts at least, where there are that many steps
            from one evaluation to the next.
        time_limit_seconds: after which a trial is stopped.
        silence_limit_seconds: the same from one of its worker's events to the next; a block of
            steps is one, an import or a compilation too.
        memory_limit_bytes: of what a worker may allocate on the host; None for no limit.
        order_seed: of the random order of the trials.
        catalog: what its names of models and data sets stand for.
    """

    name: str
    path: Path
    description: str
    device: str | None
    block_seconds: float
    time_limit_seconds: float
    silence_limit_seconds: float
    memory_limit_bytes: int | None
    order_seed: int
    groups: tuple[Group, ...]
    catalog: Catalog = OWN


def list_plan_names() -> list[str]:
    """List the plans that come with samestep."""
    return sorted(path.stem for path in PLANS.glob("*.toml"))


def read_plan(name: str, frameworks: Collection[str], catalog: Catalog = OWN) -> Plan:
    """Read the plan of that name, or in the file of that path (ending in .toml).

    Raises:
        PlanError: there is none, or it is malformed.
    """
    is_path = name.endswith(".toml")
    path = Path(name) if is_path else PLANS / f"{name}.toml"
    if not is_path and name not in list_plan_names():
        raise PlanError(
            f"There is no plan {quote_name(name, list_plan_names())}; expected "
            f"{', '.join(list_plan_names())} or the path of a .toml file; "
            "see `python -m bench list plans`."
        )
    table = read_toml(path, PlanError)
    catalog = replace(catalog, declared=read_declared(table, path.parent))
    environments = read_environments(table, [""])
    gibibytes = table.take_number("memory_limit_gib", None, above=0)
    plan = Plan(
        name=path.stem,
        path=path,
        description=table.take_text("description", ""),
        device=table.take_text("device", None, DEVICES),
        block_seconds=table.take_number("block_seconds", 0.2, above=0),
        time_limit_seconds=table.take_number("time_limit_seconds", 600.0, above=0),
        silence_limit_seconds=table.take_number("silence_limit_seconds", 300.0, above=0),
        memory_limit_bytes=None if gibibytes is None else int(gibibytes * 2**30),
        order_seed=table.take_integer("order_seed", 1),
        groups=tuple(
            _group(group, frameworks, catalog, environments)
            for group in table.take_tables("trials")
        ),
        catalog=catalog,
    )
    table.finish()
    return plan


def _group(
    table: TomlTable, frameworks: Collection[str], catalog: Catalog, environments: list[str]
) -> Group:
    group = Group(
        lists={
            "seed": table.take_integers("seeds", [1]),
            "dataset": _datasets(table, catalog),
            "model": table.take_names("models", catalog.models),
            "batch_size": table.take_integers("batch_sizes", least=1),
            "precision": table.take_texts("precisions", ["ieee"], TRAINING_PRECISIONS),
            "settings": table.take_texts("settings", ["default"], SETTINGS),
            "layout": table.take_texts("layouts", [NATIVE], (NATIVE, *LAYOUTS)),
            "input": table.take_texts("inputs", [PREPARED], INPUTS),
            "variables": read_environments(table, environments),
        },
        frameworks=table.take_names("frameworks", frameworks, list(frameworks)),
        modes=_group_modes(table),
        repeats=table.take_integer("repeats", 1, least=1),
        epochs=table.take_integer("epochs", least=1),
        evaluate_every=table.take_integer("evaluate_every", 1, least=1),
        optimizer=_optimizer(table),
    )
    table.finish()
    return group


def _group_modes(table: TomlTable) -> Sequence[str]:
    """Modes; none of them for the string `all`: those that each framework has."""
    allowed = (DEFAULT_MODE, *MODES)
    names = table.take_names("modes", (), [DEFAULT_MODE], closed=False)
    for name in names:
        if name not in allowed:
            raise table.fail("modes", names, f"'all', or a list out of {', '.join(allowed)}")
    return names


def _datasets(table: TomlTable, catalog: Catalog) -> Sequence[str]:
    """Names of data sets; `all` are those with a name of their own, not the synthetic ones."""
    names = table.take_names("datasets", catalog.named_datasets, closed=False)
    for name in names:
        if not catalog.has_dataset(name):
            names_allowed = f"{catalog.dataset_names}, or what the plan declares in [datasets.NAME]"
            raise table.fail(
                "datasets", name, f"a list out of {names_allowed}", catalog.named_datasets
            )
    return names


def _optimizer(table: TomlTable) -> Optimizer:
    section = table.take_table("optimizer")
    if section is None:
        raise table.fail("optimizer", None, "a table with name, learning_rate and momentum")
    name = section.take_text("name", allowed=RULES)
    constants = {
        "learning_rate": section.take_number("learning_rate", above=0),
        "weight_decay": section.take_number("weight_decay", 0.0),
        # A constant of the other rule is an unknown key: it would do nothing.
        **{key: section.take_number(key, **limits) for key, limits in CONSTANTS[name].items()},
    }
    optimizer = Optimizer(name=name, changes=_changes(section), **constants)
    section.finish()
    return optimizer


def _changes(section: TomlTable) -> tuple[Change, ...]:
    """The piecewise constant learning rate, in ascending order of epochs."""
    changes: list[Change] = []
    for table in section.take_tables("changes", ()):
        after = changes[-1].epoch + 1 if changes else 1
        changes.append(
            Change(
                epoch=table.take_integer("epoch", least=after),
                learning_rate=table.take_number("learning_rate", above=0),
            )
        )
        table.finish()
    return tuple(changes)


def expand(plan: Plan, frameworks: Mapping[str, Framework], device: str) -> list[Trial]:
    """Expand a plan into trials in the order in which they run: a randomized complete block design.

    A round has one invocation of every trial. Within it, what is compared with each other
    runs one after the other in a random order, drawn from the plan's seed: what changes on a
    machine in time (temperature, other load) meets all of them alike, and none always follows
    the same other one. The invocations of a trial are spread over the whole run.

    Raises:
        PlanError: two trials would have the same name, there would be too many, or a variable is
            not the plan's to set.
    """
    _check_number(plan, frameworks)
    for group in plan.groups:
        for framework in _frameworks(group, frameworks):
            check_threads(plan.path, group.lists["variables"], framework, device)
    rounds = range(1, 1 + max(group.repeats for group in plan.groups))
    trials = [
        trial
        for repeat in rounds
        for unit in _units(plan, frameworks, device, repeat)
        for trial in _shuffled(unit, f"{plan.order_seed} {repeat} {unit[0].id}")
    ]
    seen: set[str] = set()
    for trial in trials:
        if trial.id in seen:
            raise PlanError(
                f"{plan.path}: two trials are both called {trial.id!r}; make the [[trials]] tables "
                "differ in model, data set, mode, environment, batch size or seed."
            )
        seen.add(trial.id)
    return trials


def _check_number(plan: Plan, frameworks: Mapping[str, Framework]) -> None:
    """Before any of them is made: the lists of a plan multiply."""
    number = sum(
        group.repeats
        * prod(len(values) for values in group.lists.values())
        * sum(len(_modes(group, framework)) for framework in _frameworks(group, frameworks))
        for group in plan.groups
    )
    if number > MOST_TRIALS:
        raise PlanError(
            f"{plan.path}: it has {number:,} trials; expected at most {MOST_TRIALS:,}; make its "
            "lists or repeats smaller."
        )


def _units(
    plan: Plan, frameworks: Mapping[str, Framework], device: str, repeat: int
) -> Iterable[list[Trial]]:
    """One invocation of every trial: those that do the same work together, whatever their group."""
    units: dict[tuple[object, ...], list[Trial]] = {}
    for group in plan.groups:
        if repeat <= group.repeats:
            for trial in _invocations(group, frameworks, device, repeat):
                work = (
                    *(trial.seed, trial.dataset, trial.model, trial.batch_size, trial.precision),
                    *(trial.epochs, trial.optimizer),
                )
                units.setdefault(work, []).append(trial)
    return units.values()


def _invocations(
    group: Group, frameworks: Mapping[str, Framework], device: str, repeat: int
) -> Iterator[Trial]:
    for *values, framework in product(*group.lists.values(), _frameworks(group, frameworks)):
        for mode in _modes(group, framework):
            yield Trial(
                **dict(zip(group.lists, values, strict=True)),
                framework=framework.name,
                mode=mode,
                device=device,
                epochs=group.epochs,
                optimizer=group.optimizer,
                repeat=repeat,
                evaluate_every=group.evaluate_every,
                pin=framework.pin,
                revision=framework.revision,
            )


def _frameworks(group: Group, frameworks: Mapping[str, Framework]) -> list[Framework]:
    return [
        framework
        for name in group.frameworks
        for framework in frameworks.values()
        if framework.name == name
    ]


def _modes(group: Group, framework: Framework) -> Sequence[str]:
    if not group.modes:
        return framework.modes
    return [framework.default_mode if mode == DEFAULT_MODE else mode for mode in group.modes]


def _shuffled(trials: list[Trial], seed: str) -> list[Trial]:
    # A string as seed: the same order in every version of Python, and another for each unit.
    return Random(seed).sample(trials, len(trials))  # noqa: S311 (nothing secret)
