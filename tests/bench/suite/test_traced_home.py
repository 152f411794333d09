"""What a run opens, asks for or writes below the user's home, as the kernel sees it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.bench.suite.conftest import NUMPY_OPTIONS, QUICK_PLAN, suite_command
from tests.bench.suite.test_real_frameworks import FRAMEWORKS
from tests.conftest import ROOT

# Whatever is asked for of these, or below them, belongs to programs that the user has set up for
# all that git, a terminal and `file` do; nothing of samestep's.
OF_PROGRAMS = (".gitconfig", ".config/git", ".terminfo", ".inputrc", ".magic", ".magic.mgc")
PLANTED = (
    *(".keras/keras.json", ".config/matplotlib/matplotlibrc", ".config/fsspec/conf.json"),
    *(".config/pip/pip.conf", ".config/uv/uv.toml", ".pip/pip.conf", ".netrc", ".theanorc"),
    *(".local/lib/python3.11/site-packages/usercustomize.py", ".fonts/mine.ttf", ".jax/cache"),
    *(".mxnet/models", ".cache/torch/hub", ".cache/fontconfig/list", ".local/share/fonts/mine.ttf"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with what frameworks and libraries look for in one."""
    for name in PLANTED:
        file = tmp_path / "home" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}" if name.endswith("json") else "")
    return tmp_path / "home"


def trace(
    command: Sequence[str], home: Path, variables: Mapping[str, str] | None = None
) -> tuple[int, set[str]]:
    """The exit status of a command, and what it and its children named below the home."""
    log = home.with_name("calls.txt")
    tracer = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-s",
        "4096",
        "-e",
        "trace=%file",
        "-o",
        str(log),
    ]
    if not shutil.which("strace") or subprocess.run([*tracer, "true"], check=False).returncode:
        pytest.skip("strace is not installed here, or not allowed.")
    finished = subprocess.run(
        [*tracer, *command],
        cwd=ROOT,
        env={**os.environ, "HOME": str(home), **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    names = re.findall(rf'"{re.escape(str(home))}/([^"]+)"', log.read_text(errors="replace"))
    return finished.returncode, {os.path.normpath(name) for name in names}


def drop_programs(names: set[str]) -> set[str]:
    return {
        name
        for name in names
        if not any(name == own or name.startswith(f"{own}/") for own in OF_PROGRAMS)
    }


def run_reports(home: Path, *arguments: str) -> set[str]:
    command = [
        sys.executable,
        "-m",
        "reports",
        *arguments,
        "--results",
        str(home.parent / "results"),
    ]
    status, names = trace(command, home)
    assert status == 0
    return names


def test_a_run_and_its_pages_ask_for_nothing_in_the_home(
    home: Path, tmp_path: Path, cache: Path
) -> None:
    plan = tmp_path / "small.toml"
    plan.write_text(QUICK_PLAN)
    options = (
        f"--plan={plan}",
        "--skip-ceilings",
        "--skip-verification",
        *NUMPY_OPTIONS,
        "-k",
        "lenet-synthetic",
    )
    status, names = trace(suite_command(tmp_path, *options), home)
    assert status == 0
    # The report was made, and with it the list of fonts.
    assert list(cache.glob("matplotlib/fontlist*"))
    assert drop_programs(names) == set()
    (run,) = (tmp_path / "results").iterdir()
    assert run_reports(home, "history") == set()
    assert run_reports(home, "export", "--format=parquet") == set()
    assert drop_programs(run_reports(home, "compare", run.name, run.name, "--html=-")) == set()


def test_the_doctor_asks_for_nothing_in_the_home(home: Path, cache: Path) -> None:
    command = [sys.executable, "-m", "bench", "doctor", *NUMPY_OPTIONS]
    _, names = trace(command, home, {"SAMESTEP_CACHE": str(cache)})
    assert drop_programs(names) == set()


@pytest.mark.long
def test_no_framework_asks_for_anything_in_the_home(home: Path, tmp_path: Path) -> None:
    plan = tmp_path / "small.toml"
    plan.write_text(QUICK_PLAN)
    frameworks = ",".join(FRAMEWORKS)
    options = (f"--plan={plan}", "--device=cpu", f"--frameworks={frameworks}", "-k", "lenet-synth")
    status, names = trace(suite_command(tmp_path, *options), home)
    assert status == 0
    assert drop_programs(names) == set()
    assert names
