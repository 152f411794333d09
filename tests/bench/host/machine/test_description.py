import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pynvml
import pytest

from bench.errors import InterpreterError, PlanError
from bench.host.machine import nvml
from bench.host.machine.description import choose_threads, describe_machine
from bench.host.machine.nvml import detect_gpus, find_driver_trace
from bench.host.planning.request import add_options, read_request, resolve_device
from tests.conftest import ROOT


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """NVML as it answers on a machine with one GPU."""
    for name, answer in {
        "nvmlInit": None,
        "nvmlShutdown": None,
        "nvmlDeviceGetCount": 1,
        "nvmlDeviceGetHandleByIndex": "handle",
        "nvmlDeviceGetName": "NVIDIA Test",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 * 2**30),
        "nvmlSystemGetDriverVersion": "580.1",
    }.items():
        monkeypatch.setattr(pynvml, name, lambda *_, answer=answer: answer)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", fail)


def test_the_machine_is_described() -> None:
    machine = describe_machine()
    assert machine["cpu"]
    assert machine["memory_bytes"] > 2**28
    assert 1 <= choose_threads() <= machine["usable_processors"]


def test_the_description_does_not_name_the_host() -> None:
    values = [str(value) for value in describe_machine().values()]
    assert os.uname().nodename not in values


@pytest.mark.usefixtures("one_gpu")
def test_a_gpu_is_found_and_taken() -> None:
    gpus = detect_gpus()
    assert gpus.gpus == ({"name": "NVIDIA Test", "memory_bytes": 80 * 2**30},)
    assert (gpus.driver, gpus.reason) == ("580.1", None)
    assert resolve_device("auto") == "cuda"
    assert resolve_device("cpu") == "cpu"


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_there_is_a_reason() -> None:
    assert detect_gpus().gpus == ()
    assert "NVML" in str(detect_gpus().reason)
    assert resolve_device("auto") == "cpu"
    with pytest.raises(PlanError, match="--device cuda: this machine has no usable GPU"):
        resolve_device("cuda")


# As on a machine whose NVIDIA driver is there, or not.
DRIVERS = {"device": "dev/nvidia0", "loaded": "proc/driver/nvidia/version", "none": "dev/null"}


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / request.param
    file.parent.mkdir(parents=True)
    file.touch()
    return tmp_path


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "NVML", None)


@pytest.mark.usefixtures("no_library")
def test_without_nvidia_ml_py_nobody_is_put_on_the_processor_in_silence(system: Path) -> None:
    found = detect_gpus()
    assert (found.gpus, found.has_library) == ((), False)
    assert "nvidia-ml-py" in str(found.reason)
    trace = find_driver_trace(system)
    if trace is None:
        assert resolve_device("auto", system) == "cpu"
        with pytest.raises(PlanError, match="--device cuda: this machine has no usable GPU"):
            resolve_device("cuda", system)
        return
    with pytest.raises(PlanError) as caught:
        resolve_device("auto", system)
    for words in ("--device auto:", str(trace), "nvidia-ml-py", "--device cpu"):
        assert words in str(caught.value)
    # Memory and energy are absent then; whether there is a GPU, the frameworks are asked.
    assert resolve_device("cuda", system) == "cuda"
    assert resolve_device("cpu", system) == "cpu"


@pytest.mark.usefixtures("no_gpu")
def test_a_driver_that_does_not_answer_is_no_reason_for_the_processor(system: Path) -> None:
    if find_driver_trace(system) is None:
        assert resolve_device("auto", system) == "cpu"
    else:
        with pytest.raises(PlanError, match="--device auto: NVIDIA's driver is here"):
            resolve_device("auto", system)
    with pytest.raises(PlanError, match="--device cuda: this machine has no usable GPU"):
        resolve_device("cuda", system)


def test_the_host_starts_without_nvidia_ml_py() -> None:
    program = (
        "import sys; sys.modules['pynvml'] = None; import bench.suite.conftest, bench.__main__; "
        "from bench.host.machine.description import describe_machine; "
        "print(describe_machine()['gpu_reason'])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("nvidia-ml-py")


def defaults() -> dict[str, object]:
    values: dict[str, object] = {}

    def add(name: str, **settings: object) -> None:
        values[name.removeprefix("--").replace("-", "_")] = settings.get("default")

    add_options(add)
    return values


def test_options_become_a_request() -> None:
    values = {**defaults(), "device": "cpu", "frameworks": "pytorch, mxnet", "python": ["a=/b=c"]}
    request = read_request(values.__getitem__)
    assert request.frameworks == ("pytorch", "mxnet")
    assert {name: str(path) for name, path in (request.pythons or {}).items()} == {"a": "/b=c"}
    assert request.verified
    assert not read_request({**values, "skip_verification": True}.__getitem__).verified


@pytest.mark.parametrize("value", ["pytorch", "=x", "pytorch="])
def test_a_malformed_interpreter_is_one_line(value: str) -> None:
    values = {**defaults(), "device": "cpu", "python": [value]}
    with pytest.raises(InterpreterError, match="expected NAME=PATH"):
        read_request(values.__getitem__)


def test_no_threads_are_too_few() -> None:
    with pytest.raises(PlanError, match="--threads is 0"):
        read_request({**defaults(), "device": "cpu", "threads": 0}.__getitem__)
