"""Free memory: a trial that swaps measures the disk."""

from bench.host.machine.accounts import read_memory_bytes
from bench.host.machine.finding import note_if
from bench.records.parts import MachineFinding

GIBIBYTE = 2**30
LEAST_AVAILABLE_BYTES = 2 * GIBIBYTE


def examine_memory() -> list[MachineFinding]:
    """Examine how much memory is free, and how much was written out to the disk."""
    memory = read_memory_bytes()
    try:
        return [
            _free(memory["MemAvailable"], memory["MemTotal"]),
            _swap(memory["SwapTotal"] - memory["SwapFree"]),
        ]
    except KeyError as missing:
        return [MachineFinding("memory", "ok", f"the system does not tell its {missing.args[0]}")]


def _free(available: int, total: int) -> MachineFinding:
    return note_if(
        available < LEAST_AVAILABLE_BYTES,
        "memory",
        f"{available / GIBIBYTE:.1f} GiB free of {total / GIBIBYTE:.1f} GiB",
    )


def _swap(used: int) -> MachineFinding:
    advice = "; memory has been short here, and what is in it is slow to come back"
    detail = f"{used / GIBIBYTE:.1f} GiB in use{advice}" if used else "none in use"
    return note_if(used > 0, "swap", detail)
