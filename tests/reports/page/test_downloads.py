"""The files inside a page."""

import base64
import io
import json
from collections.abc import Callable

import pandas as pd
import pytest

from bench.records.results import Record
from reports.page import downloads
from reports.page.downloads import Download
from reports.page.report import render
from reports.runs.loading import LoadedRuns
from reports.trials import columns

MakeRecord = Callable[..., Record]


def content(found: Download) -> str:
    assert found.url is not None
    return base64.b64decode(found.url.partition("base64,")[2]).decode()


def test_tables_of_trials_blocks_and_evaluations(three: list[Record]) -> None:
    found = {
        one.name: pd.read_csv(io.StringIO(content(one)))
        for one in downloads.make_downloads(LoadedRuns("quick", tuple(three), ()))
        if one.name.endswith(".csv")
    }

    assert list(found["quick-trials.csv"].columns) == list(columns.TRIAL_COLUMNS)
    assert list(found["quick-blocks.csv"].columns) == list(columns.BLOCK_COLUMNS)
    assert list(found["quick-evaluations.csv"].columns) == list(columns.EPOCH_COLUMNS)
    assert found["quick-trials.csv"]["framework"].tolist() == ["pytorch", "tensorflow", "mxnet"]
    assert len(found["quick-blocks.csv"]) == 15
    rates = found["quick-blocks.csv"].groupby("record")["throughput_samples_per_second"].median()
    assert rates.tolist() == pytest.approx([12_000, 5_400, 4_920])
    assert found["quick-evaluations.csv"]["elapsed_seconds"].tolist()[:3] == pytest.approx(
        [0.3, 0.6, 0.9]
    )


def test_the_tables_as_json(three: list[Record]) -> None:
    (found,) = (
        json.loads(content(one))
        for one in downloads.make_downloads(LoadedRuns("quick", tuple(three), ()))
        if one.name.endswith(".json")
    )

    assert len(found["comparisons"][0]["rows"]) == 3


def test_what_is_too_large_is_left_out_and_said(
    three: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_BYTES", 4_000)
    run = LoadedRuns("quick", tuple(three), ())
    by_name = {one.name: one.url for one in downloads.make_downloads(run)}

    assert by_name["quick-trials.csv"] is None
    assert by_name["quick-evaluations.csv"] is not None
    assert "quick-trials.csv is\nleft out, being too large for a page" in render(run)
