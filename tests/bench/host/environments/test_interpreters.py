"""Interpreters of the user's own: real Pythons, some of them wrapped to be worse than they are."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from bench.errors import InterpreterError
from bench.host.environments import interpreters
from bench.host.environments.interpreters import check_interpreter
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.requirements import Requirements
from tests.bench.host.environments.test_environments import framework

Python = Callable[..., Path]


def framework_in(python: Path, requirements: tuple[str, ...] = (), **changes: object) -> Framework:
    needs = Requirements(requirements, "", None, {"PLANTED": "{threads}"})
    return framework(**{"devices": {"cpu": needs}} | changes)


@pytest.fixture
def wrapped(tmp_path: Path) -> Python:
    """Makes a Python that has a module `tinyframework`, with the code of one."""

    def make(
        code: str = "", site: str = "", options: str = "", command: str = "exec", **packages: str
    ) -> Path:
        (tmp_path / "tinyframework.py").write_text(code)
        (tmp_path / "sitecustomize.py").write_text(site)
        for name, version in packages.items():
            folder = tmp_path / f"{name}-{version}.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
        script = tmp_path / "python"
        script.write_text(
            "#!/bin/sh\necho a banner\n"
            f'PYTHONPATH="$PYTHONPATH:{tmp_path}" {command} {sys.executable} {options} "$@"\n'
        )
        script.chmod(0o755)
        return script

    return make


def refusal(python: Path, described: Framework | None = None) -> str:
    """The one line that an interpreter is refused with."""
    with pytest.raises(InterpreterError) as caught:
        check_interpreter(described or framework_in(python), "cpu", python)
    line = str(caught.value)
    assert line.startswith(f"--python tiny={python}: ") or (described and described.pin)
    assert "\n" not in line
    assert line.endswith(".")
    return line


def test_one_that_has_all_is_taken_without_a_word(wrapped: Python) -> None:
    python = wrapped("__version__ = '1.0'", helper="2.5")
    needs = framework_in(python, ("tinyframework==1.0", "helper>=2", "numpy>=1"))
    assert check_interpreter(needs, "cpu", python) == (python, None)


def test_one_may_be_found_on_the_path(
    wrapped: Python, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = wrapped().rename(tmp_path / "wrapped-python")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found, _ = check_interpreter(framework_in(python), "cpu", Path("wrapped-python"))
    assert found == python


def test_it_is_asked_with_the_variables_of_a_worker(
    wrapped: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "planted")
    python = wrapped(
        "import os\n"
        "assert os.environ['PLANTED'].isdigit()\n"
        "assert os.environ['CUDA_VISIBLE_DEVICES'] == ''\n"
        "assert 'A_SECRET' not in os.environ\n"
    )
    assert check_interpreter(framework_in(python), "cpu", python) == (python, None)


@pytest.mark.parametrize("path", ["/no/such/python", __file__, "/bin/true", "/bin/echo", "/"])
def test_what_is_no_python_is_one_line(path: str) -> None:
    assert "no Python starts at this path; expected" in refusal(Path(path))


def test_an_old_python_is_one_line(wrapped: Python) -> None:
    python = wrapped(site="import sys; sys.version_info = (3, 8, 18, 'final', 0)")
    assert "this is Python 3.8; expected 3.11 or newer" in refusal(python)


def test_one_without_the_framework_is_one_line() -> None:
    assert "has no module 'tinyframework'; install what Tiny needs" in refusal(Path(sys.executable))


def test_one_without_numpy_is_one_line(wrapped: Python) -> None:
    assert "has no module 'numpy'" in refusal(wrapped(options="-S"))


def test_one_without_what_the_framework_needs_beside_itself_is_one_line(wrapped: Python) -> None:
    python = wrapped(helper="2.5")
    needs = framework_in(python, ("tinyframework==1.0", "helper", "no-such-one", "nor-this==2"))
    assert "has no module 'no-such-one', 'nor-this';" in refusal(python, needs)


def test_what_pythonpath_brings_is_not_there_for_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tinyframework.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "(PYTHONPATH is not handed on to it: see docs/" in refusal(Path(sys.executable))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import no_such_dependency", "ModuleNotFoundError: No module named 'no_such_dependency';"),
        (
            "raise ImportError('\\n\\nlibcudart.so.12: cannot open\\nmore')",
            "ImportError: libcudart.so.12: cannot open more;",
        ),
        ("import sys; sys.exit('no licence')", "SystemExit: no licence;"),
    ],
)
def test_an_import_that_fails_is_one_line(wrapped: Python, code: str, words: str) -> None:
    assert f"importing tinyframework fails there: {words}" in refusal(wrapped(code))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.kill(os.getpid(), 11)", "was ended by SIGSEGV"),
        ("import os; os._exit(3)", "ended with exit status 3"),
        ("import os; os._exit(0)", "ended"),
    ],
)
def test_an_import_that_crashes_is_one_line(wrapped: Python, code: str, words: str) -> None:
    assert f"this Python {words} while it imported tinyframework; try" in refusal(wrapped(code))


def test_an_import_that_hangs_is_one_line_and_leaves_no_process(
    wrapped: Python, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "IMPORT_SECONDS", 5)
    file = tmp_path / "pid"
    code = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
    # Behind a script that stays: to end the script alone would be too little.
    python = wrapped(code, command="")
    assert "took longer than 5 s while it imported tinyframework" in refusal(python)
    assert ended(int(file.read_text()))


def ended(pid: int) -> bool:
    """Whether a process has ended, at the latest in some moments; nobody may have asked how."""
    try:
        psutil.Process(pid).wait(10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_a_python_that_never_answers_is_one_line(
    wrapped: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "IMPORT_SECONDS", 1)
    python = wrapped(site="import time; time.sleep(1000)")
    assert "no Python starts at this path (it took longer than 1 s)" in refusal(python)


def test_what_an_import_prints_is_nobodys_business(wrapped: Python) -> None:
    python = wrapped(
        "import atexit, os\n"
        "print('no line end', end='')\n"
        "os.write(1, b'samestep: not JSON\\n\\xff')\n"
        "atexit.register(print, 'good bye')\n"
    )
    assert check_interpreter(framework_in(python), "cpu", python) == (python, None)


def test_other_versions_are_allowed_and_told(wrapped: Python) -> None:
    python = wrapped("__version__ = '2.6.0a0+vendor.25'", helper="2.5")
    needs = framework_in(python, ("tinyframework==1.0", "helper==2.5", "numpy==0.1"))
    found, note = check_interpreter(needs, "cpu", python)
    assert found == python
    assert note == (
        f"Note on Tiny: {python} has tinyframework 2.6.0a0+vendor.25, numpy {np.__version__}, and "
        "not ==1.0, ==0.1 as samestep is tested with; what runs is in every record."
    )


@pytest.mark.parametrize("version", ["1.0", "1.0+cu126"])
def test_a_version_that_was_asked_for_has_to_be_there(wrapped: Python, version: str) -> None:
    python = wrapped(f"__version__ = {version!r}")
    pinned = framework_in(python, ("tinyframework==1.0",), pin="1.0")
    assert check_interpreter(pinned, "cpu", python) == (python, None)
    other = framework_in(python, ("tinyframework==1.1",), pin="1.1")
    line = refusal(python, other)
    assert line.startswith(f"--python tiny@1.1={python}: this Python has tinyframework {version};")


def test_a_device_that_the_description_leaves_out_asks_for_nothing(wrapped: Python) -> None:
    python = wrapped()
    needs = framework_in(python, ("no-such-one",))
    assert check_interpreter(needs, "cuda", python) == (python, None)
