"""Another revision of samestep beside the checkout's own."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.errors import PlanError
from bench.host.frameworks.editions import choose_frameworks
from bench.host.frameworks.framework import ROOT, discover
from bench.host.planning import against
from bench.host.planning.against import Base, check_out

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None,
    reason="This is no checkout of git's.",
)


def git(*arguments: str) -> str:
    finished = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return finished.stdout.strip()


def list_files(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def test_a_revision_is_a_folder_that_goes_again() -> None:
    with check_out("HEAD") as base:
        assert base.commit == git("rev-parse", "HEAD")
        assert (base.root / "impls" / "pytorch" / "framework.toml").is_file()
        root = base.root

    assert not root.exists()
    assert str(root) not in git("worktree", "list")


def test_it_goes_too_where_the_run_fails() -> None:
    with pytest.raises(ZeroDivisionError), check_out("HEAD") as base:
        raise ZeroDivisionError
    assert not base.root.exists()
    assert str(base.root) not in git("worktree", "list")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git("clone", "--quiet", "--shared", str(ROOT), str(tmp_path / "clone"))
    monkeypatch.setattr("bench.records.git.ROOT", tmp_path / "clone")
    return tmp_path / "clone"


def test_nothing_is_written_into_the_checkout(clone: Path) -> None:
    before = list_files(clone)
    with check_out("HEAD") as base:
        assert (base.root / "README.md").read_bytes() == (clone / "README.md").read_bytes()
        assert list_files(clone) == before
    assert list_files(clone) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_checkout_of_another_owner_has_its_revisions(clone: Path) -> None:
    for path in (clone, *clone.rglob("*")):
        os.chown(path, 12345, 12345)
    with check_out("HEAD") as base:
        assert (base.root / "bench" / "job.py").is_file()


def test_a_full_disk_is_one_line(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tarfile.TarFile.extractall", fail)
    with (
        pytest.raises(PlanError, match=r"laid out \(No space left on device\); expected a folder"),
        check_out("HEAD"),
    ):
        pass


@pytest.mark.parametrize("revision", ["no-such-branch", "--help", "", "HEAD:README.md"])
def test_what_is_no_revision(revision: str) -> None:
    with (
        pytest.raises(PlanError, match=r"has no such revision; expected a commit, a branch or a"),
        check_out(revision),
    ):
        pass


def test_a_worker_that_reads_other_jobs_is_found_out_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "__init__.py").touch()
    (tmp_path / "bench" / "job.py").write_text(
        "class Job:\n    @staticmethod\n    def from_json(text): raise TypeError('epochs?')\n"
    )

    with pytest.raises(PlanError, match=r"another kind of job.*TypeError: epochs\?.*run each by"):
        against._check_language(tmp_path, "v1")
    against._check_language(ROOT, "HEAD")


def test_frameworks_of_the_revision_stand_beside_the_checkouts_own(tmp_path: Path) -> None:
    for name in ("pytorch", "mxnet"):
        shutil.copytree(ROOT / "impls" / name, tmp_path / "impls" / name)
    numpy = ROOT / "tests" / "frameworks" / "numpy"
    shutil.copytree(numpy, tmp_path / "tests" / "frameworks" / "numpy")
    base = Base("c" * 40, tmp_path)
    chosen = choose_frameworks(discover([numpy]), ["pytorch", "tensorflow", "numpy"])

    found = base.find_frameworks(list(chosen.values()))

    assert list(found) == ["pytorch~cccccccccccc", "numpy~cccccccccccc"], "no TensorFlow there"
    pytorch = found["pytorch~cccccccccccc"]
    assert pytorch.folder == tmp_path / "impls" / "pytorch"
    assert (pytorch.root, pytorch.revision) == (tmp_path, "c" * 40)
    assert pytorch.title == "PyTorch at cccccccccccc"
