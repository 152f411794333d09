"""Which rows of BASE and HEAD are the same trial, and why others are not compared."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bench.errors import ResultsError
from bench.records.results import WAY_FIELDS, Record
from reports.ranking.comparisons import Work, compare
from reports.ranking.rows import Row
from reports.text import titles

Identity = tuple[object, ...]

# What two sides may differ in only if that is asked for: their name, and where it stands.
OF_WORK = ("device", "precision", "batch_size", "epochs", "optimizer", "threads", "machine")
OF_KEY = (*WAY_FIELDS, "turns")
ACROSS = (*OF_WORK, *OF_KEY)


@dataclass(frozen=True)
class Member:
    """A row with the work that it did."""

    work: Work
    row: Row

    @property
    def series(self) -> str:
        """The stable name of its invocations."""
        return self.row.records[0].trial.series


@dataclass(frozen=True)
class RowPair:
    """The same trial on both sides."""

    base: Member
    head: Member

    @property
    def name(self) -> str:
        """The series; both of them where a difference was asked for."""
        if self.base.series == self.head.series:
            return self.head.series
        return f"{self.base.series} -> {self.head.series}"


@dataclass(frozen=True)
class Pairing:
    """What is compared, and what is not.

    Attributes:
        only_base, only_head: rows that the other side has nothing for.
        differing: for a row of HEAD what keeps it from the row of BASE that is nearest to it.
    """

    pairs: tuple[RowPair, ...]
    only_base: tuple[Member, ...]
    only_head: tuple[Member, ...]
    differing: dict[str, tuple[str, ...]]


def pair_up(base: Iterable[Record], head: Iterable[Record], across: Collection[str]) -> Pairing:
    """The rows of both sides by what they share: everything but versions, commits and `across`.

    Raises:
        ResultsError: a side has several rows that could stand for a trial.
    """
    bases, heads = _by_identity("BASE", base, across), _by_identity("HEAD", head, across)
    differing = {
        identity: _differing(member, bases.values())
        for identity, member in heads.items()
        if identity not in bases
    }
    return Pairing(
        tuple(RowPair(bases[key], member) for key, member in heads.items() if key in bases),
        tuple(member for key, member in bases.items() if key not in heads),
        tuple(heads[key] for key in differing),
        {heads[key].series: names for key, names in differing.items() if names},
    )


def _by_identity(
    side: str, records: Iterable[Record], across: Collection[str]
) -> dict[Identity, Member]:
    groups: dict[Identity, list[Member]] = defaultdict(list)
    for comparison in compare(records):
        for row in comparison.rows:
            member = Member(comparison.work, row)
            groups[_identity(member, across)].append(member)
    for members in groups.values():
        if len(members) > 1:
            labels = " and ".join(member.row.label for member in members[:2])
            raise ResultsError(
                f"{side} has {len(members)} rows for {members[0].series} ({labels}); expected one; "
                "name runs of one version and one commit, or the commit itself."
            )
    return {identity: member for identity, (member,) in groups.items()}


def _identity(member: Member, across: Collection[str]) -> Identity:
    return (
        *(member.work.model, member.work.dataset, member.row.key.framework),
        *(_value(member, name) for name in ACROSS if name not in across),
    )


def _value(member: Member, name: str) -> object:
    return getattr(member.work if name in OF_WORK else member.row.key, name)


def _differing(member: Member, others: Iterable[Member]) -> tuple[str, ...]:
    ways = [
        tuple(name for name in ACROSS if _value(member, name) != _value(other, name))
        for other in others
        if _identity(member, ACROSS) == _identity(other, ACROSS)
    ]
    return min(ways, key=len, default=())


def describe_differences(names: Iterable[str]) -> str:
    """Names of what differs, as a reader says them."""
    return titles.join_words([name.replace("_", " ") for name in names])
