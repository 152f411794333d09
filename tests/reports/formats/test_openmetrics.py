"""OpenMetrics as Prometheus' own library reads it."""

from collections.abc import Callable

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bench.records.results import Record
from reports.formats.openmetrics import BASE_UNITS
from reports.ranking.metrics import METRICS
from tests.conftest import ROOT
from tests.reports.formats.conftest import HOSTILE

MakeRecord = Callable[..., Record]
MakeInvocations = Callable[..., list[Record]]
Export = Callable[[list[Record], str], str]

NAME = "lenet-digits-pytorch-eager-default-ieee-cpu-batch64"
SPEED = "samestep_throughput_samples_per_second"


def families(text: str) -> dict[str, Metric]:
    assert text.endswith("# EOF\n")
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_gauges_in_base_units(export: Export, invocations: MakeInvocations) -> None:
    found = families(export(invocations("pytorch", (1000.0, 1300.0, 1100.0)), "openmetrics"))

    values = {name: sample.value for name in found for sample in found[name].samples}
    assert values == pytest.approx(
        {
            "samestep_series_info": 1.0,
            "samestep_invocations": 3.0,
            SPEED: 1100.0,
            "samestep_throughput_low_samples_per_second": 1000.0,
            "samestep_throughput_high_samples_per_second": 1300.0,
            **{
                f"samestep_{name}": value
                for middle in ("", "_low", "_high")
                for name, value in {
                    f"time_to_first_step{middle}_seconds": 2.25,
                    f"peak_anonymous_memory{middle}_bytes": 150 * 2**20,
                    f"test_accuracy{middle}_ratio": 0.97,
                }.items()
            },
        }
    )
    assert found[SPEED].unit == "samples_per_second"
    assert {family.type for family in found.values()} == {"gauge"}


def test_every_metric_has_a_base_unit() -> None:
    assert {metric.unit for metric in METRICS} == set(BASE_UNITS)


def test_every_gauge_has_its_name_in_the_documentation() -> None:
    text = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")

    for metric in METRICS:
        gauge = f"samestep_{metric.name.replace('-', '_')}_{BASE_UNITS[metric.unit]}"
        better = "bigger" if metric.bigger_is_better else "smaller"
        assert f"| `{metric.name}` | {metric.unit} | `{gauge}` | {better} |" in text


def test_an_upgrade_goes_on_with_the_same_labels(export: Export, record: MakeRecord) -> None:
    found = families(export([record(framework_version="2.14.0", certificate=None)], "openmetrics"))

    assert found[SPEED].samples[0].labels == {
        "series": NAME,
        "model": "lenet",
        "dataset": "digits",
        "framework": "pytorch",
        "mode": "eager",
        "settings": "default",
        "precision": "ieee",
        "device": "cpu",
        "layout": "native",
        "input": "prepared",
        "batch_size": "64",
    }
    (info,) = found["samestep_series_info"].samples
    assert info.labels["framework_version"] == "2.14.0"
    assert info.labels["commit"] == "0123456789ab"
    assert info.labels["ranked"] == "false"
    assert info.labels["unranked_reason"] == "not verified: the record has no certificate"


def test_a_failed_row_has_no_gauge(export: Export, record: MakeRecord, failure: MakeRecord) -> None:
    found = families(export([record(), failure("mxnet")], "openmetrics"))

    assert {sample.labels["series"] for family in found.values() for sample in family.samples} == {
        NAME
    }


def test_no_number_at_all_is_an_empty_file(export: Export, failure: MakeRecord) -> None:
    assert export([failure()], "openmetrics") == "# EOF\n"


def test_hostile_labels_come_back_as_they_were(export: Export, hostile: list[Record]) -> None:
    found = families(export(hostile, "openmetrics"))

    (sample,) = found[SPEED].samples
    assert sample.labels["dataset"] == HOSTILE.replace("\ud800", "?")
