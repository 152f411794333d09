"""Asks interpreters that the user names, before a run, whether they can run a framework."""

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
from bench.host.frameworks.setup import build_default_variables, build_worker_environment
from bench.host.machine.description import choose_threads
from bench.host.process.outcome import to_process_end
from bench.records.results import edition

# The worker needs tomllib-era Python and its option -P.
OLDEST_PYTHON = (3, 11)
# Frameworks on a cluster's shared disk can take minutes the first time.
IMPORT_SECONDS = 300
# Of the message of an import that fails: some are a page long.
MOST_CHARACTERS = 300
MARK = "samestep: "
# Every worker imports it, whatever its framework.
ALWAYS = "numpy"
# A package that a framework requires, by the name that its version is known by: a framework's
# module, another's package.
_Package = tuple[str, Requirement]
# It says what it does before it does it, so that a crash has a place. Other lines that are printed
# are passed over. Even Python 2.7 has to be able to say that it is too old.
PROGRAM = f"""
import json, sys

def tell(**values):
    sys.stdout.write("\\n" + {MARK!r} + json.dumps(values) + "\\n")
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
versions, missing = dict(), []
for name in packages:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        if importlib.util.find_spec(name.replace("-", "_")) is None:
            missing.append(name)
tell(missing=missing, own=str(getattr(module, "__version__", "")), packages=versions)
"""


@dataclass(frozen=True)
class Answer:
    """The answer of an interpreter about itself, as far as it came.

    Attributes:
        version: version of Python; None where no Python answers.
        importing: module that it imported last.
        missing: modules and packages that it has not.
        failure: exception of an import.
        own: version of the framework; None where it did not come to the end.
        packages: versions of the framework's other requirements, as far as they are known.
        end: words for how its process ended where it did not come to the end.
    """

    version: tuple[int, ...] | None = None
    importing: str | None = None
    missing: Sequence[str] = ()
    failure: str | None = None
    own: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    end: str = ""


def check_interpreter(framework: Framework, device: str, named: Path) -> tuple[Path, str | None]:
    """Check an interpreter; return its path, and a note where its versions are not the required.

    Raises:
        InterpreterError: it is missing, does not start, is too old, lacks a package, or its
            framework cannot be imported or is another than the version that was asked for.
    """
    own = edition(framework.name, framework.pin, "")
    option = f"--python {own}={named}"
    path = shutil.which(named)
    if path is None:
        raise InterpreterError(f"{option}: {_explain_no_python(framework, '')}")
    python = Path(path).absolute()
    packages = _list_packages(framework, device)
    module = framework.module
    names = [each.name for known_as, each in packages if known_as != module]
    answer = _ask(python, framework, device, names)
    if problem := _find_problem(framework, answer):
        raise InterpreterError(f"{option}: {problem}")
    versions = {**answer.packages, module: answer.own or "of an unknown version"}
    others = [pair for pair in packages if not _allows(pair[1], versions.get(pair[0]))]
    if framework.pin and any(known_as == module for known_as, _ in others):
        raise InterpreterError(
            f"{option}: this Python has {module} {versions[module]}; expected {framework.pin}; "
            "install it there or name another interpreter."
        )
    return python, _describe_others(framework, python, versions, others)


def _list_packages(framework: Framework, device: str) -> list[_Package]:
    requirements = framework.devices.get(device)
    packages = []
    for text in requirements.packages if requirements else ():
        with suppress(InvalidRequirement):  # a path, or an option of the installer
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate():
                main = is_main(requirement, framework.module)
                packages.append((framework.module if main else requirement.name, requirement))
    return packages


def _allows(requirement: Requirement, version: str | None) -> bool:
    # An unknown version is not judged.
    try:
        return version is None or requirement.specifier.contains(version, True)
    except InvalidVersion:
        return False


def _ask(python: Path, framework: Framework, device: str, packages: Sequence[str]) -> Answer:
    # Started as a worker is, with the same variables.
    own = build_default_variables(framework, device, "ieee", choose_threads())
    variables = build_worker_environment(own, device, framework.root)
    names = json.dumps([[ALWAYS, framework.module], list(packages)])
    try:
        process = subprocess.Popen(
            [str(python), "-c", PROGRAM, names],
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
    return _parse_answer(printed.decode("utf-8", "replace").splitlines(), end)


def _parse_answer(lines: Iterable[str], end: str) -> Answer:
    values: dict[str, Any] = {"end": end}
    for line in lines:
        if line.startswith(MARK):
            with suppress(ValueError):
                values |= json.loads(line.removeprefix(MARK))
    if "version" in values:
        values["version"] = tuple(values["version"])
    return Answer(**values)


def _find_problem(framework: Framework, answer: Answer) -> str | None:
    module = answer.importing
    if answer.version is None:
        return _explain_no_python(framework, answer.end)
    if answer.version < OLDEST_PYTHON:
        version = ".".join(map(str, answer.version))
        return f"this is Python {version}; expected 3.11 or newer; name another."
    if answer.missing:
        return _explain_missing(framework, answer.missing)
    another = f"try `import {module}` there, or name another interpreter."
    if answer.failure is not None:
        line = " ".join(answer.failure.split())[:MOST_CHARACTERS].rstrip(".")
        return f"importing {module} fails there: {line}; {another}"
    if answer.own is None:
        return f"this Python {answer.end} while it imported {module}; {another}"
    return None


def _explain_no_python(framework: Framework, end: str) -> str:
    late = f" (it {end})" if end.startswith("took") else ""
    return (
        f"no Python starts at this path{late}; expected the interpreter of an environment with "
        f"{framework.module}; check the path."
    )


def _explain_missing(framework: Framework, missing: Sequence[str]) -> str:
    names = ", ".join(map(repr, missing))
    # A module that a cluster's `module load` put there is not seen by a worker.
    reason = " (PYTHONPATH is not handed on to it: see docs/guides/own-interpreters.md)"
    hint = reason if "PYTHONPATH" in os.environ else ""
    return (
        f"this Python has no module {names}{hint}; install what {framework.title} needs there, or "
        "name another interpreter."
    )


def _describe_others(
    framework: Framework, python: Path, versions: Mapping[str, str], others: Sequence[_Package]
) -> str | None:
    if not others:
        return None
    actual = ", ".join(f"{each.name} {versions[known_as]}" for known_as, each in others)
    required = ", ".join(str(each.specifier) for _, each in others)
    return (
        f"Note on {framework.title}: {python} has {actual}, and not {required} as samestep is "
        "tested with; what runs is in every record."
    )
