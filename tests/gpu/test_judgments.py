"""What is said of findings as a GPU would give them."""

from typing import Any

import pytest

from tests.conftest import ROOT
from tests.gpu.findings import Finding, Findings
from tests.gpu.frameworks.rounding import find_rounding
from tests.gpu.points import POINTS, judge_points

TRIAL: dict[str, Any] = {
    "what": "trial",
    "step": "throughput",
    "model": "resnet50",
    "framework": "pytorch",
    "mode": "compiled",
    "settings": "default",
    "precision": "bf16",
    "batch_size": 256,
    "status": "ok",
    "reason": None,
    "samples_per_second": 4000.0,
    "device_seconds_share": 0.999,
    "allocator_peak_bytes": 20,
    "allocator_reserved_bytes": 25,
    "device_peak_bytes": 30,
    "device_total_increase_bytes": None,
    "gpu_joules": 5.0,
    "operations": 256 * 24e9,
    "training_seconds": 40.0,
    "accuracies": [0.2],
    "absent": {},
}
CELL: dict[str, Any] = {
    "what": "cell",
    "model": "lstm",
    "framework": "pytorch",
    "mode": "eager",
    "settings": "default",
    "verdict": "verified",
    "reason": None,
    "seconds": 10.0,
    "nearest_to_limit": {"float64": 0.1, "float32": 0.5},
}
SWITCH: dict[str, Any] = {
    "what": "switch",
    "framework": "jax",
    "operation": "product",
    "allows_tf32": True,
    "overrides": False,
    "rounds_to": "tf32",
    "reason": None,
}
ANSWER: dict[str, Any] = {
    "what": "answer",
    "question": "name",
    "value": "NVIDIA Test",
    "reason": None,
}
CEILING: dict[str, Any] = {
    "what": "ceiling",
    "framework": "pytorch",
    "precision": "bf16",
    "operations_per_second": 790e12,
    "bytes_per_second": 4.3e12,
    "reason": None,
}
HARNESS: dict[str, Any] = {
    "what": "harness",
    "model": "resnet20",
    "framework": "jax",
    "mode": "compiled",
    "ratio": 0.995,
    "reason": None,
}
MEMORY: dict[str, Any] = {"what": "memory", "peak_bytes": 2**33, "total_bytes": 2**37}
AT_ONCE: dict[str, Any] = {"what": "at once", "count": 6}
UNCHECKED = {**CELL, "verdict": "unchecked", "reason": "it ran out of memory"}
JAX_TRIAL = {**TRIAL, "framework": "jax"}
ACCURATE = {**TRIAL, "step": "accuracy", "accuracies": [0.7, 0.91]}


def judge(point: str, *findings: Finding, pretend: bool = False) -> tuple[str, str]:
    documents = {
        document["name"]: document
        for document in judge_points(Findings({"step": findings}), pretend)
    }
    return documents[point]["verdict"], documents[point]["detail"]


@pytest.mark.parametrize("point", [point.name for point in POINTS])
def test_without_findings_a_point_is_not_reached(point: str) -> None:
    assert judge(point)[0] == "not reached"


@pytest.mark.parametrize(
    ("point", "right", "wrong", "words"),
    [
        ("verification", CELL, UNCHECKED, "lstm in pytorch, eager, default is unchecked: it ran"),
        (
            "float32",
            CELL,
            {**CELL, "nearest_to_limit": {"float32": 1.5}},
            "lstm in pytorch, eager: 1.50 of its limit",
        ),
        (
            "tf32 switches",
            SWITCH,
            {**SWITCH, "overrides": True},
            "jax's product rounds to tf32 with its switch on and the override set",
        ),
        (
            "tf32 switches",
            {**SWITCH, "allows_tf32": False, "rounds_to": "float32"},
            {**SWITCH, "reason": "no GPU"},
            "jax failed: no GPU",
        ),
        ("bfloat16", TRIAL, {**TRIAL, "status": "crashed", "reason": "a signal"}, "a signal"),
        ("pytorch", CELL, {**CELL, "verdict": "different", "reason": "a bias"}, "a bias"),
        (
            "jax",
            JAX_TRIAL,
            {**JAX_TRIAL, "allocator_peak_bytes": 40},
            "40 bytes by its allocator, 30 in all",
        ),
        ("driver", ANSWER, {**ANSWER, "reason": "NVML: not supported"}, "not supported"),
        (
            "processes",
            TRIAL,
            {**TRIAL, "device_peak_bytes": None, "absent": {"device_peak_bytes": "A container."}},
            "A container.",
        ),
        ("events", TRIAL, {**TRIAL, "device_seconds_share": 0.5}, "0.5000 of the host's time"),
        ("ceilings", CEILING, {**CEILING, "reason": "no such type"}, "no such type"),
        ("published", TRIAL, {**TRIAL, "samples_per_second": 3000.0}, "0.97 of what is published"),
        ("harness", HARNESS, {**HARNESS, "ratio": 0.9}, "0.900 of the bare loop's speed"),
        ("accuracy", ACCURATE, {**ACCURATE, "accuracies": [0.85]}, "0.8500 after 40.0 s"),
    ],
)
def test_a_point_is_seen_right_or_wrong(
    point: str, right: Finding, wrong: Finding, words: str
) -> None:
    assert judge(point, right)[0] == "seen right"
    verdict, detail = judge(point, wrong)
    assert verdict == "seen wrong"
    assert words in detail


def test_what_failed_beside_others_makes_them_too_many() -> None:
    verdict, detail = judge("at once", MEMORY, AT_ONCE)
    assert (verdict, detail) == ("seen right", "6 at a time took 8.0 of 128.0 GiB")
    assert judge("at once", MEMORY, AT_ONCE, UNCHECKED)[0] == "seen wrong"


def test_several_gpus_are_seen_where_there_are_several() -> None:
    assert judge("several", {"what": "devices", "count": 1, "mig": 0})[0] == "not reached"
    assert judge("several", {"what": "devices", "count": 2, "mig": 0})[0] == "seen right"


def test_the_share_of_the_ceiling_is_told() -> None:
    # 4,000 images of 24e9 operations in a second, of 790e12.
    assert "12% of the measured product" in judge("published", TRIAL, CEILING)[1]


def test_a_rehearsal_sees_nothing() -> None:
    verdict, detail = judge("harness", HARNESS, pretend=True)
    assert verdict == "not reached"
    assert detail.startswith("A rehearsal on a processor would say 'seen right':")


@pytest.mark.parametrize(("bits", "expected"), [(23, "float32"), (10, "tf32"), (7, "bfloat16")])
def test_rounding_is_told_by_what_is_kept(bits: int, expected: str) -> None:
    def multiply(value: float, allows_tf32: bool) -> float:
        return int(value * 2**bits) / int(2**bits)

    assert find_rounding(multiply, allows_tf32=True) == expected


def test_the_guide_lists_every_point_in_the_same_words() -> None:
    guide = " ".join((ROOT / "docs/guides/gpu.md").read_text().split())
    for point in POINTS:
        assert point.sentence in guide, point.name
