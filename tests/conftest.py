"""What every test may use."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from bench.host.machine.nvml import detect_gpus

ROOT = Path(__file__).parents[1]
# Of tests on what is said where there is no GPU.
WITHOUT_GPU = pytest.mark.skipif(bool(detect_gpus().gpus), reason="This machine has a GPU.")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SAMESTEP_CACHE", str(folder))
    return folder


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets; the test is skipped where there is none."""
    folder = os.environ.get("SAMESTEP_DATA")
    if not folder:
        pytest.skip("SAMESTEP_DATA is not set: it names the folder of real data sets.")
    return Path(folder)


def unavailable(reason: str) -> NoReturn:
    """Skip a test that needs a framework which cannot be had here; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"CI has to have every framework: {reason}", pytrace=False)
    pytest.skip(reason)
