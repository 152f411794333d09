"""GRU (Cho et al. 2014) classifier: a model whose layer every framework has of its own."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from bench.layers import dense_layer, gru_layers
from bench.models import Model
from bench.spec import Layer, Param, Samples, dense, gru


@dataclass(frozen=True)
class GRU:
    """Layers of GRU over the rows of an image, and a dense layer on the last hidden state.

        r, z, n = W x + b
        r = sigmoid(r + U_r h)
        z = sigmoid(z + U_z h)
        h = (1 - z) * tanh(n + r * (U_n h)) + z * h

    U_n h has no bias of its own (b_hn): Flax's cell has none. PyTorch, Keras and Gluon have one, as
    a part of their second bias, which stays at zero and is not trained: trained, it would make the
    layer another function than Flax's, and rows of different functions cannot be compared.

    Attributes:
        input_shape: (1, steps, features) of one image.
        units: of each layer.
        layers: 1 or 2.
    """

    family: ClassVar[str] = "gru"

    input_shape: tuple[int, ...]
    classes: int
    units: int = 64
    layers: int = 1

    @classmethod
    def with_layers(cls, samples: Samples, layers: int = 1) -> "GRU":
        """That many layers of 64 units."""
        if len(samples.shape) != 3 or samples.shape[0] != 1:
            raise ValueError(f"GRU takes images with one channel, got the shape {samples.shape}.")
        return cls(samples.shape, samples.classes, layers=layers)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Size of what each layer sees in each step."""
        return (self.input_shape[2], *[self.units] * (self.layers - 1))

    def parameters(self) -> tuple[Param, ...]:
        """The trainable parameters in layer order."""
        params: list[Param] = []
        for number, inputs in enumerate(self.inputs, start=1):
            params += gru(f"gru{number}", inputs, self.units)
        return (*params, *dense("dense", self.units, self.classes))

    def statistics(self) -> tuple[Param, ...]:
        """None."""
        return ()

    def forward_layers(self) -> tuple[Layer, ...]:
        """The two products of each layer of GRU, and the dense layer."""
        kernels = {param.name: param for param in self.parameters()}
        steps = self.input_shape[1]
        layers: list[Layer] = []
        for number in range(1, self.layers + 1):
            layers += gru_layers(
                kernels[f"gru{number}.input_weight"],
                kernels[f"gru{number}.recurrent_weight"],
                steps,
                # The dense layer reads the last step alone.
                hands_on=steps if number < self.layers else 1,
                input_gradient=number > 1,
            )
        return (*layers, dense_layer(kernels["dense.weight"]))


MODELS = (
    Model("gru", GRU.family, "GRU", "one layer of 64 units over rows", GRU.with_layers),
    Model(
        "gru-2",
        GRU.family,
        "GRU (2 layers)",
        "two layers of 64 units over rows",
        partial(GRU.with_layers, layers=2),
    ),
)
