"""When a worker has ended, the driver still has to take its memory back."""

import pynvml
import pytest

from bench.host.machine.accounts import read_or_none
from bench.host.machine.idle_gpu import LIMIT_SECONDS, TOLERATED_BYTES, wait_for_released_memory
from bench.host.machine.nvml import VisibleGpu, open_gpu
from tests.bench.host.machine.fake_nvml import GIBIBYTE, FakeDevice, FakeNvml


class Clock:
    """Whoever sleeps lets the driver work: some memory comes back each time."""

    def __init__(self, device: FakeDevice, freed: int) -> None:
        self.now = 100.0
        self._device, self._freed = device, freed

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._device.used = max(GIBIBYTE, self._device.used - self._freed)


def visible(nvml: FakeNvml) -> VisibleGpu:
    with open_gpu("cuda", {}, nvml) as gpu:
        return gpu


@pytest.mark.parametrize("held", [0, TOLERATED_BYTES])
def test_what_is_free_is_not_waited_for(held: int) -> None:
    device = FakeDevice(used=GIBIBYTE + held)
    clock = Clock(device, 0)
    assert wait_for_released_memory(visible(FakeNvml(device)), GIBIBYTE, clock, clock.sleep) == {}
    assert clock.now == 100.0


def test_memory_that_comes_back_is_waited_for() -> None:
    device = FakeDevice(used=9 * GIBIBYTE)
    clock = Clock(device, GIBIBYTE)
    assert wait_for_released_memory(visible(FakeNvml(device)), GIBIBYTE, clock, clock.sleep) == {}
    assert device.used <= GIBIBYTE + TOLERATED_BYTES
    assert 100.0 < clock.now < 101.0


def test_memory_that_stays_is_told_after_a_while() -> None:
    device = FakeDevice(used=3 * GIBIBYTE)
    clock = Clock(device, 0)
    found = wait_for_released_memory(visible(FakeNvml(device)), GIBIBYTE, clock, clock.sleep)
    assert found == {"device_unreleased_bytes": 2 * GIBIBYTE}
    assert clock.now == pytest.approx(100.0 + LIMIT_SECONDS, abs=0.1)


def test_without_a_driver_that_tells_nothing_is_waited_for() -> None:
    nvml = FakeNvml(failures={"nvmlDeviceGetMemoryInfo": pynvml.NVML_ERROR_NOT_SUPPORTED})
    gpu = visible(nvml)
    assert read_or_none(gpu.read_used_bytes) is None
    assert wait_for_released_memory(gpu, None) == {}
    assert wait_for_released_memory(gpu, GIBIBYTE) == {}
    with open_gpu("cpu", {}) as none:
        assert read_or_none(none.read_used_bytes) is None
