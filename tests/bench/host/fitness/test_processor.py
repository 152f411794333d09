"""Governor, turbo, throttling and threads, in a tree that the test owns."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.host.fitness import processor as looks
from bench.host.fitness.processor import examine_processors
from bench.records.parts import MachineFinding
from tests.bench.host.machine.test_throttling import processor

PROCESSORS = "sys/devices/system/cpu"


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    machine = SimpleNamespace(cores=4, processors=8)
    monkeypatch.setattr(looks, "count_logical_processors", lambda: machine.processors)
    monkeypatch.setattr(looks, "count_physical_cores", lambda: machine.cores)
    return machine


def write(system: Path, file: str, text: str) -> None:
    path = system / PROCESSORS / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def look(system: Path, topic: str, threads: int = 4) -> MachineFinding:
    (found,) = [one for one in examine_processors(threads, system) if one.topic == topic]
    return found


@pytest.mark.parametrize(
    ("names", "verdict", "words"),
    [
        (("performance", "performance"), "ok", "performance"),
        (("performance", "powersave"), "note", "performance, powersave; `cpupower"),
        (("schedutil", "schedutil"), "note", "schedutil"),
        ((), "ok", "virtual machine"),
    ],
)
def test_only_a_steady_governor_is_well(
    tmp_path: Path, names: tuple[str, ...], verdict: str, words: str
) -> None:
    for number, name in enumerate(names):
        write(tmp_path, f"cpu{number}/cpufreq/scaling_governor", name)
    finding = look(tmp_path, "frequency governor")
    assert finding.verdict == verdict
    assert words in finding.detail


@pytest.mark.parametrize(
    ("file", "value", "words"),
    [
        ("intel_pstate/no_turbo", "0", "on:"),
        ("intel_pstate/no_turbo", "1", "off"),
        ("cpufreq/boost", "1", "on:"),
        ("cpufreq/boost", "0", "off"),
        ("other", "1", "does not tell"),
    ],
)
def test_turbo_is_told_and_not_judged(tmp_path: Path, file: str, value: str, words: str) -> None:
    write(tmp_path, file, value)
    finding = look(tmp_path, "turbo")
    assert finding.verdict == "ok"
    assert words in finding.detail


def test_throttling_since_the_start_is_told(tmp_path: Path) -> None:
    assert "does not count" in look(tmp_path, "throttling").detail
    processor(tmp_path, 0, core=0, package=0, counts=(1000, 234))
    assert "1,234 times" in look(tmp_path, "throttling").detail


def test_more_threads_than_cores_is_a_note(tmp_path: Path, four_cores: SimpleNamespace) -> None:
    assert look(tmp_path, "threads", 4) == MachineFinding(
        "threads", "ok", "4 on 4 physical cores with hyper-threads"
    )
    assert look(tmp_path, "threads", 5).verdict == "note"
    four_cores.processors = 4
    assert "hyper" not in look(tmp_path, "threads", 4).detail
    four_cores.cores = None
    assert look(tmp_path, "threads", 5).verdict == "ok"
