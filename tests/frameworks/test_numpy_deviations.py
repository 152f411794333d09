"""Each deviation of the NumPy framework changes the numbers that it should, and no others."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from bench.models.alexnet import AlexNet
from bench.models.lenet import LeNet
from bench.optimizer import Optimizer
from bench.spec import NORMALIZATION_DECAY, NORMALIZATION_EPSILON, arrays_of
from tests.frameworks import reference
from tests.frameworks.cases import Array, Case, Deviations, case, relative_error

SGD = Optimizer("sgd", learning_rate=0.05, momentum=0.9, weight_decay=0.01)
ADAM = Optimizer("adam", learning_rate=0.05, weight_decay=0.01, epsilon=1e-3)

LENET, ALEXNET, RESNET, LSTM = "lenet", "alexnet-lrn", "resnet-basic", "lstm-2-text"
FAMILIES = (LENET, ALEXNET, RESNET, LSTM)

# Quantities of `observed`.
EVERYTHING = {"training", "evaluation", "gradients", "step", "second step"}
WITH_STATISTICS = EVERYTHING | {"statistics"}
STEPS = {"step", "second step"}
BACKWARD = STEPS | {"gradients"}


def everywhere(quantities: set[str]) -> dict[str, set[str]]:
    return dict.fromkeys(FAMILIES, quantities)


# Deviation, optimizer, and what it changes in each family; in the others nothing.
EFFECTS: list[tuple[dict[str, Any], Optimizer, dict[str, set[str]]]] = [
    ({}, SGD, {}),
    ({"normalization_epsilon": 1e-3}, SGD, {RESNET: WITH_STATISTICS}),
    ({"normalization_decay": 0.99}, SGD, {RESNET: {"statistics"}}),
    ({"unbiased_variance": True}, SGD, {RESNET: {"statistics"}}),
    ({"forget_bias": 1.0}, SGD, {LSTM: EVERYTHING}),
    ({"gate_order": "ifog"}, SGD, {LSTM: EVERYTHING}),
    ({"second_bias": True}, SGD, {LSTM: {"second step"}}),
    ({"second_bias": True}, ADAM, {LSTM: {"second step"}}),
    ({"asymmetric_padding": True}, SGD, {ALEXNET: EVERYTHING, RESNET: WITH_STATISTICS}),
    # AlexNet's last feature map is 1x1 here: it has no order.
    ({"flatten_order": "HWC"}, SGD, {LENET: EVERYTHING}),
    ({"response_alpha_is_mean": True}, SGD, {ALEXNET: EVERYTHING}),
    ({"learning_rate_inside_momentum": True}, SGD, everywhere({"second step"})),
    ({"learning_rate_inside_momentum": True}, ADAM, {}),
    ({"epsilon_uncorrected": True}, SGD, {}),
    ({"epsilon_uncorrected": True}, ADAM, everywhere(STEPS)),
    ({"adam_epsilon": 1e-2}, SGD, {}),
    ({"adam_epsilon": 1e-2}, ADAM, everywhere(STEPS)),
    # The first step of SGD is the same: momentum comes with the second.
    ({"decoupled_weight_decay": True}, SGD, everywhere({"second step"})),
    ({"decoupled_weight_decay": True}, ADAM, everywhere(STEPS)),
    ({"decay_everything": True}, SGD, everywhere(STEPS)),
    ({"no_weight_decay": True}, SGD, everywhere(STEPS)),
    ({"no_weight_decay": True}, replace(SGD, weight_decay=0.0), {}),
    ({"summed_gradient": True}, SGD, everywhere(BACKWARD)),
    ({"pooling": "average"}, SGD, {LENET: EVERYTHING, ALEXNET: EVERYTHING}),
    # ResNet's global average pooling.
    ({"pooling": "max"}, SGD, {RESNET: EVERYTHING}),
    ({"nesterov": True}, SGD, everywhere(STEPS)),
    ({"nesterov": True}, ADAM, {}),
]


def observed(this: Case, optimizer: Optimizer, deviations: Any) -> dict[str, Array]:
    """What a framework with these deviations gives, each after loading but the second step."""
    backend = this.backend(optimizer, deviations)
    names = [param.name for param in this.spec.parameters()]
    statistics = [param.name for param in this.spec.statistics()]

    def joined(arrays: dict[str, Array], names: list[str]) -> Array:
        return np.concatenate([arrays[name].ravel() for name in names] or [np.zeros(0)])

    found = {"evaluation": backend.logits(this.inputs, training=False)}
    found["training"] = backend.logits(this.inputs, training=True)
    found["statistics"] = joined(backend.export(), statistics)
    backend.load(this.arrays)
    found["gradients"] = joined(backend.gradients(this.inputs, this.labels), names)
    backend.load(this.arrays)
    backend.step(this.inputs, this.labels)
    found["step"] = joined(backend.export(), names)
    backend.set_learning_rate(0.1 * optimizer.learning_rate)
    backend.step(this.inputs, this.labels)
    found["second step"] = joined(backend.export(), names)
    return found


def changed(this: Case, optimizer: Optimizer, deviations: Any) -> set[str]:
    canonical = observed(this, optimizer, Deviations())
    deviating = observed(this, optimizer, deviations)
    errors = {name: relative_error(deviating[name], canonical[name]) for name in canonical}
    # Nothing is in between: it is another convention or the same one.
    assert all(error < 1e-12 or error > 1e-7 for error in errors.values()), errors
    return {name for name, error in errors.items() if error > 1e-7}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    ("deviation", "optimizer", "effects"),
    EFFECTS,
    ids=[f"{'-'.join(deviation)}-{optimizer.name}" for deviation, optimizer, _ in EFFECTS],
)
def test_a_deviation_changes_what_it_should(
    deviation: dict[str, Any], optimizer: Optimizer, effects: dict[str, set[str]], name: str
) -> None:
    deviations = Deviations(**deviation)
    assert changed(case(name), optimizer, deviations) == effects.get(name, set())


def test_every_deviation_is_tested() -> None:
    tested = {name for deviation, _, _ in EFFECTS for name in deviation} | {"forgotten"}
    assert tested == {field.name for field in fields(Deviations)}


def test_by_default_nothing_deviates() -> None:
    deviations = Deviations()
    assert deviations.normalization_epsilon == NORMALIZATION_EPSILON == 1e-5
    assert deviations.normalization_decay == NORMALIZATION_DECAY == 0.9


# A deviation is the reference with arrays or a spec that undo it


def logits(this: Case, training: bool = True, **deviation: Any) -> Array:
    found: Array = this.backend(deviations=Deviations(**deviation)).logits(this.inputs, training)
    return found


def test_a_forget_bias_is_added_to_the_rows_of_the_forget_gate() -> None:
    this, arrays = case(LSTM), dict(case(LSTM).arrays)
    for layer in ("lstm1", "lstm2"):
        arrays[f"{layer}.bias"] = arrays[f"{layer}.bias"] + np.repeat([0, 0.7, 0, 0], 5)

    expected = reference.logits(this.spec, arrays, this.inputs)
    assert relative_error(logits(this, forget_bias=0.7), expected) < 1e-12


def test_a_gate_order_reads_the_rows_in_that_order() -> None:
    this, arrays = case(LSTM), dict(case(LSTM).arrays)
    for name in arrays:
        if name.startswith("lstm"):
            # Its rows are o, i, f, g; the canonical ones are i, f, g, o.
            o, i, f, g = np.split(arrays[name], 4)
            arrays[name] = np.concatenate([i, f, g, o])

    expected = reference.logits(this.spec, arrays, this.inputs)
    assert relative_error(logits(this, gate_order="oifg"), expected) < 1e-12


def test_a_second_bias_takes_the_same_step_again() -> None:
    this = case(LSTM)
    backend = this.backend(SGD, Deviations(second_bias=True))
    backend.step(this.inputs, this.labels)

    exported = backend.export()
    arrays = dict(exported)
    for layer in ("lstm1", "lstm2"):
        name = f"{layer}.bias"
        arrays[name] = exported[name] + (exported[name] - this.arrays[name])
    expected = reference.logits(this.spec, arrays, this.inputs)
    assert relative_error(backend.logits(this.inputs, True), expected) < 1e-12


def test_a_second_bias_is_not_shown_and_not_loaded() -> None:
    this = case(LSTM)
    backend = this.backend(SGD, Deviations(second_bias=True))
    backend.step(this.inputs, this.labels)
    names = [param.name for param in this.spec.parameters()]
    gradients = backend.gradients(this.inputs, this.labels)
    assert list(backend.export()) == list(gradients) == names
    assert list(backend.slots()["velocity"]) == names

    backend.load(this.arrays)

    # What the first biases have not learned, the second ones have.
    unloaded = reference.logits(this.spec, this.arrays, this.inputs)
    assert relative_error(backend.logits(this.inputs, True), unloaded) > 1e-6


@pytest.mark.parametrize("name", ["lenet", "alexnet-224"])
def test_another_flatten_order_permutes_the_first_dense_kernel(name: str) -> None:
    this, arrays = case(name), dict(case(name).arrays)
    assert isinstance(this.spec, LeNet | AlexNet)
    channels, height, width = this.spec.feature_map
    kernel = arrays["dense1.weight"].reshape(-1, height, width, channels)
    arrays["dense1.weight"] = kernel.transpose(0, 3, 1, 2).reshape(len(kernel), -1)

    expected = reference.logits(this.spec, arrays, this.inputs)
    assert relative_error(logits(this, flatten_order="HWC"), expected) < 1e-12


def test_an_alpha_of_the_mean_is_divided_by_the_window() -> None:
    this = case(ALEXNET)
    assert isinstance(this.spec, AlexNet)
    assert this.spec.normalization is not None
    rule = replace(this.spec.normalization, alpha=0.1)  # 0.5 over 5 channels

    spec = replace(this.spec, normalization=rule)
    expected = reference.logits(spec, this.arrays, this.inputs)
    assert relative_error(logits(this, response_alpha_is_mean=True), expected) < 1e-12


@pytest.mark.parametrize("name", ["alexnet-224", "resnet-224", "resnet-bottleneck"])
def test_asymmetric_padding_keeps_the_shapes(name: str) -> None:
    this = case(name)

    found = logits(this, asymmetric_padding=True)

    expected = reference.logits(this.spec, this.arrays, this.inputs, training=True)
    assert found.shape == expected.shape
    assert relative_error(found, expected) > 1e-6


@pytest.mark.parametrize("name", ["resnet-224", "alexnet-224"])
def test_another_pooling_in_the_models_for_big_images(name: str) -> None:
    this = case(name)
    expected = reference.logits(this.spec, this.arrays, this.inputs, training=True)
    assert relative_error(logits(this, pooling="average"), expected) > 1e-6


def test_an_average_lenet_is_the_spec_with_average_pooling() -> None:
    this = case(LENET)
    assert isinstance(this.spec, LeNet)
    spec = replace(this.spec, pooling="average")
    expected = reference.logits(spec, this.arrays, this.inputs)
    assert relative_error(logits(this, pooling="average"), expected) < 1e-12


def test_an_unbiased_variance_is_exported_as_it_is() -> None:
    this = case(RESNET)
    backend = this.backend(deviations=Deviations(unbiased_variance=True))
    canonical = this.backend()

    for one in (backend, canonical):
        one.logits(this.inputs, training=True)

    expected = canonical.export()
    for param in this.spec.statistics():
        found = backend.export()[param.name]
        if param.kind == "running variance":
            assert param.positions is not None
            n = len(this.inputs) * param.positions
            kept = 0.9 * this.arrays[param.name]
            assert relative_error(found, kept + (expected[param.name] - kept) * n / (n - 1)) < 1e-12
        else:
            assert relative_error(found, expected[param.name]) < 1e-12


def test_a_summed_gradient_is_larger_by_the_batch() -> None:
    this = case(LENET)
    plain = this.backend().gradients(this.inputs, this.labels)
    deviating = this.backend(deviations=Deviations(summed_gradient=True))
    for name, gradient in deviating.gradients(this.inputs, this.labels).items():
        assert relative_error(gradient, len(this.labels) * plain[name]) < 1e-12


def test_all_of_a_text_models_parameters_decay() -> None:
    this = case(LSTM)
    optimizer = replace(SGD, momentum=0.0)
    plain = this.backend(replace(optimizer, weight_decay=0.0))
    deviating = this.backend(optimizer, Deviations(decay_everything=True))
    for backend in (plain, deviating):
        backend.step(this.inputs, this.labels)
    expected = plain.export()
    for name, found in deviating.export().items():
        np.testing.assert_allclose(found, expected[name] - 0.05 * 0.01 * this.arrays[name])


# A forgotten parameter


@pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["sgd", "adam"])
@pytest.mark.parametrize(
    ("name", "forgotten"),
    [
        (LENET, "conv1.bias"),
        (LENET, "dense3.weight"),
        (ALEXNET, "dense2.bias"),
        (RESNET, "stages.1.0.bn2.bias"),
        (RESNET, "stages.1.0.projection_bn.weight"),
        (LSTM, "lstm2.bias"),
        (LSTM, "embedding.weight"),
    ],
)
def test_a_forgotten_parameter_does_nothing_and_stays(
    name: str, forgotten: str, optimizer: Optimizer
) -> None:
    this = case(name)
    backend = this.backend(optimizer, Deviations(forgotten=forgotten, decay_everything=True))
    (param,) = (one for one in arrays_of(this.spec) if one.name == forgotten)
    neutral = np.full(param.shape, 1.0 if param.kind == "scale" else 0.0)

    for _ in range(2):
        arrays = {**backend.export(), forgotten: neutral}
        expected = reference.logits(this.spec, arrays, this.inputs, training=True)
        assert relative_error(backend.logits(this.inputs, True), expected) < 1e-12
        without = replace(this, arrays=arrays).backend()
        expected_gradients = without.gradients(this.inputs, this.labels)
        for one, gradient in backend.gradients(this.inputs, this.labels).items():
            expected = np.zeros(param.shape) if one == forgotten else expected_gradients[one]
            np.testing.assert_allclose(gradient, expected, rtol=1e-12)
        backend.step(this.inputs, this.labels)

    np.testing.assert_array_equal(backend.export()[forgotten], this.arrays[forgotten])
    for slot in backend.slots().values():
        assert not slot[forgotten].any()
