"""What modes and settings change: the right baseline, and the ratio to it."""

from collections.abc import Callable, Sequence

from bench.records.results import Record
from reports.content.tables import VARIANTS, Sheet, make_sheet
from reports.ranking.comparisons import Comparison, compare
from reports.ranking.rows import Row
from reports.ranking.variants import find_baseline, select_variants

MakeRecord = Callable[..., Record]
Invocations = Callable[..., list[Record]]
RATIO = "Ratio of throughputs"


def one(records: Sequence[Record]) -> Comparison:
    (comparison,) = compare(records)
    return comparison


def row(comparison: Comparison, **wanted: str) -> Row:
    (found,) = (
        row
        for row in comparison.rows
        if all(getattr(row.key, name) == value for name, value in wanted.items())
    )
    return found


def sheet(records: Sequence[Record]) -> Sheet:
    found = make_sheet(select_variants(one(records)), VARIANTS)
    return found


def test_the_baseline_is_eager_with_defaults_of_the_same_version(record: MakeRecord) -> None:
    comparison = one(
        [
            record("pytorch", mode="compiled"),
            record("pytorch"),
            record("pytorch", settings="tuned"),
            record("pytorch", mode="compiled", framework_version="3.0"),
            record("pytorch", input="native"),
            record("pytorch", variables="A=1"),
            record("mxnet", mode="compiled"),
        ]
    )
    eager = row(
        comparison,
        **{"framework": "pytorch", "settings": "default", "mode": "eager", "input": "prepared"},
        variables="",
    )

    for wanted in (
        {"mode": "compiled", "version": "2.13.0"},
        {"settings": "tuned"},
        {"input": "native"},
        {"variables": "A=1"},
    ):
        assert find_baseline(comparison, row(comparison, **wanted)) is eager
    assert find_baseline(comparison, eager) is None
    assert find_baseline(comparison, row(comparison, version="3.0")) is None
    assert find_baseline(comparison, row(comparison, framework="mxnet")) is None
    rows = select_variants(comparison).rows
    assert rows[0] is eager
    assert len(rows) == 5


def test_without_eager_mode_the_compiled_one_is_the_baseline(record: MakeRecord) -> None:
    comparison = one([record("mxnet", mode="compiled"), record("mxnet", mode="xla")])

    found = find_baseline(comparison, row(comparison, mode="xla"))
    assert found is row(comparison, mode="compiled")


def test_ratios_with_intervals_and_whether_they_can_be_told(invocations: Invocations) -> None:
    found = sheet(
        [
            *invocations("pytorch", [90.0, 100.0, 110.0]),
            *invocations("pytorch", [190.0, 200.0, 210.0], mode="compiled"),
            *invocations("pytorch", [95.0, 105.0, 115.0], settings="tuned"),
        ]
    )

    ratios = dict(zip(found.text.index, found.text[RATIO].astype(str), strict=True))
    assert found.text["Compared with"].tolist() == ["itself", *["PyTorch 2.13.0 (eager)"] * 2]
    assert ratios["PyTorch 2.13.0, eager, default"] == "1.00x"
    assert ratios["PyTorch 2.13.0, compiled, default"] == "2.00x (1.73x\N{EN DASH}2.33x)"
    assert ratios["PyTorch 2.13.0, eager, tuned"].endswith("\N{NO-BREAK SPACE}a")
    assert found.notes == {"a": "this run cannot distinguish the two"}


def test_a_row_that_is_not_ranked_has_no_ratio(record: MakeRecord, failure: MakeRecord) -> None:
    found = sheet(
        [
            record(),
            record(mode="compiled", certificate=None),
            failure("pytorch", settings="tuned", framework_version="2.13.0"),
        ]
    )

    assert set(found.notes.values()) == {"the row is not ranked", "no trial finished (1 skipped)"}


def test_one_way_of_running_has_no_variants(three: list[Record]) -> None:
    assert select_variants(one(three)).rows == ()
