"""What NVIDIA's driver answers to every question that samestep asks it."""

import os
from collections.abc import Callable
from typing import Any

from bench.host.machine.accounts import UnreadableError
from bench.host.machine.nvml import NVML, NVML_ERRORS, VisibleGpu, open_gpu
from tests.bench.host.machine.fake_nvml import FakeNvml
from tests.gpu.findings import Notebook
from tests.gpu.settings import Settings

# An older library lacks a function.
UNANSWERED: tuple[type[Exception], ...] = (*NVML_ERRORS, AttributeError)
Question = Callable[[VisibleGpu], Any]
QUESTIONS: dict[str, Question] = {
    "name": VisibleGpu.read_name,
    "driver": VisibleGpu.read_driver,
    "compute capability": VisibleGpu.read_capability,
    "memory in all": VisibleGpu.read_total_bytes,
    "memory in use": VisibleGpu.read_used_bytes,
    "processes": VisibleGpu.list_processes,
    "energy in joules": VisibleGpu.read_joules,
    "seconds of heat": VisibleGpu.read_thermal_seconds,
    "slowdowns": VisibleGpu.list_slowdowns,
}


def inquire(settings: Settings, notebook: Notebook) -> None:
    """Ask each question; the simulated driver of the tests answers in a rehearsal."""
    ask_driver(FakeNvml() if settings.pretend else NVML, notebook)


def ask_driver(nvml: Any, notebook: Notebook) -> None:
    """Ask each question and count the devices; None where nvidia-ml-py is not installed."""
    with open_gpu("cuda", os.environ, nvml) as gpu:
        for question, ask in QUESTIONS.items():
            try:
                notebook.write("answer", question=question, value=ask(gpu), reason=None)
            except UnreadableError as error:
                notebook.write("answer", question=question, value=None, reason=str(error))
    if nvml is not None:
        _count_devices(nvml, notebook)


def _count_devices(nvml: Any, notebook: Notebook) -> None:
    """Note how many GPUs there are, and whether the first is divided (MIG), as far as it tells."""
    answers: dict[str, Any] = {}
    for name, ask in (
        ("count", nvml.nvmlDeviceGetCount),
        ("mig", lambda: nvml.nvmlDeviceGetMigMode(nvml.nvmlDeviceGetHandleByIndex(0))),
    ):
        try:
            nvml.nvmlInit()
            answers[name] = ask()
        except UNANSWERED as error:
            answers[name] = None
            answers[f"{name}_reason"] = str(error)
    notebook.write("devices", **answers)
