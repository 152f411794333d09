"""Whether a row's first training steps are those of its peers, by their losses.

A certificate is made with batches of 4. A gradient may be wrong with other batches alone, as that
of torch.compile can be (docs/findings.md); no certificate shows it, nor does the accuracy of a
model that learns in spite of it. All rows of a comparison start from the same weights, data and
order: the losses of their first steps differ by rounding, and by what training makes of rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.job import RECORDED_LOSSES
from reports.ranking.rows import Row
from reports.text import units

# Of float32 without reduced products; the certificate's own limit after ten steps is 1e-4.
PRECISION = "ieee"
TOLERANCE = 1e-3
# Where the peers drift apart themselves, a row may by so many times as much: rounding grows in a
# fresh network with batch normalization, in ResNet-20 from 1e-6 to 4 % (docs/findings.md).
SPREADS = 10.0
# How far two frameworks can be compared, where no third one shows how rounding grows.
LONE_STEPS = 2


@dataclass(frozen=True)
class Losses:
    """The smallest and the largest loss of each first step over some trials; NaN of no trial."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def combine(cls, several: Sequence["Losses"]) -> "Losses":
        """Return the losses of several together."""
        lows, highs = [losses.low for losses in several], [losses.high for losses in several]
        return cls(np.fmin.reduce(lows), np.fmax.reduce(highs))


def find_departures(rows: Sequence[Row]) -> tuple[str | None, ...]:
    """Say for each row why its first steps are not those of the others, None where they are.

    Rows that are not verified are no peers, and are judged by their certificate. Neither are models
    with dropout, whose random numbers differ, and reduced precision.
    """
    losses = [_losses_by_seed(row) for row in rows]
    return tuple(_objection(place, rows, losses) for place in range(len(rows)))


def count_comparable(rows: Sequence[Row]) -> int:
    """How many rows have first losses that can be held against those of others."""
    return sum(bool(_losses_by_seed(row)) for row in rows)


def _losses_by_seed(row: Row) -> dict[int, Losses]:
    """Combine a row's losses by seed; none where nothing can be said of them."""
    if row.unverified is not None:
        return {}
    series_of: dict[int, set[tuple[float, ...]]] = {}
    for record in row.finished:
        if record.trial.precision == PRECISION and record.dropout == 0 and record.losses:
            series_of.setdefault(record.trial.seed, set()).add(record.losses)
    return {
        seed: Losses.combine([_of(losses) for losses in series])
        for seed, series in series_of.items()
    }


def _of(losses: Sequence[float]) -> Losses:
    """Of one trial, as many as are recorded at most: a short training has fewer."""
    padded = np.full(RECORDED_LOSSES, np.nan)
    recorded = losses[:RECORDED_LOSSES]
    padded[: len(recorded)] = recorded
    return Losses(padded, padded)


def _objection(
    place: int, rows: Sequence[Row], losses: Sequence[Mapping[int, Losses]]
) -> str | None:
    for seed, own in losses[place].items():
        peers = [peer for peer in range(len(rows)) if peer != place and seed in losses[peer]]
        if not peers:
            continue
        theirs = Losses.combine([losses[peer][seed] for peer in peers])
        frameworks = {rows[peer].key.framework for peer in peers}
        step = _departure(own, theirs, LONE_STEPS if len(frameworks) == 1 else RECORDED_LOSSES)
        if step is not None:
            return _words(own, theirs, step, lonely=len(peers) == 1)
    return None


def _departure(own: Losses, peers: Losses, steps: int) -> int | None:
    middle = np.abs(peers.low + peers.high) / 2
    # Differences are held against the loss of the step, or of the first where that is more.
    scale = np.fmax(middle, middle[0])
    drift = np.fmax.accumulate(peers.high - peers.low)
    slack = TOLERANCE * scale + SPREADS * drift
    departs = (own.low < peers.low - slack) | (own.high > peers.high + slack)
    steps_off = np.flatnonzero(departs[:steps])
    return int(steps_off[0]) if len(steps_off) else None


def _words(own: Losses, peers: Losses, step: int, lonely: bool) -> str:
    loss = own.low[step] if own.low[step] < peers.low[step] else own.high[step]
    theirs = " to ".join(
        dict.fromkeys((units.format_loss(peers.low[step]), units.format_loss(peers.high[step])))
    )
    if lonely:
        return (
            f"the losses of the only two verified rows disagree at step {step + 1} "
            f"({units.format_loss(loss)} and {theirs}), and two cannot tell which one is right"
        )
    return (
        f"its loss at step {step + 1} is {units.format_loss(loss)}, where that of its peers is "
        f"{theirs}: with these batches it does not take their training steps"
    )
