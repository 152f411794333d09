"""Whether the GPU is free, and whether something slows it down."""

from collections.abc import Callable

from bench.host.machine.finding import note_if
from bench.host.machine.nvml import MissingGpu, VisibleGpu
from bench.host.machine.unreadable import UnreadableError
from bench.records.parts import MachineFinding

GIBIBYTE = 2**30
# The driver itself and a desktop have some; a model has more.
NOTED_USED_SHARE = 0.05


def examine_gpu(gpu: VisibleGpu) -> list[MachineFinding]:
    """Others' processes, memory in use, and the clocks; before any trial's process is there."""
    if isinstance(gpu, MissingGpu):
        return [MachineFinding("GPU state", "note", gpu.reason)]
    return [
        _told("GPU processes", gpu, _processes),
        _told("GPU memory", gpu, _memory),
        _told("GPU clocks", gpu, _clocks),
    ]


def _told(
    topic: str, gpu: VisibleGpu, look: Callable[[str, VisibleGpu], MachineFinding]
) -> MachineFinding:
    try:
        return look(topic, gpu)
    except UnreadableError as error:
        return MachineFinding(topic, "note", f"not known: {error}")


def _processes(topic: str, gpu: VisibleGpu) -> MachineFinding:
    count = len(gpu.list_processes())
    return note_if(
        count > 0,
        topic,
        f"{count} of others compute on {gpu.read_name()}; end them"
        if count
        else "none that NVML lists",
    )


def _memory(topic: str, gpu: VisibleGpu) -> MachineFinding:
    used, total = gpu.read_used_bytes(), gpu.read_total_bytes()
    return note_if(
        used > NOTED_USED_SHARE * total,
        topic,
        f"{used / GIBIBYTE:.1f} GiB in use of {total / GIBIBYTE:.1f} GiB before any trial",
    )


def _clocks(topic: str, gpu: VisibleGpu) -> MachineFinding:
    slowdowns = gpu.list_slowdowns()
    words = f"kept down by {', '.join(slowdowns)}" if slowdowns else "nothing keeps them down"
    return note_if(bool(slowdowns), topic, words)
