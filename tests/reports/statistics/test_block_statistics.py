"""The statistics of many records' blocks at once, against those of one list of numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.records.parts import TimedBlock
from reports.statistics.block_statistics import Blocks
from reports.statistics.quantiles import (
    compute_median,
    compute_quartiles,
    compute_relative_iqr,
    compute_throughput,
)
from tests.reports.conftest import make_record

COUNTS = st.integers(0, 3) | st.integers(0, 2**53)
SECONDS = st.floats(0, 10) | st.sampled_from([math.nan, math.inf, 5e-324, 1e300])
BLOCKS = st.builds(TimedBlock, COUNTS, COUNTS, SECONDS, st.booleans(), st.none() | SECONDS)


@given(st.lists(st.lists(BLOCKS, max_size=9).map(tuple), max_size=6))
def test_they_are_those_of_each_record_by_itself(found: list[tuple[TimedBlock, ...]]) -> None:
    records = [make_record(blocks=blocks) for blocks in found]
    blocks = Blocks(records)
    spreads = blocks.compute_spreads(blocks.throughput)

    for place, record in enumerate(records):
        measured = record.measured_blocks
        rates = [compute_throughput(block.samples, block.seconds) for block in measured]
        wanted = compute_quartiles(rates)
        assert spreads.count[place] == wanted.count
        shown = (spreads.low[place], spreads.median[place], spreads.high[place])
        assert shown == pytest.approx((wanted.low, wanted.median, wanted.high), nan_ok=True)
        width = spreads.relative_width[place]
        assert width == pytest.approx(compute_relative_iqr(rates), nan_ok=True)
        steps = [block.seconds / block.steps for block in measured if block.steps]
        shown_steps = blocks.compute_medians(blocks.step_seconds)[place]
        assert shown_steps == pytest.approx(compute_median(steps), nan_ok=True)


def test_a_median_is_the_same_to_the_bit() -> None:
    """Pages of one run must not differ by how many others were read with it."""
    seconds = [0.1, 0.2, 0.30000000000000004, 0.7]
    blocks = tuple(TimedBlock(1, 1, one, False) for one in seconds)
    found = Blocks([make_record(blocks=blocks)])

    assert found.compute_spreads(found.seconds).median[0] == float(np.median(seconds))


def test_the_two_clocks() -> None:
    """10 %, 20 % and a block that has no events."""
    blocks = tuple(TimedBlock(1, 1, 2.0, False, device) for device in (2.2, 1.6, None))
    found = Blocks([make_record(blocks=blocks)])

    assert found.compute_medians(found.clock_difference).tolist() == pytest.approx([0.15])
    assert found.owners.tolist() == [0, 0, 0]
    assert found.numbers.tolist() == [1, 2, 3]


def test_of_no_record_there_is_nothing() -> None:
    found = Blocks([])

    assert found.compute_spreads(found.throughput).median.tolist() == []
