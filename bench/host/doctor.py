"""Looks whether this machine can run a plan: `python -m bench doctor`."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from bench.errors import SamestepError
from bench.host.cache import cache_folder
from bench.host.data import find_dataset
from bench.host.environments import prepare_environment
from bench.host.machine import default_threads, describe_machine
from bench.host.selection import Selection

GIBIBYTE = 2**30
# Three CPU environments with their downloads take about 3 GiB.
LEAST_FREE_BYTES = 4 * GIBIBYTE


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `problem` keeps a run from working, `note` only bears on it."""

    topic: str
    verdict: Literal["ok", "note", "problem"]
    detail: str


def examine(selection: Selection) -> Iterator[Finding]:
    """Look at the machine, the folders, the data sets and the environments of a selection.

    Environments that are not there yet are made: whether they can be is the question.
    """
    yield from _machine()
    yield _load()
    yield _folder("cache folder", cache_folder())
    yield _folder("results folder", selection.request.results.absolute())
    for name in dict.fromkeys(trial.dataset for trial in selection.trials):
        yield _dataset(name)
    for name in dict.fromkeys(trial.framework for trial in selection.trials):
        yield _framework(selection, name)


def _machine() -> Iterator[Finding]:
    machine = describe_machine()
    yield Finding(
        "processor",
        "ok",
        f"{machine['cpu']}, {machine['physical_cores']} cores, "
        f"{machine['usable_processors']} usable processors; {default_threads()} threads by default",
    )
    memory = psutil.virtual_memory()
    yield Finding(
        "memory",
        "ok" if memory.available > 2 * GIBIBYTE else "note",
        f"{memory.available / GIBIBYTE:.1f} GiB free of {memory.total / GIBIBYTE:.1f} GiB",
    )
    gpus = ", ".join(gpu["name"] for gpu in machine["gpus"])
    yield Finding(
        "GPU",
        "ok" if gpus else "note",
        f"{gpus}, driver {machine['gpu_driver']}" if gpus else f"none ({machine['gpu_reason']})",
    )


def _load() -> Finding:
    """Other load makes timings doubtful: the load average should leave the processors free."""
    load = os.getloadavg()[0]
    quiet = load < 0.25 * default_threads()
    return Finding(
        "other load",
        "ok" if quiet else "note",
        f"load average {load:.2f} over the last minute"
        + ("" if quiet else "; timings will be doubtful until it is near 0"),
    )


def _folder(topic: str, folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    # A file system without room at all, such as /proc, takes no files from root either.
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)) or (
        shutil.disk_usage(existing).total == 0
    ):
        return Finding(topic, "problem", f"{folder} cannot be written")
    free = shutil.disk_usage(existing).free
    return Finding(
        topic,
        "ok" if free >= LEAST_FREE_BYTES else "note",
        f"{folder}, {free / GIBIBYTE:.1f} GiB free on its disk",
    )


def _dataset(name: str) -> Finding:
    try:
        train, test = find_dataset(name).read()
    except SamestepError as error:
        return Finding(f"data set {name}", "problem", str(error))
    detail = f"{len(train.labels):,} training and {len(test.labels):,} test samples"
    return Finding(f"data set {name}", "ok", detail)


def _framework(selection: Selection, name: str) -> Finding:
    framework = selection.frameworks[name]
    request = selection.request
    said: list[str] = []
    try:
        environment = prepare_environment(
            framework, request.device, request.pythons or {}, said.append
        )
    except SamestepError as error:
        return Finding(framework.title, "problem", str(error))
    return Finding(framework.title, "ok", f"{environment.python}")
