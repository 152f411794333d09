"""The findings in plain English."""

from collections.abc import Callable, Sequence

from bench.certificate import Certificate, Defect
from bench.results import Block, Epoch, Record
from reports.comparisons import Comparison, compare
from reports.sentences import accuracy_gate, caveat, doubt, finding, headline, proof, refusals

MakeRecord = Callable[..., Record]
MakeCertificate = Callable[..., Certificate]
MakeEpochs = Callable[[Sequence[float]], tuple[Epoch, ...]]
MakeBlocks = Callable[[float, Sequence[float]], tuple[Block, ...]]


def comparison(records: Sequence[Record]) -> Comparison:
    (found,) = compare(records)
    return found


def test_who_was_fastest_by_how_much(three: list[Record]) -> None:
    assert finding(comparison(three)) == (
        "PyTorch 2.13.0 (eager) was fastest at 12,000 samples/s (25th\u201375th percentile "
        "11,400\u201312,600); TensorFlow 2.21.0 (eager) 0.45x and MXNet 1.9.1 (eager) 0.41x. "
        "Test accuracy after 3 epochs: 97.00%."
    )


def test_settings_other_than_default_are_named(record: MakeRecord) -> None:
    assert "PyTorch 2.13.0 (eager, tuned settings)" in finding(
        comparison([record(settings="tuned"), record("mxnet")])
    )


def test_overlapping_ranges_are_not_an_order(record: MakeRecord, blocks: MakeBlocks) -> None:
    near = record("mxnet", blocks=blocks(11_900, (0.9, 1.0, 1.1)))
    words = "do not read an order into them"

    assert words in finding(comparison([record(), near]))
    assert words not in finding(comparison([record(), record("mxnet")]))


def test_a_row_further_down_can_overlap_too(record: MakeRecord, blocks: MakeBlocks) -> None:
    # Two of three processes slow, one as fast as the first: the median alone would mislead.
    wide = record("jax", blocks=blocks(12_000, (0.5, 0.5, 0.5, 1.0, 1.0)))
    second = record("mxnet", blocks=blocks(9_000, (1.0, 1.0)))
    words = finding(comparison([record(), second, wide]))

    assert "PyTorch 2.13.0 (eager) overlaps with that of JAX" in words
    assert "MXNet 1.9.1 (eager) 0.75x" in words
    assert "that of MXNet" not in words


def test_failures_are_in_the_finding(record: MakeRecord, failure: MakeRecord) -> None:
    records = [record(), failure(), failure("jax", status="timeout"), record(repeat=2)]
    words = finding(comparison([*records, failure("pytorch", status="failed")]))

    assert "MXNet (eager) was skipped." in words
    assert "JAX (eager) timed out." in words
    assert "Of 3 trials of PyTorch 2.13.0 (eager), 1 failed." in words


def test_a_single_row_has_nothing_to_be_fastest_of(record: MakeRecord) -> None:
    words = finding(comparison([record()]))

    assert "fastest" not in words
    assert words.startswith("There is nothing to rank: PyTorch 2.13.0 (eager) reached 12,000")
    assert "no other row has a speed to compare it with" in words


def test_nothing_finished(failure: MakeRecord) -> None:
    found = comparison([failure(), failure("jax")])

    assert finding(found).startswith("No trial finished, so there is nothing to compare.")
    assert caveat(found) == ""


def test_a_trial_too_short_to_measure(record: MakeRecord) -> None:
    assert "no throughput" in finding(comparison([record(blocks=())]))


def test_the_caveat_says_when_each_row_is_one_trial(
    three: list[Record], record: MakeRecord
) -> None:
    assert caveat(comparison(three)).startswith("Each row is one trial, that is one process.")
    assert caveat(comparison([record()])).startswith("The row is one trial")


def test_the_caveat_counts_rows_of_one_trial(three: list[Record], record: MakeRecord) -> None:
    words = caveat(comparison([*three, record(repeat=2)]))

    assert "2 at most, are pooled" in words
    assert "2 rows of 3 had one trial only." in words


def test_other_load_makes_numbers_doubtful(record: MakeRecord) -> None:
    quiet = record("pytorch", load={"other_share": 0.01})
    noisy = record("mxnet", load={"other_share": 0.37})
    assert doubt(comparison([quiet])) == ""
    sentence = doubt(comparison([quiet, noisy]))
    assert "up to 37% of the processors' time" in sentence
    assert "MXNet" in sentence
    assert "PyTorch" not in sentence


