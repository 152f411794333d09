"""Counted operations against published ones, traffic against sums by hand, the roofline."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.models import MODELS
from bench.models.lstm import LSTM
from bench.models.resnet import ResNet
from bench.optimizer import Optimizer
from bench.records.operations import EXPLAINING_SHARE, calculate_roofline, count_step_cost
from bench.spec import KERNELS, ModelSpec, Samples

DIGITS, COLOUR = Samples((1, 28, 28), 10), Samples((3, 32, 32), 10)
IMAGENET, WORDS = Samples((3, 224, 224), 1000), Samples((32,), 77, vocabulary=1502)
PLAIN = Optimizer("sgd", 0.1)
MOMENTUM = Optimizer("sgd", 0.1, momentum=0.9)
ADAM = Optimizer("adam", 0.001)
SAMPLES = {"lenet": DIGITS, "alexnet": COLOUR, "resnet": COLOUR, "lstm": WORDS}


def multiply_adds(spec: ModelSpec) -> int:
    return sum(layer.multiply_adds for layer in spec.forward_layers())


@pytest.mark.parametrize(
    ("name", "samples", "published"),
    [
        # torchvision's own figures, `_ops` of its weights, in 10^9.
        ("alexnet", IMAGENET, "0.714e9"),
        ("resnet18", IMAGENET, "1.814e9"),
        ("resnet34", IMAGENET, "3.664e9"),
        ("resnet50", IMAGENET, "4.089e9"),
        # Lin et al. 2020, "HRank: filter pruning using high-rank feature map".
        ("resnet56", COLOUR, "125.49e6"),
    ],
)
def test_multiply_adds_are_the_published_ones(name: str, samples: Samples, published: str) -> None:
    number, _, exponent = published.partition("e")
    decimals = len(number.partition(".")[2])
    found = multiply_adds(MODELS[name].build(samples)) / 10 ** int(exponent)
    assert f"{found:.{decimals}f}" == number


@pytest.mark.parametrize("name", ["lenet", "lenet-1998"])
def test_multiply_adds_of_lenet_by_hand(name: str) -> None:
    # Kernel times positions: 6*25*28*28 + 16*6*25*10*10 + 400*120 + 120*84 + 84*10.
    assert multiply_adds(MODELS[name].build(DIGITS)) == 416_520


def test_multiply_adds_of_resnet20_by_hand() -> None:
    stem = 3 * 16 * 9 * 32**2
    first = 6 * 16 * 16 * 9 * 32**2
    second = 16 * 32 * 9 * 16**2 + 5 * 32 * 32 * 9 * 16**2
    third = 32 * 64 * 9 * 8**2 + 5 * 64 * 64 * 9 * 8**2
    expected = stem + first + second + third + 64 * 10
    assert multiply_adds(ResNet.of_depth(20, COLOUR)) == expected == 40_551_040


def test_multiply_adds_of_the_lstm_by_hand() -> None:
    # 28 rows of 28 pixels, four gates of 128 units; 32 words of 128 numbers, two layers.
    rows, words = LSTM.with_layers(DIGITS), LSTM.with_layers(WORDS, layers=2)
    assert multiply_adds(rows) == 28 * 4 * 128 * (28 + 128) + 128 * 10
    assert multiply_adds(words) == 2 * 32 * 4 * 128 * (128 + 128) + 128 * 77


@pytest.mark.parametrize("name", list(MODELS))
def test_every_kernel_of_the_manifest_is_a_layers(name: str) -> None:
    model = MODELS[name]
    spec = model.build(SAMPLES[model.family])
    kernels = [param.size for param in spec.parameters() if param.kind in KERNELS]
    assert sorted(kernels) == sorted(one.weights for one in spec.forward_layers() if one.weights)


@pytest.mark.parametrize("name", list(MODELS))
def test_only_the_layer_that_reads_images_or_words_needs_no_gradient_of_them(name: str) -> None:
    model = MODELS[name]
    spec = model.build(SAMPLES[model.family])
    first, *others = spec.forward_layers()
    assert not first.input_gradient
    assert all(layer.input_gradient for layer in others)


def test_operations_are_three_products_but_for_the_first_layer() -> None:
    # Two for each multiply-add; conv1 has no gradient of its input.
    by_hand = 2 * (2 * 117_600 + 3 * (416_520 - 117_600))
    spec = MODELS["lenet"].build(DIGITS)
    assert count_step_cost(spec, MOMENTUM, 64, "ieee").operations == 64 * by_hand


def test_operations_do_not_depend_on_optimizer_and_precision() -> None:
    spec = MODELS["resnet20"].build(COLOUR)
    costs = [count_step_cost(spec, one, 8, p) for one in (PLAIN, ADAM) for p in ("tf32", "bf16")]
    assert len({cost.operations for cost in costs}) == 1


# LeNet on 28x28. Outputs: 6*28*28, 6*14*14, 16*10*10, 16*5*5, 120, 84, 10; written, read, read
# again, and their gradients written and read. 784 pixels are read twice.
LENET_ACTIVATIONS = 5 * (4704 + 1176 + 1600 + 400 + 120 + 84 + 10) + 2 * 784
# 61,706 parameters: read, gradient written and read, updated (read and written); all kernels but
# conv1's 150 weights are read again backward.
LENET_WEIGHTS = 5 * 61_706 + (61_706 - 236 - 150)


def test_bytes_of_lenet_by_hand() -> None:
    spec = MODELS["lenet"].build(DIGITS)
    found = count_step_cost(spec, PLAIN, 32, "ieee").bytes
    assert found == 4 * (32 * LENET_ACTIVATIONS + LENET_WEIGHTS)


def count_bytes(spec: ModelSpec, optimizer: Optimizer, batch_size: int, precision: str) -> float:
    count = count_step_cost(spec, optimizer, batch_size, precision).bytes
    assert count is not None
    return count


@pytest.mark.parametrize(("optimizer", "slots"), [(PLAIN, 0), (MOMENTUM, 1), (ADAM, 2)])
def test_each_slot_is_read_and_written(optimizer: Optimizer, slots: int) -> None:
    spec = MODELS["lenet"].build(DIGITS)
    more = count_bytes(spec, optimizer, 1, "ieee") - count_bytes(spec, PLAIN, 1, "ieee")
    assert more == 4 * 2 * slots * 61_706


def test_bytes_by_precision() -> None:
    spec = MODELS["lenet"].build(DIGITS)
    found = {p: count_bytes(spec, PLAIN, 32, p) for p in ("ieee", "tf32", "bf16")}
    assert found["tf32"] == found["ieee"]
    assert found["bf16"] == 2 * 32 * LENET_ACTIVATIONS + 4 * LENET_WEIGHTS
    assert count_bytes(spec, PLAIN, 32, "float64") == 2 * found["ieee"]


def test_bytes_of_the_lstm_by_hand() -> None:
    # One step of one word: embedded, 3 units, 2 classes. Four gates and the cell are kept.
    spec = LSTM((1,), 2, vocabulary=10, embedding=4, units=3)
    activations = 2 * 1 + 5 * (4 + 3 + 2) + 2 * (4 + 1) * 3
    others = 12 * (4 + 3 + 1) + 2 * 3 + 2
    kernels = 12 * (4 + 3) + 2 * 3
    found = count_step_cost(spec, PLAIN, 1, "ieee").bytes
    assert found == 4 * (activations + 5 * others + kernels)
    # With momentum every row of the embedding changes: 40 weights and velocities.
    found = count_step_cost(spec, MOMENTUM, 1, "ieee").bytes
    assert found == 4 * (activations + 7 * others + kernels + 4 * 40)


def test_the_first_layers_of_an_lstm_hand_on_every_step() -> None:
    spec = LSTM.with_layers(DIGITS, layers=2)
    outputs = {layer.name: layer.outputs for layer in spec.forward_layers()}
    assert outputs == {
        "lstm1.input": 0,
        "lstm1.recurrent": 28 * 128,
        "lstm2.input": 0,
        "lstm2.recurrent": 128,
        "dense": 10,
    }


def test_an_unknown_precision_is_named() -> None:
    with pytest.raises(ValueError, match="'fp8' is none of ieee, tf32, bf16, float64"):
        count_step_cost(MODELS["lenet"].build(DIGITS), PLAIN, 1, "fp8")


def test_shares_are_of_each_ceiling() -> None:
    # 2 s: 400 of 1000 operations/s, 30 of 50 bytes/s.
    found = calculate_roofline(800, 60, 2.0, 1000.0, 50.0)
    assert found.arithmetic_share == pytest.approx(0.4)
    assert found.bandwidth_share == pytest.approx(0.6)
    assert found.bound == "memory"
    assert calculate_roofline(1600, 60, 2.0, 1000.0, 50.0).bound == "arithmetic"


@given(
    operations=st.integers(1, 10**15),
    moved=st.integers(1, 10**12),
    seconds=st.floats(1e-6, 1e3),
    peak=st.floats(1e6, 1e16),
    bandwidth=st.floats(1e6, 1e13),
)
def test_the_share_is_that_of_the_attainable_rate(
    operations: int, moved: int, seconds: float, peak: float, bandwidth: float
) -> None:
    # Williams et al. 2009: attainable = min(peak, bandwidth * operational intensity).
    attainable = min(peak, bandwidth * operations / moved)
    found = calculate_roofline(operations, moved, seconds, peak, bandwidth)
    assert math.isclose(
        max(found.arithmetic_share, found.bandwidth_share),
        operations / seconds / attainable,
        rel_tol=1e-9,
    )


def test_far_below_the_roofline_neither_ceiling_binds() -> None:
    at_limit = calculate_roofline(1000, 1, 1.0, 1000 / EXPLAINING_SHARE, 1e9)
    assert at_limit.bound == "arithmetic"
    assert calculate_roofline(999, 1, 1.0, 1000 / EXPLAINING_SHARE, 1e9).bound == "neither"


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan")])
def test_nothing_lies_under_no_ceiling(wrong: float) -> None:
    for arguments in ((wrong, 1.0, 1.0), (1.0, wrong, 1.0), (1.0, 1.0, wrong)):
        with pytest.raises(ValueError, match="above 0"):
            calculate_roofline(1, 1, *arguments)


def test_dropout_costs_nothing() -> None:
    spec = MODELS["alexnet"].build(COLOUR)
    still = replace(spec, dropout=0.0)  # type: ignore[type-var]
    assert count_step_cost(spec, ADAM, 4, "ieee") == count_step_cost(still, ADAM, 4, "ieee")
