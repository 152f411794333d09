"""Which rows may be ranked."""

import math
from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.ranking.gate import (
    NO_ACCURACY,
    NO_THROUGHPUT,
    NO_TRIAL,
    Band,
    compute_band,
    compute_standard_error,
    find_refusals,
)
from reports.ranking.rows import ACCURACY, THROUGHPUT, Key, Row
from tests.reports.conftest import make_certificate, make_record

accuracies = st.floats(0, 1)
several = st.lists(accuracies, min_size=1, max_size=4)
samples = st.integers(1, 100_000)

WAITS, HASTY = 0.0, 0.5
NOT_WAITING = (
    "it does not wait for its device: after the clock had stopped, the device worked for another "
    "50.0% of a block's time (`synchronize` in its backend.py)"
)


def make_row(
    *values: float,
    unverified: str | None = None,
    finished: bool = True,
    timed: bool = True,
    pending: float = WAITS,
) -> Row:
    """A row that is all that the gate looks at: its certificates and columns of its trials."""
    certificate = make_certificate()
    if unverified is not None:
        certificate = make_certificate(verdict="different", reason=unverified)
    record = make_record(status="ok" if finished else "timeout", certificate=certificate)
    columns = {
        ACCURACY: values or (math.nan,),
        THROUGHPUT: 100.0 if timed else math.nan,
        "pending_share": pending,
        "device_clock_difference": math.nan,
        "arithmetic_share": math.nan,
    }
    trials = pd.DataFrame(columns, dtype=float)
    return Row(Key("pytorch", "2", "eager", "default"), (record,), trials)


def verified(*values: float, finished: bool = True, timed: bool = True) -> Row:
    return make_row(*values, finished=finished, timed=timed)


def ranked(entries: list[Row], test_samples: int | None) -> list[bool]:
    return [refusal is None for refusal in find_refusals(entries, test_samples)]


def test_rows_that_agree_are_ranked() -> None:
    assert ranked([verified(0.97), verified(0.96), verified(0.98)], 360) == [True] * 3


def test_the_band_by_hand() -> None:
    found = compute_band([0.90, 0.92, 0.94], 400)

    assert found is not None
    assert found.low == pytest.approx(0.90 - 3 * math.sqrt(0.92 * 0.08 / 400))
    assert found.high == pytest.approx(0.94 + 3 * math.sqrt(0.92 * 0.08 / 400))


def test_of_three_rows_the_odd_one_out_falls() -> None:
    odd, one, other = find_refusals([verified(0.50), verified(0.97), verified(0.96)], 1_000)

    assert odd == (
        "its test accuracy of 50.00% lies outside the band of its peers, 94.26\u201398.74%"
    )
    assert one is None
    assert other is None


def test_too_good_is_as_odd_as_too_bad() -> None:
    assert ranked([verified(0.99), verified(0.6), verified(0.61)], 10_000) == [False, True, True]


def test_of_two_rows_that_disagree_both_fall() -> None:
    one, other = find_refusals([verified(0.5), verified(0.9)], 1_000)

    assert one == other
    assert one is not None
    assert "disagree (50.00% and 90.00%), and two cannot tell which one is right" in one


def test_two_rows_disagree_mutually_though_only_one_is_outside() -> None:
    """The first lies outside the narrow band of the second, the second inside that of the first."""
    wide, narrow = verified(0.5, 0.9, 0.9), verified(0.6, 0.6, 0.6)

    assert ranked([wide, narrow], 10_000) == [False, False]


def test_chance_is_wider_on_a_small_test_set() -> None:
    rows = [verified(0.90), verified(0.93)]

    assert ranked(rows, 100) == [True, True]
    assert ranked(rows, 10_000) == [False, False]


def test_a_row_is_judged_by_the_median_of_its_trials() -> None:
    peers = [verified(0.90), verified(0.90)]

    assert ranked([verified(0.90, 0.90, 0.10), *peers], 1_000)[0]
    assert not ranked([verified(0.90, 0.10, 0.10), *peers], 1_000)[0]


def test_the_band_holds_all_trials_of_the_peers_not_their_medians_only() -> None:
    rows = [verified(0.70), verified(0.70, 0.90, 0.90), verified(0.90)]

    assert ranked(rows, 10_000)[0]


def test_a_row_that_is_not_verified_is_neither_ranked_nor_a_peer() -> None:
    outcast = make_row(0.5, unverified="its gradients differ")
    found = find_refusals([outcast, verified(0.90), verified(0.91)], 1_000)

    assert found == ("not verified: its gradients differ", None, None)
    assert ranked([outcast, verified(0.90)], 1_000) == [False, True], "one row has no peer"


