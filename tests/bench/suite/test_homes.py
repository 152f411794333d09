"""What lies in the user's home reaches no measurement and no page, and nobody need have one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.host.frameworks.setup import build_worker_environment
from tests.bench.suite.conftest import Finished, Suite
from tests.conftest import ROOT

# Where nothing can be made, by root either.
NO_HOME = "/dev/null/home"
# Each of them broke a run or a page, or was measured.
PLANTED = {
    ".keras/keras.json": '{"image_data_format": "channels_first"}',
    ".config/matplotlib/matplotlibrc": "text.usetex: True\naxes.facecolor: red\n",
    ".config/pip/pip.conf": "no settings at all\n",
    ".local/lib/python3.11/site-packages/usercustomize.py": "raise SystemExit('from home')\n",
}


def plant(home: Path) -> Path:
    for name, text in PLANTED.items():
        file = home / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return home


def read_tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def draw(finished: Finished, folder: Path, **variables: str) -> str:
    """The page of a run, made anew."""
    page = folder / "page.html"
    environment = {**os.environ, **variables}
    subprocess.run(
        [sys.executable, "-m", "reports", "build", str(finished.run), "--output", str(page)],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    return page.read_text("utf-8")


def test_a_home_full_of_settings_changes_nothing_and_nothing_is_written_there(
    suite: Suite, tmp_path: Path
) -> None:
    home = plant(tmp_path / "home")
    finished = suite(HOME=str(home))
    assert finished.status == 0, finished.output
    assert [record.status for record in finished.records] == ["ok"] * len(finished.records)
    assert read_tree(home) == PLANTED
    with_it, without = (draw(finished, tmp_path, HOME=each) for each in (str(home), NO_HOME))
    assert with_it == without
    assert "red" not in re.findall(r"fill: ?([^;\"]+)", with_it)


def test_a_run_needs_no_home(suite: Suite) -> None:
    finished = suite(HOME=NO_HOME)
    assert finished.status == 0, finished.output


def test_a_settings_file_in_another_folder_of_matplotlibs_changes_nothing(
    suite: Suite, tmp_path: Path
) -> None:
    finished = suite()
    folder = plant(tmp_path / "home") / ".config" / "matplotlib"
    pages = [
        draw(finished, tmp_path),
        draw(finished, tmp_path, MATPLOTLIBRC=str(folder)),
        draw(finished, tmp_path, MPLCONFIGDIR=str(folder)),
    ]
    assert pages[0] == pages[1] == pages[2]


def test_a_report_that_cannot_be_made_is_no_success(suite: Suite, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "jinja2.py").write_text("raise ImportError('jinja2 is broken here')\n")
    finished = suite(PYTHONPATH=str(broken))
    assert finished.status == 1, finished.output
    assert "the report could not be made" in finished.output


def test_a_worker_has_a_home_and_a_name_of_its_own(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USER", "me")
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/me/.cache")
    variables = build_worker_environment({}, "cpu")
    assert variables["HOME"] == str(cache / "home")
    assert (cache / "home").is_dir()
    assert variables["PYTHONNOUSERSITE"] == "1"
    # PyTorch's compiler keeps files in /tmp/torchinductor_USER: no other user's.
    assert variables["USER"] == variables["LOGNAME"] == f"samestep-{os.getuid()}"
    assert not [name for name, value in variables.items() if "me" in value.split("/")]


def test_a_variable_that_is_not_handed_on_is_named_and_recorded(suite: Suite) -> None:
    finished = suite(XLA_FLAGS="--xla_cpu_enable_fast_math=true")
    (line,) = [one for one in finished.output.splitlines() if "frameworks do not see" in one]
    assert "XLA_FLAGS" in line
    assert all("XLA_FLAGS" in record.withheld for record in finished.records)
    assert "fast_math" not in finished.run.joinpath("records.jsonl").read_text("utf-8")
