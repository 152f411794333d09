"""Which device is asked, and what is said where the driver does not answer."""

from types import SimpleNamespace

import pynvml
import pytest

from bench.host.machine.accounts import UnreadableError
from bench.host.machine.nvml import SLOWDOWNS, THERMAL_POLICY, MissingGpu, open_gpu
from tests.bench.host.machine.fake_nvml import FakeDevice, FakeNvml

FIRST = FakeDevice(uuid="GPU-aaaa-1111", total=1)
SECOND = FakeDevice(uuid="GPU-bbbb-2222", total=2)
PART = FakeDevice(uuid="MIG-cccc-3333", total=3)


@pytest.mark.parametrize(
    ("visible", "total"),
    [
        (None, 1),
        ("0", 1),
        ("1,0", 2),
        (" 1 ", 2),
        ("GPU-bbbb-2222", 2),
        ("GPU-b", 2),
        ("MIG-cccc-3333", 3),
    ],
)
def test_the_first_visible_device_is_asked(visible: str | None, total: int) -> None:
    variables = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    with open_gpu("cuda", variables, FakeNvml(FIRST, SECOND, PART)) as gpu:
        assert gpu.read_total_bytes() == total


@pytest.mark.parametrize("visible", ["", "-1", "7", "GPU-", "GPU-x", "NoDevFiles", "MIG-x"])
def test_no_device_is_guessed(visible: str) -> None:
    with open_gpu("cuda", {"CUDA_VISIBLE_DEVICES": visible}, FakeNvml(FIRST, SECOND)) as gpu:
        with pytest.raises(UnreadableError) as raised:
            gpu.read_used_bytes()
        assert repr(visible) in str(raised.value) or "Not Found" in str(raised.value)


def test_gpus_of_several_kinds_are_not_taken_by_number() -> None:
    nvml = FakeNvml(FakeDevice(name="Old"), FakeDevice(name="New", uuid="GPU-n", total=2))
    with open_gpu("cuda", {}, nvml) as gpu, pytest.raises(UnreadableError, match="several kinds"):
        gpu.read_total_bytes()
    for variables in (
        {"CUDA_VISIBLE_DEVICES": "GPU-n"},
        {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
    ):
        with open_gpu("cuda", variables, nvml) as gpu:
            assert gpu.read_total_bytes() == 2


def test_what_is_read_has_the_units_of_its_name() -> None:
    device = FakeDevice(used=123, millijoules=4_500, thermal_nanoseconds=2_000_000_000)
    device.processes = {7: 99, 8: None, 9: 0}
    device.reasons = pynvml.nvmlClocksEventReasonSwPowerCap
    with open_gpu("cuda", {}, FakeNvml(device)) as gpu:
        assert (gpu.read_used_bytes(), gpu.read_joules(), gpu.read_thermal_seconds()) == (
            123,
            4.5,
            2.0,
        )
        # A process that computes with 0 bytes is one whose memory the driver does not tell.
        assert gpu.list_processes() == [(7, 99), (8, None), (9, None)]
        assert gpu.list_slowdowns() == []
        device.reasons |= pynvml.nvmlClocksEventReasonHwThermalSlowdown
        assert gpu.list_slowdowns() == ["heat, seen by the device"]
        assert (gpu.read_name(), gpu.read_driver()) == ("NVIDIA Test", "580.1")
        assert gpu.read_capability() == (9, 0)


def test_nvml_is_opened_once_and_closed_whatever_happens() -> None:
    nvml = FakeNvml()
    with pytest.raises(KeyboardInterrupt), open_gpu("cuda", {}, nvml):
        raise KeyboardInterrupt
    with open_gpu("cuda", {"CUDA_VISIBLE_DEVICES": "-1"}, nvml):
        pass
    assert (nvml.opened, nvml.closed) == (2, 2)


def test_without_the_library_there_is_a_reason_and_nothing_to_close() -> None:
    nvml = FakeNvml(failures={"nvmlInit": pynvml.NVML_ERROR_LIBRARY_NOT_FOUND})
    with open_gpu("cuda", {}, nvml) as gpu:
        assert isinstance(gpu, MissingGpu)
        for ask in (gpu.read_driver, gpu.read_joules, gpu.list_processes, gpu.list_slowdowns):
            with pytest.raises(UnreadableError, match="NVML Shared Library Not Found"):
                ask()
    assert nvml.closed == 0


def test_the_header_has_the_slowdowns_under_these_bits() -> None:
    assert set(SLOWDOWNS) == {
        pynvml.nvmlClocksEventReasonSwThermalSlowdown,
        pynvml.nvmlClocksEventReasonHwThermalSlowdown,
        pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown,
        pynvml.nvmlClocksEventReasonHwSlowdown,
    }
    assert THERMAL_POLICY == pynvml.NVML_PERF_POLICY_THERMAL


def test_without_nvidia_ml_py_there_is_a_reason() -> None:
    with open_gpu("cuda", {}, None) as gpu:
        assert isinstance(gpu, MissingGpu)
        for ask in (gpu.read_driver, gpu.read_joules, gpu.read_used_bytes, gpu.read_capability):
            with pytest.raises(UnreadableError, match="nvidia-ml-py, which asks NVIDIA's driver"):
                ask()


def test_an_old_nvidia_ml_py_lacks_what_it_lacks() -> None:
    nvml = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda handle: "NVIDIA Test",
    )
    with open_gpu("cuda", {}, nvml) as gpu:
        assert gpu.read_name() == "NVIDIA Test"
        with pytest.raises(UnreadableError, match="no nvmlDeviceGetTotalEnergyConsumption; instal"):
            gpu.read_joules()


def test_on_the_cpu_nvml_is_left_alone() -> None:
    nvml = FakeNvml()
    with (
        open_gpu("cpu", {}, nvml) as gpu,
        pytest.raises(UnreadableError, match="ran on the CPU"),
    ):
        gpu.read_joules()
    assert nvml.opened == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (pynvml.NVML_ERROR_NOT_SUPPORTED, "Not Supported"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "Insufficient Permissions"),
    ],
)
def test_what_the_driver_refuses_is_said(code: int, words: str) -> None:
    nvml = FakeNvml(failures={"nvmlDeviceGetTotalEnergyConsumption": code})
    with open_gpu("cuda", {}, nvml) as gpu, pytest.raises(UnreadableError, match=words):
        gpu.read_joules()
