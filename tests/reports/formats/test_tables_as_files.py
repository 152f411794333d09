"""CSV and Parquet, read back and held against the frame that `reports.load` gives."""

import csv
import errno
import io
from collections.abc import Callable
from pathlib import Path

import fastparquet
import pandas as pd
import pytest

import reports
from bench.records.results import Record
from reports.__main__ import main
from tests.reports.formats.conftest import HOSTILE

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
Export = Callable[[list[Record], str], str]
Save = Callable[[Path, list[Record]], Path]

NAME = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def parquet(folder: Path) -> Path:
    assert main(["export", str(folder), "--format", "parquet"]) == 0
    return folder / "trials.parquet"


def test_csv_has_a_line_per_trial_and_every_column(
    tmp_path: Path, export: Export, three: list[Record], failure: MakeRecord
) -> None:
    found = rows(export([*three, failure("mxnet", repeat=2)], "csv"))

    loaded = reports.load(tmp_path / "run")
    assert list(found[0]) == list(loaded.columns)
    assert [row["trial"] for row in found] == loaded["trial"].tolist()
    assert [row["ranked"] for row in found] == ["True"] * 4
    speeds = [row["throughput_samples_per_second"] for row in found]
    assert speeds[3] == ""
    assert [float(one) for one in speeds[:3]] == (
        loaded["throughput_samples_per_second"].dropna().tolist()
    )


def test_csv_of_series_has_medians_between_their_bounds(
    export: Export, invocations: MakeInvocations, failure: MakeRecord
) -> None:
    records = [*invocations("pytorch", (1000.0, 1300.0, 1100.0)), failure("mxnet")]
    first, second = rows(export(records, "csv-series"))

    assert first["series"] == NAME
    assert [
        float(first[f"{bound}throughput_samples_per_second"]) for bound in ("low_", "", "high_")
    ] == pytest.approx([1000.0, 1100.0, 1300.0])
    assert float(first["peak_anonymous_bytes"]) == 150 * 2**20
    assert (first["invocations"], first["ranked"]) == ("3", "True")
    assert second["throughput_samples_per_second"] == ""
    assert (second["ranked"], second["unranked_reason"]) == ("False", "no trial finished")


@pytest.mark.parametrize("name", ["csv", "csv-series"])
def test_hostile_texts_stay_in_their_cells(
    name: str, export: Export, hostile: list[Record]
) -> None:
    found = rows(export(hostile, name))

    assert len(found) == (3 if name == "csv" else 1)
    assert all(row["dataset"] == HOSTILE.replace("\ud800", "?") for row in found)


@pytest.mark.filterwarnings("ignore:The 'fastparquet' engine is deprecated")
def test_parquet_is_the_frame_of_trials(
    tmp_path: Path, save: Save, three: list[Record], failure: MakeRecord
) -> None:
    folder = save(tmp_path / "run", [*three, failure("mxnet", repeat=2, reason="gone \U0001f6aa")])

    read = pd.read_parquet(parquet(folder), engine="fastparquet")

    loaded = reports.load(folder)
    assert list(read.columns) == list(loaded.columns)
    # Texts come back as plain objects; everything else as it was.
    texts = [name for name in loaded if loaded[name].dtype in ("str", "object")]
    numbers = [name for name in loaded if name not in texts]
    for name in texts:
        assert read[name].fillna("").tolist() == loaded[name].fillna("").tolist()
    pd.testing.assert_frame_equal(
        read[numbers], loaded[numbers].astype({"position": float}), check_exact=True
    )


def test_parquet_has_the_same_types_in_every_run(
    tmp_path: Path, save: Save, three: list[Record], failure: MakeRecord, hostile: list[Record]
) -> None:
    runs = {
        "finished": three,
        "failed": [failure(position=None)],
        "hostile": hostile,
    }
    schemas = {
        name: fastparquet.ParquetFile(str(parquet(save(tmp_path / name, records)))).schema.text
        for name, records in runs.items()
    }

    assert schemas["failed"] == schemas["finished"] == schemas["hostile"]


def test_parquet_of_numbers_that_no_file_can_hold(
    tmp_path: Path, save: Save, record: MakeRecord
) -> None:
    folder = save(tmp_path / "run", [record(parameters=10**400, seed=10**30, position=10**400)])

    assert parquet(folder).stat().st_size > 0


def test_a_full_temporary_folder_is_one_line(
    tmp_path: Path,
    three: list[Record],
    save: Save,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = save(tmp_path / "quick", three)
    monkeypatch.setattr(fastparquet, "write", fail)
    assert main(["export", str(folder), "--format", "parquet"]) == 2
    error = capsys.readouterr().err
    assert "The temporary folder cannot be written (No space left on device)" in error
    assert not (folder / "trials.parquet").exists()
