"""The NumPy models are right: forward and backward equal `tests/frameworks/reference.py`."""

from dataclasses import replace

import numpy as np
import pytest

from bench.models.alexnet import AlexNet
from tests.frameworks import reference
from tests.frameworks.cases import CASES, Array, Case, case, indices, relative_error

# Elements of every parameter whose gradient is looked at; the big models have all that the
# small ones have.
ELEMENTS = {"resnet20-half": 1, "resnet-224": 1, "alexnet-224": 2}


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", CASES)
def test_logits_are_the_references(name: str, training: bool) -> None:
    this = case(name)

    found = this.backend().logits(this.inputs, training)

    expected = reference.logits(this.spec, this.arrays, this.inputs, training)
    assert found.shape == (len(this.inputs), this.spec.classes)
    assert relative_error(found, expected) < 1e-12


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_the_references_central_differences(name: str) -> None:
    this, random = case(name), np.random.default_rng(0)

    gradients = this.backend().gradients(this.inputs, this.labels)

    assert list(gradients) == [param.name for param in this.spec.parameters()]
    for parameter, gradient in gradients.items():
        assert gradient.shape == this.arrays[parameter].shape
        for index in indices(gradient, random, ELEMENTS.get(name, 3)):
            # A step may cross a kink of ReLU or of max pooling; one of a tenth hardly does too.
            assert any(
                is_central_difference(this, parameter, index, gradient, step)
                for step in (1e-6, 1e-7)
            ), f"{parameter} at {index}"


def is_central_difference(
    this: Case, parameter: str, index: tuple[int, ...], gradient: Array, step: float
) -> bool:
    """Whether an element of a gradient is what the reference's loss says."""
    expected = reference.central_difference(
        this.spec, this.arrays, this.inputs, this.labels, parameter, index, step
    )
    rounding = 1e-15 / step  # of a loss of order 1
    allowed = 1e-6 * float(np.linalg.norm(gradient)) + rounding
    return abs(float(gradient[index]) - expected) < allowed


@pytest.mark.parametrize("name", CASES)
def test_losses_and_predictions_are_the_references(name: str) -> None:
    this = case(name)
    backend = this.backend()

    summed, correct = backend.evaluate(this.inputs, this.labels)
    (trained,) = backend.losses([backend.step(this.inputs, this.labels)])

    logits = reference.logits(this.spec, this.arrays, this.inputs, training=False)
    assert summed == pytest.approx(reference.loss(logits, this.labels), rel=1e-12)
    assert correct == sum(np.argmax(logits, axis=1) == this.labels)
    # Of the step, before the update.
    logits = reference.logits(this.spec, this.arrays, this.inputs, training=True)
    assert trained == pytest.approx(reference.loss(logits, this.labels), rel=1e-12)


# Running statistics


@pytest.mark.parametrize("method", ["logits", "gradients", "step"])
def test_training_moves_the_running_statistics_by_the_rule(method: str) -> None:
    this = case("resnet-basic")
    backend = this.backend()

    if method == "logits":
        backend.logits(this.inputs, training=True)
    else:
        getattr(backend, method)(this.inputs, this.labels)

    x = reference.convolution(this.inputs, this.arrays, "conv1", padding=1)
    for channel in range(x.shape[1]):
        values = x[:, channel].ravel()
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / len(values)
        for statistic, batch in (("running_mean", mean), ("running_var", variance)):
            found = backend.export()[f"bn1.{statistic}"][channel]
            loaded = this.arrays[f"bn1.{statistic}"][channel]
            assert found == pytest.approx(0.9 * loaded + 0.1 * batch, rel=1e-12)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("resnet")])
def test_training_moves_every_running_statistic(name: str) -> None:
    this = case(name)
    backend = this.backend()

    backend.logits(this.inputs, training=True)

    exported = backend.export()
    assert this.spec.statistics()
    for param in this.spec.statistics():
        assert (exported[param.name] != this.arrays[param.name]).all(), param.name


def test_evaluation_moves_nothing() -> None:
    this = case("resnet-basic")
    backend = this.backend()

    backend.evaluate(this.inputs, this.labels)
    backend.logits(this.inputs, training=False)

    for name, array in backend.export().items():
        np.testing.assert_array_equal(array, this.arrays[name])


def test_a_divisor_of_n_minus_1_is_exported_as_n_exactly() -> None:
    this = case("resnet-bottleneck")
    canonical, native = this.backend(), this.backend(unbiased_variance=True)

    # Batches of different sizes: for these, no factor converts one to the other.
    for samples in (3, 2, 1):
        for backend in (canonical, native):
            backend.step(this.inputs[:samples], this.labels[:samples])

    expected = canonical.export()
    for name, array in native.export().items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-14, err_msg=name)


def test_a_divisor_of_n_minus_1_is_what_evaluation_uses() -> None:
    this = case("resnet-basic")
    backend = this.backend(unbiased_variance=True)

    backend.logits(this.inputs, training=True)

    arrays = backend.export()
    for param in this.spec.statistics():
        if param.kind == "running variance":
            assert param.positions is not None
            n = len(this.inputs) * param.positions
            kept = 0.9 * this.arrays[param.name]
            arrays[param.name] = kept + (arrays[param.name] - kept) * n / (n - 1)
    found = backend.logits(this.inputs, training=False)
    expected = reference.logits(this.spec, arrays, this.inputs, training=False)
    assert relative_error(found, expected) < 1e-12


def test_loading_again_forgets_how_the_running_variance_was_gathered() -> None:
    this = case("resnet-basic")
    backend = this.backend(unbiased_variance=True)
    backend.step(this.inputs, this.labels)

    backend.load(this.arrays)

    for name, array in backend.export().items():
        np.testing.assert_array_equal(array, this.arrays[name])


# Dropout


def test_dropout_acts_in_training_alone_and_differs_from_step_to_step() -> None:
    still = case("alexnet-lrn")
    assert isinstance(still.spec, AlexNet)
    this = replace(still, spec=replace(still.spec, dropout=0.5))
    backend, twin = this.backend(), this.backend()

    first, second = (backend.logits(this.inputs, training=True) for _ in range(2))

    without = reference.logits(this.spec, this.arrays, this.inputs)
    assert relative_error(backend.logits(this.inputs, training=False), without) < 1e-12
    assert relative_error(first, without) > 0.01
    assert relative_error(first, second) > 0.01
    # The generator is seeded where a backend is made.
    np.testing.assert_array_equal(first, twin.logits(this.inputs, training=True))
