"""What tells machines apart: what decides their speed. Standard library only.

An operating system, a kernel or a driver is updated, and the machine is the one that it was: they
are no part of its key, and whoever puts numbers together says where they changed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

Facts = Mapping[str, Any]

KEY_DIGITS = 12
GIBIBYTE = 2**30
DECISIVE = (
    "cpu",
    "physical_cores",
    "logical_processors",
    "usable_processors",
    "architecture",
)
# What may change on a machine, and what it is called.
CHANGING = {
    "operating_system": "operating system",
    "kernel": "kernel",
    "gpu_driver": "GPU driver",
}


def identify_machine(facts: Facts) -> dict[str, Any]:
    """Select what decides a machine's speed; a kernel's update moves its memory by megabytes."""
    gpus = facts.get("gpus")
    return {
        **{name: facts.get(name) for name in DECISIVE},
        "memory_gib": _round_to_gibibytes(facts.get("memory_bytes")),
        "gpus": [_identify_gpu(gpu) for gpu in gpus] if isinstance(gpus, list | tuple) else [],
    }


def make_machine_key(facts: Facts) -> str:
    """12 hexadecimal digits that are equal for descriptions of one machine."""
    text = json.dumps(identify_machine(facts), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def describe_machine_changes(states: Iterable[Facts]) -> str:
    """What changed on one machine, from its earliest state to its latest: `kernel 6.1 to 6.12`.

    Empty where nothing did, or nobody knows.
    """
    values: dict[str, list[str]] = {name: [] for name in CHANGING}
    for facts in states:
        for name, own in values.items():
            value = facts.get(name)
            if value is not None and own[-1:] != [str(value)]:
                own.append(str(value))
    return ", ".join(
        f"{CHANGING[name]} {' to '.join(own)}" for name, own in values.items() if len(own) > 1
    )


def _identify_gpu(gpu: Any) -> Any:
    if not isinstance(gpu, Mapping):
        return gpu
    return [gpu.get("name"), _round_to_gibibytes(gpu.get("memory_bytes"))]


def _round_to_gibibytes(size: Any) -> Any:
    try:
        return round(size / GIBIBYTE)
    # A forged record may hold anything.
    except (OverflowError, TypeError, ValueError):
        return None
