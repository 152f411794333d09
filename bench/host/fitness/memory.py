"""Free memory: a trial that swaps measures the disk."""

import psutil

from bench.host.fitness.finding import Finding, note_if

GIBIBYTE = 2**30
LEAST_AVAILABLE_BYTES = 2 * GIBIBYTE


def memory_findings() -> list[Finding]:
    """What is free, and what was written out to the disk."""
    memory = psutil.virtual_memory()
    swap = psutil.swap_memory()
    advice = "; memory has been short here, and what is in it is slow to come back"
    return [
        note_if(
            memory.available < LEAST_AVAILABLE_BYTES,
            "memory",
            f"{memory.available / GIBIBYTE:.1f} GiB free of {memory.total / GIBIBYTE:.1f} GiB",
        ),
        note_if(
            swap.used > 0,
            "swap",
            f"{swap.used / GIBIBYTE:.1f} GiB in use{advice}" if swap.used else "none in use",
        ),
    ]
