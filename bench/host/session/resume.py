"""What a run is, written down when it starts, and a run that goes on where it stopped."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert

from bench.errors import PlanError, ResultsError, explain_os_error
from bench.host.environments.identity import hash_source_tree
from bench.host.frameworks.framework import ROOT
from bench.host.machine.description import describe_machine, read_commit
from bench.host.planning.request import Request
from bench.host.planning.selection import Selection
from bench.host.process.turns import pair_versions
from bench.host.session.session import Progress
from bench.host.session.store import RunFolder
from bench.protocol.digests import hash_text
from bench.records.git import find_commit
from bench.records.lines import read_records
from bench.records.machine import describe_machine_changes, identify_machine
from bench.records.manifest import SCHEMA, Manifest, read_manifest
from bench.records.results import RECORDS_FILE, Trial

LATEST = "latest"
OPTIONS = {
    "plan": "plan",
    "device": "device",
    "frameworks": "frameworks",
    "pythons": "python",
    "implementations": "impls",
    "model_folders": "model-folder",
    "threads": "threads",
    "verified": "skip-verification",
    "ceilings": "skip-ceilings",
    "repeats": "repeats",
    "against": "against",
    "together": "together",
}
# Those that came later: a run that says nothing of them was started without.
LATER = ("together",)
FOLDERS = ("implementations", "model_folders")
# What a run has to have in common with the one that it goes on from, and what that is called.
COMPARED = {
    "plan": "the plan",
    "code": "the code of bench/, of an implementation or of a model",
    "machine": "the machine",
    "threads": "the number of threads",
    "trials": "the trials",
}
# The same of what has a value for each of several names, as far as they are looked at now.
COMPARED_BY_NAME = {"versions": "what is installed for", "data": "the data set"}


@dataclass(frozen=True)
class Stopped:
    """A run that is to go on.

    Attributes:
        request: what it was started with, with the folder of results that is asked for now.
    """

    folder: RunFolder
    manifest: Manifest
    request: Request

    def keep_trials(self, selection: Selection) -> Selection:
        """Return the trials that the run was started with, of all that its request comes to.

        Raises:
            ResultsError: plan, code, machine or number of threads is another than it was.
        """
        names = [str(name) for name in self.manifest.opening["trials"]]
        trials = {trial.id: trial for trial in selection.trials}
        self.check(describe_opening(selection, [trials[name] for name in names if name in trials]))
        return replace(selection, trials=tuple(trials[name] for name in names))

    def check(self, now: Mapping[str, Any]) -> None:
        """Refuse to go on where something is different now, of what is known by now; naming it.

        Raises:
            ResultsError: something is.
        """
        before = self.manifest.opening
        then, current = _identify_machines(before), _identify_machines(now)
        differences = [
            f"{words} ({_difference(then.get(name), current[name])})"
            for name, words in COMPARED.items()
            if name in now and then.get(name) != current[name]
        ]
        differences += [
            f"{words} {name} ({_difference(before.get(key, {}).get(name), value)})"
            for key, words in COMPARED_BY_NAME.items()
            for name, value in now.get(key, {}).items()
            if before.get(key, {}).get(name) != value
        ]
        if differences:
            raise ResultsError(
                f"--resume: run {self.folder.name!r} cannot go on, since its records would not "
                f"compare with new ones; different now: {'; '.join(differences)}; restore that, or "
                "start a new run."
            )

    def describe_update(self, now: Mapping[str, Any]) -> str:
        """Say what of the machine changed since the run was started, and keeps it comparable."""
        return describe_machine_changes((self.manifest.opening["machine"], now))

    def read_progress(self, trials: Iterable[Trial]) -> Progress:
        """Read how far the run has come.

        A trial need not run again if it ended well, and its partner, if it took turns with one,
        did too: the two are measured together or not at all.

        Raises:
            ResultsError: the records cannot be read.
        """
        records = read_records(self.folder.records_file)[0] if self.folder.has_records else []
        ended_well = {record.trial.id: record for record in records if record.status == "ok"}
        partners = pair_versions(trials)
        finished = {
            name: record
            for name, record in ended_well.items()
            if name not in partners or partners[name].id in ended_well
        }
        return Progress(
            statuses=[record.status for record in records],
            finished=finished,
            skipped={record.trial.id: record for record in records if record.status == "skipped"},
        )


def describe_opening(selection: Selection, trials: Sequence[Trial]) -> dict[str, Any]:
    """Describe a run of these trials, as far as it is known before its environments are."""
    request = selection.request
    frameworks = selection.frameworks.values()
    folders = {framework.folder for framework in frameworks if not framework.revision}
    folders |= {model.folder for model in selection.catalog.models.values() if model.folder}
    return {
        "schema": SCHEMA,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "request": _to_document(request),
        "plan": hash_text(selection.plan.path.read_text("utf-8")),
        "code": hash_text("".join(map(hash_source_tree, (ROOT / "bench", *sorted(folders))))),
        "commit": read_commit(folders),
        "machine": describe_machine(),
        "threads": request.thread_count,
        "trials": [trial.id for trial in trials],
    }


def _identify_machines(opening: Mapping[str, Any]) -> dict[str, Any]:
    """Return the opening with what decides its machine's speed in place of the description."""
    facts = opening.get("machine")
    return {**opening, "machine": identify_machine(facts) if isinstance(facts, dict) else facts}


