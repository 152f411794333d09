"""Watches the machine around a trial: who else computes, how fast it is, what else it did."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.host.machine.company import Company, alone, company, told
from bench.host.machine.gauge import around, gauge
from bench.host.machine.load import LoadMeter
from bench.host.machine.nvml import VisibleGpu, open_gpu
from bench.host.machine.release import unreleased, used_bytes


@dataclass
class Surroundings:
    """The machine around a trial.

    Attributes:
        gpu: the GPU that the worker sees.
        others: processes of others that compute on it and were waited for in vain.
        load: what was measured, once the trial is over.
    """

    gpu: VisibleGpu
    others: Company | None
    load: dict[str, float] = field(default_factory=dict)


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
        surroundings = Surroundings(gpu, alone(gpu, stayers))
        # The gauge's own processor time is nobody's load: it lies outside the two readings.
        used, speed = used_bytes(gpu), gauge(threads)
        meter = LoadMeter(gpu)
        yield surroundings
        surroundings.load = {
            **meter.read().known(),
            **unreleased(gpu, used),
            **told(surroundings.others, company(gpu)),
            **around(speed, gauge(threads)),
        }
