"""Two sides of a comparison, made of invocations with known speeds."""

import random
from collections.abc import Sequence
from typing import Any

from bench.records.results import Record
from reports.compare.outcome import CompareResult, compare_sides
from reports.compare.sides import Side
from tests.reports.conftest import make_invocations


def make_speeds(middle: float, count: int = 10, spread: float = 0.01, seed: int = 1) -> list[float]:
    """Speeds around a middle, no two of them equal."""
    generator = random.Random(f"{middle} {seed}")
    return [middle * generator.lognormvariate(0, spread) for _ in range(count)]


def make_side(framework: str, middle: float, **changes: Any) -> list[Record]:
    """Invocations of a framework around a speed."""
    shape = {name: changes.pop(name) for name in ("count", "spread", "seed") if name in changes}
    return make_invocations(framework, make_speeds(middle, **shape), **changes)


def outcome_of(base: Sequence[Record], head: Sequence[Record], **how: Any) -> CompareResult:
    """What comparing them comes to."""
    sides = (Side("BASE", "base", tuple(base)), Side("HEAD", "head", tuple(head)))
    return compare_sides(*sides, **how)
