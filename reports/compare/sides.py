"""BASE and HEAD: runs, folders, records files, or commits of the history."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.errors import ResultsError
from bench.records.git import DIRTY, find_commit
from bench.records.results import Record
from reports.runs.folders import find_folder, find_records_files, list_names
from reports.runs.loading import LoadedRuns, read_runs
from reports.text import titles

LEAST_COMMIT_DIGITS = 7
AT, BASE, HEAD = "@", "base", "head"


@dataclass(frozen=True)
class Side:
    """What stands on one side.

    Attributes:
        name: BASE or HEAD.
        request: what the user called it.
        problems: one line for each thing in its files that is not in the records.
        alterations: one line for each thing in them that is not as it was written.
    """

    name: str
    request: str
    records: tuple[Record, ...]
    problems: tuple[str, ...] = ()
    alterations: tuple[str, ...] = ()

    @property
    def commits(self) -> tuple[str, ...]:
        """Commits of samestep that its trials ran."""
        return tuple(dict.fromkeys(record.commit or "unknown" for record in self.records))

    @property
    def words(self) -> str:
        """Its runs and commits in one line."""
        runs = titles.join_words(list(dict.fromkeys(record.run for record in self.records)))
        commits = titles.join_words([titles.shorten_commit(commit) for commit in self.commits])
        # The same run may stand on both sides, with other trials of it.
        _, at, part = self.request.rpartition(AT)
        return f"{runs}{at}{part if at else ''} (commit {commits})"


def find_sides(requests: Iterable[str], results: Path) -> list[Side]:
    """BASE and HEAD: what a user means by a run's name, a path, a commit or a name git has for one.

    `RUN@VERSION` are those of its trials that ran this version of their framework; `RUN@base` and
    `RUN@head` what ran of another revision of samestep (`--against`), and of the checkout.

    Raises:
        ResultsError: there is no such thing, or none of its trials finished; of both if so.
    """
    sides: list[Side] = []
    problems: list[str] = []
    for name, request in zip(("BASE", "HEAD"), requests, strict=True):
        try:
            sides.append(_find_side(name, request, results))
        except ResultsError as error:
            problems.append(str(error))
    if problems:
        raise ResultsError(" ".join(dict.fromkeys(problems)))
    return sides


def _find_side(name: str, request: str, results: Path) -> Side:
    run = _read_run(request, results)
    whole, at, part = request.rpartition(AT)
    if run is None and at and (run := _read_run(whole, results)):
        records = tuple(record for record in run.records if _belongs(record, part))
        run = replace(run, records=records)
    if run is None:
        run = _read_commit(name, request, results)
    if not any(record.status == "ok" for record in run.records):
        ends = titles.join_words(titles.count_each(record.status for record in run.records))
        raise ResultsError(
            f"{name} {request!r} has no finished trial ({ends or 'none at all'}); "
            "expected at least one to compare; see its report for the reasons."
        )
    return Side(name, request, run.records, run.problems, run.alterations)


def _belongs(record: Record, part: str) -> bool:
    if part == BASE:
        return bool(record.trial.revision)
    if part == HEAD:
        return not record.trial.revision
    return part in (record.framework_version, record.trial.pin)


def _read_run(request: str, results: Path) -> LoadedRuns | None:
    path = Path(request)
    try:
        # An empty name is that of the newest run.
        if request and os.path.exists(path):
            return read_runs(*(file.parent for file in find_records_files(path)))
        folder = find_folder(request or None, results)
    except ResultsError:
        if request and os.path.exists(path):
            raise
        return None
    return read_runs(folder)


def _read_commit(name: str, request: str, results: Path) -> LoadedRuns:
    names = list_names(results)
    every = read_runs(*(results / each for each in names)) if names else LoadedRuns("", (), ())
    commits = _select_commits((record.commit for record in every.records), request)
    records = tuple(record for record in every.records if record.commit in commits)
    if records:
        runs = {record.run for record in records}
        altered = {run: lines for run, lines in every.altered.items() if run in runs}
        return LoadedRuns(request, records, every.problems, altered=altered)
    short = (titles.shorten_commit(record.commit) for record in every.records if record.commit)
    present = ", ".join(dict.fromkeys(short)) or "none"
    raise ResultsError(
        f"{name} {request!r} was not found; expected a run or the path of one, or a commit that "
        f"the runs in {str(results)!r} have trials of (there: {present}); name one of those."
    )


def _select_commits(recorded: Iterable[str | None], request: str) -> set[str]:
    """Select the commits that a user means.

    Without `-dirty`, a commit stands for trials of its own files if there are any, else for those
    of files that differed: the name is all that is shown of either.
    """
    name, wants_dirty = request.removesuffix(DIRTY), request.endswith(DIRTY)
    resolved = find_commit(name)
    matching = {
        commit
        for commit in recorded
        if commit is not None
        and (
            commit.removesuffix(DIRTY) == resolved
            or (len(name) >= LEAST_COMMIT_DIGITS and commit.startswith(name))
        )
    }
    dirty = {commit for commit in matching if commit.endswith(DIRTY)}
    return dirty if wants_dirty else matching - dirty or dirty
