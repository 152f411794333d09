"""The monitor as the executor drives it, with real processes."""

import os
import sys
from pathlib import Path

import pynvml
import pytest

from bench.host.machine.nvml import MissingGpu, open_gpu
from bench.host.monitor.energy import NO_BLOCK, ResourceUse
from bench.host.monitor.rapl import Rapl
from bench.host.monitor.sampler import Monitor
from bench.host.monitor.worker import WorkerMonitor
from bench.host.process.conversation import Limits
from bench.host.process.executor import Executor, Invocation
from bench.host.process.outcome import Event, WorkerOutcome
from bench.records.parts import TimedBlock
from tests.bench.host.machine.fake_nvml import FakeDevice, FakeNvml
from tests.bench.host.monitor.test_rapl import domain
from tests.bench.host.process.test_executor import PREAMBLE

MEBIBYTE = 2**20
QUANTITIES = {
    "peak_anonymous_bytes",
    "device_peak_bytes",
    "device_after_import_bytes",
    "device_after_build_bytes",
    "device_total_increase_bytes",
    "gpu_joules",
    "cpu_package_joules",
}


class Diary(Monitor):
    """Writes down what it is told, in one list with what the listener hears."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def start(self, pid: int) -> None:
        self.entries.append("started" if pid > 0 else "no process")

    def take_sample(self) -> None:
        self.entries.append("sample")

    def handle_event(self, event: Event) -> None:
        self.entries.append(f"monitor: {event['event']}")

    def end(self) -> None:
        self.entries.append("ended")

    def listen(self, event: Event) -> None:
        self.entries.append(f"listener: {event['event']}")


def run(folder: Path, program: str, monitor: Diary | WorkerMonitor) -> WorkerOutcome:
    invocation = Invocation(
        (sys.executable, "-c", PREAMBLE + program), {}, folder / "log", "", Limits(30)
    )
    listen = monitor.listen if isinstance(monitor, Diary) else lambda event: None
    return Executor().run(invocation, listen, monitor)


def test_the_executor_tells_the_monitor_first_and_samples_between(tmp_path: Path) -> None:
    diary = Diary()
    outcome = run(tmp_path, 'time.sleep(1); send("one"); send("two")', diary)
    assert outcome.failure is None
    assert diary.entries[:2] == ["started", "sample"]
    assert [entry for entry in diary.entries if entry != "sample"] == [
        "started",
        "monitor: one",
        "listener: one",
        "monitor: two",
        "listener: two",
        "ended",
    ]


def test_it_is_told_of_the_end_of_a_worker_that_is_stopped(tmp_path: Path) -> None:
    diary = Diary()
    run(tmp_path, 'channel.write("garbage\\n"); time.sleep(60)', diary)
    assert [entry for entry in diary.entries if entry != "sample"] == ["started", "ended"]


def test_samples_go_on_while_a_worker_tears_down(tmp_path: Path) -> None:
    diary = Diary()
    run(tmp_path, 'send("finished"); channel.close(); time.sleep(1)', diary)
    assert diary.entries[-2:] == ["sample", "ended"]


def partition(measured: ResourceUse) -> None:
    """Every quantity is known or has a reason, never both."""
    known = measured.memory.keys() | (measured.energy.keys() - {"samples", "seconds"})
    assert known | measured.absent.keys() == QUANTITIES
    assert not known & measured.absent.keys()
    assert all(reason.endswith(".") for reason in measured.absent.values())


def test_a_real_worker_on_the_cpu(tmp_path: Path) -> None:
    monitor = WorkerMonitor(MissingGpu("The trial ran on the CPU."), Rapl(tmp_path / "none"))
    program = f"""
block = bytearray(b"x") * {200 * MEBIBYTE}
send("built"); send("block"); send("block"); time.sleep(0.6)
"""
    assert run(tmp_path, program, monitor).failure is None
    measured = monitor.summarize()
    partition(measured)
    assert measured.memory.keys() == {"peak_anonymous_bytes"}
    assert 200 * MEBIBYTE <= measured.memory["peak_anonymous_bytes"] < 300 * MEBIBYTE
    assert measured.block_energy == (None, None)
    assert measured.absent["gpu_joules"] == "The trial ran on the CPU."
    assert "virtual machine" in measured.absent["cpu_package_joules"]


BLOCKS = [TimedBlock(1, 32, 0.2, warmup=index == 0) for index in range(3)]


@pytest.fixture
def monitored(tmp_path: Path) -> ResourceUse:
    """A worker of three blocks and an epoch on a GPU of 300 W and a package of 50 W."""
    device = FakeDevice()
    counter = domain(tmp_path, "0", "package-0", 0)
    with open_gpu("cuda", {}, FakeNvml(device)) as gpu:
        monitor = WorkerMonitor(gpu, Rapl(tmp_path))
        monitor.start(2**22 + 1)  # more than any process's number
        device.processes[2**22 + 1] = 10
        for name in ("imported", "built", "block", "block", "epoch", "block"):
            device.millijoules += 300_000
            counter.write_text(str(int(counter.read_text()) + 50_000))
            monitor.handle_event({"event": name})
            monitor.take_sample()
        monitor.end()
        device.processes[2**22 + 1] = 999
        monitor.take_sample()
    return monitor.summarize()


def test_energy_is_summed_over_the_blocks_that_are_called_measured(monitored: ResourceUse) -> None:
    partition(monitored)
    assert monitored.energy == {}
    assert monitored.absent["gpu_joules"] == monitored.absent["cpu_package_joules"] == NO_BLOCK
    over = monitored.add_energy(BLOCKS, {1, 2})
    partition(over)
    assert over.energy["gpu_joules"] == pytest.approx(600)
    assert over.energy["cpu_package_joules"] == pytest.approx(0.1)
    assert over.energy["samples"] == 64
    assert over.add_energy(BLOCKS, {2}).energy["gpu_joules"] == pytest.approx(300)
    # The first block has no energy of its own.
    partition(over.add_energy(BLOCKS, {0}))


def test_nothing_is_read_once_the_process_has_ended(monitored: ResourceUse) -> None:
    assert monitored.memory == {
        "device_peak_bytes": 10,
        "device_after_import_bytes": 10,
        "device_after_build_bytes": 10,
    }


def test_a_gpu_that_keeps_no_energy_says_so(tmp_path: Path) -> None:
    nvml = FakeNvml(
        failures={"nvmlDeviceGetTotalEnergyConsumption": pynvml.NVML_ERROR_NOT_SUPPORTED}
    )
    with open_gpu("cuda", {}, nvml) as gpu:
        measured = WorkerMonitor(gpu, Rapl(tmp_path)).summarize()
    partition(measured)
    assert "Not Supported" in measured.absent["gpu_joules"]


def test_without_nvidia_ml_py_memory_and_energy_are_absent_for_that_reason(tmp_path: Path) -> None:
    with open_gpu("cuda", {}, None) as gpu:
        monitor = WorkerMonitor(gpu, Rapl(tmp_path))
        monitor.start(os.getpid())
        monitor.take_sample()
        measured = monitor.summarize()
    partition(measured)
    for name in ("device_peak_bytes", "device_total_increase_bytes", "gpu_joules"):
        assert measured.absent[name].startswith("nvidia-ml-py, which asks NVIDIA's driver")


@pytest.mark.parametrize("event", [{"event": [1]}, {"event": None}, {"event": "block"}])
def test_events_outside_the_protocol_do_not_stop_it(event: Event, tmp_path: Path) -> None:
    monitor = WorkerMonitor(MissingGpu("There is none."), Rapl(tmp_path))
    monitor.handle_event(event)
    partition(monitor.summarize())
