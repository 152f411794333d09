from pathlib import Path

import numpy as np
import pytest

from bench.errors import ResultsError
from bench.host.data.inputs import Inputs, draw_batch_order
from bench.host.data.weights import draw_weights
from bench.models import MODELS
from bench.protocol.digests import hash_array, hash_arrays
from bench.spec import Initializer, Param, Samples

SPEC = MODELS["lenet"].build(Samples((1, 32, 32), 10))


def test_weights_are_glorot_uniform_and_biases_zero() -> None:
    weights = draw_weights(SPEC.parameters(), seed=1)
    limit = np.sqrt(6 / (400 + 120))
    dense = weights["dense1.weight"]
    assert dense.dtype == np.float32
    assert np.abs(dense).max() <= limit
    # Of 48,000 uniform values: the standard deviation is limit / sqrt(3).
    assert abs(dense.std() - limit / np.sqrt(3)) < 0.01 * limit
    assert not weights["conv1.bias"].any()
    assert {name: value.shape for name, value in weights.items()} == {
        param.name: param.shape for param in SPEC.parameters()
    }


def test_weights_follow_from_seed_and_name_alone() -> None:
    whole = draw_weights(SPEC.parameters(), seed=1)
    part = draw_weights(SPEC.parameters()[4:6], seed=1)
    assert (part["dense1.weight"] == whole["dense1.weight"]).all()
    other = draw_weights(SPEC.parameters(), seed=2)
    assert (other["dense1.weight"] != whole["dense1.weight"]).any()
    assert (whole["conv1.weight"].ravel()[:6] != whole["conv2.weight"].ravel()[:6]).any()


def test_an_epoch_shows_each_sample_at_most_once() -> None:
    order = draw_batch_order(samples=103, batch_size=10, epochs=3, seed=1)
    assert order.shape == (3, 10, 10)
    for epoch in order:
        assert len(set(epoch.ravel())) == 100
        assert epoch.min() >= 0
        assert epoch.max() < 103
    assert (order[0] != order[1]).any()
    assert (draw_batch_order(103, 10, 3, seed=1) == order).all()
    assert (draw_batch_order(103, 10, 3, seed=2) != order).any()


def test_files_hold_what_their_digests_say_and_are_made_once(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    weights = inputs.write_weights("lenet", SPEC, seed=1)
    with np.load(weights.path, allow_pickle=False) as archive:
        assert hash_arrays({name: archive[name] for name in archive.files}) == weights.digest
    order = inputs.write_order(100, 10, 2, seed=1)
    assert hash_array(np.load(order.path)) == order.digest
    assert inputs.write_weights("lenet", SPEC, seed=1) is weights
    assert inputs.write_order(100, 10, 2, seed=2).path != order.path


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path / "gone")
    with pytest.raises(ResultsError, match=r"temporary folder .* cannot be written .*TMPDIR"):
        inputs.write_weights("lenet", SPEC, seed=1)
    with pytest.raises(ResultsError, match=r"cannot be written"):
        inputs.write_order(100, 10, 2, seed=1)


@pytest.mark.parametrize(
    ("initializer", "shape", "deviation"),
    [
        ("he normal", (64, 16, 3, 3), (2 / 144) ** 0.5),
        ("recurrent uniform", (400, 90), (1 / 100) ** 0.5 / 3**0.5),
        ("embedding uniform", (500, 20), 0.05 / 3**0.5),
    ],
)
def test_initial_values_have_the_deviation_of_their_rule(
    initializer: Initializer, shape: tuple[int, ...], deviation: float
) -> None:
    param = Param("a.weight", shape, "dense kernel", initializer)
    values = draw_weights([param], seed=1)["a.weight"]
    assert values.dtype == np.float32
    assert abs(values.mean()) < deviation / 20
    assert values.std() == pytest.approx(deviation, rel=0.03)


def test_the_forget_gate_is_open_at_first() -> None:
    param = Param("lstm1.bias", (12,), "bias", "forget gate ones")
    values = draw_weights([param], seed=1)["lstm1.bias"]
    assert values.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]
