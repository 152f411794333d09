"""A revision in a folder of its own, with an environment of its own requirements."""

import configparser
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import PlanError
from bench.host.environments.preparation import Say
from bench.records.git import ROOT, find_commit

POSARGS = "{posargs}"


@dataclass(frozen=True)
class Checkout:
    """A revision that can be run.

    Attributes:
        revision: as the user named it.
        environment: a virtual environment with all that its tests need, and so all else.
    """

    revision: str
    commit: str
    folder: Path
    environment: Path

    def list_commands(self, name: str, arguments: Sequence[str]) -> list[list[str]]:
        """List what tox runs in one of its environments, with arguments for `posargs`."""
        tox = configparser.ConfigParser(interpolation=None)
        tox.read(self.folder / "tox.ini", "utf-8")
        lines = tox[f"testenv:{name}"]["commands"].strip().splitlines()
        commands = [shlex.split(line) for line in lines]
        return [
            [word for part in command for word in (arguments if part == POSARGS else [part])]
            for command in commands
        ]

    def make_variables(self, cache: Path | None) -> dict[str, str]:
        """Make the variables of its processes; without a cache folder they have the user's own.

        Temporary files are new each time: PyTorch's compiler keeps there what it has compiled.
        """
        variables = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": tempfile.mkdtemp(dir=self.folder.parent),
        }
        variables["PATH"] = os.pathsep.join([str(self.environment / "bin"), os.environ["PATH"]])
        return variables if cache is None else {**variables, "SAMESTEP_CACHE": str(cache)}


def check_out(revision: str, folder: Path, say: Say) -> Checkout:
    """Check a revision out, make its environment, and prepare what its plan needs of frameworks.

    What is not committed is no part of it.

    Raises:
        PlanError: there is no such commit, or something of that fails.
    """
    commit = find_commit(revision)
    if commit is None:
        raise PlanError(f"There is no commit {revision!r} here; expected one of this repository.")
    say(f"Preparing {revision} ({commit[:12]}) ...")
    _run("git", "clone", "--quiet", "--no-checkout", str(ROOT), str(folder))
    _run("git", "-C", str(folder), "checkout", "--quiet", "--detach", commit)
    checkout = Checkout(revision, commit, folder, folder.with_name(f"{folder.name}-environment"))
    uv = (sys.executable, "-m", "uv", "--quiet")
    _run(*uv, "venv", "--python", sys.executable, str(checkout.environment))
    python = str(checkout.environment / "bin" / "python")
    requirements = str(folder / "tests" / "requirements.txt")
    _run(*uv, "pip", "install", "--python", python, "--requirement", requirements)
    _run(python, "-m", "bench", "prepare", "--device", "cpu", folder=folder)
    return checkout


def _run(*command: str, folder: Path = ROOT) -> None:
    finished = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        last = [f"exit status {finished.returncode}", *finished.stdout.strip().splitlines()][-1]
        raise PlanError(f"`{shlex.join(command[:4])} ...` failed: {last}")
