"""One Python environment for each framework and device, made with uv and kept in the cache."""

import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.digests import digest_text
from bench.errors import InterpreterError, UnavailableError
from bench.host.cache import cache_folder, locked, remove
from bench.host.frameworks import Framework, Requirements
from bench.host.installer import has_own_sources, installer_environment, run_uv

DESCRIPTION = "samestep-environment.json"
# The worker needs tomllib-era Python and its option -P.
OLDEST_PYTHON = (3, 11)
START_SECONDS = 60

Say = Callable[[str], None]


@dataclass(frozen=True)
class Environment:
    """An interpreter that has a framework.

    Attributes:
        python: path of the interpreter, not resolved: a virtual environment is a link.
        given: whether the user named it; else it is this module's own.
    """

    python: Path
    given: bool


def prepare_environment(
    framework: Framework, device: str, given: Mapping[str, Path], say: Say
) -> Environment:
    """The environment to run a framework in: the user's interpreter, the cached one, or a new one.

    Raises:
        UnavailableError: it cannot be had on this machine.
        InterpreterError: the user's interpreter cannot be used.
    """
    if framework.name in given:
        return check_interpreter(framework, given[framework.name])
    if device not in framework.devices:
        raise UnavailableError(
            f"{framework.title} has no requirements for the device {device!r}, only for "
            f"{', '.join(framework.devices)}; add them to its framework.toml or use --python."
        )
    return cached_environment(framework, device, say)


def cached_environment(framework: Framework, device: str, say: Say) -> Environment:
    """The environment in the cache, made first where it is not there or not whole."""
    requirements = framework.devices[device]
    wanted = _description(framework, requirements)
    key = digest_text(json.dumps(wanted, sort_keys=True))[:12]
    folder = cache_folder() / "environments" / f"{framework.name}-{device}-{key}"
    environment = Environment(folder / "bin" / "python", given=False)
    with locked(folder):
        if not _usable(folder, environment.python, wanted):
            remove(folder)
            say(f"Installing {framework.title} for {device} (once; kept in {folder}) ...")
            _build(folder, framework, requirements, wanted)
    return environment


def check_interpreter(framework: Framework, python: Path) -> Environment:
    """The user's own interpreter, if it starts and has the framework's module.

    Raises:
        InterpreterError: it is missing, does not start, is too old or lacks the module.
    """
    option = f"--python {framework.name}={python}"
    program = (
        "import importlib.util, sys; "
        f"print(*sys.version_info[:2], importlib.util.find_spec({framework.module!r}) is not None)"
    )
    answer = _start(python, program)
    if answer is None:
        raise InterpreterError(
            f"{option}: no Python starts at this path; expected the interpreter of an "
            f"environment with {framework.module}; check the path."
        )
    major, minor, found = answer.split()
    if (int(major), int(minor)) < OLDEST_PYTHON:
        raise InterpreterError(
            f"{option}: this is Python {major}.{minor}; expected 3.11 or newer; name another."
        )
    if found != "True":
        raise InterpreterError(
            f"{option}: this Python has no module {framework.module!r}; install "
            f"{framework.title} there or name another interpreter."
        )
    return Environment(python.absolute(), given=True)


def _description(framework: Framework, requirements: Requirements) -> dict[str, object]:
    """All that the contents of an environment follow from."""
    return {
        "python": framework.python,
        "packages": list(requirements.packages),
        "constraints": digest_text(requirements.constraints),
        "system": platform.system(),
        "architecture": platform.machine(),
    }


def _usable(folder: Path, python: Path, wanted: dict[str, object]) -> bool:
    """Whether the saved description is the wanted one and the interpreter starts."""
    try:
        saved = json.loads((folder / DESCRIPTION).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return saved == wanted and _start(python, "print(1)") == "1"


def _build(
    folder: Path, framework: Framework, requirements: Requirements, wanted: dict[str, object]
) -> None:
    """Make the environment; its description is written last and says that it is whole."""
    try:
        run_uv(["venv", "--python", framework.python, str(folder)])
        (folder / "constraints.txt").write_text(requirements.constraints, "utf-8")
        _install(folder, requirements)
        (folder / DESCRIPTION).write_text(json.dumps(wanted, indent=1), "utf-8")
    except UnavailableError as error:
        remove(folder)
        raise UnavailableError(
            f"{framework.title}'s environment cannot be made: {error}"
        ) from error
    except BaseException:
        remove(folder)
        raise


def _install(folder: Path, requirements: Requirements) -> None:
    arguments = ["pip", "install", "--python", str(folder / "bin" / "python")]
    arguments += ["--constraint", str(folder / "constraints.txt"), *requirements.packages]
    elsewhere = ["--torch-backend", requirements.torch_backend or ""]
    if requirements.torch_backend is None:
        run_uv(arguments)
    elif not has_own_sources(installer_environment(os.environ)):
        run_uv([*arguments, *elsewhere])
    else:
        try:
            run_uv(arguments)
        except UnavailableError as own:
            try:
                run_uv([*arguments, *elsewhere])
            except UnavailableError:
                # What the user's own sources said is the message that helps.
                raise own from None


def _start(python: Path, program: str) -> str | None:
    """What `program` prints in an interpreter, or None where it does not start."""
    try:
        finished = subprocess.run(
            [str(python), "-P", "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None
