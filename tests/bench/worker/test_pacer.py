from hypothesis import given
from hypothesis import strategies as st

from bench.worker.pacer import Pacer


def blocks(pacer: Pacer, steps: int, epochs: int, seconds_per_step: float) -> list[list[int]]:
    """Steps of the blocks of each epoch, on a machine of constant speed."""
    result = []
    for _ in range(epochs):
        done: list[int] = []
        while sum(done) < steps:
            count = pacer.next_steps(steps - sum(done))
            pacer.record(count, count * seconds_per_step)
            done.append(count)
        result.append(done)
    return result


def test_first_step_then_warmup_then_blocks_of_the_wanted_duration() -> None:
    pacer = Pacer(warmup_steps=20, block_seconds=0.2, most_steps=1000)
    # 20 ms a step: ten steps a block; the rest of 4 joins the block before it.
    assert blocks(pacer, 124, 1, 0.02) == [[1, 19, *[10] * 9, 14]]


def test_an_epoch_shorter_than_a_block_is_one_block() -> None:
    pacer = Pacer(warmup_steps=20, block_seconds=0.2, most_steps=1000)
    assert blocks(pacer, 44, 3, 0.002) == [[1, 19, 24], [44], [44]]


def test_warmup_takes_the_rest_of_a_short_epoch() -> None:
    pacer = Pacer(warmup_steps=20, block_seconds=0.2, most_steps=1000)
    assert blocks(pacer, 22, 2, 0.002) == [[1, 21], [22]]


def test_a_block_never_holds_more_than_memory_allows() -> None:
    pacer = Pacer(warmup_steps=20, block_seconds=10, most_steps=8)
    assert blocks(pacer, 30, 1, 0.001) == [[1, 8, 8, 3, 8, 2]]


def test_the_slow_first_step_does_not_decide_the_size() -> None:
    pacer = Pacer(warmup_steps=2, block_seconds=1, most_steps=1000)
    pacer.record(pacer.next_steps(100), 60.0)
    assert pacer.warming_up
    pacer.record(pacer.next_steps(99), 0.1)
    assert not pacer.warming_up
    assert pacer.next_steps(98) == 10


def test_far_too_short_blocks_grow() -> None:
    pacer = Pacer(warmup_steps=2, block_seconds=1, most_steps=1000)
    for seconds in (1.0, 1.0):
        pacer.record(pacer.next_steps(1000), seconds)
    assert pacer.next_steps(1000) == 1
    pacer.record(1, 0.01)
    assert pacer.next_steps(1000) == 100
    pacer.record(100, 0.7)
    assert pacer.next_steps(1000) == 100


@given(
    steps=st.integers(1, 300),
    epochs=st.integers(1, 4),
    warmup=st.integers(1, 50),
    most=st.integers(1, 50),
    seconds=st.floats(1e-6, 10),
)
def test_every_step_is_in_exactly_one_block(
    steps: int, epochs: int, warmup: int, most: int, seconds: float
) -> None:
    pacer = Pacer(warmup, 0.2, most)
    for epoch in blocks(pacer, steps, epochs, seconds):
        assert sum(epoch) == steps
        assert min(epoch) >= 1
        assert max(epoch) <= most
