"""What a model is: its parameters in canonical names and layouts, and how it is trained.

Standard library only: the host makes weights from a spec, and every worker
checks its framework's parameters against the same spec.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal, Protocol

from bench.errors import WeightsError

Kind = Literal["convolution kernel", "dense kernel", "bias"]
Initializer = Literal["glorot uniform", "zeros"]


@dataclass(frozen=True)
class Param:
    """One trainable parameter in its canonical layout.

    Canonical layouts are PyTorch's: a convolution kernel is (output channels,
    input channels, height, width), a dense kernel is (outputs, inputs).

    Attributes:
        name: dotted path, `<layer>.<weight or bias>`, the same in every framework.
        shape: canonical shape.
        kind: what the array is, from which an implementation derives its transform.
        initializer: how the host draws the initial values.
        flattened: for a dense kernel that reads a flattened feature map, the map's
            (channels, height, width); its inputs are in that order. A framework
            that flattens (height, width, channels) permutes the inputs.
    """

    name: str
    shape: tuple[int, ...]
    kind: Kind
    initializer: Initializer
    flattened: tuple[int, int, int] | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def fans(self) -> tuple[int, int]:
        """(fan in, fan out) as in Glorot and Bengio 2010, section 4.2.1."""
        outputs, inputs, *window = self.shape
        return inputs * prod(window), outputs * prod(window)


def convolution(name: str, inputs: int, outputs: int, kernel: int) -> tuple[Param, Param]:
    """The kernel and bias of a square 2-D convolution."""
    return (
        Param(
            f"{name}.weight",
            (outputs, inputs, kernel, kernel),
            "convolution kernel",
            "glorot uniform",
        ),
        Param(f"{name}.bias", (outputs,), "bias", "zeros"),
    )


def dense(
    name: str, inputs: int, outputs: int, flattened: tuple[int, int, int] | None = None
) -> tuple[Param, Param]:
    """The kernel and bias of a fully connected layer."""
    return (
        Param(f"{name}.weight", (outputs, inputs), "dense kernel", "glorot uniform", flattened),
        Param(f"{name}.bias", (outputs,), "bias", "zeros"),
    )


class ModelSpec(Protocol):
    """What every model's spec offers.

    A frozen dataclass of hyper-parameters; `family` names the file that
    implements it in each framework (`impls/<framework>/<family>.py`).
    """

    family: ClassVar[str]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Canonical shape of one sample, (channels, height, width) for an image."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes, the width of the logits."""
        ...

    def parameters(self) -> Sequence[Param]:
        """The trainable parameters in layer order."""
        ...


def parameter_count(spec: ModelSpec) -> int:
    """Number of trainable values of the model."""
    return sum(param.size for param in spec.parameters())


@dataclass(frozen=True)
class Optimizer:
    """How the weights are updated, the same rule in every framework.

    `sgd` is stochastic gradient descent with momentum in the heavy-ball form
    (Polyak 1964; Sutskever et al. 2013 without Nesterov's look-ahead), on the
    gradient of the mean loss of the batch:

        velocity = momentum * velocity + gradient
        weight   = weight - learning_rate * velocity

    Attributes:
        name: the rule; only `sgd` so far.
        learning_rate: above 0, constant over the trial.
        momentum: in [0, 1).
    """

    name: Literal["sgd"]
    learning_rate: float
    momentum: float


class Shaped(Protocol):
    """Anything with a shape: an array of NumPy's, a parameter of a framework's."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sides."""
        ...


def check_parameters(
    parameters: Sequence[Param],
    arrays: Mapping[str, Shaped],
    source: str,
) -> None:
    """Check that `source` holds exactly the manifest's parameters in their canonical shapes.

    Raises:
        WeightsError: names what is missing, extra or misshaped on either side.
    """
    expected = {param.name: param.shape for param in parameters}
    shapes = {name: tuple(array.shape) for name, array in arrays.items()}
    differences = [f"{name} is missing" for name in expected if name not in shapes]
    differences += [f"{name} is not in the manifest" for name in shapes if name not in expected]
    differences += [
        f"{name} has the shape {shapes[name]}, the manifest says {shape}"
        for name, shape in expected.items()
        if name in shapes and shapes[name] != shape
    ]
    if differences:
        raise WeightsError(f"The parameters of {source} differ: {'; '.join(differences)}.")
