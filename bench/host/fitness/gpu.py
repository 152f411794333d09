"""Whether the GPU is free, and whether something slows it down."""

from bench.host.machine.accounts import UnreadableError
from bench.host.machine.nvml import MissingGpu, VisibleGpu
from bench.records.parts import MachineFinding, note_if

GIBIBYTE = 2**30
# The driver itself and a desktop have some; a model has more.
NOTED_USED_SHARE = 0.05


def examine_gpu(gpu: VisibleGpu) -> list[MachineFinding]:
    """Look at processes, memory in use and clocks of a GPU, before any trial's process is there."""
    if isinstance(gpu, MissingGpu):
        return [MachineFinding("GPU state", "note", gpu.reason)]
    findings = []
    for topic, look in (
        ("GPU processes", _look_at_processes),
        ("GPU memory", _look_at_memory),
        ("GPU clocks", _look_at_clocks),
    ):
        try:
            noteworthy, detail = look(gpu)
        except UnreadableError as error:
            noteworthy, detail = True, f"not known: {error}"
        findings.append(note_if(noteworthy, topic, detail))
    return findings


def _look_at_processes(gpu: VisibleGpu) -> tuple[bool, str]:
    count = len(gpu.list_processes())
    if count == 0:
        return False, "none that NVML lists"
    return True, f"{count} of others compute on {gpu.read_name()}; end them"


def _look_at_memory(gpu: VisibleGpu) -> tuple[bool, str]:
    used, total = gpu.read_used_bytes(), gpu.read_total_bytes()
    detail = f"{used / GIBIBYTE:.1f} GiB in use of {total / GIBIBYTE:.1f} GiB before any trial"
    return used > NOTED_USED_SHARE * total, detail


def _look_at_clocks(gpu: VisibleGpu) -> tuple[bool, str]:
    slowdowns = gpu.list_slowdowns()
    if not slowdowns:
        return False, "nothing keeps them down"
    return True, f"kept down by {', '.join(slowdowns)}"
