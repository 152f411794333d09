"""What is noted of a driver's answers, and of a driver that does not answer."""

from pathlib import Path
from typing import Any

import pynvml
import pytest

from tests.bench.host.machine.fake_nvml import FakeDevice, FakeNvml
from tests.gpu.findings import Findings, Notebook, read_findings
from tests.gpu.inquiries.driver import QUESTIONS, ask_driver
from tests.gpu.judgments import Answer, judge_driver


class NoCard(FakeNvml):
    """A driver that has no device to show."""

    def __getattr__(self, name: str) -> Any:
        return (lambda: 0) if name == "nvmlDeviceGetCount" else super().__getattr__(name)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "driver.jsonl"


def ask(nvml: Any, notes: Path) -> Findings:
    ask_driver(nvml, Notebook(notes))
    return Findings({"driver": read_findings(notes)})


def test_every_question_is_answered(notes: Path) -> None:
    findings = ask(FakeNvml(), notes)
    answers = findings.select("answer")
    assert [answer["question"] for answer in answers] == list(QUESTIONS)
    assert all(answer["reason"] is None for answer in answers)
    assert judge_driver(findings).verdict == "seen right"


def test_others_on_the_card_are_named(notes: Path) -> None:
    findings = ask(FakeNvml(FakeDevice(processes={4711: 2**30})), notes)
    assert "processes: [[4711, 1073741824]]" in judge_driver(findings).detail


def test_what_the_driver_cannot_tell_has_its_reason(notes: Path) -> None:
    failing = {"nvmlDeviceGetTotalEnergyConsumption": pynvml.NVML_ERROR_NOT_SUPPORTED}
    answer = judge_driver(ask(FakeNvml(failures=failing), notes))
    assert answer.verdict == "seen wrong"
    assert "energy in joules: NVML, nvmlDeviceGetTotalEnergyConsumption: Not Supported" in (
        answer.detail
    )


@pytest.mark.parametrize(
    ("nvml", "reason"),
    [
        (NoCard, "names none of the 0 devices"),
        (
            lambda: FakeNvml(failures={"nvmlInit": pynvml.NVML_ERROR_DRIVER_NOT_LOADED}),
            "Not Loaded",
        ),
        (lambda: None, "nvidia-ml-py"),
    ],
)
def test_without_a_card_every_answer_is_the_reason(nvml: Any, reason: str, notes: Path) -> None:
    findings = ask(nvml(), notes)
    for answer in findings.select("answer"):
        assert answer["value"] is None
        assert reason in answer["reason"]
    assert judge_driver(findings) == Answer("not reached", "No finding says anything of it.")
