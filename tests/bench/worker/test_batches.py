from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import WeightsError, WorkerError
from bench.host.data.inputs import Inputs
from bench.job import Execution, Job
from bench.models import MODELS
from bench.optimizer import Optimizer
from bench.protocol.digests import hash_arrays
from bench.spec import Samples
from bench.worker.batches import load_batches

SPEC = MODELS["lenet"].build(Samples((1, 28, 28), 10))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    generator = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {
        "train_inputs": generator.normal(size=(20, 1, 28, 28)).astype(np.float32),
        "train_labels": generator.integers(0, 10, 20),
        "test_inputs": generator.normal(size=(501, 1, 28, 28)).astype(np.float32),
        "test_labels": generator.integers(0, 10, 501),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    inputs = Inputs(tmp_path)
    weights = inputs.write_weights("lenet", SPEC, 1)
    order = inputs.write_order(20, 4, 2, 1)
    return Job(
        framework="x",
        implementation="x",
        model="lenet",
        samples=Samples((1, 28, 28), 10),
        optimizer=Optimizer("sgd", 0.1, 0.9),
        execution=Execution("eager", "ieee", "cpu", 1),
        batch_size=4,
        epochs=2,
        evaluate_every=1,
        input="prepared",
        block_seconds=0.1,
        weights=str(weights.path),
        order=str(order.path),
        arrays={name: str(tmp_path / f"{name}.npy") for name in arrays},
        digests={
            "weights": weights.digest,
            "data": hash_arrays(arrays),
            "order": order.digest,
        },
    )


def test_a_job_survives_its_json(job: Job) -> None:
    assert Job.from_json(job.to_json()) == job


def test_blocks_are_gathered_in_the_hosts_order(job: Job) -> None:
    batches, _ = load_batches(job, SPEC)
    assert (batches.epochs, batches.steps, batches.batch_size) == (2, 5, 4)
    images, labels = batches.gather_block(5 + 2, 3)
    chosen = np.load(job.order)[1, 2:5]
    assert (labels == np.load(job.arrays["train_labels"])[chosen]).all()
    assert (images == np.load(job.arrays["train_inputs"])[chosen]).all()
    assert type(images) is np.ndarray
    assert images[0].flags.c_contiguous
    fewer, _ = batches.gather_block(0, 1)
    assert (fewer == np.load(job.arrays["train_inputs"])[np.load(job.order)[0, :1]]).all()
    more, labels = batches.gather_block(0, 5)
    assert (labels == np.load(job.arrays["train_labels"])[np.load(job.order)[0]]).all()
    assert more.shape == (5, 4, 1, 28, 28)


def test_every_test_sample_is_seen_once(job: Job) -> None:
    parts = list(load_batches(job, SPEC)[0].iterate_test_batches())
    assert [len(labels) for _, labels in parts] == [500, 1]
    together = np.concatenate([labels for _, labels in parts])
    assert (together == np.load(job.arrays["test_labels"])).all()


@pytest.mark.parametrize("name", ["train_inputs", "train_labels", "test_inputs", "test_labels"])
def test_changed_data_is_refused(job: Job, name: str) -> None:
    array = np.load(job.arrays[name])
    array.ravel()[-1] += 1
    np.save(job.arrays[name], array)
    with pytest.raises(WorkerError, match=r"'data' has the digest .*python -m bench prepare"):
        load_batches(job, SPEC)


def test_changed_weights_and_order_are_refused(job: Job) -> None:
    for name in ("weights", "order"):
        with pytest.raises(WorkerError, match=f"'{name}' has the digest"):
            load_batches(replace(job, digests={**job.digests, name: "0" * 64}), SPEC)


def channels_last(job: Job, folder: Path, axes: tuple[int, ...]) -> Job:
    """The job with its images turned by `axes` and said to be NHWC."""
    arrays = dict(job.arrays)
    for name in ("train_inputs", "test_inputs"):
        arrays[name] = str(folder / f"{name}-turned.npy")
        np.save(arrays[name], np.ascontiguousarray(np.load(job.arrays[name]).transpose(axes)))
    return replace(job, execution=replace(job.execution, layout="NHWC"), arrays=arrays)


def test_the_other_layout_has_the_same_digests(job: Job, tmp_path: Path) -> None:
    _, digests = load_batches(job, SPEC)
    _, turned = load_batches(channels_last(job, tmp_path, (0, 2, 3, 1)), SPEC)
    assert turned == digests == job.digests


def test_a_wrong_transposition_is_found(job: Job, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="'data' has the digest"):
        load_batches(channels_last(job, tmp_path, (0, 3, 2, 1)), SPEC)


def test_tokens_are_read_alike_whatever_the_layout(job: Job, tmp_path: Path) -> None:
    samples = Samples((5,), 10, vocabulary=30)
    spec = MODELS["lstm"].build(samples)
    generator = np.random.default_rng(0)
    arrays = {name: np.load(path) for name, path in job.arrays.items()}
    for name in ("train_inputs", "test_inputs"):
        arrays[name] = generator.integers(0, 30, (len(arrays[name]), 5), dtype=np.int32)
        np.save(job.arrays[name], arrays[name])
    weights = Inputs(tmp_path).write_weights("lstm", spec, 1)
    digests = {**job.digests, "weights": weights.digest, "data": hash_arrays(arrays)}
    job = replace(job, model="lstm", samples=samples, weights=str(weights.path), digests=digests)
    for layout in ("NCHW", "NHWC"):
        batches, found = load_batches(
            replace(job, execution=replace(job.execution, layout=layout)), spec
        )
        assert found == digests
        tokens, labels = batches.gather_block(5 + 2, 3)
        chosen = np.load(job.order)[1, 2:5]
        assert tokens.dtype == np.int32
        assert (tokens == arrays["train_inputs"][chosen]).all()
        assert (labels == arrays["train_labels"][chosen]).all()
        together = np.concatenate([inputs for inputs, _ in batches.iterate_test_batches()])
        assert (together == arrays["test_inputs"]).all()


def test_weights_of_another_model_are_refused(job: Job) -> None:
    other = MODELS["lenet"].build(Samples((1, 28, 28), 7))
    with pytest.raises(WeightsError, match=r"dense3.weight has the shape \(10, 84\)"):
        load_batches(job, other)
