"""Environments are made by the real uv, from wheels that the test builds."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pynvml
import pytest

from bench.errors import UnavailableError
from bench.host.environments import preparation
from bench.host.environments.preparation import (
    DESCRIPTION,
    check_kernels,
    prepare_cached_environment,
    prepare_environment,
    prepare_environments,
    select_available,
)
from bench.host.frameworks.editions import pin_version
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.requirements import Kernels, Requirements
from tests.bench.host.environments.wheels import build_wheel
from tests.bench.host.machine.fake_nvml import FakeDevice, FakeNvml

THIS_PYTHON = f"=={sys.version_info.major}.{sys.version_info.minor}.*"


def framework(**changes: object) -> Framework:
    requirements = Requirements(("tinyframework==1.0",), "", None, {})
    return replace(
        Framework(
            name="tiny",
            folder=Path(),
            title="Tiny",
            module="tinyframework",
            python=THIS_PYTHON,
            layout="NCHW",
            families=("lenet",),
            modes=("eager",),
            default_mode="eager",
            devices={"cpu": requirements},
        ),
        **changes,  # type: ignore[arg-type]
    )


@pytest.fixture
def wheels(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip's own variables name, and nothing else to install from."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    build_wheel(folder, "tinyframework", "1.0")
    for name in ("UV_FIND_LINKS", "UV_NO_INDEX", "UV_INDEX", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    # Nor those that files of this machine's user name.
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    return folder


def version(python: Path) -> str:
    program = "import tinyframework; print(tinyframework.__version__)"
    return subprocess.run(
        [str(python), "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def known(**changes: object) -> Framework:
    """A framework that this Python has."""
    requirements = Requirements(("numpy>=1",), "", None, {})
    return framework(**{"module": "numpy", "devices": {"cpu": requirements}} | changes)


class Said(list[str]):
    """Collects what is said."""

    def __call__(self, line: str) -> None:
        self.append(line)


def test_an_environment_is_made_once_and_then_reused(wheels: Path) -> None:
    said = Said()
    first = prepare_cached_environment(framework(), "cpu", said)
    assert version(first.python) == "1.0"
    assert len(said) == 1
    again = prepare_cached_environment(framework(), "cpu", said)
    assert again == first
    assert len(said) == 1


def test_requirements_that_do_not_bring_the_module_are_told(wheels: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        prepare_cached_environment(framework(module="tinyframewrok"), "cpu", Said())
    assert "(tinyframework==1.0) has no module 'tinyframewrok'" in str(caught.value)
    assert "correct 'module'" in str(caught.value)


def test_another_request_is_another_environment(wheels: Path) -> None:
    build_wheel(wheels, "tinyframework", "2.0")
    newer = {"cpu": Requirements(("tinyframework==2.0",), "", None, {})}
    first = prepare_cached_environment(framework(), "cpu", Said())
    second = prepare_cached_environment(framework(devices=newer), "cpu", Said())
    assert (version(first.python), version(second.python)) == ("1.0", "2.0")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / DESCRIPTION).unlink(),
        lambda folder: (folder / DESCRIPTION).write_text("{}"),
        lambda folder: (folder / DESCRIPTION).write_text("{"),
        lambda folder: (folder / "bin" / "python").unlink(),
    ],
    ids=["half built", "other description", "torn description", "no interpreter"],
)
def test_a_damaged_environment_is_made_again(wheels: Path, damage: Callable[[Path], None]) -> None:
    environment = prepare_cached_environment(framework(), "cpu", Said())
    folder = environment.python.parents[1]
    (folder / "left-over").touch()
    damage(folder)
    said = Said()
    assert version(prepare_cached_environment(framework(), "cpu", said).python) == "1.0"
    assert len(said) == 1
    assert not (folder / "left-over").exists()


def test_what_cannot_be_installed_says_why_on_one_line_and_leaves_nothing(
    wheels: Path, cache: Path
) -> None:
    missing = {"cpu": Requirements(("no-such-framework==9",), "", None, {})}
    with pytest.raises(UnavailableError) as caught:
        prepare_cached_environment(framework(devices=missing), "cpu", Said())
    message = str(caught.value)
    assert "no-such-framework" in message
    assert "\n" not in message
    assert not [path for path in (cache / "environments").iterdir() if path.is_dir()]


def test_no_fitting_python_is_a_reason(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    with pytest.raises(UnavailableError, match=r"Tiny's environment cannot be made.*4\.0"):
        prepare_cached_environment(framework(python=">=4.0"), "cpu", Said())


def test_a_wheel_with_another_hash_than_the_constraints_is_refused(wheels: Path) -> None:
    wheel = wheels / "tinyframework-1.0-py3-none-any.whl"
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for digest, fits in (("0" * 64, False), (right, True)):
        constraints = f"tinyframework==1.0 --hash=sha256:{digest}\n"
        pinned = {"cpu": Requirements(("tinyframework",), constraints, None, {})}
        if fits:
            assert version(
                prepare_cached_environment(framework(devices=pinned), "cpu", Said()).python
            )
        else:
            with pytest.raises(UnavailableError, match=r"(?i)hash"):
                prepare_cached_environment(framework(devices=pinned), "cpu", Said())


def test_two_runs_at_once_make_it_once(wheels: Path) -> None:
    said = Said()
    made = []
    threads = [
        threading.Thread(
            target=lambda: made.append(prepare_cached_environment(framework(), "cpu", said))
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made[0] == made[1]
    assert len(said) == 1
    assert version(made[0].python) == "1.0"


def test_a_device_without_requirements_is_a_reason(wheels: Path) -> None:
    with pytest.raises(UnavailableError, match="no requirements for the device 'cuda'"):
        prepare_environment(framework(), "cuda", {}, Said())


def for_gpus(**changes: object) -> Framework:
    kernels = Kernels(("8.0", "8.6"), ())
    requirements = Requirements(("tinyframework==1.0",), "", None, {}, kernels=kernels)
    return framework(devices={"cuda": replace(requirements, **changes)})  # type: ignore[arg-type]


def test_a_wheel_without_code_for_this_gpu_is_refused() -> None:
    nvml = FakeNvml(FakeDevice(name="NVIDIA H200", capability=(9, 0)))
    with pytest.raises(UnavailableError) as caught:
        check_kernels(for_gpus(), {}, nvml)
    for words in (
        "Tiny's wheel (tinyframework==1.0) holds machine code for 8.0, 8.6 and no PTX",
        "NVIDIA H200 has compute capability 9.0",
        "--python tiny=PATH",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "nvml"),
    [
        ({}, FakeNvml(FakeDevice(capability=(8, 9)))),
        ({"kernels": Kernels((), ("8.0",))}, FakeNvml()),
        # Not known: then the framework is tried once it is there.
        ({"kernels": None}, FakeNvml()),
        ({}, FakeNvml(failures={"nvmlInit": pynvml.NVML_ERROR_LIBRARY_NOT_FOUND})),
        ({}, None),
    ],
    ids=["newer minor", "PTX", "unknown wheel", "no driver", "no nvidia-ml-py"],
)
def test_what_may_run_is_installed(changes: dict[str, object], nvml: object) -> None:
    check_kernels(for_gpus(**changes), {}, nvml)


def test_the_gpu_that_trials_see_is_the_one_that_counts() -> None:
    nvml = FakeNvml(FakeDevice(capability=(9, 0)), FakeDevice(uuid="GPU-bbbb", capability=(8, 0)))
    check_kernels(for_gpus(), {"CUDA_VISIBLE_DEVICES": "1"}, nvml)
    with pytest.raises(UnavailableError):
        check_kernels(for_gpus(), {"CUDA_VISIBLE_DEVICES": "0"}, nvml)


def test_an_own_interpreter_may_hold_another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "check_kernels", lambda *_: pytest.fail("asked"))
    own = replace(for_gpus(packages=("numpy>=1",)), module="numpy")
    assert prepare_environment(own, "cuda", {"tiny": Path(sys.executable)}, Said()).given


def test_the_wheel_is_looked_at_before_it_is_installed(
    wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UnavailableError("nothing for this GPU")

    monkeypatch.setattr(preparation, "check_kernels", refuse)
    with pytest.raises(UnavailableError, match="nothing for this GPU"):
        prepare_environment(for_gpus(), "cuda", {}, Said())
    assert not (cache / "environments").exists()


def test_the_users_interpreter_is_taken_as_it_is() -> None:
    environment = prepare_environment(known(), "cpu", {"tiny": Path(sys.executable)}, Said())
    assert environment.given
    assert environment.python == Path(sys.executable)


def test_what_an_interpreter_has_else_is_said() -> None:
    said = Said()
    newer = known(devices={"cpu": Requirements(("numpy>=1000",), "", None, {})})
    prepare_environment(newer, "cpu", {"tiny": Path(sys.executable)}, said)
    (line,) = said
    assert line.startswith(f"Note on Tiny: {sys.executable} has numpy ")


def test_an_interpreter_that_nothing_runs_in_is_said() -> None:
    said = Said()
    given = {"tiny": Path(sys.executable), "other": Path("/opt/python")}
    prepare_environments([known()], "cpu", given, said)
    assert said == ["Note: --python other=/opt/python is not used: nothing here runs other."]


def test_without_uv_what_has_no_interpreter_is_skipped_and_the_rest_runs(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    said = Said()
    own = replace(known(), name="own")
    found = prepare_environments([own, framework()], "cpu", {"own": Path(sys.executable)}, said)
    assert list(select_available(found)) == ["own"]
    assert isinstance(found["tiny"], UnavailableError)
    assert said == [
        "Tiny will be skipped: An environment of its own needs the package uv, which "
        f"{sys.executable} does not have; install it (pip install uv), or name an interpreter "
        "with --python."
    ]


def test_bytecode_is_there_from_the_start(wheels: Path) -> None:
    environment = prepare_cached_environment(framework(), "cpu", Said())
    assert list(
        environment.python.parents[1].glob("lib/*/site-packages/__pycache__/tinyframework*")
    )


class FakeUv:
    """Records how uv is called; refuses to install without (or with) the option --torch-backend."""

    def __init__(self, refuse: set[str]) -> None:
        self.refuse = refuse
        self.installs: list[str] = []

    def __call__(self, arguments: Sequence[str]) -> None:
        if arguments[0] == "venv":
            Path(arguments[-1]).mkdir()
            return
        kind = "elsewhere" if "--torch-backend" in arguments else "own"
        self.installs.append(kind)
        if kind in self.refuse:
            raise UnavailableError(f"nothing {kind}")


@pytest.mark.parametrize(
    ("own_sources", "refuse", "installs", "message"),
    [
        (False, set(), ["elsewhere"], None),
        (False, {"elsewhere"}, ["elsewhere"], "nothing elsewhere"),
        (True, set(), ["own"], None),
        (True, {"own"}, ["own", "elsewhere"], None),
        (True, {"own", "elsewhere"}, ["own", "elsewhere"], "nothing own"),
    ],
)
def test_builds_that_are_not_on_pypi_come_from_the_users_sources_first(
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    own_sources: bool,
    refuse: set[str],
    installs: list[str],
    message: str | None,
) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    if own_sources:
        monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    fake = FakeUv(refuse)
    monkeypatch.setattr(preparation, "run_uv", fake)
    # Nothing is installed here.
    monkeypatch.setattr(preparation, "_has_module", lambda *_: True)
    tiny = framework(devices={"cpu": Requirements(("torch==1+cpu",), "", "cpu", {})})
    if message is None:
        prepare_cached_environment(tiny, "cpu", Said())
    else:
        with pytest.raises(UnavailableError, match=message):
            prepare_cached_environment(tiny, "cpu", Said())
    assert fake.installs == installs


def pinned_with_companion(wheels: Path, companion: str) -> Framework:
    """Version 2.0, where samestep pins 1.0 and a companion that requires 1.0."""
    build_wheel(wheels, "tinyframework", "2.0")
    build_wheel(wheels, "companion", "1.0", requires="tinyframework==1.0")
    if companion:
        build_wheel(wheels, "companion", companion, requires="tinyframework==2.0")
    requirements = Requirements(("tinyframework==1.0", "companion==1.0"), "", None, {})
    return pin_version(framework(devices={"cpu": requirements}), "2.0")


def test_companions_that_do_not_fit_a_version_are_chosen_anew(wheels: Path) -> None:
    environment = prepare_environment(pinned_with_companion(wheels, "1.5"), "cpu", {}, print)
    program = "import companion, tinyframework as f; print(f.__version__, companion.__version__)"
    finished = subprocess.run(
        [str(environment.python), "-c", program], capture_output=True, text=True, check=True
    )
    assert finished.stdout.split() == ["2.0", "1.5"]


def test_where_no_companion_fits_the_pin_in_the_way_is_named(wheels: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        prepare_environment(pinned_with_companion(wheels, ""), "cpu", {}, print)
    message = str(caught.value)
    assert "companion" in message
    assert "tinyframework==1.0" in message
    assert "--python tiny@2.0=PATH" in message
    assert "\n" not in message
