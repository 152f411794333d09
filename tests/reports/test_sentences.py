"""The findings in plain English."""

from collections.abc import Callable, Sequence

from bench.results import Block, Record
from reports.comparisons import Comparison, compare
from reports.sentences import caveat, doubt, finding

MakeRecord = Callable[..., Record]
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
