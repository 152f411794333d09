"""The findings in plain English, as strings that the template escapes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from reports.content.cells import format_interval, format_ratio
from reports.ranking import first_steps, gate
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import Row
from reports.statistics.intervals import CONFIDENCE, LEAST_FOR_BOOTSTRAP, compute_coverage
from reports.statistics.quantiles import find_extremes
from reports.text import titles, units
from reports.trials import certificates

RATE = "samples/s"
UNSURE = "Without repeated invocations, nobody knows how certain this is."


def write_headline(comparison: Comparison) -> str:
    """One line: who is fastest and by how much, or that nothing can be ranked and why."""
    ranked = comparison.ranked
    if len(ranked) < 2:
        return _nothing_to_rank(comparison)
    return " ".join(filter(None, (_lead(ranked), _left_out(comparison))))


def write_finding(comparison: Comparison) -> str:
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


def list_refusals(comparison: Comparison) -> dict[str, str]:
    """Why each row that is refused is not ranked, by its label."""
    return {row.label: str(row.refusal) for row in comparison.refused}


def describe_proof(comparison: Comparison) -> str:
    """How many rows are verified, and the largest errors among those, known defects too."""
    rows = [row for row in comparison.rows if row.unverified is None]
    if not rows:
        return f"None of {titles.format_count(len(comparison.rows), 'row')} is verified."
    distinct = certificates.collect_certificates(record for row in rows for record in row.records)
    errors = titles.join_words(certificates.describe_worst_errors(distinct))
    defects = titles.join_words(certificates.summarize_defects(distinct))
    excused = f" Known defects of a framework exceed the limit: {defects}." if defects else ""
    count = f"{len(rows)} of {titles.format_count(len(comparison.rows), 'row')}"
    return f"{count} {_are(rows)} verified. The largest error is {errors}.{excused}"


def _are(rows: Sequence[Row]) -> str:
    return "is" if len(rows) == 1 else "are"


def describe_gates(comparison: Comparison) -> str:
    """What its rows were held against to be ranked, beyond their certificates."""
    parts = (describe_losses_gate(comparison), describe_accuracy_gate(comparison))
    return " ".join(filter(None, parts))


def describe_accuracy_gate(comparison: Comparison) -> str:
    """What the accuracies were held against, or why they were not; empty if no trial finished."""
    verified = [row for row in comparison.rows if gate.is_peer(row)]
    if not any(row.finished for row in comparison.rows):
        return ""
    if titles.is_synthetic(comparison.work.dataset):
        return "The data are random, so accuracy means nothing here and no row is judged by it."
    if comparison.test_samples is None:
        return (
            "The records do not say how many test samples there were, so no row is judged by its "
            "accuracy."
        )
    if len(verified) < 2:
        departed = any(row.departed is not None for row in comparison.rows)
        which = "verified rows with the same first losses" if departed else "verified rows"
        return f"There are fewer than two {which}, so no row is judged by its accuracy."
    samples = titles.format_count(comparison.test_samples, "sample")
    return (
        f"The test accuracy of each verified row, on {samples}, was compared with the accuracies "
        "of the other verified rows."
    )


def describe_losses_gate(comparison: Comparison) -> str:
    """Whether first losses were held against each other, or why not; empty if no trial finished."""
    if not any(row.finished for row in comparison.rows):
        return ""
    if first_steps.count_comparable(comparison.rows) > 1:
        return (
            "The losses of each verified row's first steps were compared with those of the other "
            "verified rows: all start from the same weights and batches."
        )
    if comparison.work.precision != first_steps.PRECISION:
        return (
            "In reduced precision, the losses of the first steps differ too much to judge a row "
            "by them."
        )
    if any(record.dropout for record in comparison.records):
        return (
            "The model drops units at random, and each framework drops different ones, so no row "
            "is judged by the losses of its first steps."
        )
    return ""


def explain_intervals(comparison: Comparison) -> str:
    """What the intervals of this comparison are made from, what they cover, and what not."""
    counts = [row.throughput.count for row in comparison.timed]
    if not counts:
        return ""
    if max(counts) == 1:
        who = "Each row is" if len(counts) > 1 else "The row is"
        return (
            f"{who} a single invocation, which is one process. So no number has an interval, and "
            "nobody knows how much another start would change it."
        )
    runs = "one run" if len(comparison.runs) == 1 else f"{len(comparison.runs)} runs"
    parts = (
        "Each number is the median over a row's invocations; each invocation is a fresh process.",
        *_explain_parentheses(sorted(set(counts), reverse=True)),
        f"All numbers are from {runs} on one machine and say nothing about another day or another "
        "machine.",
    )
    return " ".join(parts)


def _explain_parentheses(counts: Sequence[int]) -> Iterator[str]:
    kinds = " or ".join(_describe_interval(count) for count in counts if count > 1)
    yield f"Parentheses show {kinds}."
    if any(1 < count < LEAST_FOR_BOOTSTRAP for count in counts):
        yield f"Fewer than {LEAST_FOR_BOOTSTRAP} invocations have no {CONFIDENCE:.0%} interval."
    if 1 in counts:
        yield "A single invocation has no interval."


def _describe_interval(count: int) -> str:
    if count >= LEAST_FOR_BOOTSTRAP:
        return f"a {CONFIDENCE:.0%} bootstrap interval ({count} invocations)"
    share = f"{100 * compute_coverage(count, 1):g}"
    return (
        f"the minimum and maximum ({count} invocations; covers the true median in {share}% of runs)"
    )


def _speeds(comparison: Comparison) -> str:
    ranked = comparison.ranked
    if len(ranked) < 2:
        return _nothing_to_rank(comparison)
    first, others = ranked[0], ranked[1:]
    led = "had the highest median," if _close(ranked) else "was fastest at"
    ratios = _multiples(others, first, "reached")
    return f"{_who(first)} {led} {_speed(first)}. As multiples of its speed, {ratios}."


def _multiples(rows: Iterable[Row], first: Row, verb: str) -> str:
    ratios = [(_who(row), row.estimate_ratio_to(first)) for row in rows]
    return titles.join_words([f"{who} {verb} {format_ratio(ratio)}" for who, ratio in ratios])


def _speed(row: Row) -> str:
    return f"{format_interval(row.throughput, units.format_number)} {RATE}"


def _lead(ranked: tuple[Row, ...]) -> str:
    """How far the first is ahead of the second, where there is an order between them."""
    first, second = ranked[:2]
    speed = _speed(first)
    if close := _close(ranked):
        return (
            f"{_who(first)} has the highest median, {speed}, but this run cannot distinguish it "
            f"from {_multiples(close, first, 'at')}."
        )
    lead = first.estimate_ratio_to(second)
    ratio = format_ratio(lead)
    unsure = "" if lead.exists else f" {UNSURE}"
    return f"{_who(first)} is fastest at {speed}, {ratio} the speed of {_who(second)}.{unsure}"


def _left_out(comparison: Comparison) -> str:
    rows = comparison.refused
    if not rows:
        return ""
    names = titles.join_words([_who(row) for row in rows])
    return f"{names} {_are(rows)} not ranked."


def _nothing_to_rank(comparison: Comparison) -> str:
    if not comparison.timed:
        return _no_speed(comparison)
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in comparison.refused:
        if row.throughput.count:
            reasons[str(row.refusal)].append(_who(row))
    out = "; ".join(
        f"{titles.join_words(names)} {units.DASH} {reason}" for reason, names in reasons.items()
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


def _overlap(ranked: tuple[Row, ...]) -> str:
    """A warning where rows cannot be told apart from the first; a median alone may mislead."""
    close = _close(ranked)
    if not close:
        return ""
    names = titles.join_words([_who(row) for row in close])
    return (
        f"This run cannot distinguish {_who(ranked[0])} from {names}, so their order means nothing."
    )


def _close(ranked: tuple[Row, ...]) -> list[Row]:
    return [row for row in ranked[1:] if row.differs_from(ranked[0]) is False]


def _accuracies(comparison: Comparison) -> str:
    if titles.is_synthetic(comparison.work.dataset):
        return ""
    spread = find_extremes(
        value for row in comparison.ranked for value in row.values("test_accuracy")
    )
    if not spread.count:
        return ""
    span = units.format_span(spread.low, spread.high, units.format_percent)
    return f"Test accuracy after {titles.format_count(comparison.work.epochs, 'epoch')}: {span}%."


def _unfinished(comparison: Comparison) -> str:
    lost = [row for row in comparison.rows if len(row.finished) < len(row.records)]
    return " ".join(f"{_ends(row)}." for row in lost)


def _ends(row: Row) -> str:
    counts = Counter(record.status for record in row.records if record.status != "ok")
    if len(row.records) == 1:
        return f"{_who(row)} {titles.describe_end(row.records[0].status)}"
    ends = [f"{number} {titles.describe_end(status)}" for status, number in counts.items()]
    return f"Of {len(row.records)} trials of {_who(row)}, {titles.join_words(ends)}"


def _who(row: Row) -> str:
    return row.key.short_label
