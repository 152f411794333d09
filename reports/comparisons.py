"""What may be compared: trials of the same work on the same machine.

A comparison has a row for each framework version, mode and settings. `reports.gate` says which
of them may be ranked.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bench.optimizer import Optimizer
from bench.results import Record
from reports import certificates, frame, gate, titles
from reports.statistics import Spread, quartiles


@dataclass(frozen=True)
class Work:
    """What trials have to share to be compared.

    Attributes:
        machine: key of the machine, `reports.frame.machine_key`.
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

    @property
    def title(self) -> str:
        """The work in a few words, without what comparisons of one run mostly share."""
        parts = (
            f"{titles.model(self.model)} on {titles.dataset(self.dataset)}",
            f"batch size {self.batch_size}",
            titles.device(self.device),
            titles.precision(self.precision),
        )
        return ", ".join(parts)

    @property
    def conditions(self) -> dict[str, str]:
        """What the title leaves out, each in words."""
        return {
            "epochs": titles.count(self.epochs, "epoch"),
            "optimizer": titles.optimizer(self.optimizer),
            "threads": titles.count(self.threads, "thread"),
        }


@dataclass(frozen=True)
class Row:
    """The trials of one framework version in one mode and setting, over seeds and repeats.

    Attributes:
        refusal: why the row is not ranked, None where it is.
    """

    framework: str
    version: str | None
    mode: str
    settings: str
    records: tuple[Record, ...]
    refusal: str | None = None

    @property
    def product(self) -> str:
        """The framework and its version, where known."""
        return " ".join(filter(None, (titles.framework(self.framework), self.version)))

    @property
    def label(self) -> str:
        """Tells the row from the others of its comparison."""
        return f"{self.product}, {self.mode}, {self.settings}"

    @cached_property
    def finished(self) -> tuple[Record, ...]:
        """The trials that numbers are made from."""
        return tuple(record for record in self.records if record.status == "ok")

    @cached_property
    def throughput(self) -> Spread:
        """Samples per second over the measured blocks of all finished trials."""
        return quartiles(frame.blocks(self.finished)["throughput_samples_per_second"])

    @property
    def verified(self) -> bool:
        """Whether it is proved to take the same training steps."""
        return certificates.unverified(self.records) is None

    @property
    def entry(self) -> gate.Entry:
        """What the gate looks at."""
        return gate.Entry(
            unverified=certificates.unverified(self.records),
            accuracies=tuple(frame.trials(self.finished)["test_accuracy"]),
            finished=bool(self.finished),
            timed=bool(self.throughput.count),
        )

    @property
    def outcome(self) -> str:
        """How its trials ended: 2 ok, 1 timeout."""
        statuses = [record.status for record in self.records]
        return ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))


@dataclass(frozen=True)
class Comparison:
    """The same work in several rows.

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
    def refused(self) -> tuple[Row, ...]:
        """The rows that are shown with the reason why they are not ranked."""
        return tuple(row for row in self.rows if row.refusal is not None)

    @property
    def timed(self) -> tuple[Row, ...]:
        """The rows that have a throughput, ranked or not."""
        return tuple(row for row in self.rows if row.throughput.count)

    @property
    def test_samples(self) -> int | None:
        """Samples of the test set; None where no trial says it. The smallest if they disagree."""
        return _test_samples(self.rows)


def compare(records: Iterable[Record]) -> tuple[Comparison, ...]:
    """The comparisons that the records allow, in order of their first records."""
    groups: dict[Work, list[Record]] = defaultdict(list)
    for record in records:
        groups[_work(record)].append(record)
    names = _titles(list(groups))
    return tuple(
        Comparison(names[work], work, _judged(work, _rows(members)))
        for work, members in groups.items()
    )


def _work(record: Record) -> Work:
    trial = record.trial
    return Work(
        model=trial.model,
        dataset=trial.dataset,
        batch_size=trial.batch_size,
        device=trial.device,
        precision=trial.precision,
        epochs=trial.epochs,
        optimizer=trial.optimizer,
        threads=record.threads,
        machine=frame.machine_key(record.machine),
    )


def _judged(work: Work, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows in order, each with the gate's word on it."""
    samples = None if titles.is_synthetic(work.dataset) else _test_samples(rows)
    found = gate.refusals([row.entry for row in rows], samples)
    judged = [replace(row, refusal=refusal) for row, refusal in zip(rows, found, strict=True)]
    return tuple(sorted(judged, key=_rank))


def _test_samples(rows: Iterable[Row]) -> int | None:
    counts = {record.test_samples for row in rows for record in row.finished}
    # What no file can hold is no size: Python's integers have no end, a forged record neither.
    return min((count for count in counts if count and 0 < count < sys.maxsize), default=None)


def _rows(records: Sequence[Record]) -> list[Row]:
    versions = _versions(records)
    groups: dict[tuple[str, str | None, str, str], list[Record]] = defaultdict(list)
    for record in records:
        trial = record.trial
        known = versions[trial.framework]
        # A trial that ended before the import has no version; where there is one only, it is that.
        version = record.framework_version or (known[0] if len(known) == 1 else None)
        groups[trial.framework, version, trial.mode, trial.settings].append(record)
    return [Row(*key, records=tuple(members)) for key, members in groups.items()]


def _versions(records: Sequence[Record]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for record in records:
        if record.framework_version:
            found[record.trial.framework][record.framework_version] = None
    return defaultdict(list, {name: list(versions) for name, versions in found.items()})


def _rank(row: Row) -> tuple[bool, bool, float, bool, str]:
    spread = row.throughput
    untimed = spread.count == 0
    speed = 0.0 if untimed else -spread.median
    return row.refusal is not None, untimed, speed, not row.finished, row.label


def _titles(works: Sequence[Work]) -> dict[Work, str]:
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
