"""Interpreters that the user names: asked beforehand whether they can run a framework."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion

from bench.errors import InterpreterError
from bench.host.frameworks.editions import is_main
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.setup import build_default_variables
from bench.host.frameworks.variables import build_worker_environment
from bench.host.machine.description import choose_threads
from bench.host.process.outcome import to_process_end
from bench.records.results import edition

# The worker needs tomllib-era Python and its option -P.
OLDEST_PYTHON = (3, 11)
# Frameworks on a cluster's shared disk can take minutes the first time.
IMPORT_SECONDS = 300
# Of what an import says when it fails: some say a page.
MOST_CHARACTERS = 300
MARK = "samestep: "
# What a worker imports whatever its framework.
ALWAYS = "numpy"
# Says what it does before it does it, so that a crash has a place. What else is printed is nobody's
# business; that a Python is too old, even one of 2.7 has to be able to say.
PROGRAM = f"""
import json, sys

def tell(**found):
    sys.stdout.write("\\n" + {MARK!r} + json.dumps(found) + "\\n")
    sys.stdout.flush()

tell(version=sys.version_info[:2])
if sys.version_info < {OLDEST_PYTHON}:
    sys.exit()

import importlib.metadata, importlib.util
modules, packages = json.loads(sys.argv[1])
for name in modules:
    tell(importing=name)
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == name
        tell(missing=[name] if missing else [], failure=type(error).__name__ + ": " + str(error))
        sys.exit()
found, missing = dict(), []
for name in packages:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        if importlib.util.find_spec(name.replace("-", "_")) is None:
            missing.append(name)
tell(missing=missing, own=str(getattr(module, "__version__", "")), packages=found)
"""


@dataclass(frozen=True)
class Answer:
    """What an interpreter says of itself, as far as it came.

    Attributes:
        version: of Python; None where no Python answers.
        importing: the module that it imported last.
        missing: modules and packages that it has not.
        failure: the exception of an import.
        own: version of the framework; None where it did not come to the end.
        packages: versions of what the framework needs beside itself, as far as they are known.
        end: how its process ended where it did not come to the end, in words.
    """

    version: tuple[int, ...] | None = None
    importing: str | None = None
    missing: Sequence[str] = ()
    failure: str | None = None
    own: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    end: str = ""


def check_interpreter(framework: Framework, device: str, named: Path) -> tuple[Path, str | None]:
    """The interpreter's path, and a note where its versions are not those of the requirements.

    Raises:
        InterpreterError: it is missing, does not start, is too old, lacks a package, or its
            framework cannot be imported or is another than the version that was asked for.
    """
    own = edition(framework.name, framework.pin, "")
    option = f"--python {own}={named}"
    found = shutil.which(named)
    if found is None:
        raise InterpreterError(_not_there(option, framework))
    python = Path(found).absolute()
    wanted = _requirements(framework, device)
    answer = _ask(python, framework, device, [one.name for one in wanted if not one.main])
    if problem := _problem(framework, answer):
        raise InterpreterError(f"{option}: {problem}")
    versions = {**answer.packages, framework.module: answer.own or "of an unknown version"}
    others = [one for one in wanted if not one.holds(versions.get(one.installed_as))]
    if framework.pin and any(one.main for one in others):
        raise InterpreterError(
            f"{option}: this Python has {framework.module} {versions[framework.module]}; expected "
            f"{framework.pin}; install it there or name another interpreter."
        )
    return python, _note(framework, python, versions, others)


@dataclass(frozen=True)
class _Wanted:
    """A requirement of a framework.

    Attributes:
        main: whether it is the framework itself.
        installed_as: what its version is known by: a framework's module, another's package.
    """

    requirement: Requirement
    main: bool
    installed_as: str

    @property
    def name(self) -> str:
        return self.requirement.name

    def holds(self, version: str | None) -> bool:
        """Whether a version is one that is asked for; what nobody knows is not judged."""
        try:
            return version is None or self.requirement.specifier.contains(version, True)
        except InvalidVersion:
            return False


def _requirements(framework: Framework, device: str) -> list[_Wanted]:
    """What the framework's description asks for on a device, if it has that device."""
    requirements = framework.devices.get(device)
    found = []
    for text in requirements.packages if requirements else ():
        with suppress(InvalidRequirement):  # a path, or an option of the installer
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate():
                main = is_main(one, framework.module)
                found.append(_Wanted(one, main, framework.module if main else one.name))
    return found


