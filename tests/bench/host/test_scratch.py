import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from bench.host import cache as module
from bench.host.cache import make_scratch_folder
from tests.conftest import ROOT

HOLD = """
import sys, time
from bench.host.cache import make_scratch_folder
with make_scratch_folder() as folder:
    (folder / "weights").write_text("many")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_is_gone_afterwards(temporary: Path) -> None:
    with make_scratch_folder() as folder:
        assert folder.parent == temporary
        (folder / "weights").touch()
    assert not list(temporary.iterdir())


def test_what_a_killed_run_left_is_removed_and_what_a_living_one_uses_is_not(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_AGE_SECONDS", 0)
    hosts = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    killed, living = (Path(host.stdout.readline().strip()) for host in hosts if host.stdout)
    hosts[0].send_signal(signal.SIGKILL)
    hosts[0].wait()
    assert (killed / "weights").exists()
    try:
        with make_scratch_folder():
            assert not killed.exists()
            assert (living / "weights").exists()
    finally:
        hosts[1].kill()
        hosts[1].wait()


def test_a_folder_that_is_young_is_left_alone(temporary: Path) -> None:
    young = temporary / f"{module.SCRATCH_PREFIX}x"
    young.mkdir()
    (young / module.SCRATCH_LOCK).touch()
    with make_scratch_folder():
        assert young.exists()
    old = time.time() - 2 * module.LEAST_AGE_SECONDS  # noqa: TID251
    os.utime(young / module.SCRATCH_LOCK, (old, old))
    with make_scratch_folder():
        assert not young.exists()
