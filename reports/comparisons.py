"""What may be compared: trials of the same work on the same machine.

A comparison has a row for each framework version, mode and settings.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.optimizer import Optimizer
from bench.results import Record
from reports import frame, titles
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
        return (
            f"{titles.model(self.model)} on {self.dataset}, batch size {self.batch_size}, "
            f"{titles.device(self.device)}, {titles.precision(self.precision)}"
        )

    @property
    def conditions(self) -> dict[str, str]:
        """What the title leaves out, each in words."""
        optimizer = self.optimizer
        return {
            "epochs": titles.count(self.epochs, "epoch"),
            "optimizer": (
                f"{optimizer.name} with learning rate {optimizer.learning_rate} and "
                f"momentum {optimizer.momentum}"
            ),
            "threads": titles.count(self.threads, "thread"),
        }


@dataclass(frozen=True)
class Row:
    """The trials of one framework version in one mode and setting, over seeds and repeats."""

    framework: str
    version: str | None
    mode: str
    settings: str
    records: tuple[Record, ...]

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
    def outcome(self) -> str:
        """How its trials ended: 2 ok, 1 timeout."""
        statuses = [record.status for record in self.records]
        return ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses))


@dataclass(frozen=True)
class Comparison:
    """The same work in several rows, the fastest first, those without throughput last."""

    title: str
    work: Work
    rows: tuple[Row, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """The trials of all rows."""
        return tuple(record for row in self.rows for record in row.records)

    @property
    def ranked(self) -> tuple[Row, ...]:
        """The rows that have a throughput."""
        return tuple(row for row in self.rows if row.throughput.count)


def compare(records: Iterable[Record]) -> tuple[Comparison, ...]:
    """The comparisons that the records allow, in order of their first records."""
    groups: dict[Work, list[Record]] = defaultdict(list)
    for record in records:
        groups[_work(record)].append(record)
    names = _titles(list(groups))
    return tuple(Comparison(names[work], work, _rows(members)) for work, members in groups.items())


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


def _rows(records: Sequence[Record]) -> tuple[Row, ...]:
    versions = _versions(records)
    groups: dict[tuple[str, str | None, str, str], list[Record]] = defaultdict(list)
    for record in records:
        trial = record.trial
        known = versions[trial.framework]
        # A trial that ended before the import has no version; where there is one only, it is that.
        version = record.framework_version or (known[0] if len(known) == 1 else None)
        groups[trial.framework, version, trial.mode, trial.settings].append(record)
    rows = [Row(*key, records=tuple(members)) for key, members in groups.items()]
    return tuple(sorted(rows, key=_rank))


def _versions(records: Sequence[Record]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for record in records:
        if record.framework_version:
            found[record.trial.framework][record.framework_version] = None
    return defaultdict(list, {name: list(versions) for name, versions in found.items()})


def _rank(row: Row) -> tuple[bool, float, bool, str]:
    spread = row.throughput
    unranked = spread.count == 0
    return unranked, 0.0 if unranked else -spread.median, not row.finished, row.label


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
