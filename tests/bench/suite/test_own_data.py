"""A user's own data sets, from the files to the report: nothing faked."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.host.frameworks.framework import discover
from bench.host.planning.catalog import Catalog
from bench.host.planning.plan import read_plan
from tests.bench.commands.test_command_line import bench
from tests.bench.suite.conftest import NUMPY_OPTIONS, Finished, run_suite
from tests.conftest import ROOT

QUICK = ("--skip-verification", "--skip-ceilings", *NUMPY_OPTIONS)
SIDE = 28
PLAN = """
block_seconds = 0.000001

[datasets.halves]
kind = "images"
train = "halves/train"
test = "halves/test"
channels = 1

[datasets.questions]
kind = "texts"
train = "questions.csv"
test_every = 3
length = 6
vocabulary = 50

[datasets.arrays]
kind = "arrays"
train = { inputs = "x.npy", labels = "y.npy" }
test_every = 2
layout = "NHW"

[[trials]]
models = ["lenet"]
datasets = ["halves", "arrays"]
batch_sizes = [8]
epochs = 4
[trials.optimizer]
name = "adam"
learning_rate = 0.003

[[trials]]
models = ["lstm"]
datasets = ["questions"]
batch_sizes = [4]
epochs = 30
[trials.optimizer]
name = "adam"
learning_rate = 0.01
"""
SUBJECTS = {"card": "my card is lost", "cash": "the cash was short", "loan": "a loan please"}


def halves(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise that is brighter on the left, label 0, or on the right."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = generator.integers(0, 100, (count, SIDE, SIDE), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, label * SIDE // 2 :][:, : SIDE // 2] += 100
    return images, labels


@pytest.fixture
def plan(tmp_path: Path, cache: Path) -> Path:
    """The plan beside files of every kind."""
    for part, count in (("train", 48), ("test", 16)):
        for number, (image, label) in enumerate(zip(*halves(count, count), strict=True)):
            path = tmp_path / "halves" / part / ("left", "right")[label] / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    images, labels = halves(64, 3)
    np.save(tmp_path / "x.npy", images)
    np.save(tmp_path / "y.npy", labels)
    rows = [f"{text} {word},{name}" for name, text in SUBJECTS.items() for word in "abcdef"]
    (tmp_path / "questions.csv").write_text("\n".join(["text,label", *rows, ""]))
    path = tmp_path / "own.toml"
    path.write_text(PLAN)
    return path


def run(plan: Path, *options: str) -> Finished:
    return run_suite(plan.parent, f"--plan={plan}", *QUICK, *options)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_kind_is_trained_on_and_learned(plan: Path) -> None:
    finished = run(plan)
    assert finished.status == 0, finished.output
    found = {record.trial.dataset: record for record in finished.records}
    assert set(found) == {"halves", "arrays", "questions"}
    for record in found.values():
        assert record.status == "ok", record.reason
        assert record.epochs[-1].test_accuracy == 1.0
    assert {name: record.test_samples for name, record in found.items()} == {
        "halves": 16,
        "arrays": 32,
        "questions": 6,
    }
    page = (finished.run / "report.html").read_text()
    assert "LeNet on halves" in page
    assert "LSTM on questions" in page


def test_a_declared_data_set_is_verified_like_others(plan: Path) -> None:
    options = [one for one in QUICK if one != "--skip-verification"]
    finished = run_suite(plan.parent, f"--plan={plan}", *options, "-k", "halves")
    assert finished.status == 0, finished.output
    (record,) = finished.records
    assert record.certificate is not None
    assert record.certificate.verdict == "verified"


def test_a_run_does_not_go_on_with_other_data(plan: Path) -> None:
    change(plan, 'name = "adam"\nlearning_rate = 0.003', 'name = "sgd"\nlearning_rate = 1e30')
    finished = run(plan, "-k", "halves or questions")
    assert [record.status for record in finished.records].count("ok") == 1
    (plan.parent / "halves" / "train" / "left" / "0.jpg").unlink()
    again = run_suite(plan.parent, "--resume=latest")
    assert again.status != 0
    assert "different now: the data set halves (" in again.output
    assert "Traceback" not in again.output


def test_a_run_goes_on_with_the_same_data(plan: Path) -> None:
    change(plan, 'name = "adam"\nlearning_rate = 0.003', 'name = "sgd"\nlearning_rate = 1e30')
    run(plan, "-k", "halves or questions")
    again = run_suite(plan.parent, "--resume=latest")
    assert "from before: " in again.output
    assert again.output.count("diverged")


def doctor(plan: Path) -> subprocess.CompletedProcess[str]:
    return bench("doctor", f"--plan={plan}", *NUMPY_OPTIONS)


def test_the_doctor_looks_at_all_of_them_and_goes_on_after_a_problem(plan: Path) -> None:
    (plan.parent / "halves" / "train" / "left" / "0.jpg").write_bytes(b"none")
    change(plan.parent / "questions.csv", ",loan", ",")
    examined = doctor(plan)
    assert examined.returncode == 1, examined.stderr
    words = " ".join(examined.stdout.replace("│", " ").split())
    assert "is no image" in words
    assert "has an empty label" in words
    assert "32 training and 32 test samples of 2 classes" in words
    assert "Traceback" not in examined.stderr


def test_prepare_keeps_them_in_the_cache(plan: Path, cache: Path) -> None:
    finished = bench("prepare", f"--plan={plan}", *NUMPY_OPTIONS)
    assert finished.returncode == 0, finished.stderr
    kept = sorted(path.name.partition("-")[0] for path in (cache / "data").iterdir())
    assert set(kept) == {"arrays", "halves", "questions"}


def test_a_plan_that_cannot_be_is_one_line(plan: Path) -> None:
    change(plan, '"halves/train"', '"$NO_SUCH_VARIABLE/train"')
    for finished in (bench("prepare", f"--plan={plan}", *NUMPY_OPTIONS), doctor(plan)):
        assert finished.returncode == 2
        assert finished.stderr.count("\n") == 1
        assert "NO_SUCH_VARIABLE is not" in finished.stderr


def test_missing_files_stop_a_run_before_it_starts(plan: Path) -> None:
    (plan.parent / "x.npy").unlink()
    finished = run(plan)
    assert finished.status != 0
    assert "x.npy' cannot be read (No such file or directory)" in finished.output
    assert "Traceback" not in finished.output


def test_the_example_plan_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMESTEP_DATA", str(tmp_path))
    name = str(ROOT / "docs" / "examples" / "cifar10-jpeg.toml")
    plan = read_plan(name, discover(), Catalog())
    assert list(plan.catalog.declared) == ["cifar10-jpeg"]
