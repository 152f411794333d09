"""Training as Flax's users write it, with nothing of this project around it.

nnx.value_and_grad and nnx.Optimizer in an nnx.jit: the tutorials of Flax. `tox -e overhead` holds
the harness against it, `tox -e references` our models against stacks of Flax's layers.
"""

from collections.abc import Callable, Mapping

import jax
import numpy as np
import optax
from flax import nnx

from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of
from impls.jax import weights as parameters
from impls.jax.backend import DROPOUT_SEED
from impls.jax.types import product_precision, types_of


def own_model(
    spec: ModelSpec, weights: Mapping[str, np.ndarray], execution: Execution
) -> nnx.Module:
    """Our model with these weights."""
    types = types_of(execution.precision)
    model = find_model_class(spec, parameters.__name__)(spec, types, nnx.Rngs(DROPOUT_SEED))
    states = nnx.state(model, nnx.Param, nnx.BatchStat)
    arrays = parameters.find_arrays(type(model), states, arrays_of(spec))
    for loaded in parameters.load(arrays, states, weights, types["param_dtype"]):
        nnx.update(model, loaded)
    return model


def bare_loop(
    model: nnx.Module, optimizer: Optimizer, execution: Execution
) -> Callable[[np.ndarray, np.ndarray], None]:
    """A loop over batches: (inputs, labels) of several steps, back once the device is done."""
    # By default, a GPU would round what it multiplies.
    jax.config.update("jax_default_matmul_precision", product_precision(execution.precision))
    if optimizer.name == "adam":
        rule = optax.adam(optimizer.learning_rate)
    else:
        rule = optax.sgd(optimizer.learning_rate, optimizer.momentum)
    update = nnx.Optimizer(model, rule, wrt=nnx.Param)

    @nnx.jit
    def step(model: nnx.Module, update: nnx.Optimizer, x: jax.Array, y: jax.Array) -> jax.Array:
        def loss_of(model: nnx.Module) -> jax.Array:
            return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(model)
        update.update(model, gradients)
        return loss

    def train(inputs: np.ndarray, labels: np.ndarray) -> None:
        # The tutorials' own advice for small models: the graph is looked through once.
        cached = nnx.cached_partial(step, model, update)
        for images, targets in zip(inputs, labels, strict=True):
            cached(images, targets)
        jax.block_until_ready(nnx.state(model))

    return train
