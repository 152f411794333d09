"""Others on the card, by the fake driver and a clock that the test owns."""

import pynvml
import pytest

from bench.host.machine.idle_gpu import (
    LIMIT_SECONDS,
    count_other_processes,
    find_gpu_processes,
    wait_for_idle_gpu,
)
from bench.host.machine.nvml import VisibleGpu, open_gpu
from tests.bench.host.machine.fake_nvml import FakeDevice, FakeNvml


class Clock:
    """Whoever sleeps lets others go on; each of them ends at a time of its own."""

    def __init__(self, device: FakeDevice, ends: dict[int, float]) -> None:
        self.now = 100.0
        self._device, self._ends = device, ends

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for pid, end in self._ends.items():
            if self.now >= end:
                self._device.processes.pop(pid, None)


def visible(nvml: FakeNvml) -> VisibleGpu:
    with open_gpu("cuda", {}, nvml) as gpu:
        return gpu


def test_nobody_is_waited_for_where_nobody_is(capsys: pytest.CaptureFixture[str]) -> None:
    device = FakeDevice()
    clock = Clock(device, {})
    assert wait_for_idle_gpu(visible(FakeNvml(device)), (), clock, clock.sleep) == frozenset()
    assert clock.now == 100.0
    assert capsys.readouterr().err == ""


def test_who_ends_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    device = FakeDevice(processes={7: 1, 8: None})
    clock = Clock(device, {7: 103.0, 8: 110.0})
    assert wait_for_idle_gpu(visible(FakeNvml(device)), (), clock, clock.sleep) == frozenset()
    assert clock.now == pytest.approx(110.0, abs=0.3)
    assert capsys.readouterr().err == "Waiting for others to leave the GPU ...\n"


def test_who_stays_is_told_once_the_wait_is_over_and_not_waited_for_again() -> None:
    device = FakeDevice(processes={7: 1, 8: 1})
    clock = Clock(device, {8: 120.0})
    gpu = visible(FakeNvml(device))
    assert wait_for_idle_gpu(gpu, (), clock, clock.sleep) == frozenset({7})
    assert clock.now == pytest.approx(100.0 + LIMIT_SECONDS, abs=0.3)
    before = clock.now
    assert wait_for_idle_gpu(gpu, {7}, clock, clock.sleep) == frozenset({7})
    assert clock.now == before
    # Somebody new is waited for, though the other one is still there.
    device.processes[9] = 1
    clock = Clock(device, {9: 105.0})
    assert wait_for_idle_gpu(gpu, {7}, clock, clock.sleep) == frozenset({7})
    assert clock.now == pytest.approx(105.0, abs=0.3)


def test_a_driver_that_does_not_tell_is_not_waited_for() -> None:
    failing = {"nvmlDeviceGetComputeRunningProcesses": pynvml.NVML_ERROR_NO_PERMISSION}
    assert wait_for_idle_gpu(visible(FakeNvml(failures=failing))) is None
    with open_gpu("cpu", {}) as none:
        assert wait_for_idle_gpu(none) is None
        assert find_gpu_processes(none) is None


def test_what_a_record_holds() -> None:
    assert count_other_processes(None, None) == {}
    assert count_other_processes(frozenset(), frozenset()) == {"device_other_processes": 0.0}
    assert count_other_processes(frozenset({7}), None) == {"device_other_processes": 1.0}
    assert count_other_processes(frozenset({7}), frozenset({7, 9})) == {
        "device_other_processes": 2.0
    }
