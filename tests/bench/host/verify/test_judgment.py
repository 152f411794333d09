import math
from dataclasses import replace

import pytest

from bench.host.frameworks.framework import KnownDefect
from bench.host.verify.judgment import Error, judge
from bench.protocol.verification import GRADIENTS, STAGES

GRADIENT = "gradient"
DEFECT = KnownDefect(
    name="a wrong gradient",
    models=("lstm",),
    precision="float64",
    quantities=("gradient: lstm1.recurrent_weight", "weights after * step*: lstm1.*"),
    at_most=2.0,
)


def error(size: float | None, item: str = "conv1.weight", stage: str = GRADIENT) -> Error:
    return Error("float64", stage, item, size)


def test_errors_within_their_limits_differ_in_nothing() -> None:
    found = judge([error(1e-12), error(1e-9, "conv2.weight")], (), "lenet")
    assert found.different == ()
    (worst,) = found.worst
    assert (worst.quantity, worst.error, worst.limit) == ("gradient: conv2.weight", 1e-9, 1e-9)
    assert (worst.precision, worst.group) == ("float64", "gradients")


@pytest.mark.parametrize("size", [1.1e-9, 1.0, math.nan, math.inf, None])
def test_an_error_over_its_limit_differs(size: float | None) -> None:
    found = judge([error(1e-12), error(size, "conv2.bias")], (), "lenet")
    assert [one.item for one in found.different] == ["conv2.bias"]


def test_differences_stay_in_layer_order() -> None:
    errors = [error(1e-3, "conv1.weight"), error(1.0, "conv2.weight"), error(0.1, "dense.bias")]
    assert list(judge(errors, (), "lenet").different) == errors


def test_float32_has_its_own_limits() -> None:
    assert STAGES[GRADIENT].limits == {"float64": 1e-9, "ieee": 1e-5}
    inside, outside = (Error("ieee", GRADIENT, "a", size) for size in (9e-6, 2e-5))
    assert judge([inside, outside], (), "lenet").different == (outside,)


def test_the_worst_is_the_nearest_to_its_own_limit() -> None:
    # In one group: the initial evaluation (limit 1e-5 in float32) and that after ten steps (1e-4).
    first = Error("ieee", "evaluation of the initial weights", "summed loss", 5e-6)
    later = Error("ieee", "evaluation after 10 steps of sgd", "summed loss", 2e-5)
    (worst,) = judge([first, later], (), "lenet").worst
    assert worst.quantity == first.quantity


def float32(stage: str, size: float) -> Error:
    return Error("ieee", stage, "conv1.weight", size)


def test_one_batch_without_a_flipped_rectifier_is_enough_in_float32() -> None:
    errors = [float32(GRADIENTS[0], 0.1), float32(GRADIENTS[1], 3e-6), float32(GRADIENTS[2], 1e-2)]
    found = judge(errors, (), "resnet20")
    assert found.different == ()
    assert [worst.error for worst in found.worst] == [3e-6]


def test_float32_gradients_that_are_off_on_every_batch_differ() -> None:
    errors = [float32(stage, 1e-3 * number) for number, stage in enumerate(GRADIENTS, 1)]
    (different,) = judge(errors, (), "resnet20").different
    assert different.error == 1e-3


def test_in_float64_every_batch_counts() -> None:
    errors = [error(1e-15, stage=GRADIENTS[0]), error(1e-8, stage=GRADIENTS[1])]
    (different,) = judge(errors, (), "resnet20").different
    assert different.stage == GRADIENTS[1]


def test_a_defect_that_spoils_training_is_said() -> None:
    defect = replace(DEFECT, spoils_training=True)
    found = judge([error(0.5, "lstm1.recurrent_weight")], (defect,), "lstm")
    assert found.spoiled == (
        "Training goes wrong by a known defect of the framework: a wrong gradient."
    )
    assert judge([error(1e-15, "lstm1.recurrent_weight")], (defect,), "lstm").spoiled is None
    assert judge([error(0.5, "lstm1.recurrent_weight")], (DEFECT,), "lstm").spoiled is None


def test_a_known_defect_is_shown_by_name_with_its_error() -> None:
    wrong = [
        error(0.5, "lstm1.recurrent_weight"),
        error(1.0, "lstm1.bias", "weights after 1 step of sgd"),
    ]
    found = judge([error(1e-12, "lstm1.input_weight"), *wrong], (DEFECT,), "lstm")
    assert found.different == ()
    (defect,) = found.defects
    assert (defect.name, defect.count, defect.error) == ("a wrong gradient", 2, 1.0)
    assert defect.quantity == "weights after 1 step of sgd: lstm1.bias"
    assert [worst.quantity for worst in found.worst] == ["gradient: lstm1.input_weight"]


@pytest.mark.parametrize(
    "wrong",
    [
        error(2.1, "lstm1.recurrent_weight"),
        error(0.5, "lstm1.input_weight"),
        Error("ieee", GRADIENT, "lstm1.recurrent_weight", 0.5),
        error(None, "lstm1.recurrent_weight"),
    ],
    ids=["larger", "another quantity", "another precision", "no number"],
)
def test_a_known_defect_explains_nothing_else(wrong: Error) -> None:
    assert judge([wrong], (DEFECT,), "lstm").different == (wrong,)


def test_a_known_defect_explains_no_other_model() -> None:
    wrong = error(0.5, "lstm1.recurrent_weight")
    assert judge([wrong], (DEFECT,), "lstm-2").different == (wrong,)


def test_a_defect_that_does_not_show_is_not_listed() -> None:
    assert judge([error(1e-15, "lstm1.recurrent_weight")], (DEFECT,), "lstm").defects == ()
