"""GRU in Flax NNX."""

import jax
from bench.models.gru import GRU as Spec  # noqa: N811 (a class)
from flax import nnx

from impls.jax.types import Types


class GRU(nnx.Module):
    """Layers of GRU over the rows of an image; dense on the last step."""

    def __init__(self, spec: Spec, types: Types, rngs: nnx.Rngs) -> None:
        self.layers = tuple(f"gru{number}" for number in range(1, spec.layers + 1))
        for name, inputs in zip(self.layers, spec.inputs, strict=True):
            cell = nnx.GRUCell(inputs, spec.units, **types, rngs=rngs)
            setattr(self, name, nnx.RNN(cell, rngs=rngs))
        self.dense = nnx.Linear(spec.units, spec.classes, **types, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        x = images.squeeze(-1)  # (N, steps, features)
        for name in self.layers:
            x = getattr(self, name)(x)  # (N, steps, units)
        return self.dense(x[:, -1])  # (N, classes)
