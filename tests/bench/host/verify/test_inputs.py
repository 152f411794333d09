from pathlib import Path

import numpy as np
import pytest

from bench.host.verify.inputs import write_inputs
from bench.models import MODELS
from bench.protocol.verification import BATCH_SIZE, STEPS
from bench.spec import Samples, arrays_of


def written(folder: Path, model: str, samples: Samples) -> dict[str, np.ndarray]:
    path = folder / f"{model}.npz"
    write_inputs(path, MODELS[model].build(samples), samples)
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def test_every_step_has_a_batch_of_its_own(tmp_path: Path) -> None:
    found = written(tmp_path, "lenet", Samples((1, 28, 28), 10))
    assert found["inputs"].shape == (STEPS, BATCH_SIZE, 1, 28, 28)
    assert found["labels"].shape == (STEPS, BATCH_SIZE)
    assert len({batch.tobytes() for batch in found["inputs"]}) == STEPS


def test_tokens_come_from_the_vocabulary(tmp_path: Path) -> None:
    found = written(tmp_path, "lstm", Samples((12,), 77, 40))
    assert found["inputs"].dtype == np.int32
    assert found["inputs"].min() >= 0
    assert found["inputs"].max() < 40


@pytest.mark.parametrize(
    ("model", "samples"),
    [("resnet20", Samples((3, 32, 32), 10)), ("lstm-2", Samples((12,), 77, 40))],
)
def test_no_array_is_constant_and_all_are_float32(
    tmp_path: Path, model: str, samples: Samples
) -> None:
    found = written(tmp_path, model, samples)
    for param in arrays_of(MODELS[model].build(samples)):
        value = found[f"array {param.name}"]
        assert value.shape == param.shape
        assert value.dtype == np.float32
        assert len(np.unique(value)) > value.size / 2, param.name
        if param.kind == "running variance":
            assert value.min() >= 1


def test_the_same_inputs_are_drawn_again(tmp_path: Path) -> None:
    samples = Samples((1, 32, 32), 10)
    first, second = (written(tmp_path, "lenet", samples) for _ in range(2))
    assert all((first[name] == second[name]).all() for name in first)


def test_texts_are_padded_in_front_and_end_with_a_word_or_more(tmp_path: Path) -> None:
    inputs = written(tmp_path, "lstm", Samples((12,), 77, 40))["inputs"]
    paddings = [int((text != 0).argmax()) for text in inputs.reshape(-1, 12)]
    # A few more where a word happens to be token 0.
    assert set(range(12)) <= set(paddings)
    assert (inputs == 0).mean() > 0.4
