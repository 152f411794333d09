"""Whether the first losses of a row are those of its peers."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench.records.results import Record
from reports.ranking.comparisons import compare
from tests.reports.conftest import make_certificate, make_epochs, make_record

EXACT = tuple(2.3 - 0.01 * step for step in range(10))
LEADS = "with these batches it does not take their training steps"


def times(*factors: float) -> tuple[float, ...]:
    """The exact losses, each times its factor; the last factor is that of all later steps."""
    every = [*factors, *[factors[-1]] * (10 - len(factors))]
    return tuple(loss * factor for loss, factor in zip(EXACT, every, strict=True))


def refusals(records: Sequence[Record]) -> dict[str, str | None]:
    (comparison,) = compare(records)
    return {row.label.split()[0]: row.refusal for row in comparison.rows}


def of(framework: str, losses: Sequence[float], **changes: object) -> Record:
    return make_record(framework, losses=tuple(losses), **changes)


def test_rounding_refuses_nobody() -> None:
    rounded = [
        of("pytorch", EXACT),
        of("tensorflow", times(1 + 4e-7)),
        of("mxnet", times(1 - 6e-6)),
    ]
    assert set(refusals(rounded).values()) == {None}


def test_the_odd_one_out_is_refused_at_its_first_odd_step() -> None:
    found = refusals(
        [of("pytorch", times(1, 1, 1.002, 1.1)), of("tensorflow", EXACT), of("mxnet", EXACT)]
    )
    assert found == {
        "PyTorch": "its loss at step 3 is 2.2845600, where that of its peers is 2.2800000: "
        + LEADS,
        "TensorFlow": None,
        "MXNet": None,
    }


def test_as_much_as_the_limit_is_not_refused_and_a_little_more_is() -> None:
    for factor, refused in ((1 + 0.99e-3, False), (1 + 1.02e-3, True)):
        found = refusals(
            [of("pytorch", times(factor)), of("tensorflow", EXACT), of("mxnet", EXACT)]
        )
        assert (found["PyTorch"] is not None) == refused


def test_a_loss_that_falls_to_nothing_is_held_against_the_first_one() -> None:
    small = (2.3, *[1e-9] * 9)
    smaller = (2.3, *[1e-12] * 9)
    found = refusals([of("pytorch", small), of("tensorflow", smaller), of("mxnet", smaller)])
    assert set(found.values()) == {None}


def test_where_peers_drift_apart_a_row_may_drift_too() -> None:
    drifting = [of("tensorflow", times(1, 1, 1.004)), of("mxnet", EXACT)]
    assert refusals([of("pytorch", times(1, 1, 1.03)), *drifting])["PyTorch"] is None
    assert refusals([of("pytorch", times(1, 1, 1.06)), *drifting])["PyTorch"] is not None


def test_a_drift_that_is_over_still_counts() -> None:
    drifted = [of("tensorflow", times(1, 1, 1.004, 1)), of("mxnet", EXACT)]
    assert refusals([of("pytorch", times(1, 1, 1, 1.03)), *drifted])["PyTorch"] is None


def test_before_peers_drift_apart_a_row_may_not() -> None:
    drifting = [of("tensorflow", times(1, 1, 1.004)), of("mxnet", EXACT)]
    found = refusals([of("pytorch", times(1, 1.002, 1)), *drifting])
    assert str(found["PyTorch"]).startswith("its loss at step 2 is")


def test_a_wrong_row_does_not_cost_the_right_ones_their_rank() -> None:
    found = refusals([of("pytorch", times(1, 1.5)), of("tensorflow", EXACT), of("mxnet", EXACT)])
    assert (found["TensorFlow"], found["MXNet"]) == (None, None)


def test_of_two_rows_that_disagree_both_fall() -> None:
    found = refusals([of("pytorch", times(1, 1.01)), of("mxnet", EXACT)])
    assert found == {
        "PyTorch": "the losses of the only two verified rows disagree at step 2 (2.3129000 and "
        "2.2900000), and two cannot tell which one is right",
        "MXNet": "the losses of the only two verified rows disagree at step 2 (2.2900000 and "
        "2.3129000), and two cannot tell which one is right",
    }


def test_two_frameworks_are_compared_for_two_steps_alone() -> None:
    # How rounding grows afterwards, nobody knows without a third.
    found = refusals([of("pytorch", times(1, 1, 1.04)), of("mxnet", EXACT)])
    assert set(found.values()) == {None}


def test_modes_of_one_framework_are_no_two_witnesses_for_how_rounding_grows() -> None:
    two_modes = [of("pytorch", EXACT), of("pytorch", EXACT, mode="compiled")]
    (comparison,) = compare([of("mxnet", times(1, 1, 1.04)), *two_modes])
    assert [row.refusal for row in comparison.rows] == [None] * 3


def test_one_wrong_process_is_enough() -> None:
    repeats = [of("pytorch", EXACT), of("pytorch", times(1, 1.2), repeat=2)]
    found = refusals([*repeats, of("tensorflow", EXACT), of("mxnet", EXACT)])
    assert "its loss at step 2" in str(found["PyTorch"])


def test_seeds_are_compared_each_for_itself() -> None:
    other = times(1.3)
    right = [
        record
        for framework in ("pytorch", "tensorflow", "mxnet")
        for record in (of(framework, EXACT), of(framework, other, seed=2))
    ]
    assert set(refusals(right).values()) == {None}
    wrong = [*right[1:], of("pytorch", other)]
    assert refusals(wrong)["PyTorch"] is not None


@pytest.mark.parametrize(
    "changes", [{"dropout": 0.5}, {"dropout": None}, {"precision": "bf16"}, {"precision": "tf32"}]
)
def test_what_cannot_be_compared_is_not(changes: dict[str, object]) -> None:
    found = refusals(
        [
            of("pytorch", times(1.2), **changes),
            of("tensorflow", EXACT, **changes),
            of("mxnet", EXACT, **changes),
        ]
    )
    assert not any(LEADS in str(refusal) for refusal in found.values())


def test_an_unverified_row_is_no_witness() -> None:
    certificate = replace(make_certificate(), verdict="different", reason="no")
    found = refusals(
        [
            of("pytorch", EXACT),
            of("tensorflow", times(1.2), certificate=certificate),
            of("jax", times(1.2), certificate=certificate),
            of("mxnet", EXACT),
        ]
    )
    assert (found["PyTorch"], found["MXNet"]) == (None, None)
    assert str(found["TensorFlow"]).startswith("not verified")


def test_short_trainings_and_numbers_that_are_none() -> None:
    found = refusals(
        [
            of("pytorch", EXACT[:3]),
            of("tensorflow", ()),
            of("mxnet", (math.nan, *EXACT[1:])),
            of("jax", EXACT),
        ]
    )
    assert set(found.values()) == {None}


def test_a_row_that_fell_is_no_peer_in_accuracy() -> None:
    # With it, the band would reach from its own accuracy to that of the others.
    low = make_epochs((0.5,))
    found = refusals(
        [
            of("pytorch", times(1, 1.2), epochs=low),
            of("tensorflow", EXACT),
            of("mxnet", EXACT),
            of("jax", EXACT, epochs=make_epochs((0.6,))),
        ]
    )
    assert "its loss at step 2" in str(found["PyTorch"])
    assert "outside the band of its peers" in str(found["JAX"])
