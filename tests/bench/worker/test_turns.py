"""Two workers that pass a turn to each other, as threads with real pipes between them."""

import os
import threading
from collections.abc import Callable

from bench.job import Turns
from bench.worker.process import Partner


def make_pair() -> tuple[Turns, Turns]:
    first_reads, second_writes = os.pipe()
    second_reads, first_writes = os.pipe()
    return Turns(first_reads, first_writes, True), Turns(second_reads, second_writes, False)


def close(turns: Turns) -> None:
    """What the end of a process does."""
    os.close(turns.reads)
    os.close(turns.writes)


def together(*actions: Callable[[], None]) -> None:
    threads = [threading.Thread(target=action, daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def worker(turns: Turns, name: str, blocks: int, done: list[str]) -> Callable[[], None]:
    """Works off so many blocks and ends."""

    def work() -> None:
        other = Partner(turns)
        other.begin()
        for _ in range(blocks):
            done.append(name)
            other.pass_on()
        close(turns)

    return work


def test_blocks_alternate_and_who_is_left_goes_on_alone() -> None:
    done: list[str] = []
    first, second = make_pair()
    together(worker(second, "b", 6, done), worker(first, "a", 3, done))
    assert "".join(done) == "abababbbb"


def test_the_first_one_may_have_more_to_do() -> None:
    done: list[str] = []
    first, second = make_pair()
    together(worker(first, "a", 5, done), worker(second, "b", 2, done))
    assert "".join(done) == "ababaaa"


def test_a_partner_that_dies_before_its_first_turn_holds_nobody_up() -> None:
    done: list[str] = []
    first, second = make_pair()
    close(second)
    together(worker(first, "a", 3, done))
    assert done == ["a"] * 3


def test_waiting_is_told_only_where_there_was_somebody_to_wait_for() -> None:
    first, second = make_pair()
    other = Partner(first)
    os.write(second.writes, b"t")
    waited = other.pass_on()
    assert waited is not None
    assert waited >= 0
    close(second)
    assert other.pass_on() is None
    assert other.pass_on() is None
    close(first)


def test_no_child_of_a_worker_holds_the_turn() -> None:
    first, second = make_pair()
    for descriptor in (first.reads, first.writes):
        os.set_inheritable(descriptor, True)
    Partner(first)
    assert not os.get_inheritable(first.reads)
    assert not os.get_inheritable(first.writes)
    close(first)
    close(second)


def test_a_worker_that_has_the_machine_to_itself_waits_for_nobody() -> None:
    alone = Partner(None)
    alone.begin()
    assert alone.pass_on() is None
