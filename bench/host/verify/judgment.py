"""From errors to a verdict: limits, known defects, the first quantity that differs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bench.host.frameworks.framework import KnownDefect
from bench.protocol.verification import GRADIENTS, STAGES, is_over_limit
from bench.records.certificate import Defect, Worst

# An error that is no finite number, in a record that has to hold one.
NO_NUMBER = 1e300


@dataclass(frozen=True)
class Error:
    """The norm-relative error of one quantity; None where it is no finite number."""

    precision: str
    stage: str
    item: str
    error: float | None

    @property
    def quantity(self) -> str:
        """Its name."""
        return f"{self.stage}: {self.item}" if self.item else self.stage

    @property
    def limit(self) -> float:
        """What the error may be at most."""
        return STAGES[self.stage].limits[self.precision]

    @property
    def size(self) -> float:
        """The error as a number to compare by."""
        return NO_NUMBER if self.error is None else self.error

    @property
    def is_over(self) -> bool:
        """Whether the quantity differs from the reference's."""
        return is_over_limit(self.error, self.limit)


@dataclass(frozen=True)
class Judgment:
    """What a cell's errors come to.

    Attributes:
        worst: the largest error of each precision and group, known defects left out.
        defects: known ones whose quantities are over their limit here.
        different: every quantity that is over its limit and no known defect, in layer order.
        spoiled: a sentence on the known defects by which training goes wrong, if there are such.
    """

    worst: tuple[Worst, ...]
    defects: tuple[Defect, ...]
    different: tuple[Error, ...]
    spoiled: str | None = None


def judge(errors: Sequence[Error], defects: Sequence[KnownDefect], model: str) -> Judgment:
    """Judge the errors of a cell, given the known defects of its framework."""
    errors = keep_best_gradient(errors)
    explained: dict[KnownDefect, list[Error]] = {}
    rest: list[Error] = []
    for error in errors:
        defect = _find_defect(error, defects, model) if error.is_over else None
        if defect is None:
            rest.append(error)
        else:
            explained.setdefault(defect, []).append(error)
    spoiling = dict.fromkeys(defect.name for defect in explained if defect.spoils_training)
    return Judgment(
        worst=tuple(_find_worst(rest)),
        defects=tuple(_to_defect(defect, errors) for defect, errors in explained.items()),
        different=tuple(error for error in rest if error.is_over),
        spoiled=f"Training goes wrong by a known defect of the framework: {'; '.join(spoiling)}."
        if spoiling
        else None,
    )


def keep_best_gradient(errors: Sequence[Error]) -> list[Error]:
    """Drop the errors of float32 gradients on all but the best of the batches.

    One value that rounding carries over ReLU's kink spoils the gradient of its batch, in
    any framework; a wrong rule, or a product of less precision, spoils every batch.
    """
    worst: dict[str, float] = {}
    for error in errors:
        if error.precision != "float64" and error.stage in GRADIENTS:
            worst[error.stage] = max(worst.get(error.stage, 0.0), error.size)
    spoiled = set(worst) - {min(worst, key=lambda stage: worst[stage])} if worst else set()
    return [error for error in errors if error.precision == "float64" or error.stage not in spoiled]


def _find_defect(error: Error, defects: Sequence[KnownDefect], model: str) -> KnownDefect | None:
    """Find the known defect that explains an error, which may not be larger than it says."""
    for defect in defects:
        if (
            model in defect.models
            and error.precision == defect.precision
            and error.size <= defect.at_most
            and any(fnmatchcase(error.quantity, pattern) for pattern in defect.quantities)
        ):
            return defect
    return None


def _find_worst(errors: Sequence[Error]) -> Iterator[Worst]:
    groups: dict[tuple[str, str], list[Error]] = {}
    for error in errors:
        groups.setdefault((error.precision, STAGES[error.stage].group), []).append(error)
    for (precision, group), members in groups.items():
        # Limits differ within a group: the worst is what comes nearest to its own.
        worst = max(members, key=lambda error: error.size / error.limit)
        yield Worst(precision, group, worst.quantity, worst.size, worst.limit)


def _to_defect(defect: KnownDefect, errors: Sequence[Error]) -> Defect:
    worst = max(errors, key=lambda error: error.size)
    return Defect(
        defect.name, defect.precision, worst.quantity, worst.size, worst.limit, len(errors)
    )
