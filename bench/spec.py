"""What a model is: its arrays in canonical names and layouts.

Standard library only: the host makes weights from a spec, and every worker
checks its framework's parameters against the same spec.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import prod
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from bench.errors import WeightsError

Kind = Literal[
    "convolution kernel",
    "dense kernel",
    "input kernel",
    "recurrent kernel",
    "embedding",
    "bias",
    "scale",
    "shift",
    "running mean",
    "running variance",
]
Initializer = Literal[
    "glorot uniform",
    "he normal",
    "recurrent uniform",
    "embedding uniform",
    "zeros",
    "ones",
    "forget gate ones",
    "gru uniform",
]
KERNELS = ("convolution kernel", "dense kernel", "input kernel", "recurrent kernel")
STATISTICS = ("running mean", "running variance")

# Batch normalization (Ioffe and Szegedy 2015), the same in every model: the running statistics are
# decay * running + (1 - decay) * batch, the variance in canonical form with divisor n.
NORMALIZATION_EPSILON = 1e-5
NORMALIZATION_DECAY = 0.9

GATES = 4  # of an LSTM, in the order input, forget, cell, output
GRU_GATES = 3  # in the order reset, update, new


@dataclass(frozen=True)
class Samples:
    """What a model has to know of a data set.

    Attributes:
        shape: of one sample, (channels, height, width) of an image or (length,) of a text.
        classes: number of classes.
        vocabulary: number of distinct tokens of a text, None for images.
    """

    shape: tuple[int, ...]
    classes: int
    vocabulary: int | None = None


@dataclass(frozen=True)
class Param:
    """One array of a model in its canonical layout: a trainable parameter or a running statistic.

    Canonical layouts are PyTorch's: a convolution kernel is (output channels,
    input channels, height, width), a dense kernel is (outputs, inputs), an LSTM's
    kernels are (4 * units, inputs) and (4 * units, units) with the gates in the order
    input, forget, cell, output.

    Attributes:
        name: dotted path, `<layer>.<weight or bias>`, the same in every framework.
        shape: canonical shape.
        kind: what the array is, from which an implementation derives its transform.
        initializer: how the host draws the initial values.
        flattened: for a dense kernel that reads a flattened feature map, the map's
            (channels, height, width); its inputs are in that order. A framework
            that flattens (height, width, channels) permutes the inputs.
        positions: for a running statistic, the height * width of the feature map: a batch of N
            gives statistics over n = N * positions values. Tells a variance with divisor n - 1
            from one with n.
    """

    name: str
    shape: tuple[int, ...]
    kind: Kind
    initializer: Initializer
    flattened: tuple[int, int, int] | None = None
    positions: int | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def fans(self) -> tuple[int, int]:
        """(fan in, fan out) as in Glorot and Bengio 2010, section 4.2.1."""
        outputs, inputs, *window = self.shape
        return inputs * prod(window), outputs * prod(window)

    @property
    def decays(self) -> bool:
        """Whether weight decay applies: to kernels; never to biases, scales and embeddings."""
        return self.kind in KERNELS

    def with_divisor_n(self, variance: Any, initial: Any, steps: int, batch_size: int) -> Any:
        """A running variance as if each step had added one with the divisor n, not n - 1.

        After `steps` steps it is decay ** steps * initial plus what the steps added, and only
        that is proportional to n / (n - 1).

        Args:
            variance: NumPy array of what a framework has, with the divisor n - 1.
            initial: what it was before the steps.
        """
        assert self.positions is not None  # a running statistic has them
        n = batch_size * self.positions
        kept = NORMALIZATION_DECAY**steps * initial
        return (kept + (variance - kept) * (n - 1) / n).astype(variance.dtype)


def convolution(
    name: str,
    inputs: int,
    outputs: int,
    kernel: int,
    initializer: Initializer = "glorot uniform",
    bias: bool = True,
) -> tuple[Param, ...]:
    """The kernel and bias of a square 2-D convolution."""
    shape = (outputs, inputs, kernel, kernel)
    weight = Param(f"{name}.weight", shape, "convolution kernel", initializer)
    return (weight, Param(f"{name}.bias", (outputs,), "bias", "zeros")) if bias else (weight,)


def dense(
    name: str,
    inputs: int,
    outputs: int,
    flattened: tuple[int, int, int] | None = None,
    initializer: Initializer = "glorot uniform",
) -> tuple[Param, Param]:
    """The kernel and bias of a fully connected layer."""
    return (
        Param(f"{name}.weight", (outputs, inputs), "dense kernel", initializer, flattened),
        Param(f"{name}.bias", (outputs,), "bias", "zeros"),
    )


def normalization(name: str, channels: int) -> tuple[Param, Param]:
    """The scale and shift of batch normalization."""
    return (
        Param(f"{name}.weight", (channels,), "scale", "ones"),
        Param(f"{name}.bias", (channels,), "shift", "zeros"),
    )


def running_statistics(name: str, channels: int, positions: int) -> tuple[Param, Param]:
    """What batch normalization keeps for evaluation, of maps with so many positions."""
    return (
        Param(f"{name}.running_mean", (channels,), "running mean", "zeros", positions=positions),
        Param(f"{name}.running_var", (channels,), "running variance", "ones", positions=positions),
    )


def lstm(name: str, inputs: int, units: int) -> tuple[Param, Param, Param]:
    """The two kernels and the one bias of a layer of LSTM.

    Frameworks with a second bias keep it at zero and do not train it: two would
    take steps of twice the size.
    """
    rows = GATES * units
    return (
        Param(f"{name}.input_weight", (rows, inputs), "input kernel", "recurrent uniform"),
        Param(f"{name}.recurrent_weight", (rows, units), "recurrent kernel", "recurrent uniform"),
        Param(f"{name}.bias", (rows,), "bias", "forget gate ones"),
    )


def gru(name: str, inputs: int, units: int) -> tuple[Param, Param, Param]:
    """Return the two kernels and the one bias of a layer of GRU, the gates in the order r, z, n.

        h = (1 - z) * tanh(W_n x + b_n + r * (U_n h)) + z * h

    U_n h has no bias (b_hn): Flax's cell has none. Frameworks that have a second bias keep it at
    zero and do not train it, as that of an LSTM.
    """
    rows = GRU_GATES * units
    return (
        Param(f"{name}.input_weight", (rows, inputs), "input kernel", "gru uniform"),
        Param(f"{name}.recurrent_weight", (rows, units), "recurrent kernel", "gru uniform"),
        Param(f"{name}.bias", (rows,), "bias", "zeros"),
    )


@dataclass(frozen=True)
class Layer:
    """What one layer does with one sample; `bench.records.operations` counts a step from it.

    Elementwise work (biases, activations, dropout, the sum with a shortcut and what normalizes the
    shortcut) is part of the layer before it.

    Attributes:
        name: as in the manifest, for people.
        outputs: values that it hands on to the next layer; the backward pass needs them again.
        weights: values of its kernel, 0 of a layer that multiplies by none (pooling,
            normalization, embedding).
        positions: how often each weight is used: at every pixel of a convolution's output, once in
            a dense layer, in every step of an LSTM. Zeros of padding are multiplied like others.
        kept: further values that only the backward pass needs.
        input_gradient: whether the backward pass needs the gradient of what it reads: not of
            images.
    """

    name: str
    outputs: int
    weights: int = 0
    positions: int = 0
    kept: int = 0
    input_gradient: bool = True

    @property
    def multiply_adds(self) -> int:
        """Of the forward pass."""
        return self.weights * self.positions


class ModelSpec(Protocol):
    """What every model's spec offers.

    A frozen dataclass of hyper-parameters; `family` names the file that
    implements it in each framework (`impls/<framework>/<family>.py`).
    """

    family: ClassVar[str]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Canonical shape of one sample, (channels, height, width) for an image."""

    @property
    def classes(self) -> int:
        """Number of classes, the width of the logits."""

    def parameters(self) -> Sequence[Param]:
        """The trainable parameters in layer order."""

    def statistics(self) -> Sequence[Param]:
        """The running statistics in layer order; none where nothing is normalized."""

    def forward_layers(self) -> Sequence[Layer]:
        """The layers in the order of the forward pass."""


