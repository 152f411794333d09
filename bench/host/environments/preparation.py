"""Prepares an environment for each framework and device, made with uv and kept in the cache."""

import json
import os
import platform
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.errors import UnavailableError
from bench.host.cache import lock_entry, remove
from bench.host.environments.installer import (
    build_installer_environment,
    find_uv,
    has_own_sources,
    list_install_options,
    run_uv,
)
from bench.host.environments.interpreters import check_interpreter
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.requirements import Requirements
from bench.host.machine.accounts import UnreadableError
from bench.host.machine.nvml import NVML, open_gpu
from bench.protocol.digests import hash_text
from bench.records.cache_folder import get_cache_folder
from bench.records.results import edition

DESCRIPTION = "samestep-environment.json"
START_SECONDS = 60

Say = Callable[[str], None]


@dataclass(frozen=True)
class Environment:
    """An interpreter that has a framework.

    Attributes:
        python: path of the interpreter, not resolved: a virtual environment is a link.
        given: whether the user named it; else this module made it.
    """

    python: Path
    given: bool


Environments = Mapping[str, Environment | UnavailableError]


def prepare_environments(
    frameworks: Iterable[Framework], device: str, given: Mapping[str, Path], say: Say
) -> dict[str, Environment | UnavailableError]:
    """Prepare the environment of each framework, or the error that says why there is none.

    Args:
        given: interpreters that the user named, by framework or by framework@version.

    Raises:
        InterpreterError: an interpreter that the user named cannot be used.
        UnavailableError: a version that the user named cannot be had.
    """
    environments: dict[str, Environment | UnavailableError] = {}
    frameworks = list(frameworks)
    for name in given.keys() - {edition(each.name, each.pin, "") for each in frameworks}:
        say(f"Note: --python {name}={given[name]} is not used: nothing here runs {name}.")
    for framework in frameworks:
        try:
            environments[framework.edition] = prepare_environment(framework, device, given, say)
        except UnavailableError as error:
            if framework.pin:
                # Somebody wants to know how this version compares: without it, there is no answer.
                raise
            say(f"{framework.title} will be skipped: {error}")
            environments[framework.edition] = error
    return environments


def select_available(environments: Environments) -> dict[str, Environment]:
    """Select the environments that could be prepared."""
    return {
        name: environment
        for name, environment in environments.items()
        if isinstance(environment, Environment)
    }


def prepare_environment(
    framework: Framework, device: str, given: Mapping[str, Path], say: Say
) -> Environment:
    """Prepare the environment of a framework: the user's interpreter, a cached or a new one.

    Raises:
        UnavailableError: it cannot be had on this machine.
        InterpreterError: the user's interpreter cannot be used.
    """
    own = edition(framework.name, framework.pin, "")
    if own in given:
        python, note = check_interpreter(framework, device, given[own])
        if note:
            say(note)
        return Environment(python, given=True)
    if device not in framework.devices:
        raise UnavailableError(
            f"{framework.title} has no requirements for the device {device!r}, only for "
            f"{', '.join(framework.devices)}; add them to its framework.toml or use --python."
        )
    if device == "cuda":
        check_kernels(framework, os.environ)
    return prepare_cached_environment(framework, device, say)


def check_kernels(framework: Framework, variables: Mapping[str, str], nvml: Any = NVML) -> None:
    """Refuse to install gigabytes that hold nothing for the GPU at hand.

    Where it is not known what the wheel holds or what the GPU runs, the framework is tried once it
    is installed (`bench.host.ceilings.measurement`).

    Args:
        variables, nvml: see open_gpu.

    Raises:
        UnavailableError: the wheel has no code that this GPU runs.
    """
    requirements = framework.devices["cuda"]
    if requirements.kernels is None:
        return
    try:
        with open_gpu("cuda", variables, nvml) as gpu:
            name, capability = gpu.read_name(), gpu.read_capability()
    except UnreadableError:
        return
    if not requirements.kernels.run_on(capability):
        raise UnavailableError(
            f"{framework.title}'s wheel ({requirements.packages[0]}) holds {requirements.kernels}; "
            f"{name} has compute capability {'.'.join(map(str, capability))} and runs none of it; "
            f"name an interpreter with another build by --python {framework.name}=PATH, or use "
            "--device cpu."
        )


