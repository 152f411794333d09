"""LSTM in Flax NNX."""

import jax
from flax import nnx

from bench.models.lstm import LSTM as Spec  # noqa: N811 (a class)

from .types import Types


class LSTM(nnx.Module):
    """Layers of LSTM over the rows of an image or the words of a text; dense on the last step."""

    def __init__(self, spec: Spec, types: Types, rngs: nnx.Rngs) -> None:
        self.embeds = bool(spec.vocabulary)
        if spec.vocabulary:
            self.embedding = nnx.Embed(spec.vocabulary, spec.embedding, **types, rngs=rngs)
        self.lstm1 = _layer(spec.features, spec.units, types, rngs)
        self.has_second = spec.layers > 1
        if self.has_second:
            self.lstm2 = _layer(spec.units, spec.units, types, rngs)
        self.dense = nnx.Linear(spec.units, spec.classes, **types, rngs=rngs)

    def __call__(self, inputs: jax.Array) -> jax.Array:
        # Words to (N, steps, embedding), or (N, rows, columns, 1) to (N, rows, columns).
        x = self.embedding(inputs) if self.embeds else inputs.squeeze(-1)
        x = self.lstm1(x)  # (N, steps, units)
        if self.has_second:
            x = self.lstm2(x)
        return self.dense(x[:, -1])  # (N, classes)


def _layer(inputs: int, units: int, types: Types, rngs: nnx.Rngs) -> nnx.RNN:
    # Gates in the order input, forget, cell, output, in one product; one bias.
    return nnx.RNN(nnx.OptimizedLSTMCell(inputs, units, **types, rngs=rngs), rngs=rngs)
