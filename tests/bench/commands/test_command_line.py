"""`python -m bench` as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.suite.conftest import NUMPY, NUMPY_OPTIONS
from tests.conftest import ROOT, WITHOUT_GPU


def bench(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_the_commands() -> None:
    printed = bench("--help").stdout
    for word in ("list", "prepare", "doctor", "tox -e bench"):
        assert word in printed


def test_list_shows_what_is_from_outside(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    outside = (f"--model-folder={ROOT / 'tests/models/vgg'}", f"--impls={NUMPY}")
    finished = bench("list", "--json", str(file), *outside)
    assert finished.returncode == 0, finished.stderr
    tables = json.loads(file.read_text())
    (row,) = (
        row
        for row in tables["models"]
        if (row["model"], row["data set"]) == ("vgg-small", "digits")
    )
    assert row["parameters"] == 204_282
    families = {row["framework"]: row["models"] for row in tables["frameworks"]}
    assert families["numpy"] == families["jax"] == ["alexnet", "lenet", "lstm", "resnet", "vgg"]


def test_list_shows_all_there_is(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    finished = bench("list", "--json", str(file))
    assert finished.returncode == 0, finished.stderr
    tables = json.loads(file.read_text())
    assert {row["framework"] for row in tables["frameworks"]} >= {"mxnet", "pytorch", "tensorflow"}
    assert {row["data set"] for row in tables["datasets"]} == {
        "digits",
        "mnist",
        "cifar10",
        "cifar10-subset",
        "banking77",
        "synthetic-<C>x<H>x<W>-<classes>[-<N>]",
        "synthetic-<L>of<V>-<classes>[-<N>]",
    }
    assert {row["plan"] for row in tables["plans"]} == {
        *("accuracy", "batch-sizes", "gpu", "mnist", "quick", "standard"),
    }
    lenets = [row for row in tables["models"] if row["model"] in ("lenet", "lenet-1998")]
    assert {row["parameters"] for row in lenets if row["input"].startswith("1x")} == {61_706}
    for word in ("pytorch", "digits", "lenet-1998", "quick"):
        assert word in finished.stdout


def test_prepare_makes_data_and_names_interpreters(cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "prepared.json"
    finished = bench("prepare", *NUMPY_OPTIONS, "--json", str(file))
    assert finished.returncode == 0, finished.stderr
    tables = json.loads(file.read_text())
    assert tables["environments"] == [
        {"framework": "numpy", "python": sys.executable, "reason": None}
    ]
    assert (Path(tables["data"][0]["folder"]) / "train_labels.npy").exists()
    assert cache in Path(tables["data"][0]["folder"]).parents


def test_prepare_makes_synthetic_data_and_says_what_it_is_not_for(
    cache: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "mine.toml"
    plan.write_text(
        """
        [[trials]]
        models = ["lenet"]
        datasets = ["synthetic-1x28x28-10"]
        batch_sizes = [32]
        epochs = 1
        [trials.optimizer]
        name = "sgd"
        learning_rate = 0.1
        """
    )
    finished = bench("prepare", f"--plan={plan}", *NUMPY_OPTIONS)
    assert finished.returncode == 0, finished.stderr
    assert "synthetic-1x28x28-10 (synthetic: accuracy will mean nothing)" in finished.stderr


def test_the_doctor_finds_this_machine_well(cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "doctor.json"
    finished = bench("doctor", *NUMPY_OPTIONS, "--json", str(file))
    assert finished.returncode == 0, finished.stdout
    findings = {row["topic"]: row for row in json.loads(file.read_text())["doctor"]}
    assert findings["data set digits"]["detail"].startswith("1,442 training and 355 test")
    assert findings["NumPy"]["verdict"] == "ok"
    assert findings["optional packages"]["verdict"] == "ok"


def test_the_doctor_finds_a_problem(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    finished = bench("doctor", "--plan=mnist", *NUMPY_OPTIONS, SAMESTEP_DATA=str(tmp_path))
    assert finished.returncode == 1
    assert "problem" in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["prepare", "--plan=slow"], "There is no plan 'slow'"),
        (["doctor", "--frameworks=caffe"], "There is no framework 'caffe'"),
        (["list", "--json=/no/such/folder/x.json"], "cannot be written"),
        (["prepare", "--python=x"], "expected NAME=PATH"),
    ],
)
def test_a_users_mistake_is_one_line(arguments: list[str], words: str) -> None:
    finished = bench(*arguments)
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.startswith("bench: ")
    assert words in line


@WITHOUT_GPU
@pytest.mark.parametrize("command", ["prepare", "doctor", "verify"])
def test_a_gpu_that_is_not_there_is_one_line(command: str) -> None:
    finished = bench(command, "--device=cuda")
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.startswith("bench: --device cuda: this machine has no usable GPU (NVML: ")
