"""The statistics of `reports.statistics.quantiles` over the blocks of many records at once.

The same definitions, by NumPy: a sort of all blocks of a hundred thousand records takes less time
than a loop over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from bench.records.results import Record
from reports.statistics.quantiles import LEAST_FOR_QUARTILES
from reports.statistics.resampling import Floats

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Spreads:
    """The quartiles of each record's values, one array element per record."""

    low: Floats
    median: Floats
    high: Floats
    count: Places

    @property
    def relative_width(self) -> Floats:
        """`reports.statistics.quantiles.compute_relative_iqr`."""
        divides = (self.count >= LEAST_FOR_QUARTILES) & (self.median != 0)
        return divide(self.high - self.low, self.median, divides)


class Blocks:
    """The measured blocks of records, one after the other, as arrays.

    Attributes:
        owners: of each block the place of its record.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        measured = [record.measured_blocks for record in records]
        self._records = len(records)
        self._blocks = [block for blocks in measured for block in blocks]
        counts = [len(blocks) for blocks in measured]
        self.owners: Places = np.repeat(np.arange(len(records)), counts)
        starts = np.cumsum(counts, dtype=np.intp) - counts
        self.numbers: Places = np.arange(1, self.owners.size + 1) - np.repeat(starts, counts)
        self.samples = self._values("samples")
        self.seconds = self._values("seconds")
        self.steps = self._values("steps")
        # None where there are no events, which is no number to `fromiter`.
        self.device_seconds = np.array([block.device_seconds for block in self._blocks], float)

    @property
    def throughput(self) -> Floats:
        """`reports.statistics.quantiles.compute_throughput` of each block."""
        rates = divide(self.samples, self.seconds, self.seconds > 0)
        return np.where(np.isfinite(rates), rates, np.nan)

    @property
    def step_seconds(self) -> Floats:
        """Seconds of a step, of each block; NaN where it has no step."""
        return divide(self.seconds, self.steps, self.steps > 0)

    @property
    def clock_difference(self) -> Floats:
        """By how much the device's events differ from the host's clock, relative to the clock."""
        difference = np.abs(self.device_seconds - self.seconds)
        return divide(difference, self.seconds, self.seconds > 0)

    def compute_spreads(self, values: Floats) -> Spreads:
        """Return the quartiles of each record's blocks; values that are not finite are left out."""
        finite = np.isfinite(values)
        owners, finite_values = self.owners[finite], values[finite]
        ordered = finite_values[np.lexsort((finite_values, owners))]
        counts = np.bincount(owners, minlength=self._records)
        starts = np.cumsum(counts) - counts
        low, median, high = (
            _percentiles(ordered, starts, counts, share) for share in (0.25, 0.5, 0.75)
        )
        return Spreads(low, median, high, counts)

    def compute_medians(self, values: Floats) -> Floats:
        """Return the median of each record's blocks."""
        return self.compute_spreads(values).median

    def _values(self, name: str) -> Floats:
        return np.fromiter(map(attrgetter(name), self._blocks), float, len(self._blocks))


def _percentiles(ordered: Floats, starts: Places, counts: Places, share: float) -> Floats:
    """Return percentiles by definition 7 of Hyndman and Fan 1996; NaN where there is no value."""
    percentiles = np.full(counts.size, np.nan)
    some = counts > 0
    place = (counts[some] - 1) * share
    below = np.floor(place).astype(np.intp)
    part = place - below
    low = ordered[starts[some] + below]
    high = ordered[starts[some] + np.minimum(below + 1, counts[some] - 1)]
    # As NumPy rounds, so that a median is the same to the bit.
    percentiles[some] = np.where(
        part < 0.5, low + (high - low) * part, high - (high - low) * (1 - part)
    )
    return percentiles


def divide(values: Floats, by: Floats, where: npt.NDArray[np.bool_]) -> Floats:
    """Divide where that means something; NaN elsewhere."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(where, values / by, np.nan)
