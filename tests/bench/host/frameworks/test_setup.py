"""What a worker is given under the settings of a trial."""

from dataclasses import replace
from pathlib import Path

from bench.host.frameworks.framework import Framework, read_framework
from bench.host.frameworks.setup import find_withheld_variables, select_tunings, set_up
from bench.job import Execution
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


LENET = Execution("eager", "ieee", "cpu", 3, "native")


def framework(folder: Path) -> Framework:
    return read_framework(folder_with(folder, DESCRIPTION.replace("[environment]\n", TUNED)))


def test_the_default_settings_are_the_frameworks_own(tmp_path: Path) -> None:
    setup = set_up(framework(tmp_path), "lenet", "default", LENET)
    assert setup.environment == {"THREADS": "3"}
    assert setup.execution.layout == "NCHW"
    assert setup.execution.knobs == {}
    assert setup.tuning == {}


def test_tuned_settings_add_up_and_override(tmp_path: Path) -> None:
    setup = set_up(framework(tmp_path), "lenet", "tuned", LENET)
    assert setup.environment == {"PIN": "3", "THREADS": "pinned"}
    assert setup.execution.layout == "NHWC"
    assert setup.execution.knobs == {"fused": True, "ways": 2}
    assert setup.tuning["reasons"] == ["pins threads", "another layout"]
    assert setup.tuning["sources"] == ["a page", "measured"]


def test_they_hold_for_models_modes_and_devices(tmp_path: Path) -> None:
    found = framework(tmp_path)
    for model, mode, device, count in (
        ("lenet", "eager", "cpu", 2),
        ("lenet-1998", "eager", "cpu", 1),
        ("lenet", "compiled", "cpu", 1),
        ("lenet", "eager", "cuda", 1),
        ("lstm", "eager", "cpu", 0),
    ):
        assert len(select_tunings(found, model, mode, device)) == count


def test_a_fixed_layout_is_stronger_than_a_tuned_one(tmp_path: Path) -> None:
    setup = set_up(framework(tmp_path), "lenet", "tuned", replace(LENET, layout="NCHW"))
    assert setup.execution.layout == "NCHW"


def test_a_plans_variables_count_more_than_all_others(tmp_path: Path) -> None:
    variables = "PIN=mine XLA_FLAGS='--a=1 --b=2'"
    own = framework(tmp_path)
    assert set_up(own, "lenet", "default", LENET, variables).environment == {
        "THREADS": "3",
        "PIN": "mine",
        "XLA_FLAGS": "--a=1 --b=2",
    }
    tuned = set_up(own, "lenet", "tuned", LENET, variables)
    assert tuned.environment["PIN"] == "mine"
    # What of the tuned settings is replaced is no part of them any more.
    assert tuned.tuning["environment"] == {"THREADS": "pinned"}
    assert tuned.tuning["reasons"] == ["pins threads", "another layout"]


def test_no_library_may_use_tf32_where_float32_is_asked_for(tmp_path: Path) -> None:
    own = framework(tmp_path)

    def read_override(device: str, precision: str) -> str | None:
        execution = replace(LENET, device=device, precision=precision)
        variables = set_up(own, "lenet", "default", execution).environment
        return variables.get("NVIDIA_TF32_OVERRIDE")

    forbidden = {
        precision: read_override("cuda", precision)
        for precision in ("ieee", "float64", "tf32", "bf16")
    }
    assert forbidden == {"ieee": "0", "float64": "0", "tf32": None, "bf16": None}
    assert read_override("cpu", "ieee") is None


def test_what_a_framework_would_heed_and_does_not_get_is_named() -> None:
    variables = {
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "OMP_NUM_THREADS": "1",
        "MXNET_CUDNN_AUTOTUNE_DEFAULT": "0",
        # These are handed on, or nobody's business.
        "CUDA_VISIBLE_DEVICES": "1",
        "LD_LIBRARY_PATH": "/lib",
        "EDITOR": "vi",
        "KMP_INIT_AT_FORK": "FALSE",
        "TFX": "x",
    }
    assert find_withheld_variables(variables) == (
        "MXNET_CUDNN_AUTOTUNE_DEFAULT",
        "OMP_NUM_THREADS",
        "TF_ENABLE_ONEDNN_OPTS",
        "XLA_FLAGS",
    )
