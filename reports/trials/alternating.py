"""Two invocations that took turns: their blocks side by side, and what they come to.

The n-th block of each was trained right before or after the n-th of the other one. What the machine
did meanwhile is in both, and not in their ratio.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.stats import trim_mean

from bench.records.results import Record
from reports.statistics.quantiles import compute_throughput
from reports.statistics.resampling import Floats

# The finished records that took turns, by run and name.
Partners = Mapping[tuple[str, str], Record]

# Of the blocks of a pair, on each side. It makes more of few blocks than a median does, and what
# disturbed single ones is as little in it (Wilcox 2012, "Introduction to robust estimation and
# hypothesis testing", section 3.3, on 20 %).
TRIM = 0.2


def compute_ratios(record: Record, partner: Record) -> Floats:
    """Logarithms of the record's throughput by its partner's, of blocks past warm-up in both."""
    rates = [
        [compute_throughput(block.samples, block.seconds) for block in (mine, other)]
        for mine, other in zip(record.blocks, partner.blocks, strict=False)
        if not (mine.warmup or other.warmup)
    ]
    positive = np.array(rates, dtype=np.float64).reshape(-1, 2)
    positive = positive[np.isfinite(positive).all(axis=1) & (positive > 0).all(axis=1)]
    logarithms: Floats = np.log(positive[:, 0] / positive[:, 1])
    return logarithms


def average_ratios(logarithms: Floats) -> float:
    """What the blocks of a pair come to: a mean of the logarithms without the ends."""
    return float(trim_mean(logarithms, TRIM))


def index_partners(records: Iterable[Record]) -> Partners:
    """Those among the records that another one can have taken turns with."""
    return {
        (record.run, record.trial.id): record
        for record in records
        if record.in_turns_with is not None and record.status == "ok"
    }


def find_partner(record: Record, partners: Partners) -> Record | None:
    """Return the record that a finished one took turns with, if that finished too."""
    if record.in_turns_with is None or record.status != "ok":
        return None
    return partners.get((record.run, record.in_turns_with))


def divide_by_partner(records: Sequence[Record]) -> list[float]:
    """Return each record's throughput as a multiple of its partner's; NaN without a partner."""
    partners = index_partners(records)
    multiples = []
    for record in records:
        partner = find_partner(record, partners)
        logarithms = compute_ratios(record, partner) if partner else np.array([])
        multiples.append(np.exp(average_ratios(logarithms)) if logarithms.size else np.nan)
    return multiples
