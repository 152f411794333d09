from pathlib import Path

import pytest

from bench.errors import FrameworkError
from bench.host.frameworks.framework import discover, read_framework
from bench.host.frameworks.requirements import Kernels
from bench.models import MODELS

DESCRIPTION = """
title = "Mine"
module = "mine"
python = ">=3.11"
layout = "NCHW"
families = ["lenet"]
modes = ["eager"]
default_mode = "eager"
[environment]
THREADS = "{threads}"
[cpu]
requirements = ["mine==1"]
[cuda]
requirements = ["mine-cuda==1"]
[cuda.environment]
GROW = "1"
"""


def folder_with(parent: Path, text: str, name: str = "mine") -> Path:
    folder = parent / name
    folder.mkdir()
    (folder / "framework.toml").write_text(text)
    for file in ("backend.py", "lenet.py"):
        (folder / file).touch()
    return folder


def test_the_project_has_its_three_frameworks() -> None:
    frameworks = discover()
    assert {"mxnet", "pytorch", "tensorflow"} <= set(frameworks)
    assert frameworks["tensorflow"].layout == "NHWC"
    for framework in frameworks.values():
        assert framework.default_mode in framework.modes
        for requirements in framework.devices.values():
            assert "--hash=sha256:" in requirements.constraints


def test_a_framework_from_outside_joins(tmp_path: Path) -> None:
    mine = discover([folder_with(tmp_path, DESCRIPTION)])["mine"]
    assert mine.devices["cpu"].environment == {"THREADS": "{threads}"}
    assert mine.devices["cuda"].environment == {"THREADS": "{threads}", "GROW": "1"}
    assert mine.devices["cpu"].constraints == ""


def test_what_code_a_wheel_holds_may_be_told(tmp_path: Path) -> None:
    assert read_framework(folder_with(tmp_path, DESCRIPTION)).devices["cuda"].kernels is None
    told = DESCRIPTION.replace("[cuda.env", 'machine_code = ["8.0"]\nptx = ["9.0"]\n[cuda.env')
    kernels = read_framework(folder_with(tmp_path, told, "told")).devices["cuda"].kernels
    assert kernels == Kernels(("8.0",), ("9.0",))


def test_a_framework_has_the_models_whose_file_is_there(tmp_path: Path) -> None:
    text = DESCRIPTION.replace('families = ["lenet"]\n', "")
    mine = read_framework(folder_with(tmp_path, text))
    assert mine.has_model(MODELS["lenet"])
    assert not mine.has_model(MODELS["lstm"])


def test_a_framework_that_lists_families_has_no_others(tmp_path: Path) -> None:
    mine = read_framework(folder_with(tmp_path, DESCRIPTION))
    (mine.folder / "lstm.py").touch()
    assert mine.has_model(MODELS["lenet"])
    assert not mine.has_model(MODELS["lstm"])


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, DESCRIPTION, "pytorch")
    with pytest.raises(FrameworkError, match="Two frameworks are called 'pytorch'"):
        discover([folder])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"NCHW"', '"CHWN"', ["'layout' is 'CHWN'", "NCHW, NHWC"]),
        ('"NCHW"', '"NCHW"\nlayouts = ["NHWC"]', ["'layout' is 'NCHW'", "not in 'layouts' (NHWC)"]),
        ('["lenet"]', '["lenet", "lstm"]', ["the family 'lstm' is listed", "no lstm.py", "take"]),
        ('["lenet"]', '["lenet", "' + "x" * 300 + '"]', ["there is no xxx"]),
        ('"{threads}"', '"{thread}"', ["'THREADS' is '{thread}'", "correct {thread}"]),
        ('["eager"]', '["eager", "fast"]', ["'modes'", "eager, compiled, xla"]),
        ('default_mode = "eager"', 'default_mode = "compiled"', ["'default_mode'", "eager"]),
        ('title = "Mine"', "", ["'title' is missing"]),
        ('title = "Mine"', 'title = "Mine"\nname = "x"', ["unknown key 'name'"]),
        ('GROW = "1"', "GROW = 1", ["'GROW' is 1", "a string"]),
        ('["mine==1"]', '["mine==1"]\nconstraints = "gone.txt"', ["'gone.txt'"]),
        ('["mine==1"]', '["mine==1"]\nprecisions = ["fp8"]', ["'precisions'", "ieee, tf32, bf16"]),
        (
            '["mine-cuda==1"]',
            '["mine-cuda==1"]\nmachine_code = ["8.0", "sm_90"]',
            ["[cuda]", "'machine_code' is ['8.0', 'sm_90']", 'such as ["8.0", "9.0a"]'],
        ),
        ('["mine-cuda==1"]', '["mine-cuda==1"]\nptx = [9]', ["[cuda]", "'ptx'", "strings"]),
        ('["mine==1"]', '["mine==1"]\nptx = ["9.0"]', ["[cpu]", "unknown key 'ptx'"]),
        ("[cpu]", "[[tuned]]\nmodels = ['x']\n[cpu]", ["[[tuned]]", "'reason' is missing"]),
        (
            "[cpu]",
            "[[tuned]]\nmodels = ['x']\nreason = 'r'\nsource = 's'\nmodes = ['fast']\n[cpu]",
            ["[[tuned]]", "'modes'", "eager, compiled, xla"],
        ),
        (
            "[cpu]",
            "[[tuned]]\nmodels = ['x']\nreason = 'r'\nsource = 's'\nknobs = { a = [1] }\n[cpu]",
            ["[knobs]", "'a' is [1]", "a single value"],
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in DESCRIPTION
    folder = folder_with(tmp_path, DESCRIPTION.replace(old, new, 1))
    with pytest.raises(FrameworkError) as caught:
        read_framework(folder)
    for word in ["framework.toml", *words]:
        assert word in str(caught.value)


def test_a_framework_needs_a_device(tmp_path: Path) -> None:
    text = DESCRIPTION.partition("[cpu]")[0]
    with pytest.raises(FrameworkError, match="no device"):
        read_framework(folder_with(tmp_path, text))


def test_a_folder_without_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(FrameworkError, match="cannot be read"):
        discover([tmp_path])


def test_a_folder_without_a_backend_is_no_framework(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, DESCRIPTION)
    (folder / "backend.py").unlink()
    with pytest.raises(FrameworkError, match=r"there is no backend\.py beside it; add the file\."):
        read_framework(folder)


@pytest.mark.parametrize("name", ["-mine", "Mine", "2nd", "a b", "mine@1"])
def test_a_name_that_is_no_packages_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FrameworkError, match=r"cannot be called .* rename the folder"):
        read_framework(folder_with(tmp_path, DESCRIPTION, name))
