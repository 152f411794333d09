"""Watches the machine around a trial: who else computes, how fast it is, what else it did."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec import structs

from bench.host.machine.idle_gpu import (
    ProcessIds,
    count_other_processes,
    find_gpu_processes,
    wait_for_idle_gpu,
    wait_for_released_memory,
)
from bench.host.machine.load import LoadMeter
from bench.host.machine.nvml import VisibleGpu, open_gpu
from bench.host.machine.speed import describe_speeds, measure_machine_speed
from bench.host.machine.unreadable import read_or_none
from bench.records.parts import Load


@dataclass
class Surroundings:
    """The machine around a trial.

    Attributes:
        gpu: the GPU that the worker sees.
        others: processes of others that compute on it and were waited for in vain.
        load: what was measured, once the trial is over.
    """

    gpu: VisibleGpu
    others: ProcessIds | None
    load: Load = field(default_factory=Load)


@contextmanager
def watch_surroundings(
    device: str, variables: Mapping[str, str], threads: int, stayers: Collection[int]
) -> Iterator[Surroundings]:
    """Wait for an idle GPU, and measure around what happens inside the context.

    Args:
        variables: those of the worker, which say what GPU it sees.
        stayers: processes on the GPU that are not waited for again.
    """
    with open_gpu(device, variables) as gpu:
        surroundings = Surroundings(gpu, wait_for_idle_gpu(gpu, stayers))
        # The time to measure the speed is nobody's load: it lies outside the two readings.
        used, speed = read_or_none(gpu.read_used_bytes), measure_machine_speed(threads)
        meter = LoadMeter(gpu)
        yield surroundings
        surroundings.load = structs.replace(
            meter.read(),
            **wait_for_released_memory(gpu, used),
            **count_other_processes(surroundings.others, find_gpu_processes(gpu)),
            **describe_speeds(speed, measure_machine_speed(threads)),
        )
