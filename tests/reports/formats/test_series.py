"""Names of series: the same from run to run, and never two alike in one file."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bench.optimizer import Optimizer
from bench.records.results import Record
from reports.formats.series import name_rows
from reports.ranking.comparisons import compare
from tests.reports.conftest import make_record

MakeRecord = Callable[..., Record]

NAME = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"


def names(records: Sequence[Record]) -> list[str]:
    return [one.name for one in name_rows(compare(records))]


def test_a_name_is_that_of_the_series_whatever_the_version(record: MakeRecord) -> None:
    assert names([record(), record("mxnet")]) == [NAME, NAME.replace("pytorch", "mxnet")]
    assert names([record(framework_version="3.0")]) == [NAME]
    assert names([record(commit="f" * 16)]) == [NAME]


def test_two_versions_are_told_apart_by_their_version(record: MakeRecord) -> None:
    found = names([record(), record(framework_version="2.14.0"), record("mxnet")])

    assert sorted(found) == sorted(
        [f"{NAME}@2.13.0", f"{NAME}@2.14.0", NAME.replace("pytorch", "mxnet")]
    )


def test_two_commits_are_told_apart_by_their_commit(record: MakeRecord) -> None:
    found = names([record(), record(commit="fedcba9876543210")])

    assert sorted(found) == [f"{NAME}@commit-0123456789ab", f"{NAME}@commit-fedcba987654"]


def test_two_machines_are_told_apart_by_their_keys(record: MakeRecord) -> None:
    records = [record(), replace(record(), machine={"cpu": "Another"})]
    keys = compare(records)[0].work.machine, compare(records)[1].work.machine

    assert names(records) == [f"{NAME}@machine-{key}" for key in keys]


def test_what_a_plan_varies_is_appended_in_words(record: MakeRecord) -> None:
    adam = Optimizer("adam", 0.001)

    assert names([record(), record(epochs=9)]) == [f"{NAME}@epochs-3", f"{NAME}@epochs-9"]
    assert names([record(), record(threads=1)]) == [f"{NAME}@threads-2", f"{NAME}@threads-1"]
    assert names([record(), record(optimizer=adam, epochs=9)]) == [
        f"{NAME}@epochs-3@SGD with momentum 0.9, learning rate 0.05, no weight decay",
        f"{NAME}@epochs-9@Adam with beta1 0.9, beta2 0.999 and epsilon 1e-08, learning rate 0.001, "
        "no weight decay",
    ]


def test_hyphens_that_make_two_series_one_get_a_number(record: MakeRecord) -> None:
    records = [record(model="a-b", dataset="c"), record(model="a", dataset="b-c")]
    name = "a-b-c-pytorch-eager-default-ieee-cpu-batch64"

    assert names(records) == [name, f"{name}@2"]


def test_names_stay_different_where_no_encoding_has_them(record: MakeRecord) -> None:
    found = names([record(model="\ud800"), record(model="\ud801")])

    assert len({name.encode("utf-8") for name in found}) == 2


parts = st.sampled_from(["a", "a-b", "b", "native", "\ud800", "a@2", ""])
changes = st.fixed_dictionaries(
    {
        "model": parts,
        "dataset": parts,
        "mode": parts,
        "layout": st.sampled_from(["native", "NCHW", "nchw"]),
        "framework_version": st.sampled_from([None, "1", "2", "unknown"]),
        "commit": st.sampled_from([None, "unknown", "c"]),
        "threads": st.sampled_from([1, 2]),
    }
)


@given(st.lists(changes, max_size=8))
def test_no_two_rows_have_one_name(found: list[dict[str, Any]]) -> None:
    listed = names([make_record(**one) for one in found])

    assert len(set(listed)) == len(listed)
