"""Training as Gluon's users write it, with nothing of this project around it.

As "Training with Gluon" in MXNet's own guides. `tox -e overhead` holds the harness against
it, `tox -e references` our models against those of `mxnet.gluon.model_zoo`.
"""

from collections.abc import Callable, Mapping

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

from bench.job import Execution
from bench.models import find_model_class
from bench.optimizer import Optimizer
from bench.spec import ModelSpec, arrays_of
from impls.mxnet import weights as parameters


def own_model(
    spec: ModelSpec, weights: Mapping[str, np.ndarray], execution: Execution
) -> gluon.HybridBlock:
    """Our model with these weights."""
    model = find_model_class(spec, parameters.__name__)(spec)
    arrays = parameters.find_arrays(model, arrays_of(spec))
    model.initialize(ctx=_context(execution))
    parameters.load(arrays, weights)
    return model


def bare_loop(
    model: gluon.HybridBlock, optimizer: Optimizer, execution: Execution
) -> Callable[[np.ndarray, np.ndarray], None]:
    """A loop over batches: (inputs, labels) of several steps, back once the device is done."""
    context = _context(execution)
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    settings = {"learning_rate": optimizer.learning_rate}
    if optimizer.name == "sgd":
        settings["momentum"] = optimizer.momentum
    trainer = gluon.Trainer(model.collect_params(), optimizer.name, settings, kvstore=None)
    if execution.mode == "compiled":
        model.hybridize(static_alloc=True, static_shape=True)
        criterion.hybridize(static_alloc=True, static_shape=True)

    def train(inputs: np.ndarray, labels: np.ndarray) -> None:
        for images, targets in zip(inputs, labels, strict=True):
            # Not mx.nd.array: one large copy would slow both sides (docs/findings.md).
            x = mx.nd.from_numpy(images).as_in_context(context)
            y = mx.nd.from_numpy(targets).as_in_context(context)
            with autograd.record():
                loss = criterion(model(x), y)
            loss.backward()
            trainer.step(len(targets))
        mx.nd.waitall()

    return train


def _context(execution: Execution) -> mx.Context:
    return mx.gpu() if execution.device == "cuda" else mx.cpu()