def find_stopped(request: Request) -> Stopped:
    """Find the run that `--resume` names, or the newest one that can be resumed.

    Raises:
        ResultsError: there is none, or other options say something else than it was started with.
    """
    assert request.resume is not None
    folder = _find_folder(request.resume, request.results)
    manifest = read_manifest(folder)
    if manifest is None:
        raise ResultsError(
            f"--resume {request.resume}: {str(folder)!r} has no run.json, which says what the run "
            "was started with; expected a run that had got to its first trial; start a new one."
        )
    try:
        options_then = manifest.opening["request"]
        options = {
            name: options_then[name]
            for name in OPTIONS
            if name in options_then or name not in LATER
        }
        stored = convert(options, Request, dec_hook=lambda kind, value: kind(value))
        convert(manifest.opening["trials"], list[str])
    except (KeyError, TypeError, ValidationError) as error:
        raise ResultsError(
            f"--resume {request.resume}: run.json in {str(folder)!r} does not say what the run was "
            f"started with ({type(error).__name__}: {error}); expected what `tox -e bench` wrote; "
            "start a new run."
        ) from error
    _check_options(request, stored)
    request = replace(stored, results=request.results, resume=request.resume)
    return Stopped(RunFolder(folder.name, folder), manifest, request)


def _find_folder(name: str, results: Path) -> Path:
    expected = "expected a run of yours; check its permissions."
    with explain_os_error(ResultsError, f"--resume {name}: it cannot be looked for", expected):
        return _look_for_folder(name, results)


def _look_for_folder(name: str, results: Path) -> Path:
    if name == LATEST:
        # A folder that is not there has no run; one that cannot be read may have some.
        if results.is_dir():
            os.listdir(results)
        newest = max(results.glob("*/run.json"), key=_last_written, default=None)
        if newest is None:
            raise ResultsError(
                f"--resume latest: no run in {str(results)!r} can be resumed; expected a folder "
                "with a run.json in it; name a folder of runs with --results, or start a new run."
            )
        return newest.parent.absolute()
    for folder in (results / name, Path(name)):
        if folder.is_dir():
            return folder.absolute()
    raise ResultsError(
        f"--resume {name}: there is no such run; expected the name of a folder in "
        f"{str(results)!r}, its path, or 'latest'."
    )


def _last_written(manifest: Path) -> tuple[int, str]:
    """When a run last wrote a file, as reports have it; its name would tell when it was started.

    An older run may have gone on since, and a clock may have been set back.
    """
    files = (manifest, manifest.with_name(RECORDS_FILE))
    ages = [path.stat().st_mtime_ns for path in files if path.exists()]
    return max(ages, default=0), manifest.parent.name


def _check_options(request: Request, stored: Request) -> None:
    """Refuse other options than those that the run was started with, or none."""
    now, default, before = map(_to_document, (request, Request(), stored))
    for name, option in OPTIONS.items():
        if now[name] not in (default[name], before[name]):
            raise PlanError(
                f"--resume takes the run's own options, and --{option} is another than the run was "
                f"started with ({before[name]!r}); leave it out, or start a new run."
            )


def _to_document(request: Request) -> dict[str, Any]:
    values = {name: getattr(request, name) for name in OPTIONS}
    if request.plan.endswith(".toml"):
        values["plan"] = str(Path(request.plan).absolute())
    values["pythons"] = {name: str(path) for name, path in request.pythons.items()}
    for name in FOLDERS:
        values[name] = [str(path.absolute()) for path in getattr(request, name)]
    # The commit, which HEAD~1 and main mean no more once something is committed.
    values["against"] = request.against and (find_commit(request.against) or request.against)
    return {**values, "frameworks": list(request.frameworks)}


def _difference(before: Any, now: Any) -> str:
    """The two values, or of tables only those entries that differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        return ", ".join(f"{name}: {before.get(name)!r}, now {now.get(name)!r}" for name in names)
    if isinstance(before, list) and isinstance(now, list):
        return f"{len(before)} before, {len(now)} now"
    if isinstance(before, str) and isinstance(now, str) and "==" in before:
        # Of lists of packages what is in one of them alone.
        old, new = set(before.split()), set(now.split())
        before, now = (", ".join(sorted(names)) for names in (old - new, new - old))
    return f"{_short(before)} before, {_short(now)} now"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}..."