def test_the_test_set_of_unknown_size_gates_nothing() -> None:
    rows = [verified(0.1), verified(0.9), verified(0.91)]

    assert ranked(rows, None) == [True] * 3
    assert ranked(rows, 0) == [True] * 3, "a forged record"


def test_a_row_without_accuracy_has_nothing_to_show_for_itself() -> None:
    rows = [verified(math.nan), verified(0.9), verified(0.91)]

    assert find_refusals(rows, 360) == (NO_ACCURACY, None, None)
    assert ranked([verified(math.nan), verified()], 360) == [True, True], "no peer has one either"


def test_rows_without_numbers_say_so() -> None:
    rows = [
        make_row(unverified="its gradients differ", finished=False, timed=False),
        verified(0.9, timed=False),
        verified(0.9),
    ]

    assert find_refusals(rows, 360) == (NO_TRIAL, NO_THROUGHPUT, None)


def test_no_rows_are_no_error() -> None:
    assert find_refusals([], 360) == ()


def test_one_wrong_prediction_among_perfect_peers_is_chance() -> None:
    """The plain formula has no width where all peers are right always."""
    rows = [verified(359 / 360), verified(1.0), verified(1.0)]

    assert ranked(rows, 360) == [True] * 3
    assert ranked([verified(350 / 360), *rows[1:]], 360)[0] is False


@given(accuracies, samples)
def test_the_standard_error_is_never_smaller_than_the_formula(p: float, n: int) -> None:
    found = compute_standard_error(p, n)

    assert math.isfinite(found)
    assert found >= math.sqrt(p * (1 - p) / n) - 1e-12
    if 1 / n <= p <= 1 - 1 / n:
        assert found == pytest.approx(math.sqrt(p * (1 - p) / n))


@given(several, samples)
def test_a_band_holds_what_it_is_made_of(peers: list[float], n: int) -> None:
    found = compute_band(peers, n)

    assert found is not None
    assert all(found.holds(peer) for peer in peers)
    assert not found.holds(math.nan)


@given(several, accuracies, samples)
def test_the_peers_spread_lies_within_the_band(peers: list[float], more: float, n: int) -> None:
    """An outlier among the peers cannot push another row out of their own range."""
    found = compute_band([*peers, more], n)

    assert found is not None
    assert found.low <= min(*peers, more)
    assert found.high >= max(*peers, more)


@given(accuracies, st.integers(2, 6), samples)
def test_equal_rows_are_all_ranked(accuracy: float, count: int, n: int) -> None:
    assert all(ranked([verified(accuracy) for _ in range(count)], n))


@given(st.lists(several, min_size=2, max_size=2), samples)
def test_of_two_verified_rows_both_are_ranked_or_none(rows: list[list[float]], n: int) -> None:
    one, other = ranked([verified(*row) for row in rows], n)

    assert one == other


@given(st.lists(several, min_size=3, max_size=6), samples)
def test_of_three_and_more_rows_never_all_fall(rows: list[list[float]], n: int) -> None:
    """The row of the middle median lies between the others."""
    assert any(ranked([verified(*row) for row in rows], n))


@given(st.lists(several, min_size=1, max_size=5), samples, st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[list[float]], n: int, random: Random) -> None:
    entries = [verified(*row) for row in rows]
    order = list(range(len(entries)))
    random.shuffle(order)

    shuffled = ranked([entries[place] for place in order], n)

    assert shuffled == [ranked(entries, n)[place] for place in order]


@given(st.lists(several, min_size=1, max_size=4), several, samples)
def test_rows_that_are_not_verified_change_nothing(
    rows: list[list[float]], outcast: list[float], n: int
) -> None:
    entries = [verified(*row) for row in rows]

    all_rows = [*entries, make_row(*outcast, unverified="no")]

    assert ranked(all_rows, n) == [*ranked(entries, n), False]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=4), st.integers(-5, 5))
def test_numbers_that_are_no_accuracies_do_not_crash(values: list[float], n: int) -> None:
    find_refusals([verified(*values), verified(0.5), verified(math.nan, 2.0)], n)


def test_a_band_in_words_stays_within_what_an_accuracy_can_be() -> None:
    assert Band(-0.1, 1.2).words == "0.00\u2013100.00%"


def test_times_that_cannot_be_are_not_ranked_however_good_the_work_is() -> None:
    hasty = make_row(0.97, pending=HASTY)
    found = find_refusals([hasty, verified(0.97), verified(0.96)], 1_000)
    assert found == (NOT_WAITING, None, None)
    unproved = make_row(0.97, unverified="nothing was checked", pending=HASTY)
    assert find_refusals([unproved], None) == ("not verified: nothing was checked",)
