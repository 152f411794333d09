import json
from dataclasses import asdict

import msgspec
import pytest

from bench.job import Execution
from bench.protocol.ceilings import CeilingsJob, Workload
from bench.records.ceilings import Ceiling, Measurement


def rates(**per_second: float) -> dict[str, Measurement]:
    """So much a second, by framework."""
    return {name: Measurement(100, (100 / rate,)) for name, rate in per_second.items()}


def test_a_rate_is_that_of_the_median_repetition() -> None:
    assert Measurement(600, (9.0, 2.0, 3.0)).per_second == 200


def test_the_best_framework_is_the_ceiling_of_each_kind() -> None:
    ceiling = Ceiling.of(rates(one=500, other=400), rates(one=20, other=25), {"third": "none"})
    assert ceiling.operations_per_second == pytest.approx(500)
    assert ceiling.operations_framework == "one"
    assert ceiling.bytes_per_second == pytest.approx(25)
    assert ceiling.bytes_framework == "other"
    assert ceiling.reasons == {"third": "none"}


def test_without_a_measurement_there_is_no_ceiling() -> None:
    ceiling = Ceiling.of({}, {}, {"one": "it cannot"})
    assert ceiling.operations_per_second is None
    assert ceiling.operations_framework is None
    assert ceiling.bytes_per_second is None
    assert ceiling.bytes_framework is None


def test_a_ceiling_survives_its_journey_through_json() -> None:
    ceiling = Ceiling.of(rates(one=500), rates(one=20, third=30), {"other": "it cannot"})
    assert Ceiling.from_document(json.loads(json.dumps(asdict(ceiling)))) == ceiling


def test_a_job_survives_its_journey_through_json() -> None:
    execution = Execution("eager", "bf16", "cpu", 2)
    job = CeilingsJob("one", "/folder/one", execution, Workload(8, 64, 0.0, 3))
    assert CeilingsJob.from_json(job.to_json()) == job


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 3},
        {"amount": 3, "seconds": []},
        {"amount": 3, "seconds": [0.1, 0.0]},
        {"amount": 3, "seconds": [float("nan")]},
        {"amount": 3, "seconds": None},
        {"amount": None, "seconds": [1.0]},
    ],
)
def test_what_is_no_measurement_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Measurement)
