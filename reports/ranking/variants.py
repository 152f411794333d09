"""What another mode, settings, layout, variables or the framework's own loader change."""

from dataclasses import replace

from bench.job import NATIVE, PREPARED
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import DEFAULT, Key, Row

# The mode that others are held against, where a framework has it: what its users start with.
EAGER = "eager"


def find_baseline(comparison: Comparison, row: Row) -> Row | None:
    """The row of the same framework and version that differs least from what users start with.

    Default settings, the framework's own layout, prepared arrays, no variables of the plan, eager
    mode if there is one. None where there is no such row, or it is the row itself.
    """
    plain = [
        other
        for other in comparison.rows
        if other.key.edition == row.key.edition
        and (other.key.settings, other.key.layout, other.key.input) == (DEFAULT, NATIVE, PREPARED)
        and not other.key.variables
    ]
    if not plain:
        return None
    baseline = min(plain, key=lambda other: (other.key.mode != EAGER, other.key.mode))
    return None if baseline.key == row.key else baseline


def select_variants(comparison: Comparison) -> Comparison:
    """The comparison with those rows only that have a baseline, each group below its baseline."""
    groups: dict[Key, list[Row]] = {}
    for row in comparison.rows:
        baseline = find_baseline(comparison, row)
        if baseline is not None:
            groups.setdefault(baseline.key, [baseline]).append(row)
    ordered = sorted(groups, key=lambda key: key.label)
    return replace(comparison, rows=tuple(row for key in ordered for row in groups[key]))
