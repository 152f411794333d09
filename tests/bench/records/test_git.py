"""What commit a checkout is at, whatever lies in it and whatever git is set to."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.host.fitness import describe_versions
from bench.host.machine.description import read_commit
from bench.host.machine.nvml import MissingGpu
from bench.records import git
from bench.records.git import find_commit

FILES = ("bench/__init__.py", "bench/job.py", "impls/__init__.py", "impls/mine/backend.py")


def ask(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e")
    finished = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return finished.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one commit, in which everything is as committed."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "samestep"
    for name in (*FILES, "README.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {name}\n")
    (folder / ".gitignore").write_text("__pycache__/\n/results/\n")
    ask(tmp_path, "init", "-q", "samestep")
    ask(folder, "add", ".")
    ask(folder, "commit", "-qm", "all")
    monkeypatch.setattr(git, "ROOT", folder)
    return folder


@pytest.fixture
def commit(checkout: Path) -> str:
    return ask(checkout, "rev-parse", "HEAD")


def write(path: Path, text: str = "x = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "store/run-0123.jsonl.gz",
        "elsewhere/20261122T103000Z-quick/records.jsonl",
        "elsewhere/analysis/plot.py",
        "env/lib/python3.11/site-packages/numpy/__init__.py",
        "mine.toml",
        "bench/notes.md",
        "docs/mine.rst",
        "bench/__pycache__/job.cpython-311.pyc",
        "results/run/x.py",
    ],
)
def test_what_no_worker_imports_is_no_difference(checkout: Path, commit: str, name: str) -> None:
    write(checkout / name)
    assert read_commit() == commit


@pytest.mark.parametrize(
    "name",
    [
        "bench/extra.py",
        "bench/more/extra.py",
        "impls/mine/helper.py",
        "impls/other/backend.py",
        "impls/mine/fast.cpython-311-x86_64-linux-gnu.so",
        "numpy.py",
        "numpy/__init__.py",
    ],
)
def test_what_a_worker_may_import_is_a_difference(checkout: Path, commit: str, name: str) -> None:
    write(checkout / name)
    assert read_commit() == f"{commit}-dirty"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: write(folder / "README.md", "other"),
        lambda folder: (folder / "bench/job.py").unlink(),
        lambda folder: ask(write(folder / "new.md").parent, "add", "new.md"),
        lambda folder: ask(folder, "mv", "README.md", "READ.md"),
    ],
)
def test_a_tracked_file_that_differs_is_a_difference(
    checkout: Path, commit: str, change: Callable[[Path], object]
) -> None:
    change(checkout)
    assert read_commit() == f"{commit}-dirty"


def test_a_folder_that_a_worker_is_told_to_import_from_counts(checkout: Path, commit: str) -> None:
    write(checkout / "models/mine/pytorch.py")
    write(checkout / "models/data.csv")
    assert read_commit() == commit
    assert read_commit([checkout / "models/mine"]) == f"{commit}-dirty"
    assert read_commit([checkout / "models"]) == f"{commit}-dirty"
    assert read_commit([checkout.parent]) == f"{commit}-dirty", "all of it is in that folder"
    assert read_commit([checkout / "impls/mine"]) == commit


@pytest.mark.parametrize("untracked", ["no", "normal", "all"])
def test_settings_about_untracked_files_change_nothing(
    checkout: Path, commit: str, untracked: str
) -> None:
    ask(checkout, "config", "status.showUntrackedFiles", untracked)
    write(checkout / "store/run.jsonl.gz")
    assert read_commit() == commit
    write(checkout / "bench/extra.py")
    assert read_commit() == f"{commit}-dirty"


def test_what_the_user_ignores_may_still_be_imported(checkout: Path, commit: str) -> None:
    write(checkout.parent / "ignored", "extra.py\n")
    ask(checkout, "config", "core.excludesFile", str(checkout.parent / "ignored"))
    write(checkout / ".git/info/exclude", "extra.py\n")
    write(checkout / "bench/extra.py")
    assert read_commit() == f"{commit}-dirty"


@pytest.mark.parametrize("looked_at", ["true", "false"])
def test_modes_of_files_are_no_difference(checkout: Path, commit: str, looked_at: str) -> None:
    ask(checkout, "config", "core.fileMode", looked_at)
    (checkout / "bench/job.py").chmod(0o755)
    assert read_commit() == commit


def test_how_git_prints_changes_nothing(checkout: Path, commit: str) -> None:
    for name in ("status.branch", "status.short", "status.showStash", "color.ui"):
        ask(checkout, "config", name, "always" if name == "color.ui" else "true")
    assert read_commit() == commit


def test_no_program_of_the_checkouts_settings_is_run(checkout: Path, commit: str) -> None:
    hook = checkout.parent / "hook"
    write(hook, f"#!/bin/sh\ntouch {checkout.parent / 'ran'}\n")
    hook.chmod(0o755)
    ask(checkout, "config", "core.fsmonitor", str(hook))
    assert read_commit() == commit
    assert not (checkout.parent / "ran").exists()


def test_nothing_is_written(checkout: Path, commit: str) -> None:
    index = checkout / ".git/index"
    # Of another time than the index has: git would write it anew.
    os.utime(checkout / "bench/job.py", (1, 1))
    before = index.read_bytes(), index.stat().st_mtime_ns
    assert read_commit() == commit
    assert before == (index.read_bytes(), index.stat().st_mtime_ns)


def test_a_hook_of_another_repository_does_not_name_ours(
    checkout: Path, commit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = checkout.parent / "other"
    ask(checkout.parent, "init", "-q", "other")
    ask(other, "commit", "-qm", "another", "--allow-empty")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    assert read_commit() == commit
    assert find_commit("HEAD") == commit


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_checkout_of_another_owner_gives_its_commit(checkout: Path, commit: str) -> None:
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(subprocess.CalledProcessError):
        ask(checkout, "status")
    assert read_commit() == commit
    assert find_commit("HEAD") == commit
    write(checkout / "bench/extra.py")
    assert read_commit() == f"{commit}-dirty"


def detail() -> tuple[str, str]:
    finding = describe_versions(MissingGpu("There is none."))
    return finding.verdict, finding.detail


def test_outside_a_checkout_all_is_well(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = checkout / "copy"
    write(inside / "bench/__init__.py")
    monkeypatch.setattr(git, "ROOT", inside)
    assert read_commit() is None
    assert detail()[0] == "ok"
    assert detail()[1].startswith("samestep outside a checkout, ")


def test_without_git_there_is_a_word(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert read_commit() is None
    verdict, words = detail()
    assert verdict == "note"
    assert words.startswith("samestep of an unknown commit (git cannot be started: No such file")


@pytest.mark.parametrize("failing", ["rev-parse", "status", "ls-files"])
def test_whatever_git_refuses_is_told_and_nothing_is_called_clean(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """An older git heeds safe.directory in files alone, and a file of its own may be damaged."""
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
    words = "fatal: detected dubious ownership in repository"
    refusing = f"*{failing}*) echo '{words}' >&2; exit 128 ;;"
    script = f'#!/bin/sh\ncase "$*" in {refusing} esac\nexec {real.stdout.strip()} "$@"\n'
    write(checkout.parent / "bin/git", script)
    (checkout.parent / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{checkout.parent / 'bin'}:{os.environ['PATH']}")
    assert read_commit() is None
    assert detail() == ("note", detail()[1])
    assert f"unknown commit (git does not tell: {words})" in detail()[1]


def test_a_checkout_without_a_commit_has_a_word(checkout: Path) -> None:
    ask(checkout, "checkout", "-q", "--orphan", "new")
    assert read_commit() is None
    assert detail()[0] == "note"
    assert "git does not tell: fatal: " in detail()[1]
