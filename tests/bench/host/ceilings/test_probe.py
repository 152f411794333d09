"""Frameworks that fail on a GPU in each way, as real processes: there is no GPU in it."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.errors import UnavailableError
from bench.host import doctor
from bench.host.cache import make_scratch_folder
from bench.host.ceilings import measurement as ceilings
from bench.host.ceilings.measurement import drop_unusable_environments
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import Framework, read_framework
from bench.host.planning.request import Request
from bench.host.planning.selection import select
from bench.host.process.conversation import Limits
from bench.host.session.opening import open_session
from bench.host.session.store import create_run
from bench.host.verify.cells import choose_cells
from bench.host.verify.command import Verification, prepare_certification
from tests.overhead import command as pairs
from tests.overhead.command import OVERHEAD, run_pairs

DESCRIPTION = """
title = "Tiny"
module = "numpy"
python = ">=3.11"
layout = "NCHW"
families = ["lenet"]
modes = ["eager"]
default_mode = "eager"
[cpu]
requirements = ["numpy>=1"]
[cuda]
requirements = ["numpy>=1"]
[cuda.environment]
TINY_THREADS = "{threads}"
"""
RIGHT = """
import os

def matrix_product(side, execution):
    assert (execution.device, os.environ["TINY_THREADS"]) == ("cuda", "3")
    return lambda: None

def copy(size_bytes, execution):
    return lambda: None
"""
HERE = Environment(Path(sys.executable), given=True)


def wrong(line: str) -> str:
    return RIGHT.replace("    return lambda: None", f"    {line}", 1)


def tiny(folder: Path, ceilings: str | None) -> Framework:
    (folder / "tiny").mkdir()
    (folder / "tiny" / "framework.toml").write_text(DESCRIPTION)
    # What a framework has to have, and what `pairs` looks for.
    for name in ("backend.py", "lenet.py", "bare.py"):
        (folder / "tiny" / name).touch()
    if ceilings is not None:
        (folder / "tiny" / "ceilings.py").write_text(ceilings)
    return read_framework(folder / "tiny")


@pytest.fixture(autouse=True)
def _own_cache(cache: Path) -> None:
    """Turns are taken in a cache of this test's own."""


def tried(
    framework: Framework, folder: Path, device: str = "cuda", environment: Any = HERE
) -> tuple[Environment | UnavailableError, list[str]]:
    said: list[str] = []
    name = framework.edition
    found = drop_unusable_environments(
        {name: environment}, {name: framework}, device, 3, folder, said.append
    )
    return found[name], said


def test_what_computes_is_left_as_it_is(tmp_path: Path) -> None:
    found, said = tried(tiny(tmp_path, RIGHT), tmp_path)
    assert found == HERE
    assert said == ["Trying Tiny on the GPU ..."]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (wrong("raise AssertionError('Tiny not compiled with CUDA enabled')"), "not compiled"),
        (
            wrong("raise RuntimeError('no kernel image\\nand more')"),
            "RuntimeError: no kernel image",
        ),
        (wrong("raise MemoryError('CUDA out of memory')"), "out of memory"),
        (wrong("os.abort()"), "The worker was ended by SIGABRT."),
        (wrong("import sys; print('libcuda.so.1: gone'); sys.exit(7)"), "libcuda.so.1: gone"),
        (RIGHT.replace("def copy", "def nothing"), "ceilings.py has no copy"),
        ("import no_such_library", "No module named 'no_such_library'"),
    ],
    ids=["CPU build", "no kernel", "full", "abort", "exit", "half a file", "import"],
)
def test_whatever_goes_wrong_is_one_reason(tmp_path: Path, program: str, words: str) -> None:
    found, said = tried(tiny(tmp_path, program), tmp_path)
    assert isinstance(found, UnavailableError)
    assert str(found).startswith("Tiny cannot compute on this GPU: ")
    assert words in str(found)
    assert "\n" not in str(found)
    assert said[1:] == [f"Tiny will be skipped: {found}"]


def test_a_hang_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceilings, "LIMITS", Limits(seconds=1.0))
    found, _ = tried(tiny(tmp_path, wrong("import time; time.sleep(600)")), tmp_path)
    assert "stopped after 1 s" in str(found)


def test_nothing_is_tried_where_there_is_nothing_to_try(tmp_path: Path) -> None:
    broken = tiny(tmp_path, wrong("raise RuntimeError('asked')"))
    assert tried(broken, tmp_path, device="cpu") == (HERE, [])
    missing = UnavailableError("No network.")
    assert tried(broken, tmp_path, environment=missing) == (missing, [])
    (broken.folder / "ceilings.py").unlink()
    assert tried(broken, tmp_path) == (HERE, [])


def test_a_version_that_was_asked_for_is_no_skip(tmp_path: Path) -> None:
    framework = tiny(tmp_path, wrong("raise RuntimeError('no kernel image')"))
    pinned = Framework(**{**vars(framework), "pin": "1.0"})
    with pytest.raises(UnavailableError, match="no kernel image"):
        tried(pinned, tmp_path)


def on_cuda(framework: Framework) -> Request:
    return Request(
        device="cuda",
        frameworks=("tiny",),
        implementations=(framework.folder,),
        pythons={"tiny": HERE.python},
        threads=3,
    )


@pytest.fixture
def broken(tmp_path: Path) -> Framework:
    return tiny(tmp_path, wrong("raise RuntimeError('no kernel image')"))


def test_verification_respects_it(broken: Framework) -> None:
    cells = choose_cells({"tiny": broken}, ["lenet"], [], "cuda")
    asked = Verification(on_cuda(broken), tuple(cells), fresh=True)
    with prepare_certification(asked, lambda line: None) as certifier:
        finding = certifier.certify(cells[0])
    assert finding.skipped
    assert "no kernel image" in str(finding.certificate.reason)


def test_the_doctor_respects_it(broken: Framework) -> None:
    found = {one.topic: one for one in doctor.examine(select(on_cuda(broken)))}
    assert found["Tiny"].verdict == "problem"
    assert "no kernel image" in found["Tiny"].detail


def test_pairs_respect_it(broken: Framework, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "read_framework_request", lambda option: on_cuda(broken))
    options = SimpleNamespace(models="lenet", modes="", invocations=1, pairs=1, builds=1)
    (measured,) = run_pairs(options, OVERHEAD, lambda line: None)  # type: ignore[arg-type]
    assert measured.pairs == ()
    assert "no kernel image" in str(measured.failure)


def test_a_run_skips_it_and_neither_verifies_nor_measures_it(
    broken: Framework, tmp_path: Path
) -> None:
    selection = select(on_cuda(broken))
    trials = [trial for trial in selection.trials if trial.model == "lenet"][:1]
    said: list[str] = []
    run = create_run(tmp_path / "results", "quick")
    with make_scratch_folder() as scratch:
        session = open_session(selection, run, trials, scratch, said.append)
        record = session.execute(trials[0], lambda event: None)
    assert record.status == "skipped"
    assert "Tiny cannot compute on this GPU: RuntimeError: no kernel image" in str(record.reason)
    assert session.prepared.certificates == {}
    assert session.prepared.ceilings == {}
    assert not [line for line in said if line.startswith(("Verifying", "Measuring"))]
