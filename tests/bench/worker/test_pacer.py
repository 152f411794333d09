from hypothesis import given
from hypothesis import strategies as st

from bench.worker.loop import Pacer


def blocks(pacer: Pacer, steps: int, spans: int, seconds_per_step: float) -> list[list[int]]:
    """Steps of the blocks of each span, on a machine of constant speed."""
    result = []
    for _ in range(spans):
        done: list[int] = []
        while sum(done) < steps:
            count = pacer.choose_steps(steps - sum(done))
            pacer.adapt(count, count * seconds_per_step)
            done.append(count)
        result.append(done)
    return result


def test_the_first_step_then_growing_blocks_then_blocks_of_the_wanted_duration() -> None:
    pacer = Pacer(block_seconds=0.2, most_steps=1000)
    # 20 ms a step: a block aims at a tenth more than 0.2 s; the rest of 10 joins the last one.
    assert blocks(pacer, 88, 1, 0.02) == [[1, 1, 4, *[12] * 5, 22]]
    assert pacer.settled


def test_a_step_longer_than_a_block_is_a_block() -> None:
    pacer = Pacer(block_seconds=0.2, most_steps=1000)
    assert blocks(pacer, 5, 1, 3.0) == [[1, 1, 1, 1, 1]]


def test_a_span_shorter_than_a_block_is_one_block() -> None:
    pacer = Pacer(block_seconds=0.2, most_steps=1000)
    assert blocks(pacer, 44, 3, 0.002) == [[1, 1, 4, 16, 22], [44], [44]]


def test_a_block_never_holds_more_than_memory_allows() -> None:
    pacer = Pacer(block_seconds=10, most_steps=8)
    assert blocks(pacer, 30, 1, 0.001) == [[1, 1, 4, 8, 8, 8]]


def test_the_slow_first_step_does_not_decide_the_size() -> None:
    pacer = Pacer(block_seconds=1, most_steps=1000)
    pacer.adapt(pacer.choose_steps(100), 60.0)
    assert not pacer.settled
    pacer.adapt(pacer.choose_steps(99), 0.1)
    assert pacer.choose_steps(98) == 4


def test_blocks_that_turn_out_too_short_grow() -> None:
    pacer = Pacer(block_seconds=1, most_steps=1000)
    for seconds in (9.0, 1.0):
        pacer.adapt(pacer.choose_steps(1000), seconds)
    assert (pacer.settled, pacer.choose_steps(1000)) == (True, 2)
    pacer.adapt(2, 0.02)
    assert pacer.choose_steps(1000) == 110
    # The end of a span says nothing; a block that is long enough changes nothing.
    pacer.adapt(3, 0.0001)
    pacer.adapt(110, 1.7)
    assert pacer.choose_steps(1000) == 110


@given(
    steps=st.integers(1, 300),
    spans=st.integers(1, 4),
    most=st.integers(1, 50),
    seconds=st.floats(1e-6, 10),
)
def test_every_step_is_in_exactly_one_block(
    steps: int, spans: int, most: int, seconds: float
) -> None:
    pacer = Pacer(0.2, most)
    for span in blocks(pacer, steps, spans, seconds):
        assert sum(span) == steps
        assert min(span) >= 1
        assert max(span) <= most


@given(seconds=st.floats(1e-3, 0.5))
def test_settled_blocks_last_at_least_the_wanted_duration(seconds: float) -> None:
    pacer = Pacer(0.2, 10_000)
    (span,) = blocks(pacer, 2_000, 1, seconds)
    growing = next(place for place, steps in enumerate(span) if steps * seconds >= 0.2)
    assert all(steps * seconds >= 0.2 for steps in span[growing:])
