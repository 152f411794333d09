"""Memory on the GPU, from an NVML that the test owns."""

from collections.abc import Iterator

import pynvml
import pytest

from bench.host.machine.nvml import MissingGpu, VisibleGpu, open_gpu
from bench.host.monitor.memory import AFTER, NOT_LISTED, NOT_REACHED, DeviceMemory
from tests.bench.host.machine.fake_nvml import GIBIBYTE, FakeDevice, FakeNvml

WORKER, CHILD, STRANGER = 100, 101, 999
QUANTITIES = {"device_peak_bytes", *AFTER.values(), "device_total_increase_bytes"}


@pytest.fixture
def nvml() -> FakeNvml:
    return FakeNvml(FakeDevice(processes={STRANGER: 10 * GIBIBYTE}))


@pytest.fixture
def gpu(nvml: FakeNvml) -> Iterator[VisibleGpu]:
    with open_gpu("cuda", {}, nvml) as opened:
        yield opened


def partition(memory: DeviceMemory) -> tuple[dict[str, int], dict[str, str]]:
    """What is known and what is not; every quantity is in exactly one of them."""
    known, absent = memory.summarize()
    assert known.keys() | absent.keys() == QUANTITIES
    assert not known.keys() & absent.keys()
    return known, absent


def test_the_workers_processes_are_followed_and_no_others(nvml: FakeNvml, gpu: VisibleGpu) -> None:
    processes = nvml.devices[0].processes
    memory = DeviceMemory(gpu)
    memory.take_sample([WORKER])
    memory.keep(AFTER["imported"], [WORKER])
    processes[WORKER] = 400
    memory.keep(AFTER["built"], [WORKER])
    for own, childs in ((700, 50), (600, 200), (100, 0)):
        processes[WORKER], processes[CHILD] = own, childs or None
        memory.take_sample([WORKER, CHILD])
    known, absent = partition(memory)
    assert known == {
        "device_peak_bytes": 800,
        # Not listed then, but later: it had nothing.
        "device_after_import_bytes": 0,
        "device_after_build_bytes": 400,
    }
    assert "worker's own memory" in absent["device_total_increase_bytes"]


@pytest.mark.parametrize("told", [None, 0])
def test_where_the_driver_does_not_tell_the_total_has_a_name_of_its_own(
    nvml: FakeNvml, gpu: VisibleGpu, told: int | None
) -> None:
    device = nvml.devices[0]
    memory = DeviceMemory(gpu)
    device.processes[WORKER] = told
    for used in (3 * GIBIBYTE, 5 * GIBIBYTE, 2 * GIBIBYTE):
        device.used = used
        memory.take_sample([WORKER])
    memory.keep(AFTER["built"], [WORKER])
    known, absent = partition(memory)
    assert known == {"device_total_increase_bytes": 4 * GIBIBYTE}
    assert absent["device_peak_bytes"] == absent["device_after_build_bytes"] == NOT_LISTED


def test_in_a_container_with_other_process_numbers_nothing_is_zero(
    nvml: FakeNvml, gpu: VisibleGpu
) -> None:
    memory = DeviceMemory(gpu)
    memory.keep(AFTER["imported"], [WORKER])
    nvml.devices[0].used = 6 * GIBIBYTE
    memory.take_sample([WORKER])
    known, absent = partition(memory)
    assert known == {"device_total_increase_bytes": 5 * GIBIBYTE}
    assert absent["device_after_import_bytes"] == NOT_LISTED


def test_a_refused_list_is_the_reason(nvml: FakeNvml, gpu: VisibleGpu) -> None:
    nvml.failures["nvmlDeviceGetComputeRunningProcesses"] = pynvml.NVML_ERROR_NO_PERMISSION
    memory = DeviceMemory(gpu)
    memory.take_sample([WORKER])
    known, absent = partition(memory)
    assert known == {"device_total_increase_bytes": 0}
    assert "Insufficient Permissions" in absent["device_peak_bytes"]


def test_the_workers_own_memory_does_not_need_the_total(nvml: FakeNvml, gpu: VisibleGpu) -> None:
    nvml.failures["nvmlDeviceGetMemoryInfo"] = pynvml.NVML_ERROR_NOT_SUPPORTED
    memory = DeviceMemory(gpu)
    nvml.devices[0].processes[WORKER] = 7
    memory.take_sample([WORKER])
    known, absent = partition(memory)
    assert known == {"device_peak_bytes": 7}
    assert absent["device_after_build_bytes"] == NOT_REACHED


def test_a_total_that_begins_late_has_no_start(nvml: FakeNvml, gpu: VisibleGpu) -> None:
    nvml.failures["nvmlDeviceGetMemoryInfo"] = pynvml.NVML_ERROR_UNKNOWN
    memory = DeviceMemory(gpu)
    nvml.failures.clear()
    memory.take_sample([WORKER])
    known, absent = partition(memory)
    assert known == {}
    assert "Unknown Error" in absent["device_total_increase_bytes"]


def test_a_look_that_fails_is_a_sample_less(nvml: FakeNvml, gpu: VisibleGpu) -> None:
    memory = DeviceMemory(gpu)
    nvml.devices[0].processes[WORKER] = 7
    memory.take_sample([WORKER])
    for function in ("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetComputeRunningProcesses"):
        nvml.failures[function] = pynvml.NVML_ERROR_UNKNOWN
    memory.take_sample([WORKER])
    assert partition(memory)[0] == {"device_peak_bytes": 7}


def test_on_the_cpu_everything_is_absent_for_that_reason() -> None:
    memory = DeviceMemory(MissingGpu("The trial ran on the CPU."))
    memory.take_sample([WORKER])
    memory.keep(AFTER["built"], [WORKER])
    known, absent = partition(memory)
    assert known == {}
    assert set(absent.values()) == {"The trial ran on the CPU."}
