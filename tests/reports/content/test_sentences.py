"""The findings in plain English."""

from collections.abc import Callable, Sequence

from bench.records.certificate import Certificate, Defect
from bench.records.parts import Epoch, TimedBlock
from bench.records.results import Record
from reports.content.sentences import (
    describe_accuracy_gate,
    describe_gates,
    describe_losses_gate,
    describe_proof,
    explain_intervals,
    list_refusals,
    write_finding,
    write_headline,
)
from reports.ranking.comparisons import Comparison, compare

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
MakeCertificate = Callable[..., Certificate]
MakeEpochs = Callable[[Sequence[float]], tuple[Epoch, ...]]
MakeBlocks = Callable[[float, Sequence[float]], tuple[TimedBlock, ...]]


def comparison(records: Sequence[Record]) -> Comparison:
    (found,) = compare(records)
    return found


def test_who_was_fastest_by_how_much(invocations: MakeInvocations) -> None:
    records = invocations("pytorch", [11_900, 12_000, 12_100])
    records += invocations("tensorflow", [5_300, 5_400, 5_500])

    assert write_finding(comparison(records)) == (
        "PyTorch 2.13.0 (eager) was fastest at 12,000 (11,900\u201312,100) samples/s. As "
        "multiples of its speed, TensorFlow 2.21.0 (eager) reached 0.45x (0.44x\u20130.46x). "
        "Test accuracy after 3 epochs: 97.00%."
    )


def test_one_invocation_has_no_interval(three: list[Record]) -> None:
    assert write_finding(comparison(three)) == (
        "PyTorch 2.13.0 (eager) was fastest at 12,000 samples/s. As multiples of its speed, "
        "TensorFlow 2.21.0 (eager) reached 0.45x and MXNet 1.9.1 (eager) reached 0.41x. "
        "Test accuracy after 3 epochs: 97.00%."
    )


def test_what_differs_from_the_default_is_named(record: MakeRecord) -> None:
    tuned = record(settings="tuned", input="native")

    assert "PyTorch 2.13.0 (eager, tuned settings, own loader)" in write_finding(
        comparison([tuned, record("mxnet")])
    )


def test_a_ratio_that_may_be_1_is_no_order(invocations: MakeInvocations) -> None:
    near = invocations("mxnet", [11_950, 11_980, 12_020])
    records = [*invocations("pytorch", [11_900, 12_000, 12_100]), *near]
    words = "This run cannot distinguish PyTorch 2.13.0 (eager) from MXNet 1.9.1 (eager), so their"

    found = write_finding(comparison(records))
    assert words in found
    assert found.startswith("PyTorch 2.13.0 (eager) had the highest median, 12,000")
    assert "fastest" not in found
    assert words not in write_finding(
        comparison([*records[:3], *invocations("jax", [1.0, 2.0, 3.0])])
    )


def test_many_invocations_show_a_difference_that_few_cannot(invocations: MakeInvocations) -> None:
    """1.5 % apart, with invocations that differ by up to 2 %."""
    noise = [0.99 + 0.0005 * place for place in range(41)]
    fast, slow = ([speed * one for one in noise] for speed in (12_180, 12_000))
    few = invocations("pytorch", fast[::20]) + invocations("mxnet", slow[::20])
    many = invocations("pytorch", fast) + invocations("mxnet", slow)

    assert "this run cannot distinguish it from MXNet" in write_headline(comparison(few))
    assert "PyTorch 2.13.0 (eager) is fastest" in write_headline(comparison(many))
    assert ", 1.015x (1.01" in write_headline(comparison(many))


def test_a_row_further_down_can_be_as_fast_too(invocations: MakeInvocations) -> None:
    # Two of three processes slow, one as fast as the first: the median alone would mislead.
    wide = invocations("jax", [6_000, 6_000, 12_000])
    second = invocations("mxnet", [9_000, 9_000, 9_010])
    words = write_finding(
        comparison([*invocations("pytorch", [11_900, 12_000, 12_100]), *second, *wide])
    )

    assert "cannot distinguish PyTorch 2.13.0 (eager) from JAX 0.1 (eager), so their order" in words
    assert "MXNet 1.9.1 (eager) reached 0.75x (0.74x\u20130.76x)" in words


