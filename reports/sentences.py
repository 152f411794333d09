"""The findings in plain English, as strings that the template escapes."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from bench.results import NOISY_SHARE
from reports import certificates, titles, units
from reports.comparisons import Comparison, Row
from reports.frame import trials
from reports.statistics import extremes, ratio

RATE = "samples/s"
ENDS = {"failed": "failed", "skipped": "was skipped", "timeout": "timed out"}


def headline(comparison: Comparison) -> str:
    """One line: who is fastest and by how much, or that nothing can be ranked and why."""
    ranked = comparison.ranked
    if len(ranked) < 2:
        return _nothing_to_rank(comparison)
    return " ".join(filter(None, (_lead(ranked), _left_out(comparison))))


def finding(comparison: Comparison) -> str:
    """Who was fastest by how much, what did not finish, and whether the accuracies agree.

    Rows that are refused have no part in it but to be named as such.
    """
    parts = [
        _speeds(comparison),
        _overlap(comparison.ranked),
        _accuracies(comparison),
        _unfinished(comparison),
    ]
    return " ".join(filter(None, parts))


def refusals(comparison: Comparison) -> dict[str, str]:
    """Why each row that is refused is not ranked, by its label."""
    return {row.label: str(row.refusal) for row in comparison.refused}


def proof(comparison: Comparison) -> str:
    """How many rows are verified, and the largest errors among those, known defects too."""
    rows = [row for row in comparison.rows if row.verified]
    if not rows:
        return f"None of {titles.count(len(comparison.rows), 'row')} is verified."
    found = certificates.certificates(record for row in rows for record in row.records)
    errors = titles.listing(certificates.worst_in_each_precision(found))
    defects = titles.listing(certificates.defect_summaries(found))
    known = f" Over the limit, as known defects of a framework: {defects}." if defects else ""
    count = f"{len(rows)} of {titles.count(len(comparison.rows), 'row')}"
    return f"{count} {_are(rows)} verified; the largest error is {errors}.{known}"


def _are(rows: Sequence[Row]) -> str:
    return "is" if len(rows) == 1 else "are"


def accuracy_gate(comparison: Comparison) -> str:
    """What the accuracies were held against, or why they were not; empty of no finished trial."""
    verified = [row for row in comparison.rows if row.entry.is_peer]
    if not any(row.finished for row in comparison.rows):
        return ""
    if titles.is_synthetic(comparison.work.dataset):
        return (
            "The data are drawn at random: accuracy means nothing here, and no row is judged by it."
        )
    if comparison.test_samples is None:
        return (
            "The records do not say how many test samples there were, so no row is judged by its "
            "accuracy."
        )
    if len(verified) < 2:
        return "There are no two verified rows, so no row is judged by its accuracy."
    samples = titles.count(comparison.test_samples, "sample")
    return (
        f"The test accuracy of each verified row, on {samples}, was held against that of the other "
        "verified rows."
    )


def caveat(comparison: Comparison) -> str:
    """What the spread of this comparison is evidence of, and what not."""
    counts = [len(row.finished) for row in comparison.timed]
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
    first, *others = comparison.ranked or (None,)
    if first is None or not others:
        return _nothing_to_rank(comparison)
    slower = [f"{_who(row)} {_multiple(row, first)}" for row in others]
    return f"{_who(first)} was fastest at {_speed(first)}; {titles.listing(slower)}."


def _speed(row: Row) -> str:
    spread = row.throughput
    return (
        f"{units.number(spread.median)} {RATE} (25th{units.DASH}75th percentile "
        f"{units.span(spread.low, spread.high, units.number)})"
    )


def _lead(ranked: tuple[Row, ...]) -> str:
    """How far the first is ahead of the second, where there is an order between them."""
    first, second = ranked[:2]
    speed = f"{units.number(first.throughput.median)} {RATE}"
    if close := _close(ranked):
        names = titles.listing([_who(row) for row in close])
        return (
            f"{_who(first)} has the highest median, {speed}, but can hardly be told apart from "
            f"{names}."
        )
    lead = units.multiple(ratio(first.throughput.median, second.throughput.median))
    return f"{_who(first)} is fastest at {speed}, {lead} the speed of {_who(second)}."


def _left_out(comparison: Comparison) -> str:
    rows = comparison.refused
    if not rows:
        return ""
    names = titles.listing([_who(row) for row in rows])
    return f"{names} {_are(rows)} not ranked."


def _nothing_to_rank(comparison: Comparison) -> str:
    """Why there are not two rows to rank."""
    if not comparison.timed:
        return _no_speed(comparison)
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in comparison.refused:
        if row.throughput.count:
            reasons[str(row.refusal)].append(_who(row))
    out = "; ".join(
        f"{titles.listing(names)} {units.DASH} {reason}" for reason, names in reasons.items()
    )
    left_out = f" Not ranked: {out}." if out else ""
    if not comparison.ranked:
        return f"There is nothing to rank.{left_out}"
    (row,) = comparison.ranked
    why = "no other row may be ranked" if out else "no other row has a speed to compare it with"
    return f"There is nothing to rank: {_who(row)} reached {_speed(row)}; {why}.{left_out}"


def _no_speed(comparison: Comparison) -> str:
    if any(row.finished for row in comparison.rows):
        return "No trial ran long enough for a block after warm-up, so there is no throughput."
    return "No trial finished, so there is nothing to compare."


def _multiple(row: Row, first: Row) -> str:
    return units.multiple(ratio(row.throughput.median, first.throughput.median))


def _overlap(ranked: tuple[Row, ...]) -> str:
    """A warning where rows can hardly be told apart from the first; a median alone may mislead."""
    close = _close(ranked)
    if not close:
        return ""
    names = titles.listing([_who(row) for row in close])
    return (
        f"The percentile range of {_who(ranked[0])} overlaps with that of {names}: do not read an "
        "order into them."
    )


def _close(ranked: tuple[Row, ...]) -> list[Row]:
    """The rows whose percentile range reaches into that of the first."""
    return [row for row in ranked[1:] if row.throughput.high >= ranked[0].throughput.low]


def _accuracies(comparison: Comparison) -> str:
    if titles.is_synthetic(comparison.work.dataset):
        return ""
    finished = [record for row in comparison.ranked for record in row.finished]
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
