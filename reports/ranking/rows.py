"""A row of a comparison: the invocations of one framework version, run in one way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import pandas as pd

from bench.job import NATIVE, PREPARED
from bench.records.results import WAY_FIELDS, Record
from bench.records.variables import shorten_variables
from reports.statistics.intervals import Interval, estimate_median, estimate_ratio
from reports.statistics.quantiles import (
    LEAST_FOR_QUARTILES,
    compute_relative_iqr,
    compute_relative_range,
)
from reports.text import titles
from reports.trials import certificates

THROUGHPUT = "throughput_samples_per_second"
ACCURACY = "test_accuracy"
DEFAULT = "default"


@dataclass(frozen=True)
class Key:
    """What tells a row from the others of its comparison.

    Attributes:
        commit: of samestep, where a comparison has trials of several; empty elsewhere.
        turns: whether each invocation took turns with one of another version, block by block, which
            costs it what the other one put out of the processor's caches.
        framework_title: as its first record has it; older records are told apart without it.
    """

    framework: str
    version: str | None
    mode: str
    settings: str
    layout: str = NATIVE
    input: str = PREPARED
    variables: str = ""
    commit: str = ""
    turns: bool = False
    framework_title: str = field(default="", compare=False)

    @property
    def product(self) -> str:
        """The framework and its version, where known."""
        return " ".join(filter(None, (self.framework_title, self.version)))

    @property
    def edition(self) -> str:
        """The product, and the commit where there are several: early, as a figure cuts the end."""
        return f"{self.product} at {self.commit}" if self.commit else self.product

    @property
    def way(self) -> dict[str, str]:
        """How the framework is run, by the names of a trial's fields."""
        return {name: getattr(self, name) for name in WAY_FIELDS}

    @property
    def variants(self) -> tuple[str, ...]:
        """What is not the default."""
        layout = () if self.layout == NATIVE else (self.layout,)
        source = () if self.input == PREPARED else (titles.describe_source(self.input),)
        variables = (shorten_variables(self.variables),) if self.variables else ()
        turns = (titles.IN_TURNS,) if self.turns else ()
        return layout + source + variables + turns

    @property
    def label(self) -> str:
        """Everything that tells the row from others, for tables."""
        return ", ".join((self.edition, self.mode, self.settings, *self.variants))

    @property
    def short_label(self) -> str:
        """The label without default settings, for sentences and figures."""
        settings = () if self.settings == DEFAULT else (f"{self.settings} settings",)
        return f"{self.edition} ({', '.join((self.mode, *settings, *self.variants))})"


@dataclass(frozen=True)
class Row:
    """The trials of one key, over seeds and repeats. A finished trial is an invocation.

    Attributes:
        trials: the finished ones as a data frame, in the order of `finished`.
        places: of `records` among those that were compared.
        departed: why its first steps are not those of its peers, None where they are.
        refusal: why the row is not ranked, None where it is.
    """

    key: Key
    records: tuple[Record, ...]
    trials: pd.DataFrame = field(repr=False, compare=False)
    places: Sequence[int] = field(default=(), repr=False, compare=False)
    departed: str | None = None
    refusal: str | None = None

    @property
    def label(self) -> str:
        """Tells the row from the others of its comparison."""
        return self.key.label

    @cached_property
    def finished(self) -> tuple[Record, ...]:
        """The invocations that numbers are made from."""
        return tuple(record for record in self.records if record.status == "ok")

    # Both are called again and again: for figures, tables and their description.
    @cached_property
    def values(self) -> Callable[[str], list[float]]:
        """A column of `trials`, with NaN where an invocation has no value."""
        return cache(lambda column: pd.Series(self.trials[column], dtype=float).tolist())

    @cached_property
    def estimate(self) -> Callable[[str], Interval]:
        """The median over the invocations of a column of `trials`, with its interval."""
        return cache(lambda column: estimate_median(self.values(column)))

    @cached_property
    def throughput(self) -> Interval:
        """Samples per second: of each invocation the median over its measured blocks."""
        return self.estimate(THROUGHPUT)

    def estimate_ratio_to(self, other: "Row") -> Interval:
        """This row's throughput as a multiple of another's."""
        return estimate_ratio(self.values(THROUGHPUT), other.values(THROUGHPUT))

    def differs_from(self, other: "Row") -> bool | None:
        """Whether the throughputs can be told apart; None where there are no intervals.

        They cannot where the ratio may be 1, or where the two intervals overlap. The second is
        stricter; it makes up for intervals of few invocations, which are rather too narrow.
        """
        ratio = self.estimate_ratio_to(other)
        if not ratio.exists:
            return None
        return not (ratio.holds(1.0) or self.throughput.overlaps(other.throughput))

    @property
    def spread_between(self) -> float:
        """Spread of the invocations' medians by their median: see `spread_is_range`."""
        values = self.values(THROUGHPUT)
        return (
            compute_relative_range(values) if self.spread_is_range else compute_relative_iqr(values)
        )

    @property
    def spread_is_range(self) -> bool:
        """Whether `spread_between` is the range, and not the interquartile range."""
        return self.throughput.count < LEAST_FOR_QUARTILES

    @property
    def noise_floor(self) -> float:
        """The smallest relative difference that this row can show; NaN without an interval."""
        return self.throughput.relative_half_width

    @property
    def states(self) -> Counter[str]:
        """How many invocations have which state of their series of blocks, most first."""
        counts = Counter(record.steady or "not recorded" for record in self.finished)
        return Counter(dict(counts.most_common()))

    @cached_property
    def unverified(self) -> str | None:
        """Why it is not proved to take the same training steps; None where it is."""
        return certificates.explain_unverified(self.records)

    @property
    def outcome(self) -> str:
        """How its trials ended: 2 ok, 1 timeout."""
        return ", ".join(titles.count_each(record.status for record in self.records))
