"""NVIDIA's own LSTM for layers of Flax's: one call for all steps of a sequence.

Flax's `nnx.RNN` is a loop of XLA's (`jax.lax.scan`) with a few kernels for each step.
"""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.experimental import rnn

from bench.errors import WorkerError


class CudnnLSTM(nnx.Module):
    """What an `nnx.RNN` of an `OptimizedLSTMCell` computes, with the same arrays, by cuDNN.

    JAX offers cuDNN's LSTM in float32 alone. In float64, and on a CPU, its equations are computed
    by JAX (`jax.experimental.rnn.lstm_ref`), from the weights as they are packed for cuDNN.
    """

    def __init__(self, cell: nnx.OptimizedLSTMCell) -> None:
        self.cell = cell

    def __call__(self, x: jax.Array) -> jax.Array:
        samples, steps, features = x.shape
        units = self.cell.hidden_features
        state = jnp.zeros((1, samples, units), x.dtype)
        weights = self._pack()
        lengths = jnp.full(samples, steps, jnp.int32)
        shape = (features, units, 1, 0.0, False)  # one layer, no dropout, in one direction
        if jax.default_backend() == "gpu" and x.dtype == jnp.float32:
            outputs, *_ = rnn.lstm(x, state, state, weights, lengths, *shape)
        else:
            arrays = rnn.unpack_lstm_weights(weights, features, units, 1, False)
            outputs, *_ = rnn.lstm_ref(x, state, state, *arrays, lengths, *shape)
        return outputs  # (N, steps, units)

    def _pack(self) -> jax.Array:
        """The kernels, gate by gate in rows, then two biases, of which the first is zero."""
        kernels = (self.cell.dense_i.kernel, self.cell.dense_h.kernel)
        bias = self.cell.dense_h.bias[...]
        rows = [kernel[...].T.reshape(-1) for kernel in kernels]
        return jnp.concatenate([*rows, jnp.zeros_like(bias), bias])


def use_cudnn(model: nnx.Module) -> None:
    """Replace every layer that cuDNN can compute.

    Raises:
        WorkerError: there is none, or it computes in another type than cuDNN's LSTM does in JAX.
    """
    layers = [
        (module, name, layer)
        for _, module in list(nnx.iter_modules(model))
        for name, layer in vars(module).items()
        if isinstance(layer, nnx.RNN) and isinstance(layer.cell, nnx.OptimizedLSTMCell)
    ]
    if not layers:
        raise WorkerError(
            "The model has no nnx.RNN of an nnx.OptimizedLSTMCell, which the knob 'cudnn_lstm' "
            "replaces; take it out of [tuned.knobs] in framework.toml for this model."
        )
    for module, name, layer in layers:
        if layer.cell.dtype == jnp.bfloat16:
            raise WorkerError(
                "JAX has no LSTM by cuDNN in bfloat16; expected the precision ieee or tf32; choose "
                "that, or the default settings."
            )
        setattr(module, name, CudnnLSTM(layer.cell))
