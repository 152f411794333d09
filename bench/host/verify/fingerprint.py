"""What the outcome of a verification depends on, as one digest: the key of a cached certificate."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from bench.digests import digest_text
from bench.host.environments import Environment
from bench.host.frameworks import ROOT
from bench.host.gpu import detect_gpus
from bench.host.machine import cpu_name
from bench.host.setup import set_up
from bench.host.verify.cells import Cell
from bench.host.verify.verifier import REFERENCE
from bench.host.versions import sources, versions_of

# Another one at each start of the system.
BOOT = Path("/proc/sys/kernel/random/boot_id")
# The protocol: what draws the inputs, takes the steps and judges the errors.
PROTOCOL = (
    "bench/spec.py",
    "bench/optimizer.py",
    "bench/verification.py",
    "bench/models",
    "bench/worker",
    "bench/host/weights.py",
    "bench/host/verify/inputs.py",
    "bench/host/verify/judgement.py",
)


def fingerprint(cell: Cell, environment: Environment, threads: int) -> str:
    """SHA-256 over spec, implementation, reference, protocol, versions and device."""
    parts: dict[str, Any] = {
        "model": cell.model,
        "spec": repr(cell.spec),
        "samples": asdict(cell.samples),
        "mode": cell.mode,
        "device": [cell.device, cpu_name(), _gpus() if cell.device == "cuda" else None],
        "threads": threads,
        "setup": asdict(set_up(cell.framework, cell, "ieee", threads)),
        "implementation": sources(cell.framework.folder),
        "model from outside": sources(cell.definition.folder) if cell.definition.folder else None,
        "reference": sources(REFERENCE),
        "protocol": _protocol(cell.framework.root),
        "versions": versions_of(environment),
    }
    return digest_text(json.dumps(parts, sort_keys=True))


@cache
def _gpus() -> dict[str, Any]:
    """The GPUs; where nobody tells which, those of this start of the system and no other."""
    found = detect_gpus()
    return asdict(found) | ({} if found.told else {"start": BOOT.read_text("utf-8")})


@cache
def _protocol(root: Path) -> str:
    """Of the host, and of another checkout whose worker takes the steps."""
    roots = (ROOT,) if root == ROOT else (ROOT, root)
    return digest_text("".join(sources(one / name) for one in roots for name in PROTOCOL))
