"""Runs the suite on a machine that is made poorer than it is: in namespaces of its own."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.records.chain import follow
from bench.records.lines import read_records
from bench.records.results import Record
from tests.bench.suite.conftest import suite_command
from tests.conftest import ROOT
from tests.faults.kills import PLAN, instant_options


@dataclass(frozen=True)
class Ended:
    status: int
    output: str
    folder: Path

    @property
    def records(self) -> list[Record]:
        (path,) = (self.folder / "results").glob("*/records.jsonl")
        records, problems = read_records(path)
        assert not problems
        assert not follow(path.read_bytes().splitlines()).broken
        return records


def run(
    folder: Path,
    before: str = "",
    after: str = "",
    plan: str = PLAN,
    options: Sequence[str] = (),
    namespaces: Sequence[str] = ("--mount",),
) -> Ended:
    """Run the suite where a machine can be made poorer.

    Args:
        before, after: shell commands around it; `$R` is the folder of results.
        options: of the suite, beside those of the instant framework.
        namespaces: of its own, as unshare(1) calls them.
    """
    (folder / "plan.toml").write_text(plan)
    (folder / "results").mkdir()
    command = suite_command(folder, *instant_options(folder / "plan.toml"), *options)
    script = "\n".join(
        (
            *("set -e", f"R={folder / 'results'}", before, "set +e", shlex.join(command)),
            *("status=$?", after, "exit $status"),
        )
    )
    finished = subprocess.run(
        ["unshare", *namespaces, "bash", "-c", script],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ended(finished.returncode, finished.stdout, folder)


def _has_namespaces() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "--mount", "--net", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(
    not _has_namespaces(), reason="Namespaces cannot be made here: it takes root, and Linux."
)