def test_failures_are_in_the_finding(record: MakeRecord, failure: MakeRecord) -> None:
    records = [record(), failure(), failure("jax", status="timeout"), record(repeat=2)]
    words = write_finding(comparison([*records, failure("pytorch", status="failed")]))

    assert "MXNet (eager) was skipped." in words
    assert "JAX (eager) timed out." in words
    assert "Of 3 trials of PyTorch 2.13.0 (eager), 1 failed." in words


def test_a_single_row_has_nothing_to_be_fastest_of(record: MakeRecord) -> None:
    words = write_finding(comparison([record()]))

    assert "fastest" not in words
    assert words.startswith("There is nothing to rank: PyTorch 2.13.0 (eager) reached 12,000")
    assert "no other row has a speed to compare it with" in words


def test_nothing_finished(failure: MakeRecord) -> None:
    found = comparison([failure(), failure("jax")])

    assert write_finding(found).startswith("No trial finished, so there is nothing to compare.")
    assert explain_intervals(found) == ""


def test_a_trial_too_short_to_measure(record: MakeRecord) -> None:
    assert "no throughput" in write_finding(comparison([record(blocks=())]))


def test_the_caveat_says_when_each_row_is_one_invocation(
    three: list[Record], record: MakeRecord
) -> None:
    words = explain_intervals(comparison(three))

    assert words.startswith(
        "Each row is a single invocation, which is one process. So no number has"
    )
    assert explain_intervals(comparison([record()])).startswith("The row is a single invocation")


def test_the_caveat_says_what_the_intervals_cover(
    three: list[Record], invocations: MakeInvocations
) -> None:
    records = [*three, *invocations("jax", [1.0, 2.0, 3.0]), *invocations("caffe", [1.0] * 8)]
    words = explain_intervals(comparison(records))

    assert (
        "Parentheses show a 95% bootstrap interval (8 invocations) or the minimum and maximum (3 "
        "invocations; covers the true median in 75% of runs). Fewer than 6 invocations have no 95% "
        "interval. A single invocation has no interval."
    ) in words
    five = explain_intervals(comparison(invocations("jax", [1.0, 2.0, 3.0, 4.0, 5.0])))
    assert "in 93.75% of runs" in five


def test_the_headline_is_one_line(
    three: list[Record], invocations: MakeInvocations, failure: MakeRecord
) -> None:
    records = invocations("pytorch", [11_900, 12_000, 12_100])
    records += invocations("tensorflow", [5_300, 5_400, 5_500])

    assert write_headline(comparison(records)) == (
        "PyTorch 2.13.0 (eager) is fastest at 12,000 (11,900\u201312,100) samples/s, 2.22x "
        "(2.16x\u20132.28x) the speed of TensorFlow 2.21.0 (eager)."
    )
    assert write_headline(comparison([*three, failure("jax")])).endswith(
        "JAX (eager) is not ranked."
    )


def test_the_headline_says_where_nothing_was_repeated(three: list[Record]) -> None:
    assert write_headline(comparison(three)) == (
        "PyTorch 2.13.0 (eager) is fastest at 12,000 samples/s, 2.22x the speed of TensorFlow "
        "2.21.0 (eager). Without repeated invocations, nobody knows how certain this is."
    )


def test_the_headline_claims_no_order_that_is_none(invocations: MakeInvocations) -> None:
    near = invocations("mxnet", [11_900, 11_950, 12_050])
    words = write_headline(comparison([*invocations("pytorch", [11_900, 12_000, 12_100]), *near]))

    assert "fastest" not in words
    assert (
        "but this run cannot distinguish it from MXNet 1.9.1 (eager) at 0.996x (0.983x\u20131.013x)"
    ) in words


def test_out_of_memory_is_a_result(record: MakeRecord, failure: MakeRecord) -> None:
    records = [record(), failure(status="out of memory", reason="It needs 9 GiB.")]
    records += [record("jax"), failure("jax", status="out of memory")]
    found = comparison(records)

    assert "MXNet (eager) ran out of memory." in write_finding(found)
    assert "Of 2 trials of JAX 0.1 (eager), 1 ran out of memory." in write_finding(found)
    assert "1 out of memory" in [row.outcome for row in found.rows]


