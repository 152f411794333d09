"""Sets up a framework's process for a trial: variables, knobs and layout of its settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from bench.host.cache import make_worker_home
from bench.host.frameworks.framework import ROOT, Framework, Tuning
from bench.job import NATIVE, Execution
from bench.records.variables import parse_variables

DEFAULT = "default"
TUNED = "tuned"
SETTINGS = (DEFAULT, TUNED)
# What a worker may see of the user's environment: what programs need to start,
# to find libraries, devices and compilers, and nothing that could be a secret.
PASSED_VARIABLES = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "CC", "CXX"),
    *("CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"),
)

# Beginnings of variables that change a framework's speed or results, its libraries' included.
SPEED_VARIABLES = (
    *("XLA_", "JAX_", "FLAX_", "TF_", "KERAS_", "TORCH_", "TORCHINDUCTOR_", "PYTORCH_", "ATEN_"),
    *("MXNET_", "DNNL_", "ONEDNN_", "MKL_", "KMP_", "OMP_", "GOMP_", "OPENBLAS_", "BLIS_"),
    *("NVIDIA_TF32_OVERRIDE", "CUBLAS_", "CUDNN_", "CUDA_", "NCCL_", "TRITON_"),
    *("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "NPROC"),
)
# What scikit-learn sets itself in whoever imports it, as the host does for its digits.
NOT_THE_USERS = ("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK")
# PyTorch's compiler names a folder among the temporary files after it, and fails where nobody has
# a name, or where the folder is another user's.
WORKER_USER = f"samestep-{os.getuid()}"


@dataclass(frozen=True)
class Setup:
    """Everything that a worker gets beyond its inputs.

    Attributes:
        environment: variables that the framework's description and the plan set.
        tunings: settings that are added to the defaults.
    """

    environment: dict[str, str]
    execution: Execution
    tunings: tuple[Tuning, ...]

    @property
    def tuning(self) -> dict[str, Any]:
        """Parts of the settings, for the record; empty where they are the defaults."""
        if not self.tunings:
            return {}
        return {
            "environment": _merge(self.tunings, "environment"),
            "knobs": dict(self.execution.knobs),
            "layout": self.execution.layout,
            "reasons": [tuning.reason for tuning in self.tunings],
            "sources": [tuning.source for tuning in self.tunings],
        }


def set_up(
    framework: Framework, model: str, settings: str, execution: Execution, variables: str = ""
) -> Setup:
    """Set up a framework for a trial or for its verification.

    Args:
        settings: one of SETTINGS, which add the knobs.
        execution: its layout may be `native` to the framework or to the settings.
        variables: the plan's, as a trial has them; they count more than all others.
    """
    mode, device = execution.mode, execution.device
    tunings = select_tunings(framework, model, mode, device) if settings == TUNED else ()
    own = parse_variables(variables)
    tunings = tuple(replace(tuning, environment=_without(tuning, own)) for tuning in tunings)
    layout = execution.layout
    if layout == NATIVE:
        # The last one that says something, as of every other setting.
        layout = [framework.layout, *(tuning.layout for tuning in tunings if tuning.layout)][-1]
    threads = execution.threads
    default = build_default_variables(framework, device, execution.precision, threads)
    return Setup(
        default | _fill(_merge(tunings, "environment"), threads) | own,
        replace(execution, layout=layout, knobs=_merge(tunings, "knobs")),
        tunings,
    )


def build_default_variables(
    framework: Framework, device: str, precision: str, threads: int
) -> dict[str, str]:
    """Build the variables of the default settings."""
    requirements = framework.devices.get(device)
    variables = _fill(requirements.environment if requirements else {}, threads)
    # Frameworks differ in where they take TF32 by themselves: none may, or all do.
    if device == "cuda" and precision in ("ieee", "float64"):
        variables["NVIDIA_TF32_OVERRIDE"] = "0"
    return variables


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
    # Nothing of the user's home is measured, nothing is written there, and nobody need have one.
    environment["HOME"] = str(make_worker_home())
    environment["USER"] = environment["LOGNAME"] = WORKER_USER
    environment["PYTHONNOUSERSITE"] = "1"
    environment["PYTHONPATH"] = str(root)
    environment["PYTHONHASHSEED"] = "0"
    # A worker leaves nothing in the checkout. Environments have their bytecode already.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def find_withheld_variables(variables: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Find the user's variables that frameworks would heed and that workers do not get.

    Among them are those that a worker has with another value, such as OMP_NUM_THREADS. Names alone:
    a value may be a secret.
    """
    return tuple(
        sorted(
            name
            for name in variables
            if name.startswith(SPEED_VARIABLES) and name not in (*PASSED_VARIABLES, *NOT_THE_USERS)
        )
    )


def select_tunings(framework: Framework, model: str, mode: str, device: str) -> tuple[Tuning, ...]:
    """Select the best-known settings for what is to run, in order; later ones override."""
    return tuple(
        tuning
        for tuning in framework.tuned
        if mode in tuning.modes
        and device in tuning.devices
        and any(fnmatch(model, pattern) for pattern in tuning.models)
    )


def _without(tuning: Tuning, names: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in tuning.environment.items() if name not in names}


def _fill(variables: Mapping[str, str], threads: int) -> dict[str, str]:
    return {name: text.replace("{threads}", str(threads)) for name, text in variables.items()}


def _merge(tunings: tuple[Tuning, ...], name: str) -> dict[str, Any]:
    return {key: value for tuning in tunings for key, value in getattr(tuning, name).items()}
