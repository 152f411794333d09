"""The same way of running the same work, run after run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.records.results import Record
from reports.ranking.comparisons import Work, compare, make_titles
from reports.ranking.rows import Key, Row
from reports.text import titles
from reports.trials.alternating import Partners, find_partner, index_partners


@dataclass(frozen=True)
class Point:
    """What one run found.

    Attributes:
        place: of the run, from 0, in the order of their starts.
        row: its trials; all of its estimates are those of the run's own report.
    """

    place: int
    run: str
    row: Row


@dataclass(frozen=True)
class Series:
    """One way of running one work, whatever the framework's version and samestep's commit.

    Attributes:
        points: one for each run that has it, oldest first; never empty.
        reference: the commit that it took turns with in all of them; None where it ran by itself.
    """

    key: Key
    points: tuple[Point, ...]
    reference: str | None = None

    @property
    def label(self) -> str:
        """The framework and how it was run, without its version."""
        if self.reference is None:
            return self.key.label
        return f"{self.key.label} with {titles.shorten_commit(self.reference)}"


@dataclass(frozen=True)
class History:
    """All series of one work on one machine."""

    title: str
    work: Work
    series: tuple[Series, ...]


def collect_histories(
    records: Sequence[Record], table: pd.DataFrame | None = None
) -> tuple[History, ...]:
    """The series in the records of any number of runs, in order of their works' first records.

    A work is the same only on the same machine: another machine's runs are another history. What
    `--against` ran of another revision is a reference, and no part of the history.

    Args:
        table: of the records, where it is there already.
    """
    places = {run: place for place, run in enumerate(sort_runs(records))}
    partners = index_partners(records)
    groups: dict[Work, dict[tuple[Key, str | None], list[Point]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for comparison in compare(records, by_run=True, table=table):
        work = replace(comparison.work, run="")
        for row in comparison.rows:
            if any(record.trial.revision for record in row.records):
                continue
            key = replace(row.key, version=None, commit="")
            point = Point(places[comparison.work.run], comparison.work.run, row)
            groups[work][key, _reference(row, partners)].append(point)
    names = make_titles(list(groups))
    return tuple(
        History(
            names[work],
            work,
            tuple(
                Series(key, tuple(sorted(points, key=lambda point: point.place)), reference)
                for (key, reference), points in ways.items()
            ),
        )
        for work, ways in groups.items()
    )


def sort_runs(records: Sequence[Record]) -> list[str]:
    """The names of the runs by when their first trial started."""
    started: dict[str, str] = {}
    for record in records:
        started[record.run] = min(record.started, started.get(record.run, record.started))
    return sorted(started, key=lambda run: (started[run], run))


def _reference(row: Row, candidates: Partners) -> str | None:
    partners = (find_partner(record, candidates) for record in row.finished)
    return next((partner.commit for partner in partners if partner is not None), None)
