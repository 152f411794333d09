"""Times that cannot be those of their work."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec import structs

from bench.records.results import Record
from reports.ranking.comparisons import compare

MakeRecord = Callable[..., Record]
# Of the records that the fixture makes: five blocks of about a second.
BLOCK = 1.0


def refusals(*records: Record) -> list[str | None]:
    (comparison,) = compare(records)
    return [row.refusal for row in comparison.rows]


def with_pending(record: Record, share: float) -> Record:
    block = sorted(block.seconds for block in record.measured_blocks)[2]
    return with_pending_seconds(record, share * block)


def with_pending_seconds(record: Record, seconds: float | None) -> Record:
    return replace(record, seconds=structs.replace(record.seconds, pending_seconds=seconds))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.09])
def test_what_reading_a_loss_takes_refuses_nobody(share: float, record: MakeRecord) -> None:
    assert refusals(record(), with_pending(record("mxnet"), share)) == [None, None]


def test_work_that_was_pending_does(record: MakeRecord) -> None:
    *ranked, reason = refusals(record(), with_pending(record("mxnet"), 40.0))
    assert ranked == [None]
    assert reason is not None
    assert "does not wait for its device" in reason
    assert "another 4,000% of a block's time" in reason


def test_one_disturbed_invocation_refuses_no_row(
    invocations: Callable[..., list[Record]],
) -> None:
    first, *others = invocations("pytorch", [1.0, 1.0, 1.0])
    quiet = [with_pending(one, 0.0) for one in others]
    assert refusals(with_pending(first, 3.0), *quiet) == [None]


def test_a_record_from_before_says_nothing_of_it(record: MakeRecord) -> None:
    assert refusals(with_pending_seconds(record(), None)) == [None]


def test_the_devices_own_events_tell_too(record: MakeRecord) -> None:
    blocks = record().blocks
    slow = tuple(structs.replace(block, device_seconds=3 * block.seconds) for block in blocks)
    little = tuple(structs.replace(block, device_seconds=1.05 * block.seconds) for block in blocks)
    assert refusals(record(blocks=little)) == [None], "that is a doubt, and no refusal"
    (reason,) = refusals(record(blocks=slow))
    assert reason is not None
    assert "a block lasted 3.00 times as long as by the host's clock" in reason


def test_nothing_computes_faster_than_its_arithmetic_allows(record: MakeRecord) -> None:
    honest = record()
    step = sorted(block.seconds / block.steps for block in honest.measured_blocks)[2]
    assert honest.ceilings is not None
    rate = honest.ceilings.operations_per_second
    assert rate is not None
    for share, refused in ((0.9, False), (3.9, False), (4.1, True)):
        cost = structs.replace(honest.cost, operations=share * rate * step)
        (reason,) = refusals(replace(honest, cost=cost))
        assert (reason is not None) is refused, share
        if reason:
            assert "faster than its own arithmetic allows: 4.10 times" in reason
