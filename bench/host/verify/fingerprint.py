"""What the outcome of a verification depends on, as one digest: the key of a cached certificate."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from bench.host.environments.identity import describe_installation, hash_source_tree, hash_sources
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import ROOT
from bench.host.machine.description import read_cpu_name
from bench.host.machine.nvml import detect_gpus
from bench.host.verify.cells import Cell
from bench.host.verify.verifier import REFERENCE
from bench.protocol.digests import hash_text

# Another one at each start of the system.
BOOT = Path("/proc/sys/kernel/random/boot_id")
# The protocol: what draws the inputs, takes the steps and judges the errors.
PROTOCOL = (
    "bench/spec.py",
    "bench/weights.py",
    "bench/optimizer.py",
    "bench/protocol/verification.py",
    "bench/models",
    "bench/worker",
    "bench/host/data/weights.py",
    "bench/host/verify/inputs.py",
    "bench/host/verify/judgment.py",
)


def compute_fingerprint(cell: Cell, environment: Environment, threads: int) -> str:
    """Compute SHA-256 over spec, implementation, reference, protocol, versions and device."""
    parts: dict[str, Any] = {
        "model": cell.model,
        "spec": repr(cell.spec),
        "samples": asdict(cell.samples),
        "mode": cell.mode,
        "device": [
            cell.device,
            read_cpu_name(),
            _describe_gpus() if cell.device == "cuda" else None,
        ],
        "threads": threads,
        "setup": asdict(cell.set_up(threads)),
        "implementation": hash_sources(cell.framework.folder),
        "model from outside": hash_sources(cell.definition.folder)
        if cell.definition.folder
        else None,
        "reference": hash_sources(REFERENCE),
        "protocol": _digest_protocol(cell.framework.root),
        "versions": describe_installation(environment),
    }
    return hash_text(json.dumps(parts, sort_keys=True))


@cache
def _describe_gpus() -> dict[str, Any]:
    """Where nobody tells which they are, they are those of this start of the system alone."""
    gpus = detect_gpus()
    return asdict(gpus) | ({} if gpus.has_library else {"start": BOOT.read_text("utf-8")})


@cache
def _digest_protocol(root: Path) -> str:
    """Return the digest of the host's protocol, and of another checkout whose worker runs.

    Where that checkout keeps its protocol is its own affair: all of its sources count.
    """
    own = "".join(hash_sources(ROOT / name) for name in PROTOCOL)
    other = "" if root == ROOT else hash_source_tree(root / "bench")
    return hash_text(own + other)
