"""LeNet in the three real frameworks against LeNet in NumPy and float64."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bench.errors import UnavailableError
from bench.host.data.digits import read_digits
from bench.host.data.prepared import channel_statistics, normalize
from bench.host.environments import prepare_environment
from bench.host.frameworks import discover
from bench.host.variables import worker_environment
from bench.host.weights import initial_weights
from bench.models import MODELS
from bench.spec import Samples
from tests.bench.suite.conftest import NUMPY
from tests.conftest import ROOT, unavailable
from tests.impls.probe import STEPS, probe

FRAMEWORKS = discover()
LENETS = ("lenet", "lenet-1998")
BATCH = 32
CASES = [
    (framework, mode)
    for framework in ("mxnet", "pytorch", "tensorflow")
    for mode in FRAMEWORKS[framework].modes
]

# Relative errors in the Euclidean norm that float32 leaves; measured: 1e-6 and below.
LOSS_ERROR = 1e-5
WEIGHTS_ERROR = 1e-5


def relative_error(found: np.ndarray, reference: np.ndarray) -> float:
    size = float(np.linalg.norm(reference))
    return float(np.linalg.norm(found - reference)) / max(size, 1e-30)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights and ten batches of digits for each model, as .npz files in a folder."""
    folder = tmp_path_factory.mktemp("lenet")
    train, _ = read_digits()
    images = normalize(train.images, *channel_statistics(train.images))[: STEPS * BATCH]
    batches: dict[str, np.ndarray] = {
        "images": images.reshape(STEPS, BATCH, *images.shape[1:]),
        "labels": np.asarray(train.labels[: STEPS * BATCH], np.int64).reshape(STEPS, BATCH),
    }
    for model in LENETS:
        spec = MODELS[model].build(Samples((1, 32, 32), 10))
        weights = initial_weights(spec.parameters(), seed=3)
        # Biases that are not zero, so that a forgotten one shows.
        generator = np.random.default_rng(0)
        for name, value in weights.items():
            if name.endswith("bias"):
                weights[name] = np.asarray(generator.normal(0, 0.1, value.shape), np.float32)
        np.savez(folder / f"{model}.npz", **batches, **weights)  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def reference(inputs: Path) -> dict[str, dict[str, np.ndarray]]:
    """What NumPy gives, by model."""
    result = {}
    for model in LENETS:
        with np.load(inputs / f"{model}.npz") as archive:
            result[model] = probe("numpy", str(NUMPY), "eager", model, dict(archive))
    return result


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def probed(request: pytest.FixtureRequest, inputs: Path) -> dict[str, dict[str, np.ndarray]]:
    """What a real framework gives in one of its modes, by model."""
    name, mode = request.param
    framework = FRAMEWORKS[name]
    try:
        environment = prepare_environment(framework, "cpu", {}, print)
    except UnavailableError as error:
        unavailable(str(error))
    job = {
        "framework": name,
        "implementation": str(framework.folder),
        "mode": mode,
        "models": LENETS,
        "folder": str(inputs),
    }
    finished = subprocess.run(
        [str(environment.python), "-P", str(ROOT / "tests" / "impls" / "probe.py")],
        env=worker_environment(framework, "cpu", threads=2),
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return {model: dict(np.load(inputs / f"{model}-{name}-{mode}.npz")) for model in LENETS}


Probed = dict[str, dict[str, np.ndarray]]


@pytest.mark.parametrize("model", LENETS)
def test_weights_come_back_as_they_were_loaded(
    probed: Probed, reference: Probed, model: str
) -> None:
    names = [name for name in reference[model] if name.startswith("loaded ")]
    assert len(names) == 10
    for name in names:
        assert (probed[model][name] == reference[model][name].astype(np.float32)).all(), name


@pytest.mark.parametrize("model", LENETS)
def test_the_losses_of_ten_steps_are_the_references(
    probed: Probed, reference: Probed, model: str
) -> None:
    found, expected = probed[model]["losses"], reference[model]["losses"]
    assert np.abs(found / expected - 1).max() < LOSS_ERROR


@pytest.mark.parametrize("model", LENETS)
def test_the_weights_after_ten_steps_are_the_references(
    probed: Probed, reference: Probed, model: str
) -> None:
    names = [name for name in reference[model] if name.startswith("trained ")]
    assert len(names) == 10
    for name in names:
        error = relative_error(probed[model][name], reference[model][name])
        assert error < WEIGHTS_ERROR, name


@pytest.mark.parametrize("model", LENETS)
@pytest.mark.parametrize("when", ["before", "after", "part"])
def test_evaluation_sums_are_the_references(
    probed: Probed, reference: Probed, model: str, when: str
) -> None:
    loss, correct = probed[model][f"evaluated {when}"]
    expected_loss, expected_correct = reference[model][f"evaluated {when}"]
    assert abs(loss / expected_loss - 1) < LOSS_ERROR
    assert correct == expected_correct
