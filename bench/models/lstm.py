"""LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) classifier."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from bench.layers import dense_layer, lstm_layers
from bench.models.model import Model
from bench.spec import Layer, Param, Samples, dense, lstm


@dataclass(frozen=True)
class LSTM:
    """One or two layers of LSTM over a sequence, and a dense layer on the last hidden state.

    The sequence is the rows of an image with one channel, from top to bottom, or the
    words of a text, embedded. A text is padded in front: its last step is its last word.

        i, f, g, o = W x + U h + b       the gates' rows in this order
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)

    Attributes:
        input_shape: (1, steps, features) of an image or (steps,) of a text.
        vocabulary: number of distinct tokens of a text, None for an image.
        embedding: size of the vector for a token.
        units: of each layer.
        layers: 1 or 2.
    """

    family: ClassVar[str] = "lstm"

    input_shape: tuple[int, ...]
    classes: int
    vocabulary: int | None
    embedding: int = 128
    units: int = 128
    layers: int = 1

    @classmethod
    def with_layers(cls, samples: Samples, layers: int = 1) -> "LSTM":
        """That many layers of 128 units."""
        shape = samples.shape
        is_text = len(shape) == 1 and samples.vocabulary is not None
        if not is_text and not (len(shape) == 3 and shape[0] == 1):
            raise ValueError(f"LSTM takes texts or images with one channel, got the shape {shape}.")
        return cls(shape, samples.classes, samples.vocabulary, layers=layers)

    @property
    def steps(self) -> int:
        """Length of the sequence."""
        return self.input_shape[0] if self.vocabulary else self.input_shape[1]

    @property
    def features(self) -> int:
        """Size of what the first layer sees in each step."""
        return self.embedding if self.vocabulary else self.input_shape[2]

    def parameters(self) -> tuple[Param, ...]:
        """The trainable parameters in layer order."""
        params: list[Param] = []
        if self.vocabulary:
            shape = (self.vocabulary, self.embedding)
            params.append(Param("embedding.weight", shape, "embedding", "embedding uniform"))
        inputs = self.features
        for number in range(1, self.layers + 1):
            params += lstm(f"lstm{number}", inputs, self.units)
            inputs = self.units
        return (*params, *dense("dense", self.units, self.classes))

    def statistics(self) -> tuple[Param, ...]:
        """None."""
        return ()

    def forward_layers(self) -> tuple[Layer, ...]:
        """The embedding of a text, the two products of each layer of LSTM, the dense layer."""
        kernels = {param.name: param for param in self.parameters()}
        layers: list[Layer] = []
        if self.vocabulary:
            layers.append(Layer("embedding", self.steps * self.embedding, input_gradient=False))
        for number in range(1, self.layers + 1):
            layers += lstm_layers(
                kernels[f"lstm{number}.input_weight"],
                kernels[f"lstm{number}.recurrent_weight"],
                self.steps,
                # The dense layer reads the last step alone.
                hands_on=self.steps if number < self.layers else 1,
                input_gradient=number > 1 or self.vocabulary is not None,
            )
        return (*layers, dense_layer(kernels["dense.weight"]))


MODELS = (
    Model(
        "lstm",
        LSTM.family,
        "LSTM",
        "one layer of 128 units, over the rows of an image or the words of a text",
        LSTM.with_layers,
        verified_on="mnist",
    ),
    Model(
        "lstm-2",
        LSTM.family,
        "LSTM (2 layers)",
        "two layers of 128 units, over the rows of an image or the words of a text",
        partial(LSTM.with_layers, layers=2),
        verified_on="banking77",
    ),
)
