"""What the report says on whether trials did the same work."""

import math
from collections.abc import Callable, Sequence

import pytest

from bench.records.results import Record
from reports.content.proof import DIFFERENCE, Proof, find_proofs
from reports.ranking.comparisons import compare

MakeRecord = Callable[..., Record]
SAME = {"weights": "a" * 64, "data": "b" * 64, "order": "c" * 64}


def proof_of(records: Sequence[Record]) -> Proof:
    (comparison,) = compare(records)
    (proof,) = find_proofs(comparison)
    return proof


def test_equal_digests_in_words(three: list[Record]) -> None:
    proof = proof_of(three)

    assert proof.same
    assert proof.words[0] == (
        "All 3 trials of this comparison had the same initial weights (sha256 aaaaaaaaaaaa…), "
        "data (sha256 bbbbbbbbbbbb…) and batch order (sha256 cccccccccccc…)."
    )


def test_the_odd_one_out_is_named(three: list[Record], record: MakeRecord) -> None:
    odd = record("jax", digests=SAME | {"weights": "d" * 64})
    proof = proof_of([*three, odd])

    assert not proof.same
    (words,) = [words for words in proof.words if "NOT" in words]
    assert "initial weights were NOT the same" in words
    assert "the odd one out is JAX 0.1, eager (sha256 dddddddddddd…)" in words
    assert "data (sha256 bbbbbbbbbbbb…) and batch order" in proof.words[0]
    assert "weights" not in proof.words[0], "what differs is not called the same"


def test_two_that_differ_are_both_named(record: MakeRecord) -> None:
    proof = proof_of([record(), record("mxnet", digests=SAME | {"order": "d" * 64})])

    words = " ".join(proof.words)
    assert not proof.same
    assert "odd one out" not in words
    assert "PyTorch 2.13.0, eager (sha256 cccccccccccc…)" in words
    assert "MXNet 1.9.1, eager (sha256 dddddddddddd…)" in words


def test_trials_without_digests_are_counted(three: list[Record], failure: MakeRecord) -> None:
    words = " ".join(proof_of([*three, failure("jax")]).words)

    assert "All 3 trials that read their inputs" in words
    assert "1 other trial ended before reading its inputs." in words


def test_a_digest_that_one_trial_lacks_is_not_claimed_for_it(record: MakeRecord) -> None:
    proof = proof_of([record(), record("mxnet", digests={"weights": "a" * 64})])

    assert proof.words[0].endswith("had the same initial weights (sha256 aaaaaaaaaaaa…).")
    assert proof.words[1].startswith("Only one trial reported its data (sha256 bbbbbbbbbbbb…) and")


def test_a_single_trial_proves_nothing(record: MakeRecord) -> None:
    proof = proof_of([record()])

    assert "nothing to compare it with" in proof.words[0]
    assert math.isnan(proof.losses[DIFFERENCE].max())


def test_failures_alone_have_no_digests(failure: MakeRecord) -> None:
    proof = proof_of([failure()])

    assert "no digests to compare" in proof.words[0]
    assert proof.words[-1] == "No trial recorded a loss."


def test_another_seed_is_another_proof(record: MakeRecord) -> None:
    other = {"weights": "d" * 64, "data": "b" * 64, "order": "e" * 64}
    (comparison,) = compare([record(), record("mxnet"), record(seed=2, digests=other)])

    found = find_proofs(comparison)

    assert [proof.seed for proof in found] == [1, 2]
    assert all(proof.same for proof in found)


def test_first_losses_side_by_side(record: MakeRecord) -> None:
    records = [record(losses=(2.0, 1.0)), record("mxnet", losses=(2.0, 0.9))]
    proof = proof_of(records)

    assert proof.losses["PyTorch 2.13.0, eager"].tolist() == [2.0, 1.0]
    assert proof.losses["MXNet 1.9.1, eager"].tolist() == [2.0, 0.9]
    assert proof.losses[DIFFERENCE].tolist() == pytest.approx([0.0, 0.1])
    assert proof.losses[DIFFERENCE].max() == pytest.approx(0.1)
    assert "at most 1.0e-01 of their value (at step 2)" in proof.words[-1]


def test_equal_losses_are_said_to_be_equal(three: list[Record]) -> None:
    assert "equal to the bit" in proof_of(three).words[-1]


def test_a_repeat_that_differs_counts_although_the_first_is_shown(record: MakeRecord) -> None:
    proof = proof_of([record(losses=(2.0,)), record(repeat=2, losses=(1.0,))])

    assert proof.losses["PyTorch 2.13.0, eager"].tolist() == [2.0]
    assert proof.losses[DIFFERENCE].max() == pytest.approx(0.5)


def test_losses_of_a_trial_that_ended_early(record: MakeRecord) -> None:
    losses = proof_of([record(losses=(2.0, 1.0)), record("mxnet", losses=(2.0,))]).losses

    assert math.isnan(losses["MXNet 1.9.1, eager"].iloc[1])
    assert math.isnan(losses[DIFFERENCE].iloc[1])


def test_the_step_of_the_largest_difference_is_one_that_has_a_difference(
    record: MakeRecord,
) -> None:
    records = [record(losses=(2.0, 1.0, math.nan)), record("mxnet", losses=(2.0, 0.9, 0.5))]

    assert "(at step 2)" in proof_of(records).words[-1]


def test_settings_are_named_where_they_differ(record: MakeRecord) -> None:
    proof = proof_of([record(), record(settings="tuned")])

    assert "PyTorch 2.13.0, eager, tuned" in proof.losses
