"""What every test may use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import pytest
from filelock import FileLock

from bench.host.machine.nvml import detect_gpus
from bench.records.cache_folder import get_cache_folder

ROOT = Path(__file__).parents[1]
NOBODY = 65534
# Of tests on what is said where there is no GPU.
WITHOUT_GPU = pytest.mark.skipif(bool(detect_gpus().gpus), reason="This machine has a GPU.")


# Files that take half a minute and more. Where tests are divided among processes, a file at a time,
# these come first: the last one to end is a short one.
LONG = (
    *("impls/defects/test_jax.py", "impls/defects/test_tensorflow.py"),
    *("impls/defects/test_pytorch.py", "impls/test_planted_deviations.py"),
    *("impls/test_model_from_outside.py", "bench/suite/test_suite.py", "faults/test_kills.py"),
    *("gpu/test_rehearsal.py", "bench/suite/test_real_frameworks.py", "faults/test_faults.py"),
    *("bench/suite/test_resume.py", "bench/suite/test_outside.py", "bench/suite/test_against.py"),
    *("impls/test_tuned_for_gpus.py", "faults/test_hostile_machines.py", "faults/test_soak.py"),
    *("impls/defects/test_mxnet.py", "bench/suite/test_own_data.py", "overhead/test_command.py"),
    "bench/suite/test_quick_plan.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        places = {ROOT / "tests" / name: place for place, name in enumerate(LONG)}
        assert all(path.is_file() for path in places)
        items.sort(key=lambda item: places.get(item.path, len(places)))


# What a cache folder holds beside the locks of those who take turns.
CACHED = ("environments", "data", "certificates")


@pytest.fixture(scope="session", autouse=True)
def _own_turns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the user's cache holds, in a folder where tests wait for nobody's measurement."""
    user, own = get_cache_folder(), tmp_path_factory.mktemp("cache")
    for name in CACHED:
        (user / name).mkdir(parents=True, exist_ok=True)
        (own / name).symlink_to(user / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMESTEP_CACHE", str(own))
        # Else each test that makes an environment would download all of it.
        patch.setenv("UV_CACHE_DIR", str(user.parent / "uv"))
        # Where tests are divided among processes, a suite that they start is none of these.
        for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def common_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes share among which this run of the tests is divided."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "common"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def memory_kills(common_folder: Path) -> FileLock:
    """Held by who has the kernel kill for want of memory, and by who kills a worker without that.

    The kernel counts for the whole machine, by which the host tells the one from the other.
    """
    return FileLock(common_folder / "memory-kills.lock")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SAMESTEP_CACHE", str(folder))
    return folder


@contextmanager
def own_by_nobody() -> Iterator[Path]:
    """A folder of a user who is not root; meanwhile this process is that user's."""
    with TemporaryDirectory() as name:
        if os.geteuid() != 0:
            yield Path(name)
            return
        os.chown(name, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets; the test is skipped where there is none."""
    folder = os.environ.get("SAMESTEP_DATA")
    if not folder:
        pytest.skip("SAMESTEP_DATA is not set: it names the folder of real data sets.")
    return Path(folder)


def unavailable(reason: str) -> NoReturn:
    """Skip a test that needs what cannot be had here; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"CI has to have everything: {reason}", pytrace=False)
    pytest.skip(reason)