def test_the_headline_is_one_line(three: list[Record], failure: MakeRecord) -> None:
    lead = "PyTorch 2.13.0 (eager) is fastest at 12,000 samples/s, 2.22x the speed of TensorFlow"

    assert headline(comparison(three)) == f"{lead} 2.21.0 (eager)."
    assert headline(comparison([*three, failure("jax")])).endswith("JAX (eager) is not ranked.")


def test_the_headline_claims_no_order_that_is_none(record: MakeRecord, blocks: MakeBlocks) -> None:
    near = record("mxnet", blocks=blocks(11_900, (0.9, 1.0, 1.1)))
    words = headline(comparison([record(), near]))

    assert "fastest" not in words
    assert "can hardly be told apart from MXNet 1.9.1 (eager)" in words


def test_verdicts_are_on_ranked_rows_only(
    three: list[Record], record: MakeRecord, blocks: MakeBlocks, epochs: MakeEpochs
) -> None:
    fast = record(
        "jax", certificate=None, blocks=blocks(90_000, (1, 1)), epochs=epochs([0.1, 0.1, 0.2])
    )
    found = comparison([*three, fast])

    assert finding(found) == finding(comparison(three))
    assert headline(found) == f"{headline(comparison(three))} JAX 0.1 (eager) is not ranked."
    assert refusals(found) == {
        "JAX 0.1, eager, default": "not verified: the record has no certificate"
    }


def test_one_ranked_row_is_no_ranking(record: MakeRecord) -> None:
    found = comparison([record("mxnet"), record(certificate=None)])

    for words in (headline(found), finding(found)):
        assert words.startswith("There is nothing to rank: MXNet 1.9.1 (eager) reached 4,920")
        assert (
            "no other row may be ranked. Not ranked: PyTorch 2.13.0 (eager) \u2013 not verified: "
            "the record has no certificate."
        ) in words
        assert "fastest" not in words


def test_two_that_disagree_are_no_ranking(record: MakeRecord, epochs: MakeEpochs) -> None:
    found = comparison([record(), record("mxnet", epochs=epochs([0.1, 0.2, 0.3]))])

    assert headline(found).startswith(
        "There is nothing to rank. Not ranked: PyTorch 2.13.0 (eager)"
    )
    assert "two cannot tell which one is right" in headline(found)
    assert "Test accuracy" not in finding(found)


def test_synthetic_data_gate_nothing_on_accuracy(record: MakeRecord, epochs: MakeEpochs) -> None:
    odd = record("mxnet", dataset="synthetic-32", epochs=epochs([0.1, 0.2, 0.3]))
    found = comparison([record(dataset="synthetic-32"), odd])

    assert len(found.ranked) == 2
    assert "accuracy" not in finding(found).lower()
    assert "accuracy means nothing here" in accuracy_gate(found)


def test_what_accuracies_were_held_against(
    three: list[Record], record: MakeRecord, failure: MakeRecord
) -> None:
    assert "on 360 samples, was held against" in accuracy_gate(comparison(three))
    assert "no two verified rows" in accuracy_gate(comparison([record()]))
    unknown = [record(name, test_samples=None) for name in ("pytorch", "mxnet")]
    assert "do not say how many test samples" in accuracy_gate(comparison(unknown))
    assert accuracy_gate(comparison([failure()])) == ""


def test_the_proof_in_a_sentence(
    three: list[Record], record: MakeRecord, certificate: MakeCertificate
) -> None:
    defect = Defect("rounds to float32", "float64", "conv1.weight", 3.4e-8, 1e-9, 2)
    defective = record("jax", certificate=certificate(defects=(defect,)))

    assert proof(comparison(three)) == (
        "3 of 3 rows are verified; the largest error is 2e-15 in float64 (gradient of "
        "conv1.weight) and 6e-07 in IEEE float32 (fc3.bias)."
    )
    assert proof(comparison([defective])).endswith(
        "Over the limit, as known defects of a framework: rounds to float32 (3e-08)."
    )
    assert proof(comparison([record(certificate=None)])) == "None of 1 row is verified."
