"""Which rows of a comparison may be ranked: those proved to do the same work, and no odd one out.

A row that is refused is shown with the reason, and has no part in any verdict.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.ranking.rows import ACCURACY, Row
from reports.statistics.quantiles import compute_median, find_extremes
from reports.text import units

# What chance alone does on a test set: 3 binomial standard errors on each side.
STANDARD_ERRORS = 3.0
# A difference of the last bits, from adding and subtracting, refuses nobody.
ROUNDING = 1e-12
# Of a block's time. To read one loss takes some microseconds where nothing is pending.
PENDING_SHARE = 0.1
# By this much of the host's time is the device's own longer: it worked more than twice as long.
DEVICE_SHARE = 1.0
# No algorithm saves more than this: of the multiplications that the spec counts, Winograd's
# F(4x4, 3x3) leaves a quarter (Lavin and Gray 2016, section 4.1).
MOST_ARITHMETIC = 4.0

NO_TRIAL = "no trial finished"
NO_THROUGHPUT = "no trial ran long enough for a block after warm-up"
NO_ACCURACY = "it has no test accuracy to hold against that of its peers"


@dataclass(frozen=True)
class Band:
    """The range in which the accuracy of a row has to lie, ends included."""

    low: float
    high: float

    def holds(self, accuracy: float) -> bool:
        """Whether an accuracy lies in the band; NaN does not."""
        return self.low - ROUNDING <= accuracy <= self.high + ROUNDING

    @property
    def words(self) -> str:
        """The band in percent."""
        low, high = max(0.0, self.low), min(1.0, self.high)
        return f"{units.format_span(low, high, units.format_percent)}%"


def compute_band(peers: Sequence[float], test_samples: int) -> Band | None:
    """Return the peers' range of accuracies and what chance adds; None if there are no peers."""
    spread = find_extremes(peers)
    if not spread.count:
        return None
    margin = STANDARD_ERRORS * compute_standard_error(spread.median, test_samples)
    return Band(spread.low - margin, spread.high + margin)


def compute_standard_error(accuracy: float, test_samples: int) -> float:
    """Return the error of an accuracy, sqrt(p (1 - p) / n), with p at least 1 / n from 0 and 1.

    At p = 1 the formula says 0, as if no sample could ever be missed: then a row with one
    wrong prediction would be refused where all its peers have none.
    """
    least = min(0.5, 1 / test_samples)
    share = min(1 - least, max(least, accuracy))
    return math.sqrt(share * (1 - share) / test_samples)


def find_refusals(rows: Sequence[Row], test_samples: int | None) -> tuple[str | None, ...]:
    """Say for each row why it is not ranked, None where it is.

    Args:
        test_samples: of the data set; None where accuracies are not to be held against each other.
    """
    peers = [row for row in rows if is_peer(row)]
    return tuple(_refusal(row, peers, test_samples) for row in rows)


def is_peer(row: Row) -> bool:
    """Whether others are held against the row: verified, in training too, with an accuracy."""
    proved = row.unverified is None and row.departed is None
    return proved and not math.isnan(_accuracy(row))


def _accuracy(row: Row) -> float:
    return compute_median(row.values(ACCURACY))


def _refusal(row: Row, peers: Sequence[Row], test_samples: int | None) -> str | None:
    if not row.finished:
        return NO_TRIAL
    # Before the accuracy: a good one never makes a row comparable.
    if row.unverified is not None:
        return f"not verified: {row.unverified}"
    if row.departed is not None:
        return row.departed
    if mistimed := _find_timing_objection(row):
        return mistimed
    odd = _odd(row, peers, test_samples) if test_samples and test_samples > 0 else None
    return odd or (None if row.throughput.count else NO_THROUGHPUT)


def _find_timing_objection(row: Row) -> str | None:
    """Say why a row's clock cannot have run over all of the work, None if nothing suggests it.

    A framework computes ahead. An implementation whose `synchronize` does not wait is timed at
    queueing its work, which is fast whatever the work; nothing else in a record would show it, for
    in the end all of the work is done, and done well. By medians over the finished trials: one
    disturbed process refuses no row.
    """
    pending, clocks, arithmetic = (
        compute_median(row.values(name))
        for name in ("pending_share", "device_clock_difference", "arithmetic_share")
    )
    if pending > PENDING_SHARE:
        return (
            "it does not wait for its device: after the clock had stopped, the device worked "
            f"for another {units.format_share(pending)}% of a block's time (`synchronize` in its "
            "backend.py)"
        )
    if clocks > DEVICE_SHARE:
        return (
            "it does not wait for its device: by the device's own events a block lasted "
            f"{units.format_number(1 + clocks)} times as long as by the host's clock"
        )
    if not math.isnan(arithmetic) and arithmetic > MOST_ARITHMETIC:
        return (
            "a step is faster than its own arithmetic allows: "
            f"{units.format_number(arithmetic)} times the rate of the largest "
            "matrix product on this machine"
        )
    return None


def _odd(row: Row, peers: Sequence[Row], test_samples: int) -> str | None:
    if len(peers) == 2 and is_peer(row):
        return None if _agree(peers[0], peers[1], test_samples) else _disagreement(peers)
    accuracies = [value for peer in peers if peer is not row for value in peer.values(ACCURACY)]
    accepted, accuracy = compute_band(accuracies, test_samples), _accuracy(row)
    if accepted is None or accepted.holds(accuracy):
        return None
    if math.isnan(accuracy):
        return NO_ACCURACY
    return (
        f"its test accuracy of {units.format_percent(accuracy)}% lies outside the band of "
        f"its peers, {accepted.words}"
    )


def _agree(first: Row, second: Row, test_samples: int) -> bool:
    """Whether each lies in the band that the other makes; to disagree, one outside is enough."""
    pairs = ((first, second), (second, first))
    bands = [(row, compute_band(peer.values(ACCURACY), test_samples)) for row, peer in pairs]
    return all(band is None or band.holds(_accuracy(row)) for row, band in bands)


def _disagreement(peers: Sequence[Row]) -> str:
    accuracies = " and ".join(f"{units.format_percent(_accuracy(peer))}%" for peer in peers)
    return (
        f"the test accuracies of the only two verified rows disagree ({accuracies}), and two "
        "cannot tell which one is right"
    )
