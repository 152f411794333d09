"""The findings in plain English, as strings that the template escapes."""

from collections import Counter

from bench.results import NOISY_SHARE
from reports import titles, units
from reports.comparisons import Comparison, Row
from reports.frame import trials
from reports.statistics import extremes, ratio

RATE = "samples/s"
ENDS = {"failed": "failed", "skipped": "was skipped", "timeout": "timed out"}


def finding(comparison: Comparison) -> str:
    """Who was fastest by how much, what did not finish, and whether the accuracies agree."""
    ranked = comparison.ranked
    parts = [
        _speeds(comparison),
        _overlap(ranked),
        _accuracies(comparison),
        _unfinished(comparison),
    ]
    return " ".join(filter(None, parts))


def caveat(comparison: Comparison) -> str:
    """What the spread of this comparison is evidence of, and what not."""
    counts = [len(row.finished) for row in comparison.ranked]
    if not counts:
        return ""
    if max(counts) == 1:
        who = "Each row is one trial" if len(counts) > 1 else "The row is one trial"
        return (
            f"{who}, that is one process. The spread is that of blocks of steps within it: it "
            "says nothing yet on how much another start, another day or another machine changes."
        )
    single = counts.count(1)
    alone = f" {titles.count(single, 'row')} of {len(counts)} had one trial only." if single else ""
    return (
        f"The blocks of a row's trials, {max(counts)} at most, are pooled.{alone} The spread is "
        "that of blocks within and between these few processes on one machine; it says nothing "
        "yet on another day or another machine."
    )


def doubt(comparison: Comparison) -> str:
    """Which trials shared the processors with other programs; empty where none did."""
    shares = [
        (row.label, record.load.get("other_share", 0.0))
        for row in comparison.rows
        for record in row.finished
    ]
    noisy = [(label, share) for label, share in shares if share > NOISY_SHARE]
    if not noisy:
        return ""
    worst = max(share for _, share in noisy)
    names = "; ".join(dict.fromkeys(label for label, _ in noisy))
    return (
        f"Other programs took up to {worst:.0%} of the processors' time while trials ran "
        f"({names}): these numbers are doubtful. Measure again on a quiet machine."
    )


def _speeds(comparison: Comparison) -> str:
    ranked = comparison.ranked
    if not ranked:
        return _no_speed(comparison)
    first, *others = ranked
    spread = first.throughput
    speed = (
        f"{units.number(spread.median)} {RATE} (25th{units.DASH}75th percentile "
        f"{units.span(spread.low, spread.high, units.number)})"
    )
    if not others:
        return f"{_who(first)} reached {speed}; no other row has a speed to compare it with."
    slower = [f"{_who(row)} {_multiple(row, first)}" for row in others]
    return f"{_who(first)} was fastest at {speed}; {titles.listing(slower)}."


def _no_speed(comparison: Comparison) -> str:
    if any(row.finished for row in comparison.rows):
        return "No trial ran long enough for a block after warm-up, so there is no throughput."
    return "No trial finished, so there is nothing to compare."


def _multiple(row: Row, first: Row) -> str:
    return units.multiple(ratio(row.throughput.median, first.throughput.median))


def _overlap(ranked: tuple[Row, ...]) -> str:
    """A warning where rows can hardly be told apart from the first; a median alone may mislead."""
    close = [row for row in ranked[1:] if row.throughput.high >= ranked[0].throughput.low]
    if not close:
        return ""
    names = titles.listing([_who(row) for row in close])
    return (
        f"The percentile range of {_who(ranked[0])} overlaps with that of {names}: do not read an "
        "order into them."
    )


def _accuracies(comparison: Comparison) -> str:
    finished = [record for row in comparison.rows for record in row.finished]
    spread = extremes(trials(finished)["test_accuracy"])
    if not spread.count:
        return ""
    span = units.span(spread.low, spread.high, units.percent)
    return f"Test accuracy after {titles.count(comparison.work.epochs, 'epoch')}: {span}%."


def _unfinished(comparison: Comparison) -> str:
    lost = [row for row in comparison.rows if len(row.finished) < len(row.records)]
    return " ".join(f"{_ends(row)}." for row in lost)


def _ends(row: Row) -> str:
    counts = Counter(record.status for record in row.records if record.status != "ok")
    if len(row.records) == 1:
        return f"{_who(row)} {ENDS[row.records[0].status]}"
    ends = [f"{number} {ENDS[status]}" for status, number in counts.items()]
    return f"Of {len(row.records)} trials of {_who(row)}, {titles.listing(ends)}"


def _who(row: Row) -> str:
    settings = "" if row.settings == "default" else f", {row.settings} settings"
    return f"{row.product} ({row.mode}{settings})"