def prepare_cached_environment(framework: Framework, device: str, say: Say) -> Environment:
    """Prepare the environment in the cache, unless it is there and whole.

    Raises:
        UnavailableError: it cannot be made.
    """
    requirements = framework.devices[device]
    description = _describe(framework, requirements)
    key = hash_text(json.dumps(description, sort_keys=True))[:12]
    folder = get_cache_folder() / "environments" / f"{framework.name}-{device}-{key}"
    environment = Environment(_python_in(folder), given=False)
    with lock_entry(folder):
        if not _is_usable(folder, framework.module, description):
            find_uv()  # before anything is said of installing
            remove(folder)
            say(f"Installing {framework.title} for {device} (once; kept in {folder}) ...")
            _build(folder, framework, requirements, description)
    return environment


def _describe(framework: Framework, requirements: Requirements) -> dict[str, object]:
    """Describe all that the contents of an environment follow from."""
    return {
        "python": framework.python,
        "packages": list(requirements.packages),
        **(
            {"fallback": list(requirements.fallback_packages)}
            if requirements.fallback_packages
            else {}
        ),
        "constraints": hash_text(requirements.constraints),
        "bytecode": True,
        "system": platform.system(),
        "architecture": platform.machine(),
    }


def _is_usable(folder: Path, module: str, description: dict[str, object]) -> bool:
    try:
        saved = json.loads((folder / DESCRIPTION).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return saved == description and _has_module(_python_in(folder), module)


def _build(
    folder: Path, framework: Framework, requirements: Requirements, description: dict[str, object]
) -> None:
    try:
        run_uv(["venv", "--python", framework.python, str(folder)])
        (folder / "constraints.txt").write_text(requirements.constraints, "utf-8")
        _install_what_fits(folder, framework, requirements)
        if not _has_module(_python_in(folder), framework.module):
            raise UnavailableError(
                f"what was installed ({', '.join(requirements.packages)}) has no module "
                f"{framework.module!r}; correct 'module' or the requirements in its framework.toml."
            )
        # Written last: it says that the environment is whole.
        (folder / DESCRIPTION).write_text(json.dumps(description, indent=1), "utf-8")
    except BaseException as error:
        remove(folder)
        if not isinstance(error, UnavailableError):
            raise
        message = f"{framework.title}'s environment cannot be made: {error}"
        raise UnavailableError(message) from error


def _install_what_fits(folder: Path, framework: Framework, requirements: Requirements) -> None:
    """Install the packages; of a version that the user named, with companions that fit it."""
    try:
        _install(folder, requirements)
    except UnavailableError as pinned:
        if not requirements.fallback_packages:
            raise
        try:
            _install(folder, replace(requirements, packages=requirements.fallback_packages))
        except UnavailableError as free:
            raise UnavailableError(
                f"{free}; with the companions of samestep's own pins: {pinned}; expected versions "
                "that fit together; name an interpreter that has them by "
                f"--python {framework.edition}=PATH."
            ) from free


def _install(folder: Path, requirements: Requirements) -> None:
    # With bytecode, as pip makes it: without, every trial would compile every module that it
    # imports, and the measured import would be two to three times what users see.
    arguments = ["pip", "install", "--compile-bytecode", *list_install_options(os.environ)]
    arguments += ["--python", str(_python_in(folder))]
    arguments += ["--constraint", str(folder / "constraints.txt"), *requirements.packages]
    if requirements.torch_backend is None:
        run_uv(arguments)
        return
    elsewhere = [*arguments, "--torch-backend", requirements.torch_backend]
    if not has_own_sources(build_installer_environment(os.environ)):
        run_uv(elsewhere)
        return
    try:
        run_uv(arguments)
    except UnavailableError as own:
        try:
            run_uv(elsewhere)
        except UnavailableError:
            # What the user's own sources said is the message that helps.
            raise own from None


def _python_in(folder: Path) -> Path:
    return folder / "bin" / "python"


def _has_module(python: Path, module: str) -> bool:
    program = f"import importlib.util; print(importlib.util.find_spec({module!r}) is not None)"
    try:
        finished = subprocess.run(
            [str(python), "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return finished.stdout.strip() == "True"
