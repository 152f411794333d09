"""Looks whether this machine can run a plan and is fit to measure: `python -m bench doctor`."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.dependencies import Package, find_missing_optional
from bench.errors import SamestepError, UnavailableError
from bench.host.cache import make_scratch_folder
from bench.host.ceilings.measurement import drop_unusable_environments
from bench.host.environments.preparation import prepare_environment
from bench.host.fitness import examine_machine
from bench.host.machine.description import choose_threads, describe_machine
from bench.host.planning.catalog import Catalog
from bench.host.planning.selection import Selection
from bench.records.cache_folder import get_cache_folder
from bench.records.parts import MachineFinding, note_if

GIBIBYTE = 2**30
# Three CPU environments with their downloads take about 3 GiB.
LEAST_FREE_BYTES = 4 * GIBIBYTE


def examine(selection: Selection) -> Iterator[MachineFinding]:
    """Look at the machine, the folders, the data sets and the environments of a selection.

    Environments that are not there yet are made: whether they can be is the question.
    """
    yield from _machine()
    yield check_optional_packages(find_missing_optional())
    yield from examine_machine(selection.request.device, selection.request.thread_count)
    yield _folder("cache folder", get_cache_folder())
    yield _folder("results folder", selection.request.results.absolute())
    for name in dict.fromkeys(trial.dataset for trial in selection.trials):
        yield _dataset(selection.catalog, name)
    for name in dict.fromkeys(trial.edition for trial in selection.trials):
        yield _framework(selection, name)


def _machine() -> Iterator[MachineFinding]:
    machine = describe_machine()
    yield MachineFinding(
        "processor",
        "ok",
        f"{machine['cpu']}, {machine['physical_cores']} cores, "
        f"{machine['usable_processors']} usable processors; {choose_threads()} threads by default",
    )
    gpus = ", ".join(gpu["name"] for gpu in machine["gpus"])
    yield note_if(
        not gpus,
        "GPU",
        f"{gpus}, driver {machine['gpu_driver']}"
        if gpus
        else f"none that is known of ({machine['gpu_reason']})",
    )


def check_optional_packages(absent: Sequence[Package]) -> MachineFinding:
    """Check which packages this Python lacks that a run and its report do without."""
    detail = "; ".join(f"without {package.name} {package.without}" for package in absent)
    return note_if(bool(absent), "optional packages", detail or "all there")


def _folder(topic: str, folder: Path) -> MachineFinding:
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    # A file system without room at all, such as /proc, takes no files from root either.
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)) or (
        shutil.disk_usage(existing).total == 0
    ):
        return MachineFinding(topic, "problem", f"{folder} cannot be written")
    free = shutil.disk_usage(existing).free
    detail = f"{folder}, {free / GIBIBYTE:.1f} GiB free on its disk"
    return note_if(free < LEAST_FREE_BYTES, topic, detail)


def _dataset(catalog: Catalog, name: str) -> MachineFinding:
    topic = f"data set {name}"
    try:
        dataset = catalog.get_dataset(name)
        train, test = dataset.read()
    except SamestepError as error:
        return MachineFinding(topic, "problem", str(error))
    detail = (
        f"{len(train.labels):,} training and {len(test.labels):,} test samples of "
        f"{dataset.samples.classes:,} classes"
    )
    return MachineFinding(topic, "ok", detail)


def _framework(selection: Selection, name: str) -> MachineFinding:
    framework = selection.frameworks[name]
    request = selection.request
    threads = request.thread_count

    def say(line: str) -> None:
        """The doctor's own finding says it."""

    try:
        environment = prepare_environment(framework, request.device, request.pythons, say)
        with make_scratch_folder() as scratch:
            # Whether it can compute on the GPU that it is to use.
            result = drop_unusable_environments(
                {name: environment}, {name: framework}, request.device, threads, scratch, say
            )[name]
    except SamestepError as error:
        return MachineFinding(framework.title, "problem", str(error))
    if isinstance(result, UnavailableError):
        return MachineFinding(framework.title, "problem", str(result))
    return MachineFinding(framework.title, "ok", f"{result.python}")
