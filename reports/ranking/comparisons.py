"""What may be compared: trials of the same work on the same machine.

A comparison has a row (`reports.ranking.rows`) for each framework version and each way of running
it. `reports.ranking.gate` says which of them may be ranked.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import pandas as pd

from bench.optimizer import Optimizer
from bench.records.results import WAY_FIELDS, Record
from reports.ranking import first_steps, gate
from reports.ranking.rows import Key, Row
from reports.text import titles
from reports.trials import frame

# Of a trial; looked up in less time at once than one by one.
way_of = attrgetter(*WAY_FIELDS)


@dataclass(frozen=True)
class Work:
    """What trials have to share to be compared.

    Attributes:
        machine: key of the machine, `bench.records.machine.make_machine_key`.
        run: its name where runs are looked at one by one, else empty.
        model_title: as the first record has it.
    """

    model: str
    dataset: str
    batch_size: int
    device: str
    precision: str
    epochs: int
    optimizer: Optimizer
    threads: int
    machine: str
    run: str = ""
    model_title: str = field(default="", compare=False)

    @property
    def model_and_dataset(self) -> str:
        """The model and the data in words."""
        return f"{self.model_title} on {titles.describe_dataset(self.dataset)}"

    @property
    def title(self) -> str:
        """The work in a few words, without what comparisons of one run mostly share."""
        device = titles.describe_device(self.device)
        precision = titles.describe_precision(self.precision)
        return f"{self.model_and_dataset}, batch size {self.batch_size}, {device}, {precision}"

    @property
    def conditions(self) -> dict[str, str]:
        """What the title leaves out, each in words."""
        return {
            "epochs": titles.format_count(self.epochs, "epoch"),
            "optimizer": titles.describe_optimizer(self.optimizer),
            "threads": titles.format_count(self.threads, "thread"),
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same work in several rows; equal to nothing but itself, so that it can be a key.

    The ranked ones stand first, the fastest on top; then those that are refused;
    those without throughput last.
    """

    title: str
    work: Work
    rows: tuple[Row, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """The trials of all rows."""
        return tuple(record for row in self.rows for record in row.records)

    @property
    def ranked(self) -> tuple[Row, ...]:
        """The rows that verdicts are made from: verified, no odd one out, with a throughput."""
        return tuple(row for row in self.rows if row.refusal is None)

    @property
    def fastest(self) -> Row | None:
        """The first of the ranked rows, where there is another to be faster than."""
        return self.ranked[0] if len(self.ranked) > 1 else None

    @property
    def refused(self) -> tuple[Row, ...]:
        """The rows that are shown with the reason why they are not ranked."""
        return tuple(row for row in self.rows if row.refusal is not None)

    @property
    def timed(self) -> tuple[Row, ...]:
        """The rows that have a throughput, ranked or not."""
        return tuple(row for row in self.rows if row.throughput.count)

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs that its trials belong to."""
        return tuple(dict.fromkeys(record.run for record in self.records))

    @property
    def test_samples(self) -> int | None:
        """Samples of the test set; None where no trial says it. The smallest if they disagree."""
        counts = {record.test_samples for row in self.rows for record in row.finished}
        # What no file can hold is no size: Python's integers have no end, a forged record neither.
        return min((count for count in counts if count and 0 < count < sys.maxsize), default=None)


def compare(
    records: Iterable[Record], by_run: bool = False, table: pd.DataFrame | None = None
) -> tuple[Comparison, ...]:
    """The comparisons that the records allow, in order of their first records.

    Args:
        by_run: only trials of one run are compared with each other.
        table: of the records, where it is there already.
    """
    all_records = list(records)
    if table is None:
        table = frame.build_trials(all_records)
    # By the facts of a work: a tuple is looked up in less time than a dataclass.
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, (record, machine) in enumerate(
        zip(all_records, table["machine"].tolist(), strict=True)
    ):
        trial, run = record.trial, record.run if by_run else ""
        facts = (
            *(trial.model, trial.dataset, trial.batch_size, trial.device, trial.precision),
            *(trial.epochs, trial.optimizer, record.threads, machine, run),
        )
        groups[facts].append(place)
    places_of = {
        replace(Work(*facts), model_title=titles.title_model(all_records[places[0]])): places
        for facts, places in groups.items()
    }
    names = make_titles(list(places_of))
    return tuple(
        _judge_rows(Comparison(names[work], work, _rows(all_records, table, places)))
        for work, places in places_of.items()
    )


def _judge_rows(comparison: Comparison) -> Comparison:
    rows, work = comparison.rows, comparison.work
    samples = None if titles.is_synthetic(work.dataset) else comparison.test_samples
    departures = first_steps.find_departures(rows)
    compared = [replace(row, departed=why) for row, why in zip(rows, departures, strict=True)]
    reasons = gate.find_refusals(compared, samples)
    judged = [replace(row, refusal=refusal) for row, refusal in zip(compared, reasons, strict=True)]
    return replace(comparison, rows=tuple(sorted(judged, key=_rank)))


def _rows(records: Sequence[Record], table: pd.DataFrame, places: Sequence[int]) -> tuple[Row, ...]:
    versions: dict[str, set[str]] = defaultdict(set)
    for place in places:
        if version := records[place].framework_version:
            versions[records[place].trial.framework].add(version)
    # What is measured may change with the code that measures: those rows stand beside each other.
    several = len({records[place].commit for place in places}) > 1
    groups: dict[Key, list[int]] = defaultdict(list)
    places_of: dict[tuple[object, ...], list[int]] = {}
    for place in places:
        record, trial = records[place], records[place].trial
        facts = (
            *(trial.framework, record.framework_version, record.commit),
            *(record.in_turns_with is None, *way_of(trial)),
        )
        if facts not in places_of:
            places_of[facts] = groups[_key(record, versions[trial.framework], several)]
        places_of[facts].append(place)
    return tuple(
        Row(
            key,
            tuple(records[place] for place in members),
            table.iloc[[place for place in members if records[place].status == "ok"]],
            members,
        )
        for key, members in groups.items()
    )


def _key(record: Record, versions: set[str], several_commits: bool) -> Key:
    trial = record.trial
    commit = titles.shorten_commit(record.commit) if record.commit else "an unknown commit"
    # A trial that ended before the import has no version; where there is one only, it is that.
    version = record.framework_version or (min(versions) if len(versions) == 1 else None)
    return Key(
        framework=trial.framework,
        version=version,
        **dict(zip(WAY_FIELDS, way_of(trial), strict=True)),
        commit=commit if several_commits else "",
        turns=record.in_turns_with is not None,
        framework_title=titles.title_framework(record),
    )


def _rank(row: Row) -> tuple[bool, bool, float, bool, str]:
    untimed = row.throughput.count == 0
    speed = 0.0 if untimed else -row.throughput.median
    return row.refusal is not None, untimed, speed, not row.finished, row.label


def make_titles(works: Sequence[Work]) -> dict[Work, str]:
    """A title for each; those of one title are told apart by what differs between them."""
    machines = list(dict.fromkeys(work.machine for work in works))
    names = {}
    for work in works:
        alike = [other for other in works if other.title == work.title]
        parts = [text for name, text in work.conditions.items() if _differs(alike, name)]
        if _differs(alike, "machine"):
            parts.append(f"machine {machines.index(work.machine) + 1}")
        names[work] = ", ".join((work.title, *parts))
    return names


def _differs(works: Sequence[Work], name: str) -> bool:
    return len({getattr(work, name) for work in works}) > 1
