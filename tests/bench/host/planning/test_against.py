"""Another revision of samestep beside the checkout's own."""

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


def test_a_revision_is_a_work_tree_that_goes_again() -> None:
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