def _ask(python: Path, framework: Framework, device: str, packages: Sequence[str]) -> Answer:
    """What an interpreter says when it is started as a worker is, with the same variables."""
    own = build_default_variables(framework, device, "ieee", choose_threads())
    variables = build_worker_environment(own, device, framework.root)
    wanted = json.dumps([[ALWAYS, framework.module], list(packages)])
    try:
        process = subprocess.Popen(
            [str(python), "-c", PROGRAM, wanted],
            # As the worker's option -P, which older ones do not know.
            env={**variables, "PYTHONSAFEPATH": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return Answer()
    end = ""
    try:
        printed, _ = process.communicate(timeout=IMPORT_SECONDS)
        ended = to_process_end(process.returncode)
        end = ended.failure.removeprefix("The worker ").rstrip(".") if ended else "ended"
    except subprocess.TimeoutExpired as late:
        printed, end = late.stdout or b"", f"took longer than {IMPORT_SECONDS} s"
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return _answer(printed.decode("utf-8", "replace").splitlines(), end)


def _answer(lines: Iterable[str], end: str) -> Answer:
    told: dict[str, Any] = {"end": end}
    for line in lines:
        if line.startswith(MARK):
            with suppress(ValueError):
                told |= json.loads(line.removeprefix(MARK))
    if "version" in told:
        told["version"] = tuple(told["version"])
    return Answer(**told)


def _problem(framework: Framework, answer: Answer) -> str | None:
    """Why the interpreter cannot be used, and what to do; None where it can."""
    module = answer.importing
    if answer.version is None:
        return _no_python(framework, answer.end)
    if answer.version < OLDEST_PYTHON:
        version = ".".join(map(str, answer.version))
        return f"this is Python {version}; expected 3.11 or newer; name another."
    if answer.missing:
        return _missing(framework, answer.missing)
    another = f"try `import {module}` there, or name another interpreter."
    if answer.failure is not None:
        line = " ".join(answer.failure.split())[:MOST_CHARACTERS].rstrip(".")
        return f"importing {module} fails there: {line}; {another}"
    if answer.own is None:
        return f"this Python {answer.end} while it imported {module}; {another}"
    return None


def _no_python(framework: Framework, end: str) -> str:
    late = f" (it {end})" if end.startswith("took") else ""
    return (
        f"no Python starts at this path{late}; expected the interpreter of an environment with "
        f"{framework.module}; check the path."
    )


def _not_there(option: str, framework: Framework) -> str:
    return f"{option}: {_no_python(framework, '')}"


def _missing(framework: Framework, missing: Sequence[str]) -> str:
    names = ", ".join(map(repr, missing))
    # A module that a cluster's `module load` put there is not seen by a worker.
    hint = (
        " (PYTHONPATH is not handed on to it: see docs/guides/own-interpreters.md)"
        if "PYTHONPATH" in os.environ
        else ""
    )
    return (
        f"this Python has no module {names}{hint}; install what {framework.title} needs there, or "
        "name another interpreter."
    )


def _note(
    framework: Framework, python: Path, versions: Mapping[str, str], others: Sequence[_Wanted]
) -> str | None:
    if not others:
        return None
    found = ", ".join(f"{one.name} {versions[one.installed_as]}" for one in others)
    wanted = ", ".join(str(one.requirement.specifier) for one in others)
    return (
        f"Note on {framework.title}: {python} has {found}, and not {wanted} as samestep is tested "
        "with; what runs is in every record."
    )
