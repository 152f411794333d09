"""The figures of all runs as a table: medians with their spread, and ratios."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from bench.host.machine.description import describe_machine
from tests.cost.checkouts import Checkout
from tests.cost.jobs import Result

SCHEMA = 1


def to_rows(results: Sequence[Result], checkouts: Sequence[Checkout]) -> list[dict[str, str]]:
    """Return a line for each quantity: of each revision the median and the range of its runs.

    With two revisions, the last column is how much the first one takes of what the second one
    does: the ratio of the medians, and the range of the ratios run by run.
    """
    quantities = dict.fromkeys((result.quantity, result.unit) for result in results)
    rows = []
    for quantity, unit in quantities:
        values = [_select(results, checkout, quantity) for checkout in checkouts]
        row = {"quantity": f"{quantity} ({unit})"}
        for checkout, own in zip(checkouts, values, strict=True):
            row[f"{checkout.revision} ({checkout.commit[:7]})"] = _describe(own, 1)
        if len(values) == 2:
            row["ratio"] = _describe_ratio(*values)
        failures = {result.failure for result in results if result.quantity == quantity}
        row["failed"] = "; ".join(sorted(filter(None, failures)))
        rows.append(row)
    return rows


def _select(results: Sequence[Result], checkout: Checkout, quantity: str) -> list[float | None]:
    return [
        result.value
        for result in results
        if (result.revision, result.quantity) == (checkout.revision, quantity)
    ]


def _describe(values: Sequence[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "unknown"
    text = f"{median(known):,.{digits}f}"
    if len(known) > 1:
        text += f" ({min(known):,.{digits}f} to {max(known):,.{digits}f})"
    return text


def _describe_ratio(first: Sequence[float | None], second: Sequence[float | None]) -> str:
    pairs = [
        (one, other)
        for one, other in zip(first, second, strict=True)
        if one is not None and other is not None
    ]
    if not pairs:
        return "unknown"
    ratios = [one / other for one, other in pairs]
    of_medians = median(one for one, _ in pairs) / median(other for _, other in pairs)
    spread = f" ({min(ratios):.2f} to {max(ratios):.2f})" if len(ratios) > 1 else ""
    return f"{of_medians:.2f}{spread}"


def to_document(results: Sequence[Result], checkouts: Sequence[Checkout]) -> dict[str, Any]:
    """Return every figure, for JSON."""
    return {
        "schema": SCHEMA,
        "machine": describe_machine(),
        "commits": {checkout.revision: checkout.commit for checkout in checkouts},
        "results": [asdict(result) for result in results],
    }