def test_verdicts_are_on_ranked_rows_only(
    three: list[Record], record: MakeRecord, blocks: MakeBlocks, epochs: MakeEpochs
) -> None:
    fast = record(
        "jax", certificate=None, blocks=blocks(90_000, (1, 1)), epochs=epochs([0.1, 0.1, 0.2])
    )
    found = comparison([*three, fast])

    assert write_finding(found) == write_finding(comparison(three))
    assert (
        write_headline(found)
        == f"{write_headline(comparison(three))} JAX 0.1 (eager) is not ranked."
    )
    assert list_refusals(found) == {
        "JAX 0.1, eager, default": "not verified: the record has no certificate"
    }


def test_one_ranked_row_is_no_ranking(record: MakeRecord) -> None:
    found = comparison([record("mxnet"), record(certificate=None)])

    for words in (write_headline(found), write_finding(found)):
        assert words.startswith("There is nothing to rank: MXNet 1.9.1 (eager) reached 4,920")
        assert (
            "no other row may be ranked. Not ranked: PyTorch 2.13.0 (eager) \u2013 not verified: "
            "the record has no certificate."
        ) in words
        assert "fastest" not in words


def test_two_that_disagree_are_no_ranking(record: MakeRecord, epochs: MakeEpochs) -> None:
    found = comparison([record(), record("mxnet", epochs=epochs([0.1, 0.2, 0.3]))])

    assert write_headline(found).startswith(
        "There is nothing to rank. Not ranked: PyTorch 2.13.0 (eager)"
    )
    assert "two cannot tell which one is right" in write_headline(found)
    assert "Test accuracy" not in write_finding(found)


def test_synthetic_data_gate_nothing_on_accuracy(record: MakeRecord, epochs: MakeEpochs) -> None:
    odd = record("mxnet", dataset="synthetic-32", epochs=epochs([0.1, 0.2, 0.3]))
    found = comparison([record(dataset="synthetic-32"), odd])

    assert len(found.ranked) == 2
    assert "accuracy" not in write_finding(found).lower()
    assert "accuracy means nothing here" in describe_accuracy_gate(found)


def test_what_accuracies_were_held_against(
    three: list[Record], record: MakeRecord, failure: MakeRecord
) -> None:
    assert "on 360 samples, was compared with" in describe_accuracy_gate(comparison(three))
    assert "fewer than two verified rows, so" in describe_accuracy_gate(comparison([record()]))
    apart = comparison([record(losses=(2.0,)), record("mxnet", losses=(1.0,))])
    assert "fewer than two verified rows with the same first losses, so" in describe_accuracy_gate(
        apart
    )
    unknown = [record(name, test_samples=None) for name in ("pytorch", "mxnet")]
    assert "do not say how many test samples" in describe_accuracy_gate(comparison(unknown))
    assert describe_accuracy_gate(comparison([failure()])) == ""


def test_what_first_losses_were_held_against(
    three: list[Record], record: MakeRecord, failure: MakeRecord
) -> None:
    compared = "were compared with those of the other verified rows"
    assert compared in describe_losses_gate(comparison(three))
    assert describe_gates(comparison(three)).startswith(describe_losses_gate(comparison(three)))
    names = ("pytorch", "mxnet")
    dropping = [record(name, dropout=0.5) for name in names]
    assert "drops units at random" in describe_losses_gate(comparison(dropping))
    rounded = [record(name, precision="bf16") for name in names]
    assert "In reduced precision" in describe_losses_gate(comparison(rounded))
    old = [record(name, dropout=None) for name in names]
    assert describe_losses_gate(comparison(old)) == ""
    assert describe_gates(comparison([failure()])) == ""


def test_the_proof_in_a_sentence(
    three: list[Record], record: MakeRecord, certificate: MakeCertificate
) -> None:
    defect = Defect("rounds to float32", "float64", "conv1.weight", 3.4e-8, 1e-9, 2)
    defective = record("jax", certificate=certificate(defects=(defect,)))

    assert describe_proof(comparison(three)) == (
        "3 of 3 rows are verified. The largest error is 2e-15 in float64 (gradient of "
        "conv1.weight) and 6e-07 in IEEE float32 (fc3.bias)."
    )
    assert describe_proof(comparison([defective])).endswith(
        "Known defects of a framework exceed the limit: rounds to float32 (3e-08)."
    )
    assert describe_proof(comparison([record(certificate=None)])) == "None of 1 row is verified."
