"""What a worker is given under the settings of a trial."""

from dataclasses import dataclass, replace
from pathlib import Path

from bench.host.frameworks.framework import Framework, read_framework
from bench.host.frameworks.setup import select_tunings, set_up
from tests.bench.host.frameworks.test_frameworks import DESCRIPTION, folder_with

TUNED = """
layouts = ["NCHW", "NHWC"]
[[tuned]]
models = ["lenet*"]
reason = "pins threads"
source = "a page"
[tuned.environment]
PIN = "{threads}"
THREADS = "pinned"
[[tuned]]
models = ["lenet"]
modes = ["eager"]
devices = ["cpu"]
layout = "NHWC"
reason = "another layout"
source = "measured"
[tuned.knobs]
fused = true
ways = 2
[environment]
"""


@dataclass(frozen=True)
class Wanted:
    model: str = "lenet"
    mode: str = "eager"
    device: str = "cpu"
    settings: str = "tuned"
    layout: str = "native"


def framework(folder: Path) -> Framework:
    return read_framework(folder_with(folder, DESCRIPTION.replace("[environment]\n", TUNED)))


def test_the_default_settings_are_the_frameworks_own(tmp_path: Path) -> None:
    setup = set_up(framework(tmp_path), Wanted(settings="default"), "ieee", 3)
    assert setup.environment == {"THREADS": "3"}
    assert setup.execution.layout == "NCHW"
    assert setup.execution.knobs == {}
    assert setup.tuning == {}


def test_tuned_settings_add_up_and_override(tmp_path: Path) -> None:
    setup = set_up(framework(tmp_path), Wanted(), "ieee", 3)
    assert setup.environment == {"PIN": "3", "THREADS": "pinned"}
    assert setup.execution.layout == "NHWC"
    assert setup.execution.knobs == {"fused": True, "ways": 2}
    assert setup.tuning["reasons"] == ["pins threads", "another layout"]
    assert setup.tuning["sources"] == ["a page", "measured"]


def test_they_hold_for_models_modes_and_devices(tmp_path: Path) -> None:
    found = framework(tmp_path)
    for wanted, count in (
        (Wanted(), 2),
        (Wanted(model="lenet-1998"), 1),
        (Wanted(mode="compiled"), 1),
        (Wanted(device="cuda"), 1),
        (Wanted(model="lstm"), 0),
    ):
        assert len(select_tunings(found, wanted)) == count


def test_a_fixed_layout_is_stronger_than_a_tuned_one(tmp_path: Path) -> None:
    setup = set_up(framework(tmp_path), replace(Wanted(), layout="NCHW"), "ieee", 1)
    assert setup.execution.layout == "NCHW"


def test_no_library_may_use_tf32_where_float32_is_asked_for(tmp_path: Path) -> None:
    found, wanted = framework(tmp_path), Wanted(device="cuda", settings="default")
    forbidden = {
        precision: set_up(found, wanted, precision, 1).environment.get("NVIDIA_TF32_OVERRIDE")
        for precision in ("ieee", "float64", "tf32", "bf16")
    }
    assert forbidden == {"ieee": "0", "float64": "0", "tf32": None, "bf16": None}
    assert "NVIDIA_TF32_OVERRIDE" not in set_up(found, Wanted(), "ieee", 1).environment