Spec = TypeVar("Spec", bound=ModelSpec)
Array = TypeVar("Array")


def arrays_of(spec: ModelSpec) -> tuple[Param, ...]:
    """The manifest: parameters, then running statistics."""
    return (*spec.parameters(), *spec.statistics())


def parameter_count(spec: ModelSpec) -> int:
    """Number of trainable values of the model."""
    return sum(param.size for param in spec.parameters())


def dropout_of(spec: ModelSpec) -> float:
    """Return the largest share of units that the model zeroes at random; 0 without dropout."""
    return max(_dropout_rates(spec).values(), default=0.0)


def without_dropout(spec: Spec) -> Spec:
    """Return the spec with dropout at rate 0: random streams cannot match between frameworks."""
    rates = _dropout_rates(spec)
    return replace(spec, **dict.fromkeys(rates, 0.0)) if rates else spec  # type: ignore


def _dropout_rates(spec: ModelSpec) -> dict[str, float]:
    """Those that are not 0: of all fields whose name ends in `dropout`."""
    names = [field.name for field in fields(spec) if field.name.endswith("dropout")]  # type: ignore
    return {name: float(getattr(spec, name)) for name in names if getattr(spec, name)}


class Shaped(Protocol):
    """Anything with a shape: an array of NumPy's, a parameter of a framework's."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sides."""


def arrays_by_name(
    parameters: Sequence[Param], arrays: Mapping[str, Array], source: str
) -> dict[str, Array]:
    """Return what a framework has for these parameters, in their order.

    Raises:
        WeightsError: it has nothing for some of them, which are named.
    """
    missing = [f"{param.name} is missing" for param in parameters if param.name not in arrays]
    _raise_differences(missing, source)
    return {param.name: arrays[param.name] for param in parameters}


def check_names(parameters: Sequence[Param], names: Iterable[str], source: str) -> None:
    """Check that `source` has the manifest's arrays and no others.

    Raises:
        WeightsError: names what is missing or extra on either side.
    """
    _raise_differences(_differences_of_names([param.name for param in parameters], names), source)


def check_parameters(
    parameters: Sequence[Param],
    arrays: Mapping[str, Shaped],
    source: str,
) -> None:
    """Check that `source` holds exactly the manifest's arrays in their canonical shapes.

    Raises:
        WeightsError: names what is missing, extra or misshaped on either side.
    """
    expected = {param.name: param.shape for param in parameters}
    shapes = {name: tuple(array.shape) for name, array in arrays.items()}
    differences = _differences_of_names(expected, shapes)
    differences += [
        f"{name} has the shape {shapes[name]}, the manifest says {shape}"
        for name, shape in expected.items()
        if name in shapes and shapes[name] != shape
    ]
    _raise_differences(differences, source)


def _differences_of_names(expected: Iterable[str], names: Iterable[str]) -> list[str]:
    expected, names = dict.fromkeys(expected), dict.fromkeys(names)
    return [
        *(f"{name} is missing" for name in expected if name not in names),
        *(f"{name} is not in the manifest" for name in names if name not in expected),
    ]


def _raise_differences(differences: Sequence[str], source: str) -> None:
    if differences:
        raise WeightsError(f"The parameters of {source} differ: {'; '.join(differences)}.")
