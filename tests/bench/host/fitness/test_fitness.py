"""Load, memory, the GPU, versions, and all of it together on the real machine."""

import platform

import pynvml
import pytest

from bench.host import fitness
from bench.host.fitness import describe_versions, examine_machine, limits
from bench.host.fitness.gpu import examine_gpu
from bench.host.fitness.limits import examine_memory
from bench.host.fitness.processor import judge_load, judge_load_average
from bench.host.machine.nvml import MissingGpu, open_gpu
from bench.host.machine.speed import Noise
from bench.records.parts import Load, MachineFinding
from tests.bench.host.machine.fake_nvml import GIBIBYTE, FakeDevice, FakeNvml


def verdicts(findings: list[MachineFinding]) -> dict[str, str]:
    return {one.topic: one.verdict for one in findings}


@pytest.mark.parametrize(("load", "verdict"), [(0.99, "ok"), (1.0, "note")])
def test_a_quarter_of_the_cores_is_too_much_load(load: float, verdict: str) -> None:
    assert judge_load_average(load, cores=4).verdict == verdict


def test_others_and_other_guests_are_told_apart() -> None:
    quiet = Load(0.0, 0.01, 0.01, steal_share=0.001)
    assert verdicts(judge_load(quiet)) == {"other load": "ok", "steal time": "ok"}
    stolen = Load(0.0, 0.04, 0.04, steal_share=0.03)
    assert verdicts(judge_load(stolen)) == {"other load": "ok", "steal time": "note"}
    loud = Load(0.0, 0.3, 0.3)  # a system that keeps no account of steal time
    assert verdicts(judge_load(loud)) == {"other load": "note"}


def test_short_memory_and_used_swap_are_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "MemTotal": 4 * GIBIBYTE,
        "MemAvailable": 1 * GIBIBYTE,
        "SwapTotal": GIBIBYTE,
        "SwapFree": GIBIBYTE // 2,
    }
    monkeypatch.setattr(limits, "read_memory_bytes", lambda: told)
    assert verdicts(examine_memory()) == {"memory": "note", "swap": "note"}
    told |= {"MemAvailable": 3 * GIBIBYTE, "SwapFree": GIBIBYTE}
    assert verdicts(examine_memory()) == {"memory": "ok", "swap": "ok"}
    del told["MemAvailable"]
    (finding,) = examine_memory()
    assert (finding.verdict, finding.detail) == ("ok", "the system does not tell its MemAvailable")


def test_a_gpu_that_is_free_is_well() -> None:
    with open_gpu("cuda", {}, FakeNvml()) as gpu:
        assert verdicts(examine_gpu(gpu)) == {
            "GPU processes": "ok",
            "GPU memory": "ok",
            "GPU clocks": "ok",
        }


def test_what_others_do_to_the_gpu_is_noted() -> None:
    device = FakeDevice(
        used=9 * GIBIBYTE,
        processes={7: GIBIBYTE, 8: None},
        reasons=pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown,
    )
    with open_gpu("cuda", {}, FakeNvml(device)) as gpu:
        processes, memory, clocks = examine_gpu(gpu)
    assert {processes.verdict, memory.verdict, clocks.verdict} == {"note"}
    assert "2 of others" in processes.detail
    assert "9.0 GiB" in memory.detail
    assert "power brake" in clocks.detail


def test_what_the_driver_does_not_tell_is_noted() -> None:
    nvml = FakeNvml(
        failures={"nvmlDeviceGetCurrentClocksEventReasons": pynvml.NVML_ERROR_FUNCTION_NOT_FOUND}
    )
    with open_gpu("cuda", {}, nvml) as gpu:
        *_, clocks = examine_gpu(gpu)
    assert clocks.verdict == "note"
    assert "Function Not Found" in clocks.detail
    (missing,) = examine_gpu(MissingGpu("There is none."))
    assert (missing.verdict, missing.detail) == ("note", "There is none.")


def test_versions_name_what_times_depend_on() -> None:
    with open_gpu("cuda", {}, FakeNvml()) as gpu:
        detail = describe_versions(gpu).detail
    for words in ("samestep ", platform.python_version(), platform.release(), "driver 580.1"):
        assert words in detail
    assert "driver" not in describe_versions(MissingGpu("There is none.")).detail


def test_the_real_machine_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    steady = Noise(pieces=100, median_seconds=0.01, relative_iqr=0.0, worst_ratio=1.0)
    monkeypatch.setattr(fitness, "time_pieces", lambda threads: steady)
    findings = examine_machine("cpu", threads=1)
    topics = [one.topic for one in findings]
    assert len(topics) == len(set(topics))
    assert {"load average", "other load", "threads", "memory", "noise", "versions"} <= set(topics)
    assert not any("GPU" in topic for topic in topics)
    # What bears on times does not keep a run from working.
    assert {one.verdict for one in findings} <= {"ok", "note"}
