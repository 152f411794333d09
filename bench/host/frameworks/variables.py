"""The environment variables that a worker sees."""

import os
from collections.abc import Mapping
from pathlib import Path

from bench.host.frameworks.framework import ROOT

# What a worker may see of the user's environment: what programs need to start,
# to find libraries, devices and compilers, and nothing that could be a secret.
PASSED_VARIABLES = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    *("TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "CC", "CXX"),
    *("CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"),
)


def build_worker_environment(
    own: Mapping[str, str], device: str, root: Path = ROOT
) -> dict[str, str]:
    """Build all variables that a worker sees: its own, and those that pass of the user's.

    Args:
        root: checkout whose worker runs.
    """
    environment = {name: os.environ[name] for name in PASSED_VARIABLES if name in os.environ}
    environment.update(own)
    # One device, or none: frameworks that see several take memory of each and time to start.
    visible = environment.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0].strip()
    environment["CUDA_VISIBLE_DEVICES"] = visible if device == "cuda" else ""
    environment["PYTHONPATH"] = str(root)
    environment["PYTHONHASHSEED"] = "0"
    # A worker leaves nothing in the checkout. Environments have their bytecode already.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment
