"""What the outcome of a verification depends on, as one digest: the key of a cached certificate."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from bench.digests import digest_text
from bench.errors import InterpreterError
from bench.host.environments import Environment
from bench.host.frameworks import ROOT, Framework
from bench.host.gpu import detect_gpus
from bench.host.machine import cpu_name
from bench.host.setup import set_up
from bench.host.verify.cells import Cell
from bench.host.verify.verifier import REFERENCE

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
SOURCES = ("*.py", "*.toml", "*.txt")


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
        "implementation": _sources(cell.framework.folder),
        "reference": _sources(REFERENCE),
        "protocol": _protocol(cell.framework.root),
        "versions": _versions(cell.framework, environment),
    }
    return digest_text(json.dumps(parts, sort_keys=True))


@cache
def _gpus() -> dict[str, Any]:
    return asdict(detect_gpus())


@cache
def _protocol(root: Path) -> str:
    """Of the host, and of another checkout whose worker takes the steps."""
    roots = (ROOT,) if root == ROOT else (ROOT, root)
    return digest_text("".join(_sources(one / name) for one in roots for name in PROTOCOL))


@cache
def _sources(path: Path) -> str:
    """Digest of a source file, or of all that lie in a folder, with their names."""
    files = [path] if path.is_file() else sorted(_files(path, SOURCES))
    texts = [f"{file.name}\n{file.read_text('utf-8')}" for file in files]
    return digest_text("\0".join(texts))


def _files(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from folder.glob(pattern)


def _versions(framework: Framework, environment: Environment) -> str:
    """What is installed: an environment of ours is named after the digest of its pins."""
    if not environment.given:
        return environment.python.parents[1].name
    return _installed(environment.python)


@cache
def _installed(python: Path) -> str:
    """Names and versions of all distributions of an interpreter."""
    program = (
        "import importlib.metadata as m, sys; print(sys.version, *sorted("
        "f'{d.name}=={d.version}' for d in m.distributions()))"
    )
    try:
        finished = subprocess.run(
            [str(python), "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise InterpreterError(
            f"{python} does not say what is installed in it ({error}); expected a Python that "
            "starts; check it."
        ) from error
    return finished.stdout
