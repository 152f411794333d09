"""The noise probe: its statistics by textbook values, its times by a clock that the test owns."""

import pytest

from bench.host.machine.speed import (
    LEAST_PIECES,
    Noise,
    judge_noise,
    summarize_durations,
    time_pieces,
)


class SteadyClock:
    """Goes on by the same time at each look."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_quartiles_are_linear_between_the_nearest() -> None:
    # R's type 7, NumPy's default: of 1..9 the quartiles are 3, 5 and 7.
    noise = summarize_durations([9, 1, 8, 2, 7, 3, 6, 4, 5])
    assert noise == Noise(pieces=9, median_seconds=5, relative_iqr=4 / 5, worst_ratio=9 / 5)
    assert summarize_durations([1, 2, 3, 10]).relative_iqr == pytest.approx((4.75 - 1.75) / 2.5)


def test_pieces_are_repeated_for_the_time_asked_for() -> None:
    noise = time_pieces(1, seconds=1.0, clock=SteadyClock(0.01))
    # Two looks at the clock a piece: one before and one after.
    assert noise.pieces == 50
    assert noise.median_seconds == pytest.approx(0.01)
    assert noise.relative_iqr == pytest.approx(0.0, abs=1e-9)


def test_a_slow_processor_does_enough_pieces_all_the_same() -> None:
    assert time_pieces(1, seconds=1.0, clock=SteadyClock(60.0)).pieces == LEAST_PIECES


def test_every_thread_has_its_pieces() -> None:
    assert time_pieces(2, seconds=0.0).pieces == 2 * LEAST_PIECES


@pytest.mark.parametrize(("iqr", "verdict"), [(0.049, "ok"), (0.051, "note")])
def test_the_middle_half_is_judged_and_a_single_piece_is_not(iqr: float, verdict: str) -> None:
    finding = judge_noise(Noise(100, 0.01, iqr, 9.0), threads=2)
    assert finding.verdict == verdict
    for words in ("median 10.00 ms", f"{iqr:.1%}", "9.00 times"):
        assert words in finding.detail
