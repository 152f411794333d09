import numpy as np
import pytest

from bench.errors import WeightsError
from bench.spec import Param, dense, gru, lstm
from bench.weights import Rule, match_arrays, to_channels_first, to_channels_last

RULES = (
    Rule(r"weight_ih(_l(?P<number>\d+))?", "input_weight"),
    Rule(r"weight_hh(_l(?P<number>\d+))?", "recurrent_weight"),
    Rule(r"bias_ih(_l(?P<number>\d+))?", "bias"),
    Rule(r"bias_hh(_l\d+)?", None),
)
ARRAYS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def native(*layers: str, suffix: str = "") -> dict[str, np.ndarray]:
    """Arrays of layers with 2 inputs and 2 units, of 3 gates."""
    shapes = ((6, 2), (6, 2), (6,), (6,))
    return {
        f"{layer}.{name}{suffix}": np.zeros(shape)
        for layer in layers
        for name, shape in zip(ARRAYS, shapes, strict=True)
    }


@pytest.mark.parametrize(
    ("layers", "arrays"),
    [
        (("gru1", "gru2"), native("gru", suffix="_l0") | native("gru", suffix="_l1")),
        (("gru1", "gru2"), native("gru.0", "gru.1", suffix="_l0")),
        (("gru1", "gru2"), native("gru1", "gru2", suffix="_l0")),
        (("gru1", "gru2"), native("gru1", "gru2")),
        (("gru",), native("gru", suffix="_l0")),
        (("encoder.gru",), native("encoder.gru", suffix="_l0")),
    ],
    ids=["fused", "a sequence", "one by one", "cells", "by its name", "within a layer"],
)
def test_recurrent_layers_are_found_as_their_users_name_them(
    layers: tuple[str, ...], arrays: dict[str, np.ndarray]
) -> None:
    manifest = [param for layer in layers for param in gru(layer, 2, 2)]
    found = match_arrays(manifest, arrays, RULES, "Tiny")
    assert list(found.by_name) == [param.name for param in manifest]
    assert len(found.untrained) == len(layers)


def test_the_first_rule_that_fits_counts() -> None:
    rules = (Rule(r"fc\.w", "dense.weight"), Rule("w", "other"), Rule("b", "bias"))
    arrays = {"fc.w": np.zeros((3, 2)), "dense.b": np.zeros(3)}
    found = match_arrays(dense("dense", 2, 3), arrays, rules, "Tiny")
    assert found.paths == {"dense.weight": "fc.w", "dense.bias": "dense.b"}


def test_what_differs_is_named_on_both_sides() -> None:
    arrays = {"dens.weight": np.zeros((3, 2)), "dense.bias": np.zeros(3)}
    with pytest.raises(WeightsError) as caught:
        match_arrays(dense("dense", 2, 3), arrays, (), "Tiny")
    assert str(caught.value) == (
        "The parameters of Tiny differ: dense.weight is missing; "
        "dens.weight is not in the manifest."
    )


def test_two_arrays_of_one_name_are_one_too_many() -> None:
    arrays = native("lstm", suffix="_l0") | native("lstm.0", suffix="_l0")
    with pytest.raises(WeightsError, match=r"lstm\.0\.weight_ih_l0 is not in the manifest"):
        match_arrays(lstm("lstm1", 2, 2), arrays, RULES, "Tiny")


def test_layouts_are_changed_and_changed_back() -> None:
    def swap(array: np.ndarray) -> np.ndarray:
        first, second, third = np.split(array, 3)
        return np.concatenate([second, first, third])

    rules = (Rule("kernel", "input_weight", swap, swap), *RULES)
    arrays = native("gru")
    arrays["gru.kernel"] = arrays.pop("gru.weight_ih").T
    manifest = gru("gru", 2, 2)
    found = match_arrays(manifest, arrays, rules, "Tiny", channels_last=True)
    found.by_name["gru.recurrent_weight"] = np.zeros((2, 6))
    weights = {param.name: np.random.default_rng(1).random(param.shape) for param in manifest}
    there = found.to_native(weights)
    np.testing.assert_array_equal(there["gru.input_weight"], swap(weights["gru.input_weight"]).T)
    for name, array in found.to_canonical(there).items():
        np.testing.assert_array_equal(array, weights[name])


def test_an_array_of_another_shape_is_named() -> None:
    arrays = {"dense.weight": np.zeros((2, 2)), "dense.bias": np.zeros(3)}
    found = match_arrays(dense("dense", 2, 3), arrays, (), "Tiny")
    weights = {"dense.weight": np.zeros((3, 2)), "dense.bias": np.zeros(3)}
    with pytest.raises(WeightsError, match=r"Tiny \(in its own layout\) differ: dense\.weight"):
        found.to_native(weights)


@pytest.mark.parametrize(
    ("kind", "shape", "flattened", "last"),
    [
        ("convolution kernel", (5, 3, 2, 4), None, (2, 4, 3, 5)),
        ("dense kernel", (5, 24), (2, 3, 4), (24, 5)),
        ("recurrent kernel", (8, 2), None, (2, 8)),
        ("embedding", (7, 2), None, (7, 2)),
    ],
)
def test_channels_last_and_back(
    kind: str, shape: tuple[int, ...], flattened: tuple[int, int, int] | None, last: tuple[int, ...]
) -> None:
    param = Param("x.weight", shape, kind, "zeros", flattened)  # type: ignore[arg-type]
    array = np.arange(np.prod(shape)).reshape(shape)
    there = to_channels_last(param, array)
    assert there.shape == last
    np.testing.assert_array_equal(to_channels_first(param, there), array)


def test_a_flattened_map_is_read_in_the_other_order() -> None:
    param = Param("x.weight", (5, 24), "dense kernel", "zeros", (2, 3, 4))
    maps, kernel = np.random.default_rng(1).random((1, 2, 3, 4)), np.ones((5, 24))
    kernel *= np.arange(24)
    expected = maps.reshape(1, -1) @ kernel.T
    found = maps.transpose(0, 2, 3, 1).reshape(1, -1) @ to_channels_last(param, kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
